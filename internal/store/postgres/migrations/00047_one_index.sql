-- +goose Up
-- notification_recipient begins with the same columns, and what came after them served no question.
DROP INDEX notification_contact;

-- +goose Down
CREATE INDEX notification_contact ON notification(org, contact, channel, done_at);
