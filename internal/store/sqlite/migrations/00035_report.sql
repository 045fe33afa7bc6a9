-- +goose Up
-- Reports by edition: an edition is added and never changed. The inputs lie beside the forms,
-- so that whoever has them can make the report again. Bodies are compressed.
CREATE TABLE report (
  org TEXT NOT NULL, id TEXT NOT NULL, edition INTEGER NOT NULL, product TEXT NOT NULL, unit TEXT NOT NULL, name TEXT NOT NULL, period TEXT NOT NULL,
  as_of TEXT NOT NULL, made_at TEXT NOT NULL, made_by TEXT NOT NULL, tlp TEXT NOT NULL, lang TEXT NOT NULL, approved TEXT NOT NULL,
  snapshot TEXT NOT NULL, html TEXT NOT NULL, json TEXT NOT NULL, body BLOB NOT NULL, page BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY (org, id, edition)
);
CREATE INDEX report_made ON report (org, made_at);
CREATE INDEX report_of ON report (org, product, unit, made_at);
-- Schedules and templates of reports, as JSON; what they were stands in the journal.
CREATE TABLE report_order (
  org TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, changed_at TEXT NOT NULL, changed_by TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, kind, id)
);

-- +goose Down
DROP TABLE report_order;
DROP TABLE report;
