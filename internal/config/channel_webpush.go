package config

import "strings"

// WebPush shows notifications in browsers. It needs no set-up: its key is made at the first
// start and kept in the database.
type WebPush struct {
	Off     bool   `yaml:"off,omitempty"`
	Contact string `yaml:"contact,omitempty"` // whom push services write to; default: the administrator's mail address
	Key     Secret `yaml:"key,omitempty"`     // the private key in base64url, in place of the kept one
}

func (w *WebPush) check(bad complain) {
	reference("channels.webpush.key", w.Key, bad)
	if w.Contact != "" && !strings.HasPrefix(w.Contact, "https://") && !strings.Contains(w.Contact, "@") {
		bad("channels.webpush.contact", "want a mail address or an https address")
	}
}
