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
	Test       Purpose = "test" // shows that an address works; belongs to no warning
)

// State is where one notification stands.
type State string

// The states of a notification.
const (
	Pending    State = "pending"
	Sending    State = "sending"
	Queued     State = "queued"     // the provider has it and has not handed it on yet
	Sent       State = "sent"       // the channel accepted it
	Delivered  State = "delivered"  // the channel says that it arrived
	Failed     State = "failed"     // given up; the escalation goes on to the next
	Superseded State = "superseded" // a newer revision went out instead
	Withheld   State = "withheld"   // never sent: it was too old when a restored installation was released
	Muted      State = "muted"      // never sent: the contact has muted the channel; see Mute
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
// escalation anew. Where mutes leave nobody to hear it, the following step is asked at once.
// The end of a warning goes to those who got the alarm.
func Plan(w warning.Warning, who People, asked []Asked, waits Waits) ([]Notification, EscalationState) {
	esc := EscalationState{Warning: w.ID, Org: w.Org, Revision: w.Revision, State: Closed}
	if w.AllClear {
		return allClear(w, asked), esc
	}
	var out []Notification
	for _, esc.Step = range who.steps() {
		out = nil
		for _, c := range who.Contacts {
			if c.Step <= esc.Step || told(c, asked) || slices.Contains(w.Route, c.Code) {
				out = append(out, who.notify(w, c, Alarm, w.At)...)
			}
		}
		for _, c := range who.Named {
			out = append(out, who.notify(w, c, Alarm, w.At)...)
		}
		if heard(out) {
			break
		}
	}
	esc.State = Running
	if wait := waits[w.Level]; wait > 0 {
		esc.Due = w.At.Add(wait)
	}
	if !heard(out) {
		esc.State, esc.Due = Exhausted, time.Time{}
	}
	return out, esc
}

// Next asks the following step because nobody has answered, or because somebody answered
// that they cannot act. A step in which mutes leave nobody is passed over, visibly. Without
// a further step the escalation is exhausted.
func Next(w warning.Warning, who People, esc EscalationState, now time.Time, waits Waits) ([]Notification, EscalationState) {
	var out []Notification
	for _, step := range who.steps() {
		if step <= esc.Step {
			continue
		}
		esc.Step = step
		for _, c := range who.Contacts {
			if c.Step == step {
				out = append(out, who.notify(w, c, Escalation, now)...)
			}
		}
		if !heard(out) {
			continue
		}
		esc.Due, esc.State = time.Time{}, Running
		if wait := waits[w.Level]; wait > 0 {
			esc.Due = now.Add(wait)
		}
		return out, esc
	}
	esc.State, esc.Due = Exhausted, time.Time{}
	return out, esc
}

// heard tells whether any of the notifications is to be sent.
func heard(list []Notification) bool {
	return slices.ContainsFunc(list, func(n Notification) bool { return n.State == Pending })
}

// told tells whether a contact got, or was to get, an earlier revision.
func told(c portfolio.Contact, asked []Asked) bool {
	return slices.ContainsFunc(asked, func(a Asked) bool { return a.Contact == c.ID && a.State != Muted })
}

// notify makes the notifications of one contact, one for each address. What the contact has
// muted is made too, in a state of its own: the timeline shows whom a mute has spared.
func (p People) notify(w warning.Warning, c portfolio.Contact, why Purpose, due time.Time) []Notification {
	out := make([]Notification, 0, len(c.Channels))
	for _, a := range c.Channels {
		state := Pending
		if p.Mutes.Hold(w, c.ID, a.Channel, due) {
			state = Muted
		}
		out = append(out, Notification{
			ID:  id.Derived("ntf", w.ID, strconv.Itoa(w.Revision), c.ID, a.Channel, a.Address, string(why)),
			Org: w.Org, Warning: w.ID, Revision: w.Revision, Level: w.Level, Contact: c.ID, Step: c.Step,
			Channel: a.Channel, Address: a.Address, Purpose: why, Due: due, State: state,
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
		if done[key] || a.State == Muted || !reached(a) && a.State != Queued && reachedOtherwise(a.Contact, asked) {
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
