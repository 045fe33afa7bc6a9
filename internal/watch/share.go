package watch

import (
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// share is what one decider decides: the projects of the parts that it holds, from where
// those who held them before stopped. A nil share is everything.
type share struct {
	order Order
	parts int
	holds []Hold
	from  map[int]int64 // by part held: its last input that was decided
	base  Point         // where the cores were built
	seq   int64         // of the input that is being decided
}

func (s *share) holding(part int) bool {
	_, ok := s.from[part]
	return ok
}

// decides tells whether the input at hand is this decider's for a part: the part is held, and
// was not further already.
func (s *share) decides(part int) bool {
	from, ok := s.from[part]
	return ok && s.seq > from
}

// whole tells whether all parts are held.
func (s *share) whole() bool { return s == nil || len(s.from) == s.parts }

// keeps tells whether what belongs to a whole organisation is to be written here.
func (s *share) keeps(org string) bool { return s == nil || s.decides(PartOf(org, "", s.parts)) }

func (t *turn) keeps(org string) bool { return t.share.keeps(org) }

// limit makes a core decide the share only, and takes out of its state what others decide.
func (s *share) limit(c *Core, st *State) {
	if s == nil {
		return
	}
	held := func(project string) bool { return s.holding(PartOf(c.org, project, s.parts)) }
	c.Only(func(project string) bool { return s.decides(PartOf(c.org, project, s.parts)) })
	st.Warnings = slices.DeleteFunc(st.Warnings, func(w warning.Warning) bool { return !held(w.Project) })
	st.Suppressed = slices.DeleteFunc(st.Suppressed, func(x Suppression) bool { return !held(x.Project) })
	if !s.base.At.IsZero() {
		st.Now = s.base.At
	}
}

// own is what of a decision is written here; ok is false when nothing is.
func (s *share) own(org string, d Decision) (one OrgDecision, ok bool) {
	one = OrgDecision{Org: org, Decision: d}
	if s == nil || d.Event == nil {
		return one, true
	}
	mine := func(project string) bool { return s.decides(PartOf(org, project, s.parts)) }
	rows := &RowsOf{Event: s.keeps(org)}
	for _, p := range d.had {
		if mine(p) {
			rows.Had = append(rows.Had, p)
		}
	}
	var kept []exposure.Exposure
	for _, x := range d.Exposures {
		if mine(x.Project) {
			kept = append(kept, x)
		}
	}
	one.Rows, one.Exposures = rows, kept
	return one, rows.Event || len(rows.Had)+len(kept)+len(d.Suppressed)+len(d.Would) > 0
}

// split matches with the assets of some projects, and tells what sets it apart from another
// by all assets: which events are matched anew must not depend on who decides what.
type split struct{ all, own Matcher }

// matcher makes the matcher of a portfolio for the share.
func (s *share) matcher(cfg Config) func(portfolio.Portfolio) Matcher {
	return func(p portfolio.Portfolio) Matcher {
		if s.heldAll() {
			return cfg.Matcher(p)
		}
		mine := p
		mine.Assets = nil
		for _, a := range p.Assets {
			if s.holding(PartOf(p.Org, a.Project, s.parts)) {
				mine.Assets = append(mine.Assets, a)
			}
		}
		return &split{all: cfg.Matcher(p), own: cfg.Own(mine)}
	}
}

func (s *share) heldAll() bool { return len(s.from) == s.parts }

// Assess implements Matcher.
func (m *split) Assess(e event.Event, now time.Time) []exposure.Exposure { return m.own.Assess(e, now) }

// Asset implements Matcher.
func (m *split) Asset(id string) (portfolio.Asset, bool) { return m.own.Asset(id) }

// Learn implements weigher.
func (m *split) Learn(record func(source string) (hits, positives, falseAlarms, negatives int)) {
	for _, x := range []Matcher{m.all, m.own} {
		if w, ok := x.(weigher); ok {
			w.Learn(record)
		}
	}
}

// Trust implements weigher.
func (m *split) Trust(h event.Hazard, reports []event.Standing) exposure.Trust {
	if w, ok := m.own.(weigher); ok {
		return w.Trust(h, reports)
	}
	return exposure.Trust{}
}

// Settled implements settler.
func (m *split) Settled(e event.Event) bool {
	if _, learns := m.own.(weigher); !learns {
		return true
	}
	s, tells := m.own.(settler)
	return tells && s.Settled(e)
}

// Since implements differ.
func (m *split) Since(old any) (touches func(e event.Event, at time.Time, memo *exposure.Bound) bool, ok bool) {
	was, ok := old.(*split)
	d, can := m.all.(differ)
	if !ok || !can {
		return nil, false
	}
	return d.Since(was.all)
}
