-- +goose Up
-- How many years a task reckons again stands in its options; nobody reads it beside them. The
-- version before still writes the column, so it stays with a default, and a later release drops it.
CREATE TABLE assess_task_rows (
  org TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, active TEXT, years INTEGER NOT NULL DEFAULT 0, attended INTEGER NOT NULL, owner TEXT NOT NULL, options TEXT NOT NULL, asked_at TEXT NOT NULL, asked_by TEXT NOT NULL, asked_name TEXT NOT NULL,
  began_at TEXT, ended_at TEXT, beat_at TEXT NOT NULL, attempt INTEGER NOT NULL, step TEXT NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, note TEXT NOT NULL, run TEXT NOT NULL, PRIMARY KEY (org, id), UNIQUE (org, active)
);
INSERT INTO assess_task_rows (org, id, state, active, years, attended, owner, options, asked_at, asked_by, asked_name, began_at, ended_at, beat_at, attempt, step, done, total, note, run)
  SELECT org, id, state, active, years, attended, owner, options, asked_at, asked_by, asked_name, began_at, ended_at, beat_at, attempt, step, done, total, note, run FROM assess_task;
DROP TABLE assess_task;
ALTER TABLE assess_task_rows RENAME TO assess_task;
CREATE INDEX assess_task_asked ON assess_task (org, asked_at);

-- +goose Down
SELECT 1;
