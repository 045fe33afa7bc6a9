-- +goose Up
-- Old records are found by their age, to be packed tighter and emptied in the end.
CREATE INDEX record_age ON record (first_at, hash);

-- +goose Down
DROP INDEX record_age;
