-- +goose Up
-- Whatever enters the watch, in one order, before it is decided, where several processes share
-- the database. done_at is when it was decided, verdict what became of it.
CREATE TABLE input (
  seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, org TEXT NOT NULL, part INTEGER NOT NULL, key TEXT NOT NULL,
  body BLOB NOT NULL, done_at TEXT, verdict BLOB
);
CREATE INDEX input_open ON input(key) WHERE done_at IS NULL AND key <> '';
-- The newest number and instant. Whoever numbers an input holds this row until it is stored, so
-- that no lower number appears behind a higher one.
CREATE TABLE input_head (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at TEXT NOT NULL);
-- The parts into which projects are divided: who decides each until when, and how far it is.
CREATE TABLE part (
  n INTEGER PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, until_at TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL
);
-- What was learned, and when rows were reckoned, before now: for a decider that begins where the
-- slowest part is. Both are kept as long as a part may be behind them.
CREATE TABLE memory_past (org TEXT NOT NULL, at TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, at)) WITHOUT ROWID;
CREATE TABLE event_matched (org TEXT NOT NULL, event TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (org, event, at)) WITHOUT ROWID;
-- Who has a stored record in hand, and since when: what a dead process had, another works through.
ALTER TABLE receipt ADD COLUMN worker TEXT NOT NULL DEFAULT '';
ALTER TABLE receipt ADD COLUMN worker_at TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE receipt DROP COLUMN worker; ALTER TABLE receipt DROP COLUMN worker_at;
DROP TABLE event_matched; DROP TABLE memory_past; DROP TABLE part; DROP TABLE input_head; DROP TABLE input;
