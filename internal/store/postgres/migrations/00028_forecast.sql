-- +goose Up
-- Forecasts as they were given, before anybody could know; only the outcome is added, once.
-- month counts months since December 1979, threshold and outcome are deaths, body is what
-- was said (JSON).
CREATE TABLE forecast_entry (
  org TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, maker TEXT COLLATE "C" NOT NULL, unit BIGINT NOT NULL, month BIGINT NOT NULL, threshold BIGINT NOT NULL,
  issued_at TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL, resolved_at TEXT COLLATE "C", outcome BIGINT NOT NULL,
  PRIMARY KEY (org, kind, maker, unit, month, threshold, issued_at)
);
CREATE INDEX forecast_entry_open ON forecast_entry (org, month) WHERE resolved_at IS NULL;

-- +goose Down
DROP TABLE forecast_entry;
