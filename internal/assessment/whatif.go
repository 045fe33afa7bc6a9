package assessment

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
)

//go:embed data/stress.yaml
var stressYAML []byte

// A Scenario is a named set of changes.
type Scenario struct {
	ID      string            `yaml:"id" json:"id"`
	Names   map[string]string `yaml:"names" json:"names"`
	Assumes map[string]string `yaml:"assumes" json:"assumes"` // what is taken for granted, in words
	Changes []What            `yaml:"changes" json:"changes"`
}

// A What is one change of a scenario: of an indicator (one of Set, Add, Times, AtLeast), of a
// control, or of the people present.
type What struct {
	At        string   `yaml:"at" json:"at"` // unit, country, or the id of a unit
	Indicator string   `yaml:"indicator" json:"indicator,omitempty"`
	Set       *float64 `yaml:"set" json:"set,omitempty"`
	Add       *float64 `yaml:"add" json:"add,omitempty"`
	Times     *float64 `yaml:"times" json:"times,omitempty"`
	AtLeast   *float64 `yaml:"at_least" json:"at_least,omitempty"`
	Control   *Control `yaml:"-" json:"control,omitempty"`
	People    *float64 `yaml:"-" json:"people,omitempty"`
	// onlyUnknown fills in the base where there is no value at all, and changes nothing else.
	onlyUnknown bool
}

var stress = sync.OnceValue(func() []Scenario {
	var file struct {
		Stress []Scenario `yaml:"stress"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(stressYAML), yaml.Strict()).Decode(&file); err != nil {
		panic(err) // a bug of ours: the file is part of the program
	}
	return file.Stress
})

// StressSets are the scenarios that come with the program.
func StressSets() []Scenario { return slices.Clone(stress()) }

// Changes are those of a stress set, "" = none, and then those that people type, one a line:
// see ParseWhat. Errors wrap fault.ErrInvalid and name the set or the line.
func Changes(set string, lines []string) ([]What, error) {
	var out []What
	if set != "" {
		i := slices.IndexFunc(stress(), func(s Scenario) bool { return s.ID == set })
		if i < 0 {
			var names []string
			for _, s := range stress() {
				names = append(names, s.ID)
			}
			return nil, fmt.Errorf("stress set %.40q, want one of %s: %w", set, strings.Join(names, ", "), fault.ErrInvalid)
		}
		out = slices.Clone(stress()[i].Changes)
	}
	for _, line := range lines {
		c, err := ParseWhat(line)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// WhatIf assesses one unit as it is and as it would be under a scenario, from the same
// snapshot and the same draws, so that what differs is the scenario alone. Ranks are not
// reckoned. Where a change works on something that nobody knows, both sides begin at the
// method's base, so that knowing is not mistaken for changing. Errors wrap fault.ErrInvalid or
// fault.ErrNotFound.
func WhatIf(ctx context.Context, m *Method, s *Snapshot, unit string, changes []What, workers int) (before, after Result, err error) {
	start, err := Apply(m, s, unit, unknown(changes))
	if err != nil {
		return before, after, err
	}
	changed, err := Apply(m, s, unit, changes)
	if err != nil {
		return before, after, err
	}
	if before, err = One(ctx, m, start, unit, workers); err != nil {
		return before, after, err
	}
	after, err = One(ctx, m, changed, unit, workers)
	return before, after, err
}

// One assesses a single unit of a snapshot, without ranks.
func One(ctx context.Context, m *Method, s *Snapshot, unit string, workers int) (Result, error) {
	raw, err := s.Canonical(m)
	if err != nil {
		return Result{}, err
	}
	i := slices.IndexFunc(s.Units, func(u Unit) bool { return u.ID == unit })
	if i < 0 {
		return Result{}, fmt.Errorf("unit %.60q: %w", unit, fault.ErrNotFound)
	}
	want := map[string]bool{unit: true}
	for _, x := range s.Units[i].Members {
		want[x.Unit] = true
	}
	out, err := assess(ctx, m, s, Hash(raw), workers, want, nil)
	if err != nil {
		return Result{}, err
	}
	r := out[i]
	r.Rank, r.Of, r.RankLow, r.RankHigh = 0, 0, 0, 0
	return r, nil
}

// unknown turns changes of indicators into ones that only fill in what nobody knows.
func unknown(changes []What) []What {
	var out []What
	for _, c := range changes {
		if c.Indicator != "" {
			out = append(out, What{At: c.At, Indicator: c.Indicator, onlyUnknown: true})
		}
	}
	return out
}

// Apply returns a copy of the snapshot with the changes of a scenario. The copy shares nothing
// that anybody writes, so that many may ask "what if" of one snapshot at a time.
func Apply(m *Method, s *Snapshot, unit string, changes []What) (*Snapshot, error) {
	out := s.clone()
	at := map[string]int{}
	for i := range out.Units {
		at[out.Units[i].ID] = i
	}
	me, ok := at[unit]
	if !ok {
		return nil, fmt.Errorf("unit %.60q: %w", unit, fault.ErrNotFound)
	}
	l := newLender(m, s)
	for _, c := range changes {
		if _, known := at[c.At]; !known && c.At != "" && c.At != "unit" && c.At != Country {
			return nil, fmt.Errorf("scenario: %.60q is not assessed: want unit, country or the id of a unit: %w", c.At, fault.ErrInvalid)
		}
		for _, i := range targets(out, at, me, c.At) {
			if err := change(l, out, i, c); err != nil {
				return nil, fmt.Errorf("scenario, %s: %w", out.Units[i].ID, err)
			}
		}
	}
	return out, nil
}

// targets are the units that a change works on: of a portfolio, those of its members.
func targets(s *Snapshot, at map[string]int, me int, where string) []int {
	list := []int{me}
	if s.Units[me].Kind == Portfolio {
		list = nil
		for _, x := range s.Units[me].Members {
			list = append(list, at[x.Unit])
		}
	}
	switch where {
	case "", "unit":
		return list
	case Country:
		var out []int
		for _, i := range list {
			if j, ok := at[Country+":"+s.Units[i].Country]; ok && !slices.Contains(out, j) {
				out = append(out, j)
			}
		}
		return out
	}
	if i, ok := at[where]; ok {
		return []int{i}
	}
	return nil
}

func change(l *lender, s *Snapshot, i int, c What) error {
	m, u := l.m, &s.Units[i]
	switch {
	case c.Control != nil:
		u.Controls = slices.DeleteFunc(u.Controls, func(o Control) bool { return o.ID == c.Control.ID })
		u.Controls = append(u.Controls, *c.Control)
		return nil
	case c.People != nil:
		return people(s, u, *c.People)
	}
	ind, ok := m.byIndicator[c.Indicator]
	if !ok {
		return fmt.Errorf("%.60q is not an indicator of the method: %w", c.Indicator, fault.ErrInvalid)
	}
	if units := m.Indicators[ind].Units; len(units) > 0 && !slices.Contains(units, u.Kind) {
		return nil // it does not apply to such a unit
	}
	k := slices.IndexFunc(u.Values, func(v Value) bool { return v.Indicator == c.Indicator })
	was, known := l.current(ind, u)
	if k >= 0 {
		was, known = u.Values[k].Value, true
	}
	if c.onlyUnknown && known {
		return nil
	}
	d, _ := indicator.Find(c.Indicator)
	v := Value{
		Indicator: c.Indicator, Value: min(d.High, max(d.Low, c.apply(was))), Period: s.AsOf.Format(time.DateOnly), Known: s.Known,
		Source: "scenario", Grade: "C", Licence: "own", Evidence: "scenario",
	}
	if k >= 0 {
		u.Values[k] = v
	} else {
		u.Values = append(u.Values, v)
	}
	return nil
}

// current is what an indicator counts as for a unit now: inherited, borrowed, or the method's
// base.
func (l *lender) current(ind int, u *Unit) (value float64, known bool) {
	r := l.m.reference[ind]
	if v, _, ok := l.find(u, l.m.Indicators[ind].ID); ok {
		return v.Value, true
	}
	if d := l.lend(ind, u); d != nil {
		return significant(r.raw(d.at(0, 0.5))), true
	}
	return significant(r.raw(r.base)), false
}

func (c What) apply(x float64) float64 {
	switch {
	case c.Set != nil:
		return *c.Set
	case c.Add != nil:
		return x + *c.Add
	case c.Times != nil:
		return x * *c.Times
	case c.AtLeast != nil:
		return max(x, *c.AtLeast)
	}
	return x
}

// people changes a head-count, and with it the weight of the unit in portfolios that weigh by
// people.
func people(s *Snapshot, u *Unit, n float64) error {
	if !(n >= 0 && n < 1e7) {
		return fmt.Errorf("%v people: %w", n, fault.ErrInvalid)
	}
	was := u.People
	u.People = n
	for i := range s.Units {
		for k, x := range s.Units[i].Members {
			if x.Unit == u.ID && x.Weight == max(1, was) {
				s.Units[i].Members[k].Weight = max(1, n)
			}
		}
	}
	return nil
}

// ParseWhat reads a change as people type it: "own.stock_days=5", "wgi.stability-=1",
// "own.grievances+=3", "own.kidnaps*=2", "people=120", and of a control its design and
// implementation, "control:R-1/GUARDS=0.9,0.8": it then counts as tested on the day.
func ParseWhat(text string) (What, error) {
	name, value, ok := strings.Cut(text, "=")
	if code, is := strings.CutPrefix(name, "control:"); is && ok {
		return parseControl(text, code, value)
	}
	v, err := indicator.Number(value)
	if !ok || err != nil {
		return What{}, fmt.Errorf("change %.60q, want indicator=value, indicator+=value, people=value or control:RISK/CONTROL=design,implementation: %w", text, fault.ErrInvalid)
	}
	how := ""
	if n := len(name); n > 0 && strings.ContainsAny(name[n-1:], "+-*>") {
		name, how = name[:n-1], name[n-1:]
	}
	at := "unit"
	if what, where, has := strings.Cut(name, "@"); has {
		name, at = what, where
	}
	switch {
	case name == "people" && how == "":
		return What{At: at, People: &v}, nil
	case how == "*":
		return What{At: at, Indicator: name, Times: &v}, nil
	case how == "+":
		return What{At: at, Indicator: name, Add: &v}, nil
	case how == "-":
		v = -v
		return What{At: at, Indicator: name, Add: &v}, nil
	case how == ">":
		return What{At: at, Indicator: name, AtLeast: &v}, nil
	}
	return What{At: at, Indicator: name, Set: &v}, nil
}

func parseControl(text, code, value string) (What, error) {
	one, two, ok := strings.Cut(value, ",")
	design, err := indicator.Number(one)
	implementation, err2 := indicator.Number(two)
	if !ok || err != nil || err2 != nil || code == "" || !(design >= 0 && design <= 1) || !(implementation >= 0 && implementation <= 1) {
		return What{}, fmt.Errorf("change %.60q, want control:RISK/CONTROL=design,implementation, both 0 to 1: %w", text, fault.ErrInvalid)
	}
	return What{At: "unit", Control: &Control{ID: code, Design: design, Implementation: implementation}}, nil
}

// String is the change as people type it.
func (c What) String() string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	at := ""
	if c.At != "" && c.At != "unit" {
		at = "@" + c.At
	}
	switch {
	case c.Control != nil:
		return "control:" + c.Control.ID + "=" + number(c.Control.Design) + "," + number(c.Control.Implementation)
	case c.People != nil:
		return "people" + at + "=" + number(*c.People)
	case c.Set != nil:
		return c.Indicator + at + "=" + number(*c.Set)
	case c.Add != nil && *c.Add < 0:
		return c.Indicator + at + "-=" + number(-*c.Add)
	case c.Add != nil:
		return c.Indicator + at + "+=" + number(*c.Add)
	case c.Times != nil:
		return c.Indicator + at + "*=" + number(*c.Times)
	case c.AtLeast != nil:
		return c.Indicator + at + ">=" + number(*c.AtLeast)
	}
	return c.Indicator + at
}
