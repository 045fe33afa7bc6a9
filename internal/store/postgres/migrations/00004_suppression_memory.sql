-- +goose Up
-- What users' rules keep from being told now, and what the warning would have been.
CREATE TABLE suppression (
  org TEXT COLLATE "C" NOT NULL, event TEXT COLLATE "C" NOT NULL, project TEXT COLLATE "C" NOT NULL, family TEXT COLLATE "C" NOT NULL, level BIGINT NOT NULL, since_at TEXT COLLATE "C" NOT NULL,
  body BYTEA NOT NULL, PRIMARY KEY (org, event, project, family)
);
CREATE INDEX suppression_project ON suppression(org, project);
-- What an organisation's decision core has learned: how sources' reports came out, which are silent.
CREATE TABLE memory (org TEXT COLLATE "C" PRIMARY KEY, body BYTEA NOT NULL);

-- +goose Down
DROP TABLE memory; DROP TABLE suppression;
