-- +goose Up
-- Browsers that show notifications for a contact. A subscription is a secret of its device.
CREATE TABLE device (
  org TEXT COLLATE "C" NOT NULL, contact TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, subscription TEXT COLLATE "C" NOT NULL, created_at TEXT COLLATE "C" NOT NULL,
  last_ok TEXT COLLATE "C" NOT NULL, PRIMARY KEY (org, contact, name)
);

-- +goose Down
DROP TABLE device;
