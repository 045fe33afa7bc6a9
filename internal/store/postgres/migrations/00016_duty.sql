-- +goose Up
-- Rotas, absences, swaps and escalation policies of an organisation, as one document a version.
CREATE TABLE duty_book (
  org TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, at TEXT COLLATE "C" NOT NULL, actor TEXT COLLATE "C" NOT NULL, what TEXT COLLATE "C" NOT NULL, undoes BIGINT NOT NULL,
  body BYTEA NOT NULL, PRIMARY KEY (org, version)
);
-- What a receiver has set: each change is a version, so that it can be undone.
CREATE TABLE choice (
  org TEXT COLLATE "C" NOT NULL, contact TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, at TEXT COLLATE "C" NOT NULL, actor TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL,
  PRIMARY KEY (org, contact, version)
);
-- One warning that one contact does not want to hear of until an end.
CREATE TABLE snooze (
  org TEXT COLLATE "C" NOT NULL, contact TEXT COLLATE "C" NOT NULL, warning TEXT COLLATE "C" NOT NULL, level BIGINT NOT NULL, since_at TEXT COLLATE "C" NOT NULL, until_at TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C" NOT NULL, PRIMARY KEY (org, contact, warning)
);
-- Shifts that somebody has taken over by name; shift_at is the instant of the hand-over.
CREATE TABLE hand_over (
  org TEXT COLLATE "C" NOT NULL, rota TEXT COLLATE "C" NOT NULL, shift_at TEXT COLLATE "C" NOT NULL, outgoing TEXT COLLATE "C" NOT NULL, incoming TEXT COLLATE "C" NOT NULL, taken_at TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL, by_name TEXT COLLATE "C" NOT NULL, note TEXT COLLATE "C" NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (org, rota, shift_at)
);
-- Alarms about people on duty that are written into the journal once.
CREATE TABLE duty_alarm (org TEXT COLLATE "C" NOT NULL, alarm TEXT COLLATE "C" NOT NULL, at TEXT COLLATE "C" NOT NULL, PRIMARY KEY (org, alarm));
-- Why a notification waits or is never sent, why an escalation runs again, until when an answer binds.
ALTER TABLE notification ADD COLUMN chosen TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE escalation ADD COLUMN round BIGINT NOT NULL DEFAULT 0;
ALTER TABLE escalation ADD COLUMN wake BIGINT NOT NULL DEFAULT 0;
ALTER TABLE escalation ADD COLUMN answered_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE answer ADD COLUMN until_at TEXT COLLATE "C";
CREATE INDEX escalation_bound ON escalation(due_at) WHERE state = 'answered';
CREATE INDEX notification_chosen ON notification(org, due_at) WHERE chosen <> '';

-- +goose Down
DROP INDEX notification_chosen; DROP INDEX escalation_bound;
ALTER TABLE answer DROP COLUMN until_at; ALTER TABLE escalation DROP COLUMN answered_by; ALTER TABLE escalation DROP COLUMN wake;
ALTER TABLE escalation DROP COLUMN round; ALTER TABLE notification DROP COLUMN chosen;
DROP TABLE duty_alarm; DROP TABLE hand_over; DROP TABLE snooze; DROP TABLE choice; DROP TABLE duty_book;
