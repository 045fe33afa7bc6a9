package room

import (
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
)

// A Press is what stands behind a button: which answer to which notification, in which room
// and language. It is no secret and carries no signature of ours: a provider's call counts
// only when its own signature holds.
type Press struct {
	Notification string
	Said         delivery.Said
	Language     string
	Room         string
}

// String writes a press in a form that every provider carries; "" when it cannot be.
func (p Press) String() string {
	for _, part := range []string{p.Notification, string(p.Said), p.Language, p.Room} {
		if !plain(part) {
			return ""
		}
	}
	return strings.Join([]string{p.Notification, string(p.Said), p.Language, p.Room}, "|")
}

// plain holds what our own keys, words, languages and rooms look like.
func plain(part string) bool {
	return part != "" && len(part) <= 80 && strings.Trim(strings.ToLower(part), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// ReadPress reads what String wrote. Only the three answers of a button are one.
func ReadPress(text string) (Press, bool) {
	f := strings.Split(text, "|")
	if len(text) > maxAnswer || len(f) != 4 {
		return Press{}, false
	}
	p := Press{f[0], delivery.Said(f[1]), f[2], f[3]}
	switch p.Said {
	case delivery.SaidHaveIt, delivery.SaidHelp, delivery.SaidCannot, delivery.SaidSafe:
		return p, p.String() == text
	default:
		return Press{}, false
	}
}

// Reply is the press as a reply: id is the provider's, by its name of the person.
func (p Press) Reply(id, by string, at time.Time) delivery.Reply {
	return delivery.Reply{
		ID: httpfault.Line(id, 200), Notification: p.Notification, From: p.Room, Said: p.Said, Text: httpfault.Line(by, 200), At: at,
	}
}
