-- +goose Up
-- When each channel last took a message and last failed for a reason of its own, by any
-- process: what the self-check reads.
CREATE TABLE channel_proof (
  channel TEXT COLLATE "C" PRIMARY KEY, proven_at TEXT COLLATE "C", failed_at TEXT COLLATE "C", error TEXT COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE channel_proof;
