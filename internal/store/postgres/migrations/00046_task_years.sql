-- +goose Up
-- How many years a task reckons again stands in its options; nobody reads it beside them. The
-- version before still writes the column, so it stays with a default, and a later release drops it.
ALTER TABLE assess_task ALTER years SET DEFAULT 0;

-- +goose Down
SELECT 1;
