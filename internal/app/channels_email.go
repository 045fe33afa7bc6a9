package app

import (
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery/email"
)

// dkimOf is what signs our mail; nil = nothing.
func dkimOf(d *config.DKIM) *email.DKIM {
	if d == nil {
		return nil
	}
	return &email.DKIM{Domain: d.Domain, Selector: d.Selector, Key: d.Key.Value}
}

// inboxOf is the mailbox in which replies arrive; nil = none.
func (a *App) inboxOf(m *config.Mailbox) *email.Inbox {
	if m == nil {
		return nil
	}
	return &email.Inbox{
		Host: m.Host, Port: m.Port, TLS: email.TLS(m.TLS), User: m.User, Password: m.Password.Value, Mailbox: m.Mailbox,
		Now: a.opts.Now, Log: a.opts.Log,
	}
}
