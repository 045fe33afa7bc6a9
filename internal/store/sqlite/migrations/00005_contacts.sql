-- +goose Up
-- What a contact has muted: one channel for one project, below red, until its end.
CREATE TABLE mute (
  org TEXT NOT NULL, contact TEXT NOT NULL, project TEXT NOT NULL, channel TEXT NOT NULL, since_at TEXT NOT NULL, until_at TEXT NOT NULL,
  actor TEXT NOT NULL, PRIMARY KEY (org, contact, project, channel)
) WITHOUT ROWID;
-- Test messages over a contact's channel, with what became of them.
CREATE TABLE contact_test (
  id INTEGER PRIMARY KEY, org TEXT NOT NULL, contact TEXT NOT NULL, channel TEXT NOT NULL, at TEXT NOT NULL, ok INTEGER NOT NULL,
  detail TEXT NOT NULL, actor TEXT NOT NULL
);
CREATE INDEX contact_test_of ON contact_test(org, contact, channel, at);
CREATE INDEX notification_contact ON notification(org, contact, channel, done_at);

-- +goose Down
DROP INDEX notification_contact; DROP TABLE contact_test; DROP TABLE mute;
