-- +goose Up
-- What people and schedules ask to be assessed, from the asking to the publishing. A task that
-- is not over holds '1' in active, so that an organisation has at most one; NULLs never clash.
-- Attended = somebody waits for it, and no job takes it up again.
CREATE TABLE assess_task (
  org TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, state TEXT COLLATE "C" NOT NULL, active TEXT COLLATE "C", years BIGINT NOT NULL, attended BIGINT NOT NULL, owner TEXT COLLATE "C" NOT NULL, options TEXT COLLATE "C" NOT NULL, asked_at TEXT COLLATE "C" NOT NULL, asked_by TEXT COLLATE "C" NOT NULL, asked_name TEXT COLLATE "C" NOT NULL,
  began_at TEXT COLLATE "C", ended_at TEXT COLLATE "C", beat_at TEXT COLLATE "C" NOT NULL, attempt BIGINT NOT NULL, step TEXT COLLATE "C" NOT NULL, done BIGINT NOT NULL, total BIGINT NOT NULL, note TEXT COLLATE "C" NOT NULL, run TEXT COLLATE "C" NOT NULL, PRIMARY KEY (org, id), UNIQUE (org, active)
);
CREATE INDEX assess_task_asked ON assess_task (org, asked_at);
-- An organisation's own weights and method, a version for each change. Method names the files
-- below by their hash, '' = those of the program.
CREATE TABLE assess_setting (
  org TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, made_at TEXT COLLATE "C" NOT NULL, made_by TEXT COLLATE "C" NOT NULL, made_name TEXT COLLATE "C" NOT NULL, reason TEXT COLLATE "C" NOT NULL, undoes BIGINT NOT NULL, weights TEXT COLLATE "C" NOT NULL, method TEXT COLLATE "C" NOT NULL, PRIMARY KEY (org, version)
);
-- Method files that something was published with, so that a later program can reckon it again.
CREATE TABLE assess_method (
  org TEXT COLLATE "C" NOT NULL, hash TEXT COLLATE "C" NOT NULL, version TEXT COLLATE "C" NOT NULL, added_at TEXT COLLATE "C" NOT NULL, method BYTEA NOT NULL, reference BYTEA NOT NULL, PRIMARY KEY (org, hash)
);

-- +goose Down
DROP TABLE assess_method;
DROP TABLE assess_setting;
DROP TABLE assess_task;
