// Package register is the risk register: what could go wrong on a project, how often, how
// badly, what is done against it, and how much is left. It follows the process of ISO 31000:
// a context with appetite lines, entries drawn as bow-ties with causes and consequences, a
// frequency learned from a prior and from counted events, an impact stated by two quantiles,
// controls whose effect decays from their last test, and from these the inherent, the
// residual and the target risk, by hand and by a seeded simulation. Everything is a pure
// function of entries, context, day and seed: the order of the entries and the number of
// processors change no byte. The package stores nothing, tells nobody and words nothing.
package register

import (
	"time"

	"watchfire.dev/internal/fault"
)

// Method is the version of the arithmetic; a run carries it.
const Method = "register 1"

// A Day is a date, "2026-10-31". It ends at midnight UTC. "" = none.
type Day string

// Time is the day's beginning in UTC; zero for none or what is no date.
func (d Day) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Over tells whether the day has passed.
func (d Day) Over(now time.Time) bool { return d != "" && !now.Before(d.Time().AddDate(0, 0, 1)) }

// DayOf is the day of an instant in UTC.
func DayOf(t time.Time) Day { return Day(t.UTC().Format(time.DateOnly)) }

// An Entry is one risk. Its code names it in the organisation.
type Entry struct {
	Code       string `json:"code"`
	Title      string `json:"title"`
	Project    string `json:"project,omitempty"` // code; "" = the enterprise
	Dimension  string `json:"dimension"`         // one of Dimensions
	Owner      string `json:"owner,omitempty"`   // who answers for the risk
	Department string `json:"department,omitempty"`
	Note       string `json:"note,omitempty"`
	Review     Day    `json:"review,omitempty"` // when it is looked at again
	Closed     bool   `json:"closed,omitempty"`

	Causes       []Part      `json:"causes,omitempty"`
	Consequences []Part      `json:"consequences,omitempty"`
	Frequency    Frequency   `json:"frequency"`
	Impact       Impact      `json:"impact"`
	Common       []Loading   `json:"common,omitempty"`
	Controls     []Control   `json:"controls,omitempty"`
	Actions      []Action    `json:"actions,omitempty"`
	Exceptions   []Exception `json:"exceptions,omitempty"`
	Target       Target      `json:"target,omitzero"`
}

// A Part is one cause or one consequence of a bow-tie.
type Part struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// A Loading ties an entry to a common cause: in a year in which the cause is strong, every
// entry that it loads happens more often. The squares of an entry's loadings sum to at most 1.
type Loading struct {
	Factor  string  `json:"factor"`
	Loading float64 `json:"loading"` // -1 to 1
}

// An Action is something that is to be done by a day.
type Action struct {
	Code    string `json:"code"`
	Title   string `json:"title"`
	Owner   string `json:"owner,omitempty"`
	Due     Day    `json:"due,omitempty"`
	Started Day    `json:"started,omitempty"`
	Done    Day    `json:"done,omitempty"`
	// Control is the code of the control that it improves, to the implementation To.
	Control string  `json:"control,omitempty"`
	To      float64 `json:"to,omitempty"`
}

// An Exception is the leave to stay above an appetite line, by name and until a day.
type Exception struct {
	Code     string `json:"code"`
	Acceptor string `json:"acceptor"`
	Reason   string `json:"reason"`
	Granted  Day    `json:"granted,omitempty"`
	Expires  Day    `json:"expires"`
}

// A Target is where the risk should be, and by when: the two classes of the score, 1 to 5.
// 0 = no target is set.
type Target struct {
	Likelihood int `json:"likelihood,omitempty"`
	Impact     int `json:"impact,omitempty"`
	By         Day `json:"by,omitempty"`
}

// Score is the product of the two classes, 0 without a target.
func (t Target) Score() int { return t.Likelihood * t.Impact }

// Dimensions are the eleven dimensions of an assessment, in their order.
func Dimensions() []string {
	return []string{
		"security", "terrorism", "political", "crime", "natural", "health", "legal", "economic", "social", "operational", "cyber",
	}
}

// A Context is what the register is held against: scope and contract value of each project,
// and the appetite lines.
type Context struct {
	Version  int64   `json:"version"`
	Scopes   []Scope `json:"scopes,omitempty"`
	Appetite []Line  `json:"appetite,omitempty"`
}

// A Scope is the context of one project; Project "" is the enterprise and stands for every
// project that has none of its own.
type Scope struct {
	Project       string  `json:"project,omitempty"`
	Objectives    string  `json:"objectives,omitempty"`
	Parties       string  `json:"parties,omitempty"` // interested parties
	ContractValue float64 `json:"contract_value_usd,omitempty"`
}

// Scope returns the context of a project.
func (c Context) Scope(project string) Scope {
	var out Scope
	for _, s := range c.Scopes {
		if s.Project == project {
			return s
		}
		if s.Project == "" {
			out = s
		}
	}
	return out
}

// A Problem is one thing that is wrong, with the place where it stands.
type Problem struct {
	Row   int    `json:"row,omitempty"` // of a file, counted from 1 with the head; 0 = no file
	Field string `json:"field"`
	What  string `json:"what"`
}

// Problems are everything that is wrong; they are fault.ErrInvalid.
type Problems []Problem

// Error implements error with the first of them.
func (p Problems) Error() string {
	if len(p) == 0 {
		return fault.ErrInvalid.Error()
	}
	text := p[0].Field + ": " + p[0].What
	if p[0].Row > 0 {
		text = "row " + itoa(p[0].Row) + ", " + text
	}
	if n := len(p) - 1; n > 0 {
		text += " (and " + itoa(n) + " more)"
	}
	return text
}

// Unwrap gives the meaning.
func (p Problems) Unwrap() error { return fault.ErrInvalid }
