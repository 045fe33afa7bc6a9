package response

import (
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/id"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// Alone tells whether what is sent for a purpose belongs to no warning: a letter brings a
// document, a notice asks for something, a digest sums up. Such a message is no alarm: no flood
// folds it into a digest, and nobody is asked next when it fails.
func (p Purpose) Alone() bool { return p == Digest || p == Letter || p == Notice }

// Mark stands in the place of a warning's id in the notifications of a letter or a notice.
func (p Purpose) Mark(id string) string { return string(p) + " " + id }

// Brought is the letter or the notice that stands in the place of a warning's id.
func Brought(warning string) (p Purpose, id string, ok bool) {
	for _, p := range []Purpose{Letter, Notice} {
		if id, ok := strings.CutPrefix(warning, p.Mark("")); ok {
			return p, id, true
		}
	}
	return "", "", false
}

// Notices are the notifications of one notice to a contact, such as a questionnaire or what is
// due in the register, over each channel that carries tells can carry it.
func (d Duty) Notices(org, notice string, c portfolio.Contact, carries func(channel string) bool, at time.Time) []Notification {
	return d.messages(Notice, org, notice, c, carries, at)
}

// Letters are the notifications that bring one letter to a contact over each of their addresses
// that people read. Programs get none, and nobody is called.
func (d Duty) Letters(org, letter string, c portfolio.Contact, at time.Time) []Notification {
	return d.messages(Letter, org, letter, c, readable, at)
}

// ReadsLetters tells whether a contact has an address that brings letters.
func ReadsLetters(c portfolio.Contact) bool {
	return slices.ContainsFunc(c.Channels, func(a portfolio.Address) bool { return readable(a.Channel) })
}

func readable(channel string) bool { return !machine(channel) && channel != "voice" }

// messages are the notifications of what belongs to no warning. Their ids follow from it, so
// that it goes out once however often it is queued. None comes before an instant, and none in
// the contact's quiet hours, but for letters by mail, which wake nobody; a channel that the
// contact keeps for higher levels gets none, unless no other is left. It counts as queued when
// it is due: what waits for a morning is not late. Nobody can be reached where the result is
// empty.
func (d Duty) messages(p Purpose, org, name string, c portfolio.Contact, carries func(channel string) bool, at time.Time) []Notification {
	choice := d.Choice(c.ID)
	end, quiet := choice.quietUntil(at, People{}.zoneOf(choice.Apply(c)))
	var out, spared []Notification
	for _, a := range c.Channels {
		n := Notification{
			ID: id.Derived("ntf", p.Mark(name), org, c.ID, a.Channel, a.Address), Org: org, Warning: p.Mark(name), Contact: c.ID,
			Channel: a.Channel, Address: a.Address, Purpose: p, Due: at, State: Pending, Queued: at,
		}
		if quiet && (p != Letter || a.Channel != "email") {
			n.Due, n.Queued, n.Held = end, end, HeldQuiet
		}
		switch {
		case !carries(a.Channel) || slices.ContainsFunc(slices.Concat(out, spared), func(x Notification) bool { return x.ID == n.ID }):
		case choice.least(a.Channel) > level.Green:
			spared = append(spared, n)
		default:
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return spared[:min(len(spared), 1)]
	}
	return out
}

// Morning is the next time that a contact's clock shows HH:MM, from an instant on.
func (d Duty) Morning(c portfolio.Contact, hhmm string, at time.Time) time.Time {
	zone := People{}.zoneOf(d.Choice(c.ID).Apply(c))
	local := at.In(zone)
	t, err := time.ParseInLocation("2006-01-02 15:04", local.Format(time.DateOnly)+" "+hhmm, zone)
	if err != nil {
		return at
	}
	if t.Before(at) {
		t = t.AddDate(0, 0, 1)
	}
	return t.UTC()
}
