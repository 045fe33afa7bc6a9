-- +goose Up
-- Numbers that assessments rest on, by the instant they became known: an edition is added and
-- never changed. Values are decimal digits, so that both engines give back the same number.
-- The starter set is part of the program and not in here.
CREATE TABLE observation (
  org TEXT NOT NULL, id TEXT NOT NULL, indicator TEXT NOT NULL, unit TEXT NOT NULL, place TEXT NOT NULL, period TEXT NOT NULL,
  value TEXT NOT NULL, known_at TEXT NOT NULL, source TEXT NOT NULL, grade TEXT NOT NULL, licence TEXT NOT NULL, panel TEXT NOT NULL,
  added_at TEXT NOT NULL, added_by TEXT NOT NULL, PRIMARY KEY (org, id)
);
CREATE INDEX observation_of ON observation (org, indicator, place, period);
-- The inputs of a run, whole: whoever has them and the method can reckon it again.
CREATE TABLE assess_run (
  org TEXT NOT NULL, id TEXT NOT NULL, snapshot TEXT NOT NULL, method TEXT NOT NULL, method_hash TEXT NOT NULL, purpose TEXT NOT NULL,
  as_of TEXT NOT NULL, known_at TEXT NOT NULL, made_at TEXT NOT NULL, made_by TEXT NOT NULL, units INTEGER NOT NULL, results TEXT NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (org, id)
);
CREATE TABLE assessment (
  org TEXT NOT NULL, id TEXT NOT NULL, run TEXT NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL, purpose TEXT NOT NULL, as_of TEXT NOT NULL,
  made_at TEXT NOT NULL, score TEXT NOT NULL, class TEXT NOT NULL, method TEXT NOT NULL, hash TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, id)
);
CREATE INDEX assessment_of ON assessment (org, unit, as_of);
CREATE INDEX assessment_run ON assessment (org, run);
CREATE TABLE assess_scenario (
  org TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, made_at TEXT NOT NULL, made_by TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, id)
);

-- +goose Down
DROP TABLE assess_scenario;
DROP TABLE assessment;
DROP TABLE assess_run;
DROP TABLE observation;
