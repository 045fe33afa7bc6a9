-- +goose Up
-- What an observation decided that is committed in portions and not stored yet: body is the
-- list of all groups, done how many of them are stored. A row lives for milliseconds, or until
-- the process that died with it starts again. The version before knows nothing of it: with one
-- left, what was undecided stays so until the event has news.
CREATE TABLE decision_left (
  org TEXT COLLATE "C" NOT NULL PRIMARY KEY, at TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, done BIGINT NOT NULL
);

-- +goose Down
DROP TABLE decision_left;
