// Package rota says who is on duty at an instant and who is asked next. It is pure: a Book
// (rotas, absences, swaps, escalation policies of one organisation) and an instant give one
// answer, on every machine, and nothing here reads a clock. Hand-over times are times of the
// wall clock in a zone: where the clock is put forward or back there is still one hand-over,
// no gap and no overlap. It knows members by reference only, and neither sends nor stores.
package rota

import (
	"cmp"
	"strings"
	"time"

	"watchfire.dev/internal/level"
)

// A Member is a person on a rota: a contact of the portfolio by its code, or an account by
// its id. The zero Member is nobody.
type Member struct {
	Contact string `json:"contact,omitempty"` // code
	Account string `json:"account,omitempty"` // id
}

// Nobody tells whether the member stands for no one.
func (m Member) Nobody() bool { return m == Member{} }

// String is the member as files and commands write it: "contact:ann" or "account:acc_…".
func (m Member) String() string {
	switch {
	case m.Contact != "":
		return "contact:" + m.Contact
	case m.Account != "":
		return "account:" + m.Account
	default:
		return ""
	}
}

// Unit is what a shift's length is counted in.
type Unit string

// The units of a shift's length.
const (
	Hours Unit = "hours" // of the wall clock when they divide a day, else elapsed hours
	Days  Unit = "days"
	Weeks Unit = "weeks"
)

// A Window is a part of the week in which a layer stands: the named days, from one time of
// the wall clock to another. To at or before From runs over midnight and belongs to the day
// on which it begins; both empty = the whole day.
type Window struct {
	Days []string `json:"days,omitempty"` // "mon" to "sun"; empty = every day
	From string   `json:"from,omitempty"` // "08:00"
	To   string   `json:"to,omitempty"`   // "20:00"; "24:00" is the end of the day
}

// A Layer is a turn of people. The people follow one another in order, one at each hand-over.
type Layer struct {
	Name     string   `json:"name"`
	Zone     string   `json:"zone,omitempty"` // IANA; "" = the rota's; follow-the-sun gives each layer its own
	Members  []Member `json:"members"`
	Start    string   `json:"start"`              // local date of the first hand-over, "2026-03-02"; before it nobody
	HandOver []string `json:"hand_over"`          // times of the wall clock on a day of hand-over, "06:00"
	Length   int      `json:"length"`             // of a shift, in Unit; with several times a day it is the step of days
	Unit     Unit     `json:"unit"`               //
	Windows  []Window `json:"windows,omitempty"`  // empty = always
	Holidays bool     `json:"holidays,omitempty"` // stands on the rota's holidays only, and then above all others
	Until    string   `json:"until,omitempty"`    // local date from which the layer stands no more
	Offset   int      `json:"offset,omitempty"`   // of the first member on Start, an index into Members
	Disabled bool     `json:"disabled,omitempty"` // kept, and never on duty
}

// A Holiday is a day of the rota's calendar on which the holiday layers have duty.
type Holiday struct {
	Date string `json:"date"` // local date in the rota's zone
	Name string `json:"name"`
}

// A Rota is who is on duty, when: layers, a later one above the earlier ones.
type Rota struct {
	Code     string    `json:"code"` // unique in the organisation: "duty-officers"
	Name     string    `json:"name"`
	Zone     string    `json:"zone"`               // IANA: hand-over times and holidays are in it
	Projects []string  `json:"projects,omitempty"` // codes whose page shows it; empty = all
	Desk     bool      `json:"desk,omitempty"`     // its shifts are handed over by name at the desk
	Layers   []Layer   `json:"layers"`
	Holidays []Holiday `json:"holidays,omitempty"`
}

// An Override puts somebody on duty in place of whom the layers name.
type Override struct {
	ID     string    `json:"id"`
	Rota   string    `json:"rota"` // code
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Member Member    `json:"member"`
	Reason string    `json:"reason,omitempty"`
	Swap   string    `json:"swap,omitempty"`  // the swap that made it
	Actor  string    `json:"actor,omitempty"` // account id, or contact id when made by link
}

// An Absence takes a person off every rota for a time; the deputy stands in.
type Absence struct {
	ID     string    `json:"id"`
	Member Member    `json:"member"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Deputy Member    `json:"deputy,omitzero"` // nobody = the next layer has duty
	Reason string    `json:"reason,omitempty"`
	Actor  string    `json:"actor,omitempty"`
}

// A Book is everything that decides who is asked in one organisation. Version counts its
// changes; a book is never changed in place.
type Book struct {
	Org       string     `json:"org"`
	Version   int64      `json:"version"`
	Rotas     []Rota     `json:"rotas,omitempty"`
	Overrides []Override `json:"overrides,omitempty"` // a later one above the earlier ones
	Absences  []Absence  `json:"absences,omitempty"`
	Swaps     []Swap     `json:"swaps,omitempty"`
	Policies  []Policy   `json:"policies,omitempty"`
	Bounds    Bounds     `json:"bounds,omitzero"`
}

// Bounds are what the organisation leaves to its receivers and to those who answer.
type Bounds struct {
	// Floor is the level from which no receiver's choice holds anything back; green stands
	// for red, above which nothing can be put.
	Floor level.Level `json:"floor,omitempty"`
	// Ack is how long an acknowledgement of a level binds before it wakes again.
	Ack []AckBound `json:"ack,omitempty"`
}

// An AckBound is how long an acknowledgement of one level binds, in whole seconds: as a rule
// (0 = DefaultAck) and at most, where the answerer sets it (0 = four times the rule).
type AckBound struct {
	Level level.Level `json:"level"`
	Usual int         `json:"usual_s,omitempty"`
	Most  int         `json:"most_s,omitempty"`
}

// NoChoice is the level from which choices hold nothing back: red at most.
func (b Bounds) NoChoice() level.Level {
	if b.Floor <= level.Green || b.Floor > level.Red {
		return level.Red
	}
	return b.Floor
}

// Due times of an acknowledgement: a red must be worked on within half an hour, an orange
// within two; a yellow binds for a day.
const (
	ackRed    = 30 * time.Minute
	ackOrange = 2 * time.Hour
	ackYellow = 24 * time.Hour
	ackLeast  = 5 * time.Minute
)

// DefaultAck is how long an acknowledgement of a level binds when nobody says otherwise.
func DefaultAck(l level.Level) time.Duration {
	switch {
	case l >= level.Red:
		return ackRed
	case l == level.Orange:
		return ackOrange
	default:
		return ackYellow
	}
}

// AckFor is how long an acknowledgement binds: what the answerer wishes within the limits, 0
// = no wish.
func (b Bounds) AckFor(l level.Level, wish time.Duration) time.Duration {
	var set AckBound
	for _, a := range b.Ack {
		if a.Level == min(l, level.Red) {
			set = a
		}
	}
	usual := cmp.Or(time.Duration(set.Usual)*time.Second, DefaultAck(l))
	most := cmp.Or(time.Duration(set.Most)*time.Second, 4*usual)
	if wish <= 0 {
		return min(usual, most)
	}
	return min(max(wish, ackLeast), max(most, ackLeast))
}

// Rota finds a rota by its code.
func (b Book) Rota(code string) (Rota, bool) {
	for _, r := range b.Rotas {
		if r.Code == code {
			return r, true
		}
	}
	return Rota{}, false
}

// Of lists the rotas of a project, by its code: its own and those of all projects.
func (b Book) Of(project string) []Rota {
	var out []Rota
	for _, r := range b.Rotas {
		if len(r.Projects) == 0 || contains(r.Projects, project) {
			out = append(out, r)
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// ParseMember reads what Member.String wrote; anything else is nobody.
func ParseMember(s string) Member {
	if code, ok := strings.CutPrefix(s, "contact:"); ok {
		return Member{Contact: code}
	}
	if id, ok := strings.CutPrefix(s, "account:"); ok {
		return Member{Account: id}
	}
	return Member{}
}
