-- +goose Up
-- heard: what the provider said later of an attempt, a set of bits (delivery.Known); not 0 on a
-- notification when any of its attempts has some. held: why it was put off unsent. struck: it is
-- still tried, but whoever is next was told.
ALTER TABLE notification ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notification ADD COLUMN held TEXT NOT NULL DEFAULT '';
ALTER TABLE notification ADD COLUMN struck INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
-- Claims go level by level, from the oldest on; the channel stands in it so that those which can
-- take nothing now are passed over without reading their rows.
DROP INDEX notification_due;
CREATE INDEX notification_due ON notification(level DESC, due_at, channel) WHERE state IN ('pending', 'sending');
CREATE INDEX notification_recipient ON notification(org, contact, channel, queued_at);
CREATE INDEX notification_address ON notification(channel, lower(address), queued_at);
-- Which message of a provider is which attempt of ours; left out where the provider's id is ours.
CREATE TABLE remote_message (
  channel TEXT NOT NULL, remote TEXT NOT NULL, notification TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (channel, remote)
) WITHOUT ROWID;
-- Receipts for messages that we do not know yet: our own attempt may still be under way.
CREATE TABLE late_receipt (
  id INTEGER PRIMARY KEY, channel TEXT NOT NULL, remote TEXT NOT NULL, state TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX late_receipt_remote ON late_receipt(channel, remote);
CREATE TABLE reply_taken (channel TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (channel, id)) WITHOUT ROWID;
-- Addresses that their provider says do not exist: a task for the administrator.
CREATE TABLE dead_address (
  org TEXT NOT NULL, contact TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL, since_at TEXT NOT NULL, last_at TEXT NOT NULL,
  detail TEXT NOT NULL, PRIMARY KEY (org, contact, channel, address)
) WITHOUT ROWID;
-- What is wrong with our own configuration of a channel, until it takes a message.
CREATE TABLE channel_fault (channel TEXT PRIMARY KEY, since_at TEXT NOT NULL, last_at TEXT NOT NULL, detail TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE flood (
  org TEXT NOT NULL, contact TEXT NOT NULL, channel TEXT NOT NULL, since_at TEXT NOT NULL, next_at TEXT NOT NULL, PRIMARY KEY (org, contact, channel)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE flood; DROP TABLE channel_fault; DROP TABLE dead_address; DROP TABLE reply_taken; DROP TABLE late_receipt; DROP TABLE remote_message;
DROP INDEX notification_address; DROP INDEX notification_recipient; DROP INDEX notification_due;
CREATE INDEX notification_due ON notification(level DESC, due_at) WHERE state IN ('pending', 'sending');
ALTER TABLE attempt DROP COLUMN heard; ALTER TABLE notification DROP COLUMN struck; ALTER TABLE notification DROP COLUMN held; ALTER TABLE notification DROP COLUMN heard;
