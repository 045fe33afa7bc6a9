-- +goose Up
-- Whatever enters the watch, in one order, before it is decided, where several processes share
-- the database. done_at is when it was decided, verdict what became of it.
CREATE TABLE input (
  seq BIGINT PRIMARY KEY, at TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, org TEXT COLLATE "C" NOT NULL, part BIGINT NOT NULL, key TEXT COLLATE "C" NOT NULL,
  body BYTEA NOT NULL, done_at TEXT COLLATE "C", verdict BYTEA
);
CREATE INDEX input_open ON input(key) WHERE done_at IS NULL AND key <> '';
-- The newest number and instant. Whoever numbers an input holds this row until it is stored, so
-- that no lower number appears behind a higher one.
CREATE TABLE input_head (id BIGINT PRIMARY KEY, seq BIGINT NOT NULL, at TEXT COLLATE "C" NOT NULL);
-- The parts into which projects are divided: who decides each until when, and how far it is.
CREATE TABLE part (
  n BIGINT PRIMARY KEY, owner TEXT COLLATE "C" NOT NULL, epoch BIGINT NOT NULL, until_at TEXT COLLATE "C" NOT NULL, seq BIGINT NOT NULL, at TEXT COLLATE "C" NOT NULL
);
-- What was learned, and when rows were reckoned, before now: for a decider that begins where the
-- slowest part is. Both are kept as long as a part may be behind them.
CREATE TABLE memory_past (org TEXT COLLATE "C" NOT NULL, at TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, at));
CREATE TABLE event_matched (org TEXT COLLATE "C" NOT NULL, event TEXT COLLATE "C" NOT NULL, at TEXT COLLATE "C" NOT NULL, PRIMARY KEY (org, event, at));
-- Who has a stored record in hand, and since when: what a dead process had, another works through.
ALTER TABLE receipt ADD COLUMN worker TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE receipt ADD COLUMN worker_at TEXT COLLATE "C" NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE receipt DROP COLUMN worker; ALTER TABLE receipt DROP COLUMN worker_at;
DROP TABLE event_matched; DROP TABLE memory_past; DROP TABLE part; DROP TABLE input_head; DROP TABLE input;
