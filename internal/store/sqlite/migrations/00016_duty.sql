-- +goose Up
-- Rotas, absences, swaps and escalation policies of an organisation, as one document a version.
CREATE TABLE duty_book (
  org TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, what TEXT NOT NULL, undoes INTEGER NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (org, version)
) WITHOUT ROWID;
-- What a receiver has set: each change is a version, so that it can be undone.
CREATE TABLE choice (
  org TEXT NOT NULL, contact TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (org, contact, version)
) WITHOUT ROWID;
-- One warning that one contact does not want to hear of until an end.
CREATE TABLE snooze (
  org TEXT NOT NULL, contact TEXT NOT NULL, warning TEXT NOT NULL, level INTEGER NOT NULL, since_at TEXT NOT NULL, until_at TEXT NOT NULL,
  actor TEXT NOT NULL, PRIMARY KEY (org, contact, warning)
) WITHOUT ROWID;
-- Shifts that somebody has taken over by name; shift_at is the instant of the hand-over.
CREATE TABLE hand_over (
  org TEXT NOT NULL, rota TEXT NOT NULL, shift_at TEXT NOT NULL, outgoing TEXT NOT NULL, incoming TEXT NOT NULL, taken_at TEXT NOT NULL,
  account TEXT NOT NULL, by_name TEXT NOT NULL, note TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, rota, shift_at)
) WITHOUT ROWID;
-- Alarms about people on duty that are written into the journal once.
CREATE TABLE duty_alarm (org TEXT NOT NULL, alarm TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (org, alarm)) WITHOUT ROWID;
-- Why a notification waits or is never sent, why an escalation runs again, until when an answer binds.
ALTER TABLE notification ADD COLUMN chosen TEXT NOT NULL DEFAULT '';
ALTER TABLE escalation ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
ALTER TABLE escalation ADD COLUMN wake INTEGER NOT NULL DEFAULT 0;
ALTER TABLE escalation ADD COLUMN answered_by TEXT NOT NULL DEFAULT '';
ALTER TABLE answer ADD COLUMN until_at TEXT;
CREATE INDEX escalation_bound ON escalation(due_at) WHERE state = 'answered';
CREATE INDEX notification_chosen ON notification(org, due_at) WHERE chosen <> '';

-- +goose Down
DROP INDEX notification_chosen; DROP INDEX escalation_bound;
ALTER TABLE answer DROP COLUMN until_at; ALTER TABLE escalation DROP COLUMN answered_by; ALTER TABLE escalation DROP COLUMN wake;
ALTER TABLE escalation DROP COLUMN round; ALTER TABLE notification DROP COLUMN chosen;
DROP TABLE duty_alarm; DROP TABLE hand_over; DROP TABLE snooze; DROP TABLE choice; DROP TABLE duty_book;
