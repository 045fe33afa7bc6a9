-- +goose Up
-- Browsers that show notifications for a contact. A subscription is a secret of its device.
CREATE TABLE device (
  org TEXT NOT NULL, contact TEXT NOT NULL, name TEXT NOT NULL, subscription TEXT NOT NULL, created_at TEXT NOT NULL,
  last_ok TEXT NOT NULL, PRIMARY KEY (org, contact, name)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE device;
