-- +goose Up
-- Letters: what people get and what belongs to no warning, such as a report. Their notifications
-- name them in the place of a warning. link is the SHA-256 of the token that opens one without
-- signing in. A file is kept once, whoever gets it.
CREATE TABLE letter (
  org TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL, edition INTEGER NOT NULL, contact TEXT NOT NULL,
  made_at TEXT NOT NULL, link TEXT NOT NULL, link_until TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, id)
);
CREATE INDEX letter_about ON letter (org, about, made_at);
CREATE INDEX letter_link ON letter (link);
CREATE TABLE letter_file (
  org TEXT NOT NULL, hash TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, hash)
);

-- +goose Down
DROP TABLE letter_file;
DROP TABLE letter;
