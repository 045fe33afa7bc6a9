-- +goose Up
-- Documents that an index named and that are still to be fetched; those given up stay for a
-- while with lost = 1. What was fetched stands in "followed" under the same key.
CREATE TABLE linked (
  source TEXT COLLATE "C" NOT NULL, key TEXT COLLATE "C" NOT NULL, url TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, link_key TEXT COLLATE "C" NOT NULL,
  found_at TEXT COLLATE "C" NOT NULL, place BIGINT NOT NULL, tries BIGINT NOT NULL, due_at TEXT COLLATE "C" NOT NULL, lost BIGINT NOT NULL, reason TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (source, key)
);
CREATE INDEX linked_found ON linked(source, lost, found_at, place);
CREATE INDEX linked_url ON linked(source, url);

-- +goose Down
DROP TABLE linked;
