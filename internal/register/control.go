package register

import (
	"math"
	"slices"
	"time"
)

// Effect is what a control acts on.
type Effect string

// The effects.
const (
	Preventive Effect = "preventive" // keeps it from happening: stands before the event
	Mitigating Effect = "mitigating" // makes it less bad: stands behind the event
)

// A Control is something that stands against a risk. How much it counts follows from its
// design, from how far it is carried out, and from how long ago it was tested.
type Control struct {
	Code   string   `json:"code"`
	Title  string   `json:"title"`
	Effect Effect   `json:"effect"`
	On     []string `json:"on,omitempty"` // codes of causes or consequences; empty = all
	Owner  string   `json:"owner,omitempty"`
	Duties []Duty   `json:"duties,omitempty"`
	// Design and Implementation say how good it is on paper and how far it is real, 0 to 1.
	Design         float64    `json:"design"`
	Implementation float64    `json:"implementation"`
	Evidence       []Evidence `json:"evidence,omitempty"`
	Tested         Day        `json:"tested,omitempty"`
	TestDue        Day        `json:"test_due,omitempty"`
}

// Enterprise is the unit of a duty of the whole enterprise; any other is a department.
const Enterprise = "enterprise"

// A Duty is who must do something for a control and who checks it, in the enterprise or in
// one department.
type Duty struct {
	Unit   string `json:"unit"`
	Must   string `json:"must,omitempty"`
	Checks string `json:"checks,omitempty"`
}

// Evidence is what shows that a control is real.
type Evidence struct {
	Text string `json:"text"` // a document, a photo, an address
	Day  Day    `json:"day,omitempty"`
}

// A Gap is something that a control lacks.
type Gap string

// The gaps. The first four take the effect away, the next two halve it, the last is said only.
const (
	NoOwner      Gap = "no_owner"
	NoEvidence   Gap = "no_evidence"
	NoTest       Gap = "no_test"
	TestAhead    Gap = "test_ahead" // the test's day has not come yet
	NoMust       Gap = "no_must"    // nobody of the enterprise or of any department must do it
	NoCheck      Gap = "no_check"   // somebody must, nobody checks
	TestExpired  Gap = "test_expired"
	NoTestDue    Gap = "no_test_due"
	NoEnterprise Gap = "no_enterprise" // no duty of the enterprise
	NoDepartment Gap = "no_department" // no duty of a department
)

// Gaps lists what the control lacks on a day, in a fixed order.
func (c Control) Gaps(now time.Time) []Gap {
	var out []Gap
	add := func(missing bool, g Gap) {
		if missing {
			out = append(out, g)
		}
	}
	enterprise := slices.ContainsFunc(c.Duties, func(d Duty) bool { return d.Unit == Enterprise })
	department := slices.ContainsFunc(c.Duties, func(d Duty) bool { return d.Unit != Enterprise })
	must := len(c.Duties) > 0 && !slices.ContainsFunc(c.Duties, func(d Duty) bool { return d.Must == "" })
	check := len(c.Duties) > 0 && !slices.ContainsFunc(c.Duties, func(d Duty) bool { return d.Checks == "" })
	add(c.Owner == "", NoOwner)
	add(len(c.Evidence) == 0, NoEvidence)
	add(c.Tested == "", NoTest)
	add(c.Tested != "" && c.Tested.Time().After(now), TestAhead)
	add(!must, NoMust)
	add(must && !check, NoCheck)
	add(!enterprise, NoEnterprise)
	add(!department, NoDepartment)
	add(c.TestDue == "", NoTestDue)
	add(c.TestDue.Over(now), TestExpired)
	return out
}

// halfLife is the number of days after which a test counts half.
const halfLife = 180

// best is how much of a risk the best control takes: none is perfect.
const best = .9

// least is the share that all controls together leave at least: they fail for common causes.
const least = .1

// Effectiveness is how much of the risk the control takes on a day, 0 to 0.9: 0.9 × design ×
// implementation × 2^(−days since the test / 180). Without owner, evidence or test it is 0;
// where nobody must or nobody checks, it counts half.
func (c Control) Effectiveness(now time.Time) float64 {
	recent := 0.0
	if c.Tested != "" && !c.Tested.Time().After(now) {
		recent = math.Exp2(-math.Floor(now.Sub(c.Tested.Time()).Hours()/24) / halfLife)
	}
	e := best * c.Design * c.Implementation * recent
	for _, g := range c.Gaps(now) {
		switch g {
		case NoOwner, NoEvidence, NoTest, TestAhead:
			return 0
		case NoMust, NoCheck:
			return e / 2
		}
	}
	return e
}

// share is what the controls of an effect let through together.
func share(controls []Control, effect Effect, now time.Time) float64 {
	sorted := slices.Clone(controls)
	slices.SortFunc(sorted, func(a, b Control) int { return compare(a.Code, b.Code) })
	out := 1.0
	for _, c := range sorted {
		if c.Effect == effect {
			out *= 1 - c.Effectiveness(now)
		}
	}
	return math.Max(out, least)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// planned are the controls as they will be when every open action is done and tested.
func planned(e Entry, now time.Time) []Control {
	out := slices.Clone(e.Controls)
	for _, a := range e.Actions {
		i := slices.IndexFunc(out, func(c Control) bool { return c.Code == a.Control && a.Control != "" })
		if i < 0 || a.Done != "" {
			continue
		}
		c := &out[i]
		c.Implementation = math.Max(c.Implementation, a.To)
		c.Tested = DayOf(now)
		if c.Owner == "" {
			c.Owner = a.Owner
		}
		if len(c.Evidence) == 0 {
			c.Evidence = []Evidence{{Text: a.Title}}
		}
	}
	return out
}
