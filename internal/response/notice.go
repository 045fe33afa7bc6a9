package response

import (
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/id"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// noticeMark stands in the place of a warning's id before the id of a notice.
const noticeMark = "notice "

// NoticeOf is the id of the notice that stands in the place of a warning's id.
func NoticeOf(warningID string) (string, bool) { return strings.CutPrefix(warningID, noticeMark) }

// Notices are the notifications of one notice to a contact: a message that belongs to no
// warning, such as a questionnaire or what is due in the register. It goes over each channel
// that carries tells can carry it, never before an instant and never in the contact's quiet
// hours; a channel that the contact keeps for higher levels gets none, unless no other is
// left. It counts as queued when it is due: what waits for a morning is not late. No digest
// holds it back: a deadline would pass. Nobody can be reached where the result is empty.
func (d Duty) Notices(org, notice string, c portfolio.Contact, carries func(channel string) bool, at time.Time) []Notification {
	choice := d.Choice(c.ID)
	zone := People{}.zoneOf(choice.Apply(c))
	due, held := at, NotHeld
	if end, quiet := choice.quietUntil(at, zone); quiet {
		due, held = end, HeldQuiet
	}
	var out, spared []Notification
	for _, a := range c.Channels {
		n := Notification{
			ID: id.Derived("ntf", notice, c.ID, a.Channel, a.Address), Org: org, Warning: noticeMark + notice, Contact: c.ID,
			Channel: a.Channel, Address: a.Address, Purpose: Notice, Due: due, State: Pending, Held: held, Queued: due,
		}
		switch {
		case !carries(a.Channel) || slices.ContainsFunc(append(out, spared...), func(x Notification) bool { return x.ID == n.ID }):
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
