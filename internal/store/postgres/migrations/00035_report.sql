-- +goose Up
-- Reports by edition: an edition is added and never changed. The inputs lie beside the forms,
-- so that whoever has them can make the report again. Bodies are compressed.
CREATE TABLE report (
  org TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, edition BIGINT NOT NULL, product TEXT COLLATE "C" NOT NULL, unit TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, period TEXT COLLATE "C" NOT NULL,
  as_of TEXT COLLATE "C" NOT NULL, made_at TEXT COLLATE "C" NOT NULL, made_by TEXT COLLATE "C" NOT NULL, tlp TEXT COLLATE "C" NOT NULL, lang TEXT COLLATE "C" NOT NULL, approved TEXT COLLATE "C" NOT NULL,
  snapshot TEXT COLLATE "C" NOT NULL, html TEXT COLLATE "C" NOT NULL, json TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, page BYTEA NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (org, id, edition)
);
CREATE INDEX report_made ON report (org, made_at);
CREATE INDEX report_of ON report (org, product, unit, made_at);
-- Schedules and templates of reports, as JSON; what they were stands in the journal.
CREATE TABLE report_order (
  org TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, changed_at TEXT COLLATE "C" NOT NULL, changed_by TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, kind, id)
);

-- +goose Down
DROP TABLE report_order;
DROP TABLE report;
