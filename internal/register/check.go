package register

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

var codeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// The bounds of an entry.
const (
	maxText     = 300
	maxNote     = 4000
	maxParts    = 100
	maxEntries  = 5000
	maxRate     = 365 // occurrences a year: what comes more often than daily is a cost, not a risk
	minPrior    = .01
	maxSpread   = 100 // of P90 over P50
	maxLoss     = 1e13
	maxExposure = 1e5 // years
)

// Check lists what is wrong with an entry, field by field in the words of the file format.
func (e Entry) Check() Problems {
	k := &checker{}
	k.code("code", e.Code)
	k.must("title", e.Title, maxText)
	k.text("owner", e.Owner, maxText)
	k.text("department", e.Department, maxText)
	k.text("note", e.Note, maxNote)
	if e.Project != "" {
		k.code("project", e.Project)
	}
	k.when(!slices.Contains(Dimensions(), e.Dimension), "dimension", "%.40q is none of %s", e.Dimension, strings.Join(Dimensions(), ", "))
	k.day("review", e.Review)
	k.frequency(e.Frequency)
	for _, u := range Units() {
		k.size(string(u), e.Impact.Of(u))
	}
	k.when(e.Impact.People.None() && e.Impact.Days.None() && e.Impact.Money.None(), "people_p50", "a risk has an impact in at least one unit")
	k.parts("cause", e.Causes)
	k.parts("consequence", e.Consequences)
	k.common(e.Common)
	k.controls(e)
	k.actions(e)
	k.exceptions(e.Exceptions)
	k.when(e.Target.Likelihood < 0 || e.Target.Likelihood > 5, "target_likelihood", "%d: want 1 to 5", e.Target.Likelihood)
	k.when(e.Target.Impact < 0 || e.Target.Impact > 5, "target_impact", "%d: want 1 to 5", e.Target.Impact)
	k.when((e.Target.Likelihood == 0) != (e.Target.Impact == 0), "target_impact", "a target has both a likelihood and an impact")
	k.day("target_by", e.Target.By)
	return k.out
}

// CheckAll lists what is wrong with a register as a whole.
func CheckAll(entries []Entry, c Context) Problems {
	k := &checker{}
	k.when(len(entries) > maxEntries, "code", "%d entries, at most %d", len(entries), maxEntries)
	seen := map[string]bool{}
	for _, e := range entries {
		for _, p := range e.Check() {
			k.out = append(k.out, Problem{Field: "entry " + e.Code + ", " + p.Field, What: p.What})
		}
		k.when(seen[strings.ToLower(e.Code)], "code", "%q stands twice", e.Code)
		seen[strings.ToLower(e.Code)] = true
	}
	k.out = append(k.out, c.Check()...)
	return k.out
}

// Check lists what is wrong with a context.
func (c Context) Check() Problems {
	k := &checker{}
	k.when(len(c.Scopes) > maxEntries || len(c.Appetite) > maxEntries, "scopes", "too many lines")
	seen := map[string]bool{}
	for _, s := range c.Scopes {
		if s.Project != "" {
			k.code("project", s.Project)
		}
		k.when(seen[s.Project], "project", "%q stands twice", s.Project)
		seen[s.Project] = true
		k.text("objectives", s.Objectives, maxNote)
		k.text("parties", s.Parties, maxNote)
		k.number("contract_value_usd", s.ContractValue, 0, maxLoss)
	}
	lines := map[string]bool{}
	for _, l := range c.Appetite {
		if l.Project != "" {
			k.code("appetite project", l.Project)
		}
		k.when(l.Dimension != "" && !slices.Contains(Dimensions(), l.Dimension), "appetite dimension", "%.40q is none of %s", l.Dimension, strings.Join(Dimensions(), ", "))
		k.when(lines[l.Project+"\x00"+l.Dimension], "appetite", "two lines for the same project and dimension")
		lines[l.Project+"\x00"+l.Dimension] = true
		k.when(l.Score < 0 || l.Score > 25, "appetite score", "%d: want 1 to 25", l.Score)
		k.number("appetite usd", l.Money, 0, maxLoss)
		k.number("appetite severe", l.Severe, 0, 1)
		k.when(l.Score == 0 && l.Money == 0 && l.Severe == 0, "appetite", "a line without a limit")
		k.text("approver", l.Approver, maxText)
	}
	return k.out
}

// A checker collects problems.
type checker struct{ out Problems }

func (k *checker) when(wrong bool, field, format string, args ...any) {
	if wrong {
		k.out = append(k.out, Problem{Field: field, What: fmt.Sprintf(format, args...)})
	}
}

func (k *checker) code(field, s string) {
	k.when(!codeForm.MatchString(s), field, "%.70q is no code: letters, digits, '.', '_', '-', at most 64, the first a letter or digit", s)
}

func (k *checker) text(field, s string, most int) {
	k.when(len(s) > most, field, "%d bytes, at most %d", len(s), most)
	k.when(strings.ContainsFunc(s, func(r rune) bool { return r == 0 || r == 0xFFFD }), field, "not readable as UTF-8")
}

func (k *checker) must(field, s string, most int) {
	k.when(strings.TrimSpace(s) == "", field, "is missing")
	k.text(field, s, most)
}

func (k *checker) number(field string, x, low, high float64) {
	k.when(math.IsNaN(x) || x < low || x > high, field, "%g: want %g to %g", x, low, high)
}

func (k *checker) day(field string, d Day) {
	if d == "" {
		return
	}
	t, err := time.Parse(time.DateOnly, string(d))
	k.when(err != nil, field, "%.20q is no date such as 2026-10-31", string(d))
	k.when(err == nil && (t.Year() < 1990 || t.Year() > 2200), field, "the year %d: want 1990 to 2200", t.Year())
}

func (k *checker) frequency(f Frequency) {
	k.number("prior_events", f.PriorEvents, minPrior, maxRate*100)
	k.number("prior_years", f.PriorYears, minPrior, maxExposure)
	k.number("events", f.Events, 0, maxRate*maxExposure)
	k.number("years", f.Years, 0, maxExposure)
	k.when(f.Events != math.Trunc(f.Events), "events", "%g is no whole number", f.Events)
	k.when(f.Events > 0 && f.Years <= 0, "years", "events were counted in no time")
	k.when(f.Mean() > maxRate, "prior_events", "%g occurrences a year, at most %d", f.Mean(), maxRate)
	k.text("peers", f.Peers, maxText)
}

func (k *checker) size(name string, s Size) {
	for _, x := range []struct {
		field string
		v     float64
	}{{"_p50", s.P50}, {"_p90", s.P90}, {"_most", s.Most}} {
		k.number(name+x.field, x.v, 0, maxLoss)
	}
	switch {
	case s.P50 == 0 && (s.P90 != 0 || s.Most != 0):
		k.when(true, name+"_p50", "is missing beside P90 or the most")
	case s.P50 > 0 && s.P90 < s.P50:
		k.when(true, name+"_p90", "%g lies below the median %g", s.P90, s.P50)
	case s.P50 > 0 && s.P90 > maxSpread*s.P50:
		k.when(true, name+"_p90", "%g is more than %d times the median %g: split the risk into the usual and the rare", s.P90, maxSpread, s.P50)
	case s.Most > 0 && s.Most < s.P50:
		k.when(true, name+"_most", "%g lies below the median %g", s.Most, s.P50)
	}
}

func (k *checker) parts(field string, list []Part) {
	k.when(len(list) > maxParts, field, "%d, at most %d", len(list), maxParts)
	for i, p := range list {
		k.code(field, p.Code)
		k.must(field+" "+p.Code, p.Text, maxText)
		k.when(slices.ContainsFunc(list[:i], func(o Part) bool { return o.Code == p.Code }), field, "%q stands twice", p.Code)
	}
}

func (k *checker) common(list []Loading) {
	k.when(len(list) > maxParts, "common", "%d, at most %d", len(list), maxParts)
	sum := 0.0
	for i, l := range list {
		k.code("common", l.Factor)
		k.number("common "+l.Factor, l.Loading, -1, 1)
		k.when(slices.ContainsFunc(list[:i], func(o Loading) bool { return o.Factor == l.Factor }), "common", "%q stands twice", l.Factor)
		sum += l.Loading * l.Loading
	}
	k.when(sum > 1+1e-9, "common", "the squares of the loadings sum to %g, at most 1", sum)
}

func (k *checker) controls(e Entry) {
	k.when(len(e.Controls) > maxParts, "control", "%d, at most %d", len(e.Controls), maxParts)
	for i, c := range e.Controls {
		at := "control " + c.Code + " "
		k.code("control", c.Code)
		k.when(slices.ContainsFunc(e.Controls[:i], func(o Control) bool { return o.Code == c.Code }), "control", "%q stands twice", c.Code)
		k.must(at+"title", c.Title, maxText)
		k.text(at+"owner", c.Owner, maxText)
		k.number(at+"design", c.Design, 0, 1)
		k.number(at+"implementation", c.Implementation, 0, 1)
		k.day(at+"tested", c.Tested)
		k.day(at+"test_due", c.TestDue)
		sides := e.Causes
		switch c.Effect {
		case Preventive:
		case Mitigating:
			sides = e.Consequences
		default:
			k.when(true, at+"effect", "%.20q: want preventive or mitigating", c.Effect)
		}
		for _, on := range c.On {
			k.when(!slices.ContainsFunc(sides, func(p Part) bool { return p.Code == on }), at+"on", "%.70q is no cause or consequence on its side", on)
		}
		k.when(len(c.Duties) > maxParts || len(c.Evidence) > maxParts, at, "too many duties or evidence")
		for j, d := range c.Duties {
			k.must(at+"unit", d.Unit, maxText)
			k.text(at+"must", d.Must, maxText)
			k.text(at+"checks", d.Checks, maxText)
			k.when(slices.ContainsFunc(c.Duties[:j], func(o Duty) bool { return o.Unit == d.Unit }), at+"unit", "%q stands twice", d.Unit)
		}
		for _, v := range c.Evidence {
			k.must(at+"evidence", v.Text, maxText)
			k.day(at+"evidence", v.Day)
		}
	}
}

func (k *checker) actions(e Entry) {
	k.when(len(e.Actions) > maxParts, "action", "%d, at most %d", len(e.Actions), maxParts)
	for i, a := range e.Actions {
		at := "action " + a.Code + " "
		k.code("action", a.Code)
		k.when(slices.ContainsFunc(e.Actions[:i], func(o Action) bool { return o.Code == a.Code }), "action", "%q stands twice", a.Code)
		k.must(at+"title", a.Title, maxText)
		k.text(at+"owner", a.Owner, maxText)
		k.when(a.Due == "", at+"due", "is missing: an action has a due date")
		for _, d := range []Day{a.Due, a.Started, a.Done} {
			k.day(at+"day", d)
		}
		k.number(at+"to", a.To, 0, 1)
		k.when(a.Control != "" && !slices.ContainsFunc(e.Controls, func(c Control) bool { return c.Code == a.Control }), at+"control", "%.70q is no control of the entry", a.Control)
	}
}

func (k *checker) exceptions(list []Exception) {
	k.when(len(list) > maxParts, "exception", "%d, at most %d", len(list), maxParts)
	for i, x := range list {
		at := "exception " + x.Code + " "
		k.code("exception", x.Code)
		k.when(slices.ContainsFunc(list[:i], func(o Exception) bool { return o.Code == x.Code }), "exception", "%q stands twice", x.Code)
		k.must(at+"acceptor", x.Acceptor, maxText)
		k.must(at+"reason", x.Reason, maxText)
		k.day(at+"granted", x.Granted)
		k.when(x.Expires == "", at+"expires", "is missing: an exception has an end")
		k.day(at+"expires", x.Expires)
		k.when(x.Granted != "" && x.Expires != "" && x.Expires < x.Granted, at+"expires", "lies before it was granted")
	}
}
