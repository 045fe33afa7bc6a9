-- +goose Up
-- Risks of the register: each change of one is a version, so that it can be undone.
CREATE TABLE register_entry (
  org TEXT COLLATE "C" NOT NULL, code TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, at TEXT COLLATE "C" NOT NULL, actor TEXT COLLATE "C" NOT NULL, what TEXT COLLATE "C" NOT NULL,
  undoes BIGINT NOT NULL, gone BIGINT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, code, version)
);
-- What the register is held against: contexts of projects and appetite lines.
CREATE TABLE register_context (
  org TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, at TEXT COLLATE "C" NOT NULL, actor TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, version)
);
-- Simulations that were kept, with what it takes to repeat them.
CREATE TABLE register_run (
  org TEXT COLLATE "C" NOT NULL, run TEXT COLLATE "C" NOT NULL, at TEXT COLLATE "C" NOT NULL, actor TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, run)
);
CREATE INDEX register_run_at ON register_run(org, at);

-- +goose Down
DROP TABLE register_run; DROP TABLE register_context; DROP TABLE register_entry;
