-- +goose Up
-- Risks of the register: each change of one is a version, so that it can be undone.
CREATE TABLE register_entry (
  org TEXT NOT NULL, code TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, what TEXT NOT NULL,
  undoes INTEGER NOT NULL, gone INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, code, version)
) WITHOUT ROWID;
-- What the register is held against: contexts of projects and appetite lines.
CREATE TABLE register_context (
  org TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, version)
) WITHOUT ROWID;
-- Simulations that were kept, with what it takes to repeat them.
CREATE TABLE register_run (
  org TEXT NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, run)
) WITHOUT ROWID;
CREATE INDEX register_run_at ON register_run(org, at);

-- +goose Down
DROP TABLE register_run; DROP TABLE register_context; DROP TABLE register_entry;
