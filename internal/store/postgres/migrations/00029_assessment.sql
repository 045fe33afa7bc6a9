-- +goose Up
-- Numbers that assessments rest on, by the instant they became known: an edition is added and
-- never changed. Values are decimal digits, so that both engines give back the same number.
-- The starter set is part of the program and not in here.
CREATE TABLE observation (
  org TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, indicator TEXT COLLATE "C" NOT NULL, unit TEXT COLLATE "C" NOT NULL, place TEXT COLLATE "C" NOT NULL, period TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL, known_at TEXT COLLATE "C" NOT NULL, source TEXT COLLATE "C" NOT NULL, grade TEXT COLLATE "C" NOT NULL, licence TEXT COLLATE "C" NOT NULL, panel TEXT COLLATE "C" NOT NULL,
  added_at TEXT COLLATE "C" NOT NULL, added_by TEXT COLLATE "C" NOT NULL, PRIMARY KEY (org, id)
);
CREATE INDEX observation_of ON observation (org, indicator, place, period);
-- The inputs of a run, whole: whoever has them and the method can reckon it again.
CREATE TABLE assess_run (
  org TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, snapshot TEXT COLLATE "C" NOT NULL, method TEXT COLLATE "C" NOT NULL, method_hash TEXT COLLATE "C" NOT NULL, purpose TEXT COLLATE "C" NOT NULL,
  as_of TEXT COLLATE "C" NOT NULL, known_at TEXT COLLATE "C" NOT NULL, made_at TEXT COLLATE "C" NOT NULL, made_by TEXT COLLATE "C" NOT NULL, units BIGINT NOT NULL, results TEXT COLLATE "C" NOT NULL,
  body BYTEA NOT NULL, PRIMARY KEY (org, id)
);
CREATE TABLE assessment (
  org TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, run TEXT COLLATE "C" NOT NULL, unit TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, purpose TEXT COLLATE "C" NOT NULL, as_of TEXT COLLATE "C" NOT NULL,
  made_at TEXT COLLATE "C" NOT NULL, score TEXT COLLATE "C" NOT NULL, class TEXT COLLATE "C" NOT NULL, method TEXT COLLATE "C" NOT NULL, hash TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, id)
);
CREATE INDEX assessment_of ON assessment (org, unit, as_of);
CREATE INDEX assessment_run ON assessment (org, run);
CREATE TABLE assess_scenario (
  org TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, unit TEXT COLLATE "C" NOT NULL, made_at TEXT COLLATE "C" NOT NULL, made_by TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, id)
);

-- +goose Down
DROP TABLE assess_scenario;
DROP TABLE assessment;
DROP TABLE assess_run;
DROP TABLE observation;
