-- +goose Up
-- Documents that an index named and that are still to be fetched; those given up stay for a
-- while with lost = 1. What was fetched stands in "followed" under the same key.
CREATE TABLE linked (
  source TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL, link_key TEXT NOT NULL,
  found_at TEXT NOT NULL, place INTEGER NOT NULL, tries INTEGER NOT NULL, due_at TEXT NOT NULL, lost INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (source, key)
) WITHOUT ROWID;
CREATE INDEX linked_found ON linked(source, lost, found_at, place);
CREATE INDEX linked_url ON linked(source, url);

-- +goose Down
DROP TABLE linked;
