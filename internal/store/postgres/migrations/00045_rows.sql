-- +goose Up
-- How SQLite stores long rows is its own matter; both engines have the same versions.
SELECT 1;

-- +goose Down
SELECT 1;
