-- +goose Up
-- Questionnaires as they stand; each change counts the version up, and the journal has its hash.
-- closed is the last round that was closed, so that a round closes once.
CREATE TABLE survey (
  org TEXT COLLATE "C" NOT NULL, code TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, state TEXT COLLATE "C" NOT NULL, opened_at TEXT COLLATE "C", changed_at TEXT COLLATE "C" NOT NULL, changed_by TEXT COLLATE "C" NOT NULL,
  closed BIGINT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, code)
);
-- What respondents filled in: n 0 is the draft of a round, each sheet that was sent is kept.
CREATE TABLE survey_sheet (
  org TEXT COLLATE "C" NOT NULL, survey TEXT COLLATE "C" NOT NULL, round BIGINT NOT NULL, respondent TEXT COLLATE "C" NOT NULL, n BIGINT NOT NULL, at TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL,
  PRIMARY KEY (org, survey, round, respondent, n)
);
-- By the hash of its token: the link by which one respondent answers one survey.
CREATE TABLE survey_link (hash TEXT COLLATE "C" PRIMARY KEY, org TEXT COLLATE "C" NOT NULL, survey TEXT COLLATE "C" NOT NULL, respondent TEXT COLLATE "C" NOT NULL);
-- Messages that belong to no warning, as facts, and what each thing was told by: once.
CREATE TABLE notice (
  org TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, contact TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, about TEXT COLLATE "C" NOT NULL, at TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, id)
);
CREATE INDEX notice_about ON notice (org, about);
CREATE TABLE notice_told (org TEXT COLLATE "C" NOT NULL, what TEXT COLLATE "C" NOT NULL, notice TEXT COLLATE "C" NOT NULL, at TEXT COLLATE "C" NOT NULL, PRIMARY KEY (org, what));

-- +goose Down
DROP TABLE notice_told;
DROP TABLE notice;
DROP TABLE survey_link;
DROP TABLE survey_sheet;
DROP TABLE survey;
