package response

import (
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/warning"
)

// Hold says why a notification does not go out at once. The words are part of the API.
type Hold string

// The reasons to hold a notification back.
const (
	NotHeld   Hold = ""
	HeldMute  Hold = "mute"    // never sent
	HeldLeast Hold = "minimum" // below the lowest level that the receiver wants here: never sent
	HeldQuiet Hold = "quiet"   // sent when the receiver's quiet hours end
	HeldNap   Hold = "snooze"  // sent when the snooze of this warning ends
	HeldGroup Hold = "digest"  // told by the receiver's next digest
)

// fate is what becomes of a notification of a warning to one contact over one channel: its
// state, its due instant, and why it waits.
type fate struct {
	state State
	due   time.Time
	held  Hold
}

// sounds tells whether the receiver hears of it now.
func (f fate) sounds() bool { return f.state == Pending && f.held == NotHeld }

// later tells whether the receiver hears of it in the end.
func (f fate) later() bool { return f.state == Held || f.state == Pending && f.held != NotHeld }

// fate looks at what the contact has chosen. Whatever it says: nothing from the floor
// upwards is held back, and the floor is red at most.
func (p People) fate(w warning.Warning, c portfolio.Contact, channel string, at time.Time) fate {
	now := fate{state: Pending, due: at}
	if w.Emergency || w.Level >= level.Red || p.floor > level.Green && w.Level >= p.floor {
		return now
	}
	if p.Mutes.Hold(w, c.ID, channel, at) {
		return fate{state: Muted, due: at, held: HeldMute}
	}
	for _, s := range p.snoozes {
		if s.Contact == c.ID && s.Warning == w.ID && w.Level <= s.Level && !at.Before(s.Since) && at.Before(s.Until) {
			return fate{state: Pending, due: s.Until, held: HeldNap}
		}
	}
	choice, chosen := p.choices[c.ID]
	if !chosen {
		return now
	}
	if w.Level < choice.least(channel) {
		return fate{state: Muted, due: at, held: HeldLeast}
	}
	zone := p.zoneOf(choice.Apply(c))
	if choice.Digest != NoDigest && w.Level <= level.Yellow && !machine(channel) {
		return fate{state: Held, due: choice.digestDue(at, zone), held: HeldGroup}
	}
	if end, quiet := choice.quietUntil(at, zone); quiet {
		return fate{state: Pending, due: end, held: HeldQuiet}
	}
	return now
}

// machine tells whether a program sits at the other end of a channel, which has no use for a
// digest.
func machine(channel string) bool {
	switch channel {
	case "cap", "webhook", "mqtt", "pagerduty":
		return true
	}
	return false
}

// zoneOf is the zone of a receiver's clock: the own, else the project's.
func (p People) zoneOf(c portfolio.Contact) *time.Location {
	for _, name := range []string{c.Zone, p.zone} {
		if zone, err := rota.LoadZone(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// digestDue is when a contact's next digest goes out.
func (p People) digestDue(contact string, at time.Time) time.Time {
	c := portfolio.Contact{ID: contact}
	for _, x := range p.Contacts {
		if x.ID == contact {
			c = x
		}
	}
	choice := p.choices[contact]
	return choice.digestDue(at, p.zoneOf(choice.Apply(c)))
}

// A Way is one channel of somebody and what would become of a message over it.
type Way struct {
	Channel string
	Held    Hold
	Until   time.Time // when what is held goes out; zero = it is never sent, or at once
}

// Ways tells what would become of a warning over each channel of a contact at an instant.
func (p People) Ways(w warning.Warning, c portfolio.Contact, at time.Time) []Way {
	out := make([]Way, 0, len(c.Channels))
	for _, a := range c.Channels {
		f := p.fate(w, c, a.Channel, at)
		way := Way{Channel: a.Channel, Held: f.held}
		if f.later() {
			way.Until = f.due
		}
		out = append(out, way)
	}
	return out
}

// WaitOf is how long an answer to a step is waited for; 0 = the level does not escalate.
func (p People) WaitOf(step int, l level.Level, waits Waits) time.Duration {
	return p.wait(step, l, waits)
}
