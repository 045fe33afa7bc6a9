-- +goose Up
-- Panels that forecasts are made from and resolved by, as they came; body is packed CSV.
CREATE TABLE forecast_panel (
  org TEXT COLLATE "C" NOT NULL, hash TEXT COLLATE "C" NOT NULL, at TEXT COLLATE "C" NOT NULL, actor TEXT COLLATE "C" NOT NULL, file TEXT COLLATE "C" NOT NULL, last_month BIGINT NOT NULL, body BYTEA NOT NULL,
  PRIMARY KEY (org, hash)
);
-- Forecasts of places and weeks, as forecast_entry is of countries and months. week counts
-- from Monday, 5 January 1970; outcome is incidents, -1 = the watch saw nothing that week.
CREATE TABLE forecast_site (
  org TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, maker TEXT COLLATE "C" NOT NULL, place TEXT COLLATE "C" NOT NULL, family TEXT COLLATE "C" NOT NULL, week BIGINT NOT NULL,
  issued_at TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL, resolved_at TEXT COLLATE "C", outcome BIGINT NOT NULL,
  PRIMARY KEY (org, kind, maker, place, family, week, issued_at)
);
CREATE INDEX forecast_site_week ON forecast_site (org, week);
CREATE INDEX forecast_entry_unit ON forecast_entry (org, unit);
CREATE INDEX forecast_entry_issued ON forecast_entry (org, issued_at);
-- The newest of each is asked for with every page.
CREATE INDEX forecast_entry_resolved ON forecast_entry (org, resolved_at);
CREATE INDEX forecast_site_issued ON forecast_site (org, issued_at);
CREATE INDEX forecast_site_resolved ON forecast_site (org, resolved_at);

-- +goose Down
DROP INDEX forecast_entry_resolved; DROP INDEX forecast_entry_issued; DROP INDEX forecast_entry_unit; DROP TABLE forecast_site; DROP TABLE forecast_panel;
