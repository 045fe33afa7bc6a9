-- +goose Up
-- Tables with long bodies and keys in no order become tables of rows with an index: a row without
-- one is stored where its key belongs, so that each of them moves pages of its own, and what does
-- not fit into a quarter of a page takes another page for itself.
CREATE TABLE event_rows (
  org TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, state TEXT NOT NULL, hazard TEXT NOT NULL,
  updated_at TEXT NOT NULL, body BLOB NOT NULL, matched_at TEXT NOT NULL DEFAULT '', PRIMARY KEY (org, id)
);
INSERT INTO event_rows (org, id, revision, state, hazard, updated_at, body, matched_at)
  SELECT org, id, revision, state, hazard, updated_at, body, matched_at FROM event ORDER BY updated_at;
DROP TABLE event;
ALTER TABLE event_rows RENAME TO event;
CREATE INDEX event_updated ON event(org, updated_at);

CREATE TABLE event_revision_rows (
  org TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, id, revision)
);
INSERT INTO event_revision_rows (org, id, revision, at, body) SELECT org, id, revision, at, body FROM event_revision ORDER BY at;
DROP TABLE event_revision;
ALTER TABLE event_revision_rows RENAME TO event_revision;

CREATE TABLE exposure_rows (
  org TEXT NOT NULL, event TEXT NOT NULL, revision INTEGER NOT NULL, project TEXT NOT NULL, rows INTEGER NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (org, event, revision, project)
);
INSERT INTO exposure_rows (org, event, revision, project, rows, body) SELECT org, event, revision, project, rows, body FROM exposure;
DROP TABLE exposure;
ALTER TABLE exposure_rows RENAME TO exposure;

CREATE TABLE warning_revision_rows (
  warning TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL, level INTEGER NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL, notify INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (warning, revision)
);
INSERT INTO warning_revision_rows (warning, revision, at, level, state, reason, notify, body)
  SELECT warning, revision, at, level, state, reason, notify, body FROM warning_revision ORDER BY at;
DROP TABLE warning_revision;
ALTER TABLE warning_revision_rows RENAME TO warning_revision;

CREATE TABLE portfolio_version_rows (
  org TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, file TEXT NOT NULL, note TEXT NOT NULL,
  changes INTEGER NOT NULL, undoes INTEGER NOT NULL, body BLOB NOT NULL, whole INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (org, version)
);
INSERT INTO portfolio_version_rows (org, version, at, actor, file, note, changes, undoes, body, whole)
  SELECT org, version, at, actor, file, note, changes, undoes, body, whole FROM portfolio_version ORDER BY at;
DROP TABLE portfolio_version;
ALTER TABLE portfolio_version_rows RENAME TO portfolio_version;

-- +goose Down
SELECT 1;
