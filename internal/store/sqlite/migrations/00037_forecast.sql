-- +goose Up
-- Panels that forecasts are made from and resolved by, as they came; body is packed CSV.
CREATE TABLE forecast_panel (
  org TEXT NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, file TEXT NOT NULL, last_month INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (org, hash)
);
-- Forecasts of places and weeks, as forecast_entry is of countries and months. week counts
-- from Monday, 5 January 1970; outcome is incidents, -1 = the watch saw nothing that week.
CREATE TABLE forecast_site (
  org TEXT NOT NULL, kind TEXT NOT NULL, maker TEXT NOT NULL, place TEXT NOT NULL, family TEXT NOT NULL, week INTEGER NOT NULL,
  issued_at TEXT NOT NULL, body TEXT NOT NULL, resolved_at TEXT, outcome INTEGER NOT NULL,
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
