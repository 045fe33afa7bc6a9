package rota

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

// Limits of a book, so that a page or a file cannot grow it without end.
const (
	maxRotas     = 500
	maxLayers    = 20
	maxMembers   = 200
	maxEntries   = 20_000 // overrides, absences, swaps
	maxPolicies  = 500
	maxSteps     = 20
	maxRepeat    = 9
	maxWait      = 24 * 60 * 60 // seconds
	maxText      = 200
	maxStretch   = 400 * 24 * time.Hour
	keepEntries  = 400 * 24 * time.Hour
	maxAckSet    = 7 * 24 * 60 * 60 // seconds
	maxHolidays  = 1000
	maxHandOvers = 24
)

// A Problem is one thing that is wrong in a book, with its place: "rota duty-officers, layer
// nights, hand-over time".
type Problem struct {
	Place string `json:"place"`
	What  string `json:"what"`
}

// Problems are faults of a book; they are fault.ErrInvalid.
type Problems []Problem

// Error names the first and how many there are.
func (p Problems) Error() string {
	if len(p) == 0 {
		return fault.ErrInvalid.Error()
	}
	more := ""
	if len(p) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(p)-1)
	}
	return p[0].Place + ": " + p[0].What + more + ": " + fault.ErrInvalid.Error()
}

// Unwrap gives the meaning.
func (p Problems) Unwrap() error { return fault.ErrInvalid }

var codeForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Known is what references of a book are held against.
type Known struct {
	Contacts map[string]bool // by code
	Accounts map[string]bool // by id
	Projects map[string]bool // by code
}

type checker struct {
	known Known
	out   Problems
}

func (c *checker) add(place, format string, args ...any) {
	c.out = append(c.out, Problem{place, fmt.Sprintf(format, args...)})
}

func (c *checker) err(place string, err error) {
	if err != nil {
		c.add(place, "%s", strings.TrimSuffix(err.Error(), ": "+fault.ErrInvalid.Error()))
	}
}

func (c *checker) text(place, s string) {
	if len(s) > maxText {
		c.add(place, "longer than %d bytes", maxText)
	}
}

func (c *checker) member(place string, m Member) {
	switch {
	case m.Contact != "" && m.Account != "":
		c.add(place, "a contact or an account, not both")
	case m.Nobody():
		c.add(place, "nobody is named")
	case m.Contact != "" && c.known.Contacts != nil && !c.known.Contacts[m.Contact]:
		c.add(place, "no contact has the code %q", m.Contact)
	case m.Account != "" && c.known.Accounts != nil && !c.known.Accounts[m.Account]:
		c.add(place, "no account has the id %q", m.Account)
	}
}

func (c *checker) projects(place string, list []string) {
	for _, p := range list {
		if c.known.Projects != nil && !c.known.Projects[p] {
			c.add(place, "no project has the code %q", p)
		}
	}
}

// Check says what is wrong in a book. known may be zero: references are not looked at then.
func (b Book) Check(known Known) Problems {
	c := &checker{known: known}
	if len(b.Rotas) > maxRotas || len(b.Policies) > maxPolicies || len(b.Overrides)+len(b.Absences)+len(b.Swaps) > maxEntries {
		c.add("book", "more than %d rotas, %d policies or %d overrides, absences and swaps", maxRotas, maxPolicies, maxEntries)
		return c.out
	}
	seen := map[string]bool{}
	for _, r := range b.Rotas {
		c.rota(b, r, seen)
	}
	for i, o := range b.Overrides {
		place := "override " + cmp.Or(o.ID, fmt.Sprint(i+1))
		if _, ok := b.Rota(o.Rota); !ok {
			c.add(place, "no rota has the code %q", o.Rota)
		}
		c.span(place, o.From, o.To)
		c.member(place, o.Member)
		c.text(place, o.Reason)
	}
	for i, a := range b.Absences {
		place := "absence " + cmp.Or(a.ID, fmt.Sprint(i+1))
		c.span(place, a.From, a.To)
		c.member(place, a.Member)
		if !a.Deputy.Nobody() {
			c.member(place+", deputy", a.Deputy)
		}
		if a.Deputy == a.Member {
			c.add(place, "nobody is the own deputy")
		}
		c.text(place, a.Reason)
	}
	clear(seen)
	for _, p := range b.Policies {
		c.policy(b, p, seen)
	}
	for _, a := range b.Bounds.Ack {
		if a.Level < level.Yellow || a.Level > level.Red || a.Usual < 0 || a.Usual > maxAckSet || a.Most < 0 || a.Most > maxAckSet {
			c.add("bounds", "an acknowledgement of yellow, orange or red binds for at most 7 days")
		}
	}
	if b.Bounds.Floor < level.Green || b.Bounds.Floor > level.Red {
		c.add("bounds", "the floor is a level")
	}
	return c.out
}

func (c *checker) span(place string, from, to time.Time) {
	if !from.Before(to) || to.Sub(from) > maxStretch {
		c.add(place, "from %s to %s: want a later end, at most 400 days away", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	}
}

func (c *checker) rota(b Book, r Rota, seen map[string]bool) {
	place := "rota " + r.Code
	if !codeForm.MatchString(r.Code) {
		c.add("rota "+fmt.Sprintf("%.40q", r.Code), "a code is small letters, digits, dot, dash and underscore, at most 64")
	}
	if seen[r.Code] {
		c.add(place, "the code is taken")
	}
	seen[r.Code] = true
	if strings.TrimSpace(r.Name) == "" {
		c.add(place, "a name is missing")
	}
	c.text(place, r.Name)
	c.projects(place, r.Projects)
	if len(r.Layers) > maxLayers || len(r.Holidays) > maxHolidays {
		c.add(place, "more than %d layers or %d holidays", maxLayers, maxHolidays)
		return
	}
	if len(r.Layers) == 0 {
		c.add(place, "no layer: nobody would ever be on duty")
	}
	for _, l := range r.Layers {
		at := place + ", layer " + l.Name
		if len(l.Members) == 0 || len(l.Members) > maxMembers || len(l.HandOver) > maxHandOvers {
			c.add(at, "want 1 to %d members and 1 to %d hand-over times", maxMembers, maxHandOvers)
		}
		for _, m := range l.Members {
			c.member(at, m)
		}
	}
	if _, err := b.Ready(r.Code); err != nil {
		c.err(place, err)
	}
}

func (c *checker) policy(b Book, p Policy, seen map[string]bool) {
	place := "policy " + p.Code
	if !codeForm.MatchString(p.Code) || seen[p.Code] {
		c.add("policy "+fmt.Sprintf("%.40q", p.Code), "a code is small letters, digits, dot, dash and underscore, and used once")
	}
	seen[p.Code] = true
	if p.From < level.Yellow || p.From > level.Red {
		c.add(place, "from which level: yellow, orange or red")
	}
	if p.Repeat < 0 || p.Repeat > maxRepeat || len(p.Steps) == 0 || len(p.Steps) > maxSteps {
		c.add(place, "want 1 to %d steps and at most %d repeats", maxSteps, maxRepeat)
	}
	c.projects(place, p.Projects)
	c.text(place, p.Name)
	for i, s := range p.Steps {
		at := fmt.Sprintf("%s, step %d", place, i+1)
		if len(s.Targets) == 0 || len(s.Targets) > maxMembers {
			c.add(at, "nobody is named")
		}
		if s.Wait < 0 || s.Wait > maxWait {
			c.add(at, "a wait is at most 24 hours")
		}
		for _, t := range s.Targets {
			c.target(b, at, t)
		}
	}
}

func (c *checker) target(b Book, at string, t Target) {
	set := 0
	for _, is := range []bool{t.Contact != "", t.Role != "", t.Rota != "", t.Step != 0} {
		if is {
			set++
		}
	}
	if set != 1 || t.Step < 0 || t.Step > 9 {
		c.add(at, "a target is one of: a contact, a role, a rota, a step from 1 to 9")
	}
	if t.Contact != "" {
		c.member(at, Member{Contact: t.Contact})
	}
	if _, ok := b.Rota(t.Rota); t.Rota != "" && !ok {
		c.add(at, "no rota has the code %q", t.Rota)
	}
}

// Trim drops what ended more than 400 days before an instant: the journal and the earlier
// versions of the book keep it.
func (b Book) Trim(now time.Time) Book {
	old := now.Add(-keepEntries)
	b.Overrides = slices.DeleteFunc(slices.Clone(b.Overrides), func(o Override) bool { return o.To.Before(old) })
	b.Absences = slices.DeleteFunc(slices.Clone(b.Absences), func(a Absence) bool { return a.To.Before(old) })
	b.Swaps = slices.DeleteFunc(slices.Clone(b.Swaps), func(s Swap) bool { return s.To.Before(old) })
	return b
}
