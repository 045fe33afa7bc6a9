-- +goose Up
-- Questionnaires as they stand; each change counts the version up, and the journal has its hash.
-- closed is the last round that was closed, so that a round closes once.
CREATE TABLE survey (
  org TEXT NOT NULL, code TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, opened_at TEXT, changed_at TEXT NOT NULL, changed_by TEXT NOT NULL,
  closed INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, code)
);
-- What respondents filled in: n 0 is the draft of a round, each sheet that was sent is kept.
CREATE TABLE survey_sheet (
  org TEXT NOT NULL, survey TEXT NOT NULL, round INTEGER NOT NULL, respondent TEXT NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (org, survey, round, respondent, n)
);
-- By the hash of its token: the link by which one respondent answers one survey.
CREATE TABLE survey_link (hash TEXT PRIMARY KEY, org TEXT NOT NULL, survey TEXT NOT NULL, respondent TEXT NOT NULL);
-- Messages that belong to no warning, as facts, and what each thing was told by: once.
CREATE TABLE notice (
  org TEXT NOT NULL, id TEXT NOT NULL, contact TEXT NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL, at TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, id)
);
CREATE INDEX notice_about ON notice (org, about);
CREATE TABLE notice_told (org TEXT NOT NULL, what TEXT NOT NULL, notice TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (org, what));

-- +goose Down
DROP TABLE notice_told;
DROP TABLE notice;
DROP TABLE survey_link;
DROP TABLE survey_sheet;
DROP TABLE survey;
