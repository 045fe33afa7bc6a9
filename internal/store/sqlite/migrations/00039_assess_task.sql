-- +goose Up
-- What people and schedules ask to be assessed, from the asking to the publishing. A task that
-- is not over holds '1' in active, so that an organisation has at most one; NULLs never clash.
-- Attended = somebody waits for it, and no job takes it up again.
CREATE TABLE assess_task (
  org TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, active TEXT, years INTEGER NOT NULL, attended INTEGER NOT NULL, owner TEXT NOT NULL, options TEXT NOT NULL, asked_at TEXT NOT NULL, asked_by TEXT NOT NULL, asked_name TEXT NOT NULL,
  began_at TEXT, ended_at TEXT, beat_at TEXT NOT NULL, attempt INTEGER NOT NULL, step TEXT NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, note TEXT NOT NULL, run TEXT NOT NULL, PRIMARY KEY (org, id), UNIQUE (org, active)
);
CREATE INDEX assess_task_asked ON assess_task (org, asked_at);
-- An organisation's own weights and method, a version for each change. Method names the files
-- below by their hash, '' = those of the program.
CREATE TABLE assess_setting (
  org TEXT NOT NULL, version INTEGER NOT NULL, made_at TEXT NOT NULL, made_by TEXT NOT NULL, made_name TEXT NOT NULL, reason TEXT NOT NULL, undoes INTEGER NOT NULL, weights TEXT NOT NULL, method TEXT NOT NULL, PRIMARY KEY (org, version)
);
-- Method files that something was published with, so that a later program can reckon it again.
CREATE TABLE assess_method (
  org TEXT NOT NULL, hash TEXT NOT NULL, version TEXT NOT NULL, added_at TEXT NOT NULL, method BLOB NOT NULL, reference BLOB NOT NULL, PRIMARY KEY (org, hash)
);

-- +goose Down
DROP TABLE assess_method;
DROP TABLE assess_setting;
DROP TABLE assess_task;
