// Package response says who is told, in which order, and who is next when nobody answers.
// It is pure: from a warning, the contacts, what was sent so far and the instant it returns
// the notifications to queue and the state of the escalation. It promises that whoever got
// an alarm gets the all-clear on the channel that reached them, and that the same question
// always gives the same notifications with the same ids. It sends nothing.
package response

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/id"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// Purpose says why a notification goes out. The words are part of the API.
type Purpose string

// The purposes.
const (
	Alarm      Purpose = "alarm"
	Escalation Purpose = "escalation"
	AllClear   Purpose = "all_clear"
	Test       Purpose = "test" // asked for by a person to see whether messages arrive; never queued
)

// State is where one notification stands.
type State string

// The states of a notification.
const (
	Pending    State = "pending"
	Sending    State = "sending"
	Sent       State = "sent"       // the channel accepted it
	Delivered  State = "delivered"  // the channel says that it arrived
	Failed     State = "failed"     // given up; the escalation goes on to the next
	Superseded State = "superseded" // a newer revision went out instead
)

// A Notification is one warning revision to one contact over one channel.
type Notification struct {
	ID       string      `json:"id"`
	Org      string      `json:"org"`
	Warning  string      `json:"warning"`
	Revision int         `json:"revision"`
	Level    level.Level `json:"level"`
	Contact  string      `json:"contact"`
	Step     int         `json:"step"`
	Channel  string      `json:"channel"`
	Address  string      `json:"-"` // personal: never journalled
	Purpose  Purpose     `json:"purpose"`
	Due      time.Time   `json:"due"`
	State    State       `json:"state"`
}

// An Asked is what earlier notifications of the warning did: who was told on which channel.
type Asked struct {
	Contact string
	Step    int
	Channel string
	Address string
	State   State
}

// An EscalationState says what happens if nobody answers.
type EscalationState struct {
	Warning  string    `json:"warning"`
	Org      string    `json:"org"`
	Revision int       `json:"revision"`
	Step     int       `json:"step"` // the last step that was told
	Due      time.Time `json:"due,omitzero"`
	State    string    `json:"state"` // running, answered, exhausted, closed
}

// The states of an escalation.
const (
	Running   = "running"
	Answered  = "answered"
	Exhausted = "exhausted" // nobody is left to be asked: shown as an alarm to the duty officer
	Closed    = "closed"
)

// Waits is how long each level waits for an answer before the next step; 0 = the level
// does not escalate.
type Waits [4]time.Duration

// DefaultWaits are our defaults: red 5 minutes, orange 15 (METHOD.md 4.1 wants a red
// acknowledged in 5 and an orange in 30 minutes by nine in ten).
func DefaultWaits() Waits { return Waits{level.Orange: 15 * time.Minute, level.Red: 5 * time.Minute} }

// Contacts returns the contacts of a project in the order of steps, then code: its own and
// those of the whole organisation.
func Contacts(p portfolio.Portfolio, project string) []portfolio.Contact {
	var out []portfolio.Contact
	for _, c := range p.Contacts {
		if (c.Project == project || c.Project == "") && len(c.Channels) > 0 {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b portfolio.Contact) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), strings.Compare(a.Code, b.Code))
	})
	return out
}

// Plan returns what a revision that must be told queues. An alarm goes to the first step,
// to everybody who was told before, and to those whom the users' rules name; it starts the
// escalation anew. The end of a warning goes to those who got the alarm.
func Plan(w warning.Warning, contacts []portfolio.Contact, asked []Asked, waits Waits) ([]Notification, EscalationState) {
	esc := EscalationState{Warning: w.ID, Org: w.Org, Revision: w.Revision, State: Closed}
	if w.AllClear {
		return allClear(w, asked), esc
	}
	esc.State = Running
	first := firstStep(contacts)
	esc.Step = first
	var out []Notification
	for _, c := range contacts {
		told := slices.ContainsFunc(asked, func(a Asked) bool { return a.Contact == c.ID })
		if c.Step == first || told || slices.Contains(w.Route, c.Code) {
			out = append(out, notify(w, c, Alarm)...)
			esc.Step = max(esc.Step, first)
		}
	}
	if wait := waits[w.Level]; wait > 0 {
		esc.Due = w.At.Add(wait)
	}
	if len(out) == 0 {
		esc.State, esc.Due = Exhausted, time.Time{}
	}
	return out, esc
}

// Next asks the following step because nobody has answered, or because somebody answered
// that they cannot act. Without a further step the escalation is exhausted.
func Next(w warning.Warning, contacts []portfolio.Contact, esc EscalationState, now time.Time, waits Waits) ([]Notification, EscalationState) {
	step := 0
	for _, c := range contacts {
		if c.Step > esc.Step {
			step = c.Step
			break
		}
	}
	if step == 0 {
		esc.State, esc.Due = Exhausted, time.Time{}
		return nil, esc
	}
	var out []Notification
	for _, c := range contacts {
		if c.Step == step {
			out = append(out, notify(w, c, Escalation)...)
		}
	}
	esc.Step, esc.Due, esc.State = step, time.Time{}, Running
	if wait := waits[w.Level]; wait > 0 {
		esc.Due = now.Add(wait)
	}
	for i := range out {
		out[i].Due = now
	}
	return out, esc
}

func firstStep(contacts []portfolio.Contact) int {
	if len(contacts) == 0 {
		return 0
	}
	return contacts[0].Step // sorted by step
}

func notify(w warning.Warning, c portfolio.Contact, why Purpose) []Notification {
	out := make([]Notification, 0, len(c.Channels))
	for _, a := range c.Channels {
		out = append(out, Notification{
			ID:  id.Derived("ntf", w.ID, strconv.Itoa(w.Revision), c.ID, a.Channel, a.Address, string(why)),
			Org: w.Org, Warning: w.ID, Revision: w.Revision, Level: w.Level, Contact: c.ID, Step: c.Step,
			Channel: a.Channel, Address: a.Address, Purpose: why, Due: w.At, State: Pending,
		})
	}
	return out
}

// allClear goes to each contact on the channels that reached them; to one whom nothing
// reached, on all that were tried: better twice than wondering.
func allClear(w warning.Warning, asked []Asked) []Notification {
	var out []Notification
	done := map[string]bool{}
	for _, a := range asked {
		key := a.Contact + "\x00" + a.Channel + "\x00" + a.Address
		if done[key] || !reached(a) && reachedOtherwise(a.Contact, asked) {
			continue
		}
		done[key] = true
		out = append(out, Notification{
			ID:  id.Derived("ntf", w.ID, strconv.Itoa(w.Revision), a.Contact, a.Channel, a.Address, string(AllClear)),
			Org: w.Org, Warning: w.ID, Revision: w.Revision, Level: w.Level, Contact: a.Contact, Step: a.Step,
			Channel: a.Channel, Address: a.Address, Purpose: AllClear, Due: w.At, State: Pending,
		})
	}
	return out
}

func reached(a Asked) bool { return a.State == Sent || a.State == Delivered }

func reachedOtherwise(contact string, asked []Asked) bool {
	return slices.ContainsFunc(asked, func(a Asked) bool { return a.Contact == contact && reached(a) })
}
