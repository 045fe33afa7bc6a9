package config

import (
	"net/mail"
	"strings"
)

// DKIM signs mail for the domain of the sender.
type DKIM struct {
	Domain   string `yaml:"domain,omitempty"` // default: of mail.from
	Selector string `yaml:"selector"`
	Key      Secret `yaml:"key"` // PEM: RSA from 2048 bits, or Ed25519
}

// Mailbox is read by IMAP. It must be Watchfire's alone.
type Mailbox struct {
	Host     string `yaml:"host"`
	Port     int    `yaml:"port,omitempty"` // default 993, or 143
	TLS      string `yaml:"tls,omitempty"`  // implicit (default), mandatory, none
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
	Mailbox  string `yaml:"mailbox,omitempty"` // default INBOX
}

func (m *Mail) check(bad complain) {
	reference("mail.hook_secret", m.Hook, bad)
	if (m.DKIM != nil || m.Replies != nil || m.Hook != "" || m.ReplyTo != "") && m.Host == "" {
		bad("mail.host", "is missing: nothing is sent that could be signed or answered")
	}
	if d := m.DKIM; d != nil {
		needed("mail.dkim.key", d.Key, bad)
		if d.Selector == "" {
			bad("mail.dkim.selector", "is missing")
		}
	}
	if m.ReplyTo != "" {
		if a, err := mail.ParseAddress(strings.Replace(m.ReplyTo, "{key}", "key", 1)); err != nil || a.Name != "" {
			bad("mail.reply_to", "%q is no bare mail address", m.ReplyTo)
		}
	}
	r := m.Replies
	if r == nil {
		return
	}
	needed("mail.replies.password", r.Password, bad)
	if r.Host == "" || r.User == "" {
		bad("mail.replies", "host and user are needed")
	}
	switch r.TLS {
	case "", "implicit", "mandatory", "none":
	default:
		bad("mail.replies.tls", "%q: want implicit, mandatory or none", r.TLS)
	}
}
