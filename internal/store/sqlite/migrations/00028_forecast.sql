-- +goose Up
-- Forecasts as they were given, before anybody could know; only the outcome is added, once.
-- month counts months since December 1979, threshold and outcome are deaths, body is what
-- was said (JSON).
CREATE TABLE forecast_entry (
  org TEXT NOT NULL, kind TEXT NOT NULL, maker TEXT NOT NULL, unit INTEGER NOT NULL, month INTEGER NOT NULL, threshold INTEGER NOT NULL,
  issued_at TEXT NOT NULL, body TEXT NOT NULL, resolved_at TEXT, outcome INTEGER NOT NULL,
  PRIMARY KEY (org, kind, maker, unit, month, threshold, issued_at)
);
CREATE INDEX forecast_entry_open ON forecast_entry (org, month) WHERE resolved_at IS NULL;

-- +goose Down
DROP TABLE forecast_entry;
