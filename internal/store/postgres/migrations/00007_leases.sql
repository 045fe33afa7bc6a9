-- +goose Up
-- What one process alone may do at a time, who has it and until when. epoch rises with each
-- holder: what an earlier one still wants to write is refused.
CREATE TABLE lease (
  name TEXT COLLATE "C" PRIMARY KEY, owner TEXT COLLATE "C" NOT NULL, until_at TEXT COLLATE "C" NOT NULL, epoch BIGINT NOT NULL
);
-- The processes that serve this installation, and when each was last alive.
CREATE TABLE replica (
  id TEXT COLLATE "C" PRIMARY KEY, started_at TEXT COLLATE "C" NOT NULL, seen_at TEXT COLLATE "C" NOT NULL, roles TEXT COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE replica; DROP TABLE lease;
