-- +goose Up
-- What users' rules keep from being told now, and what the warning would have been.
CREATE TABLE suppression (
  org TEXT NOT NULL, event TEXT NOT NULL, project TEXT NOT NULL, family TEXT NOT NULL, level INTEGER NOT NULL, since_at TEXT NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (org, event, project, family)
) WITHOUT ROWID;
CREATE INDEX suppression_project ON suppression(org, project);
-- What an organisation's decision core has learned: how sources' reports came out, which are silent.
CREATE TABLE memory (org TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;

-- +goose Down
DROP TABLE memory; DROP TABLE suppression;
