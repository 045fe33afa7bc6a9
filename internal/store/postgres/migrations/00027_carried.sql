-- +goose Up
-- The further notifications that one message of a provider carries; remote_message holds the
-- first. Besides the provider's id, remote is here our own key of a message that carries several.
CREATE TABLE remote_carried (
  channel TEXT COLLATE "C" NOT NULL, remote TEXT COLLATE "C" NOT NULL, notification TEXT COLLATE "C" NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (channel, remote, notification)
);

-- +goose Down
DROP TABLE remote_carried;
