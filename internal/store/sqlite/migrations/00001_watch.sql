-- +goose Up
CREATE TABLE organisation (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, language TEXT NOT NULL, zone TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE account (
  id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES organisation(id), email TEXT NOT NULL, name TEXT NOT NULL,
  role TEXT NOT NULL, password TEXT NOT NULL, language TEXT NOT NULL, zone TEXT NOT NULL, theme TEXT NOT NULL,
  created_at TEXT NOT NULL, disabled_at TEXT, UNIQUE (email)
);
CREATE TABLE session (
  hash TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id), created_at TEXT NOT NULL, seen_at TEXT NOT NULL, expires_at TEXT NOT NULL
);
CREATE INDEX session_account ON session(account);
CREATE TABLE sign_in_link (
  hash TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id), set_password INTEGER NOT NULL, expires_at TEXT NOT NULL, used_at TEXT
);
CREATE TABLE token (
  id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES organisation(id), account TEXT NOT NULL REFERENCES account(id), name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT, used_at TEXT, revoked_at TEXT
);

-- Every fetched byte once: body is zstd; body is removed after its retention, the row stays.
CREATE TABLE record (
  hash TEXT PRIMARY KEY, size INTEGER NOT NULL, body BLOB, packed INTEGER NOT NULL, first_at TEXT NOT NULL
);
CREATE TABLE receipt (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, org TEXT NOT NULL, record TEXT NOT NULL REFERENCES record(hash),
  url TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, content_type TEXT NOT NULL,
  state TEXT NOT NULL, -- stored, parsed, poison
  tries INTEGER NOT NULL DEFAULT 0, items INTEGER NOT NULL DEFAULT 0, signals INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX receipt_open ON receipt(id) WHERE state = 'stored';
CREATE INDEX receipt_source ON receipt(source, id);
CREATE TABLE quarantine (
  id TEXT PRIMARY KEY, source TEXT NOT NULL, org TEXT NOT NULL, record TEXT NOT NULL, at TEXT NOT NULL,
  place TEXT NOT NULL, reason TEXT NOT NULL, raw BLOB
);
CREATE INDEX quarantine_source ON quarantine(source, at);
CREATE TABLE source (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, is_on INTEGER NOT NULL, health TEXT NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL,
  body_hash TEXT NOT NULL, last_poll TEXT, next_poll TEXT, last_content TEXT, content_since TEXT, records INTEGER NOT NULL DEFAULT 0,
  signals INTEGER NOT NULL DEFAULT 0, quarantined INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE followed (source TEXT NOT NULL, url TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (source, url)) WITHOUT ROWID;

-- seq is the order in which the watch took the signals: what a replay follows.
CREATE TABLE signal (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL, source TEXT NOT NULL, record TEXT NOT NULL,
  key TEXT NOT NULL, received_at TEXT NOT NULL, body BLOB NOT NULL
);
CREATE INDEX signal_key ON signal(key);
CREATE INDEX signal_received ON signal(received_at);

CREATE TABLE event (
  org TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, state TEXT NOT NULL, hazard TEXT NOT NULL,
  updated_at TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, id)
) WITHOUT ROWID;
CREATE INDEX event_updated ON event(org, updated_at);
CREATE TABLE event_revision (
  org TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, id, revision)
) WITHOUT ROWID;
CREATE TABLE event_signal (org TEXT NOT NULL, event TEXT NOT NULL, signal TEXT NOT NULL, PRIMARY KEY (org, event, signal)) WITHOUT ROWID;
CREATE TABLE exposure (
  org TEXT NOT NULL, event TEXT NOT NULL, revision INTEGER NOT NULL, project TEXT NOT NULL, rows INTEGER NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (org, event, revision, project)
) WITHOUT ROWID;

CREATE TABLE warning (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, project TEXT NOT NULL, family TEXT NOT NULL, state TEXT NOT NULL, level INTEGER NOT NULL,
  active INTEGER NOT NULL, revision INTEGER NOT NULL, answered_revision INTEGER NOT NULL DEFAULT 0, answered_by TEXT NOT NULL DEFAULT '',
  opened_at TEXT NOT NULL, updated_at TEXT NOT NULL, fresh_at TEXT NOT NULL, told_at TEXT, eta_at TEXT,
  told_level INTEGER NOT NULL, told_revision INTEGER NOT NULL, people INTEGER NOT NULL,
  head BLOB NOT NULL, -- the warning with its first rows only: what lists show
  body BLOB NOT NULL
);
CREATE INDEX warning_queue ON warning(org, active, level DESC, updated_at DESC);
CREATE INDEX warning_project ON warning(org, project);
CREATE TABLE warning_revision (
  warning TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL, level INTEGER NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL, notify INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (warning, revision)
) WITHOUT ROWID;

-- One revision of one warning to one contact over one channel.
CREATE TABLE notification (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, warning TEXT NOT NULL, revision INTEGER NOT NULL, level INTEGER NOT NULL,
  contact TEXT NOT NULL, step INTEGER NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL, purpose TEXT NOT NULL,
  state TEXT NOT NULL, tries INTEGER NOT NULL, queued_at TEXT NOT NULL, due_at TEXT NOT NULL, claimed_at TEXT, claim TEXT NOT NULL DEFAULT '',
  done_at TEXT, remote TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX notification_due ON notification(level DESC, due_at) WHERE state IN ('pending', 'sending');
CREATE INDEX notification_warning ON notification(warning, queued_at);
CREATE TABLE attempt (
  notification TEXT NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, ended_at TEXT, outcome TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (notification, n)
) WITHOUT ROWID;
CREATE TABLE answer (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, warning TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL,
  by_name TEXT NOT NULL, contact TEXT NOT NULL, account TEXT NOT NULL, via TEXT NOT NULL, note TEXT NOT NULL
);
CREATE INDEX answer_warning ON answer(warning, at);
CREATE TABLE answer_link (
  hash TEXT PRIMARY KEY, org TEXT NOT NULL, warning TEXT NOT NULL, contact TEXT NOT NULL, expires_at TEXT NOT NULL
);
-- The running escalation of one warning: who was asked last and when the next is due.
CREATE TABLE escalation (
  warning TEXT PRIMARY KEY, org TEXT NOT NULL, revision INTEGER NOT NULL, step INTEGER NOT NULL, due_at TEXT, state TEXT NOT NULL
);
CREATE INDEX escalation_due ON escalation(due_at) WHERE state = 'running';

CREATE TABLE portfolio_version (
  org TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, file TEXT NOT NULL, note TEXT NOT NULL,
  changes INTEGER NOT NULL, undoes INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (org, version)
) WITHOUT ROWID;
CREATE TABLE upload (
  token TEXT PRIMARY KEY, org TEXT NOT NULL, account TEXT NOT NULL, at TEXT NOT NULL, base INTEGER NOT NULL, file TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE rule (
  org TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (org, id, version)
) WITHOUT ROWID;
CREATE TABLE rule_would (org TEXT NOT NULL, rule TEXT NOT NULL, version INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (org, rule, version)) WITHOUT ROWID;
-- What people did to events and warnings, in the order in which the watch took it.
CREATE TABLE act (
  seq INTEGER PRIMARY KEY, org TEXT NOT NULL, at TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE idempotency (
  org TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL, at TEXT NOT NULL, PRIMARY KEY (org, key)
) WITHOUT ROWID;

CREATE TABLE journal (
  seq INTEGER PRIMARY KEY, at TEXT NOT NULL, org TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, subject TEXT NOT NULL,
  body BLOB NOT NULL, prev TEXT NOT NULL, leaf BLOB NOT NULL
);
CREATE INDEX journal_org ON journal(org, seq);
CREATE TABLE journal_hash (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL);
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, at TEXT NOT NULL, root TEXT NOT NULL, signed BLOB NOT NULL);
CREATE TABLE witness (name TEXT PRIMARY KEY, size INTEGER NOT NULL, at TEXT NOT NULL, error TEXT NOT NULL);
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- +goose Down
DROP TABLE setting; DROP TABLE witness; DROP TABLE checkpoint; DROP TABLE journal_hash; DROP TABLE journal; DROP TABLE idempotency;
DROP TABLE act; DROP TABLE rule_would; DROP TABLE rule; DROP TABLE upload; DROP TABLE portfolio_version; DROP TABLE escalation;
DROP TABLE answer_link; DROP TABLE answer; DROP TABLE attempt; DROP TABLE notification; DROP TABLE warning_revision; DROP TABLE warning;
DROP TABLE exposure; DROP TABLE event_signal; DROP TABLE event_revision; DROP TABLE event; DROP TABLE signal; DROP TABLE followed;
DROP TABLE source; DROP TABLE quarantine; DROP TABLE receipt; DROP TABLE record; DROP TABLE token; DROP TABLE sign_in_link;
DROP TABLE session; DROP TABLE account; DROP TABLE organisation;
