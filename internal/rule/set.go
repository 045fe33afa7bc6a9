package rule

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// MaxRules is how many rules an organisation can have that are not off.
const MaxRules = 500

// A Rater applies an organisation's rules; it implements watch.Rater. It is immutable but
// for its counts of errors and safe for concurrent use.
type Rater struct {
	language *language
	rules    []*armed // on or in shadow, by id
	broken   []Fault
	zones    *zones
	spare    sync.Pool // of *facts: events are large, and a storm of them rates many rows
}

var _ watch.Rater = (*Rater)(nil)

// armed is a rule in force with what went wrong when it ran.
type armed struct {
	*Rule
	failed atomic.Int64
	mu     sync.Mutex
	last   string
}

// A Fault is a rule that does not work: Broken when it does not compile any more (it was
// stored by another version), else it failed Count times on some input since the rules
// were set. A rule that fails does not act on that input.
type Fault struct {
	Rule   string `json:"rule"`
	Broken bool   `json:"broken"`
	Count  int64  `json:"count"`
	Last   string `json:"last"` // the last reason, in words
}

// Set compiles the newest versions of an organisation's rules. A version that cannot be
// compiled is kept as broken: it does not act and Errors tells so; it stops nobody from
// being warned and no other rule from acting. The error is fault.ErrTooLarge when there
// are more than MaxRules, or one of our own language.
func Set(versions []watch.RuleVersion) (watch.Rater, error) {
	r, err := newRater(versions)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func newRater(versions []watch.RuleVersion) (*Rater, error) {
	l, err := theLanguage()
	if err != nil {
		return nil, err
	}
	r := &Rater{language: l, zones: newZones()}
	for _, v := range versions {
		row, err := decode(v)
		if err == nil && row.Mode == Off {
			continue
		}
		var compiled *Rule
		if err == nil {
			compiled, err = Compile(row)
		}
		if err != nil {
			r.broken = append(r.broken, Fault{Rule: v.ID, Broken: true, Last: err.Error()})
			continue
		}
		r.rules = append(r.rules, &armed{Rule: compiled})
	}
	if len(r.rules) > MaxRules {
		return nil, fmt.Errorf("%d rules in force, at most %d: %w", len(r.rules), MaxRules, fault.ErrTooLarge)
	}
	slices.SortStableFunc(r.rules, func(a, b *armed) int { return cmp.Compare(a.ID, b.ID) })
	return r, nil
}

// Idle tells that no rule is in force or in shadow: Rate would find nothing.
func (r *Rater) Idle() bool { return len(r.rules) == 0 }

// decode reads a stored rule. Keys that this version does not know make it broken: they
// may limit the rule.
func decode(v watch.RuleVersion) (Row, error) {
	var row Row
	d := json.NewDecoder(bytes.NewReader(v.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(&row); err != nil {
		return Row{}, fmt.Errorf("read rule %s: %w", v.ID, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Row{}, fmt.Errorf("read rule %s: more than one value: %w", v.ID, fault.ErrInvalid)
	}
	row.ID, row.Version = v.ID, v.Version
	return row, nil
}

// Rate implements watch.Rater. The rules are asked in the order of their ids. One rule
// that suppresses removes the row, whatever others say; several that raise count once, and
// raising wins over lowering. would lists the rules in shadow whose condition holds.
func (r *Rater) Rate(e event.Event, x exposure.Exposure, a portfolio.Asset) (effect warning.Effect, suppress bool, would []string) {
	if len(r.rules) == 0 {
		return warning.Effect{}, false, nil
	}
	f, _ := r.spare.Get().(*facts)
	if f == nil {
		f = &facts{}
	}
	f.fill(e, x, a, r.zones, r.language)
	defer func() { *f = facts{}; r.spare.Put(f) }()
	for _, rule := range r.rules {
		holds, err := rule.holds(f)
		switch {
		case err != nil:
			rule.fail(err)
		case holds && rule.Mode == Shadow:
			would = append(would, rule.ID)
		case holds:
			if apply(rule.Row, &effect) {
				suppress, effect.Suppress = true, append(effect.Suppress, rule.ID)
			}
		}
	}
	return effect, suppress, would
}

// apply adds what a rule does to the effect and tells whether it suppresses.
func apply(r Row, effect *warning.Effect) (suppress bool) {
	effect.Rules = append(effect.Rules, r.ID)
	switch r.Then {
	case Suppress:
		return true
	case Raise:
		effect.Delta = 1
	case Lower:
		if effect.Delta == 0 {
			effect.Delta = -1
		}
	case Route:
		if i, ok := slices.BinarySearch(effect.Route, r.To); !ok {
			effect.Route = slices.Insert(effect.Route, i, r.To)
		}
	}
	return false
}

func (a *armed) fail(err error) {
	a.failed.Add(1)
	words := plainRuntime(err)
	a.mu.Lock()
	a.last = words
	a.mu.Unlock()
}

// Errors lists the rules that do not work, broken ones first, then by id.
func (r *Rater) Errors() []Fault {
	out := slices.Clone(r.broken)
	slices.SortFunc(out, func(a, b Fault) int { return cmp.Compare(a.Rule, b.Rule) })
	for _, a := range r.rules {
		if n := a.failed.Load(); n > 0 {
			a.mu.Lock()
			out = append(out, Fault{Rule: a.ID, Count: n, Last: a.last})
			a.mu.Unlock()
		}
	}
	return out
}
