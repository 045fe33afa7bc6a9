-- +goose Up
-- All that filters, order and counts of the queue look at, so that 5,000 open warnings are
-- sorted without reading their bodies.
CREATE INDEX warning_list ON warning(org, active, level, answered_revision, told_revision, eta_at, opened_at, updated_at, fresh_at, family, project, people, id);
DROP INDEX warning_queue;

-- +goose Down
CREATE INDEX warning_queue ON warning(org, active, level DESC, updated_at DESC);
DROP INDEX warning_list;
