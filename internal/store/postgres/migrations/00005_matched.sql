-- +goose Up
-- When the rows of an event were reckoned: a change of one asset reckons only those of the
-- events that it touches. '' = not since its newest revision or the last change of all.
ALTER TABLE event ADD COLUMN matched_at TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Whether a version of the portfolio made every event be matched anew.
ALTER TABLE portfolio_version ADD COLUMN whole BIGINT NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE portfolio_version DROP COLUMN whole; ALTER TABLE event DROP COLUMN matched_at;
