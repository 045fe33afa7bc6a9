-- +goose Up
-- The further notifications that one message of a provider carries; remote_message holds the
-- first. Besides the provider's id, remote is here our own key of a message that carries several.
CREATE TABLE remote_carried (
  channel TEXT NOT NULL, remote TEXT NOT NULL, notification TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (channel, remote, notification)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE remote_carried;
