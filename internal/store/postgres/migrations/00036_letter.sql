-- +goose Up
-- Letters: what people get and what belongs to no warning, such as a report. Their notifications
-- name them in the place of a warning. link is the SHA-256 of the token that opens one without
-- signing in. A file is kept once, whoever gets it.
CREATE TABLE letter (
  org TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, about TEXT COLLATE "C" NOT NULL, edition BIGINT NOT NULL, contact TEXT COLLATE "C" NOT NULL,
  made_at TEXT COLLATE "C" NOT NULL, link TEXT COLLATE "C" NOT NULL, link_until TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, id)
);
CREATE INDEX letter_about ON letter (org, about, made_at);
CREATE INDEX letter_link ON letter (link);
CREATE TABLE letter_file (
  org TEXT COLLATE "C" NOT NULL, hash TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, hash)
);

-- +goose Down
DROP TABLE letter_file;
DROP TABLE letter;
