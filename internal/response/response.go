// Package response says who is told, in which order, and who is next when nobody answers.
// It is pure: from a warning, the contacts, rotas and policies, what people have chosen, what
// was sent so far and the instant it returns the notifications to queue and the state of the
// escalation. It promises that whoever got an alarm gets the all-clear on the channel that
// reached them, that no choice holds back a red, and that the same question always gives the
// same notifications with the same ids. It sends nothing.
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
	Overdue    Purpose = "overdue" // acknowledged, and not finished in time: asked again
	Digest     Purpose = "digest"  // carries what the receiver wants gathered; belongs to no warning
	Test       Purpose = "test"    // shows that an address works; belongs to no warning
	Letter     Purpose = "letter"  // brings something that belongs to no warning: a report
	Notice     Purpose = "notice"  // a questionnaire, or what is due; belongs to no warning
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
	Muted      State = "muted"      // never sent: the contact has muted the channel or wants higher levels only
	Held       State = "held"       // never sent by itself: the receiver's digest tells it
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
	Held     Hold        `json:"held,omitempty"` // why Due is later than the decision, or why it is never sent
	Queued   time.Time   `json:"-"`              // when it was decided; zero = at Due
}

// An Asked is what earlier notifications of the warning did: who was told on which channel.
type Asked struct {
	Contact string
	Step    int
	Channel string
	Address string
	State   State
	Held    Hold
	Tries   int       // attempts that began
	Due     time.Time // while it waits
}

// deferred tells whether the notification has never left because of what its receiver chose,
// and will not within the next minute: closer to its due instant it counts as told.
func (a Asked) deferred(now time.Time) bool {
	if a.Held == NotHeld || a.Tries > 0 || reached(a) {
		return false
	}
	return a.State != Pending || a.Due.After(now.Add(time.Minute))
}

// An EscalationState says what happens if nobody answers.
type EscalationState struct {
	Warning  string    `json:"warning"`
	Org      string    `json:"org"`
	Revision int       `json:"revision"`
	Step     int       `json:"step"`            // the last step that was told
	Due      time.Time `json:"due,omitzero"`    // running: of the next step; answered: until when the answer binds
	State    string    `json:"state"`           // running, answered, done, exhausted, closed
	Round    int       `json:"round,omitempty"` // how often the steps were gone through again
	Wake     int       `json:"wake,omitempty"`  // how often an acknowledgement ran out
	By       string    `json:"by,omitempty"`    // ids of the contacts and accounts that have acknowledged, with spaces between
}

// The states of an escalation.
const (
	Running   = "running"
	Answered  = "answered"  // somebody has it, until Due
	Finished  = "done"      // somebody says that the work is done; news asks again
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
// escalation anew. Where what people chose leaves nobody to hear it now, the following step
// is asked at once. The end of a warning goes to those who got the alarm.
func Plan(w warning.Warning, who People, asked []Asked, waits Waits) ([]Notification, EscalationState) {
	esc := EscalationState{Warning: w.ID, Org: w.Org, Revision: w.Revision, State: Closed}
	if w.AllClear {
		return allClear(w, who, asked), esc
	}
	var out []Notification
	for _, esc.Step = range who.steps() {
		out = nil
		for _, c := range who.Contacts {
			if c.Step <= esc.Step || told(c, asked) || slices.Contains(w.Route, c.Code) {
				out = who.add(out, w, c, Alarm, w.At, esc)
			}
		}
		for _, c := range who.Named {
			out = who.add(out, w, c, Alarm, w.At, esc)
		}
		if heard(out) || who.wait(esc.Step, w.Level, waits) == 0 && kept(out) {
			break
		}
	}
	return out, who.await(esc, w, out, w.At, waits)
}

// await sets what follows when nobody answers a step that was asked at an instant.
func (p People) await(esc EscalationState, w warning.Warning, asked []Notification, at time.Time, waits Waits) EscalationState {
	esc.State, esc.Due = Running, time.Time{}
	wait := p.wait(esc.Step, w.Level, waits)
	switch {
	case wait == 0 && (heard(asked) || kept(asked)):
	case !heard(asked):
		esc.State = Exhausted
	default:
		esc.Due = at.Add(wait)
	}
	return esc
}

// Next asks the following step because nobody has answered, or because somebody answered
// that they cannot act. A step in which nobody hears it is passed over, visibly. After the
// last step the policy may begin again; without a further one the escalation is exhausted.
func Next(w warning.Warning, who People, esc EscalationState, now time.Time, waits Waits) ([]Notification, EscalationState) {
	var out []Notification
	for {
		for _, step := range who.steps() {
			if step <= esc.Step {
				continue
			}
			esc.Step = step
			for _, c := range who.Contacts {
				if c.Step == step {
					out = who.add(out, w, c, Escalation, now, esc)
				}
			}
			if heard(out) {
				return out, who.await(esc, w, out, now, waits)
			}
		}
		if esc.Round >= who.Repeat {
			break
		}
		esc.Round, esc.Step = esc.Round+1, 0
	}
	esc.State, esc.Due = Exhausted, time.Time{}
	return out, esc
}

// Wake runs the escalation again because an acknowledgement is over and nobody has said that
// the work is done. It asks the first step that hears it and whoever had acknowledged.
func Wake(w warning.Warning, who People, esc EscalationState, now time.Time, waits Waits) ([]Notification, EscalationState) {
	esc.Wake, esc.Round, esc.Revision = esc.Wake+1, 0, w.Revision
	var out []Notification
	for _, esc.Step = range who.steps() {
		out = nil
		for _, c := range who.Contacts {
			if c.Step <= esc.Step || esc.Holds(c.ID) {
				out = who.add(out, w, c, Overdue, now, esc)
			}
		}
		if heard(out) {
			break
		}
	}
	esc = who.await(esc, w, out, now, waits)
	esc.By = ""
	return out, esc
}

// heard tells whether any of the notifications sounds now.
func heard(list []Notification) bool {
	return slices.ContainsFunc(list, func(n Notification) bool { return n.State == Pending && n.Held == NotHeld && n.Purpose != Digest })
}

// kept tells whether any of them is heard of later.
func kept(list []Notification) bool {
	return slices.ContainsFunc(list, func(n Notification) bool { return n.State == Held || n.State == Pending && n.Held != NotHeld })
}

// told tells whether a contact got, or was to get, an earlier revision.
func told(c portfolio.Contact, asked []Asked) bool {
	return slices.ContainsFunc(asked, func(a Asked) bool { return a.Contact == c.ID && a.State != Muted })
}

// add appends the notifications of one contact, one for each address, once each. What the
// contact does not want is made too, in a state of its own: the timeline shows whom a choice
// has spared. Of what the digest tells, the digest itself is queued as well; it has the same
// id whatever it carries, so that there is one at each instant.
func (p People) add(out []Notification, w warning.Warning, c portfolio.Contact, why Purpose, at time.Time, esc EscalationState) []Notification {
	for _, a := range c.Channels {
		f := p.fate(w, c, a.Channel, at)
		n := Notification{
			ID:  id.At("ntf", w.At, append([]string{w.ID, strconv.Itoa(w.Revision), c.ID, a.Channel, a.Address, string(why)}, p.turn(esc, why)...)...),
			Org: w.Org, Warning: w.ID, Revision: w.Revision, Level: w.Level, Contact: c.ID, Step: c.Step,
			Channel: a.Channel, Address: a.Address, Purpose: why, Due: f.due, State: f.state, Held: f.held, Queued: at,
		}
		if slices.ContainsFunc(out, func(x Notification) bool { return x.ID == n.ID }) {
			continue
		}
		out = append(out, n)
		if f.held == HeldGroup {
			out = append(out, digestOf(n))
		}
	}
	return out
}

// QueuedAt is when the notification was decided.
func (n Notification) QueuedAt() time.Time {
	if n.Queued.IsZero() {
		return n.Due
	}
	return n.Queued
}

// digestOf is the message that tells what is held for a digest.
func digestOf(n Notification) Notification {
	key := id.Derived("dig", n.Org, n.Contact, n.Channel, n.Address, n.Due.UTC().Format(time.RFC3339))
	n.ID, n.Warning, n.Revision, n.Purpose, n.State, n.Held = key, digestMark+n.Due.UTC().Format(time.RFC3339), 0, Digest, Pending, HeldGroup
	return n
}

// digestMark stands in the place of a warning's id before the instant of a digest.
const digestMark = "digest "

// DigestInstant is when a digest was to go out: what it carries is held for that instant,
// however late the attempt.
func (n Notification) DigestInstant() (time.Time, bool) {
	text, is := strings.CutPrefix(n.Warning, digestMark)
	at, err := time.Parse(time.RFC3339, text)
	return at, is && err == nil && n.Purpose == Digest
}

// turn tells one time of asking from another under the same revision; nothing for the first
// time in the portfolio's own order, whose ids are older than policies.
func (p People) turn(esc EscalationState, why Purpose) []string {
	if why == Alarm || p.Policy == "" && esc.Round == 0 && esc.Wake == 0 {
		return nil
	}
	return []string{strconv.Itoa(esc.Step), strconv.Itoa(esc.Round), strconv.Itoa(esc.Wake)}
}

// allClear goes to each contact on the channels that reached them; to one whom nothing
// reached, on all that were tried: better twice than wondering. Who was only deferred gets
// neither alarm nor all-clear: what waits is put aside, and a digest says what came of it.
func allClear(w warning.Warning, who People, asked []Asked) []Notification {
	var out []Notification
	done := map[string]bool{}
	clear := func(a Asked, f fate) {
		key := a.Contact + "\x00" + a.Channel + "\x00" + a.Address
		if done[key] {
			return
		}
		done[key] = true
		n := Notification{
			ID:  id.At("ntf", w.At, w.ID, strconv.Itoa(w.Revision), a.Contact, a.Channel, a.Address, string(AllClear)),
			Org: w.Org, Warning: w.ID, Revision: w.Revision, Level: w.Level, Contact: a.Contact, Step: a.Step,
			Channel: a.Channel, Address: a.Address, Purpose: AllClear, Due: f.due, State: f.state, Held: f.held, Queued: w.At,
		}
		if out = append(out, n); f.state == Held {
			out = append(out, digestOf(n))
		}
	}
	for _, a := range asked {
		if a.State != Muted && !a.deferred(w.At) && (reached(a) || a.State == Queued || !reachedOtherwise(a.Contact, asked)) {
			clear(a, fate{state: Pending, due: w.At})
		}
	}
	for _, a := range asked {
		switch {
		case a.State == Held:
			clear(a, fate{state: Held, due: who.digestDue(a.Contact, w.At), held: HeldGroup})
		case a.State == Pending && a.deferred(w.At):
			clear(a, fate{state: Superseded, due: w.At, held: a.Held})
		}
	}
	return out
}

func reached(a Asked) bool { return a.State == Sent || a.State == Delivered }

func reachedOtherwise(contact string, asked []Asked) bool {
	return slices.ContainsFunc(asked, func(a Asked) bool { return a.Contact == contact && reached(a) })
}
