-- +goose Up
-- What one process alone may do at a time, who has it and until when. epoch rises with each
-- holder: what an earlier one still wants to write is refused.
CREATE TABLE lease (
  name TEXT PRIMARY KEY, owner TEXT NOT NULL, until_at TEXT NOT NULL, epoch INTEGER NOT NULL
);
-- The processes that serve this installation, and when each was last alive.
CREATE TABLE replica (
  id TEXT PRIMARY KEY, started_at TEXT NOT NULL, seen_at TEXT NOT NULL, roles TEXT NOT NULL
);

-- +goose Down
DROP TABLE replica; DROP TABLE lease;
