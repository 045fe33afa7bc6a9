package watch

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
)

// SetPortfolio replaces the portfolio. Where the matcher can tell what changed since the one
// in force, the ongoing events that it touches are matched anew and the others keep their
// rows; else all are. An event is touched when an asset that is new, gone or changed could
// have a row, in the old portfolio or the new one, at the instant at which the event's rows
// were reckoned or now: so the rows that are kept are those which the new portfolio gives for
// that instant, and a core that is built again from the store has them too.
func (c *Core) SetPortfolio(at time.Time, m Matcher) []Decision {
	out := c.Advance(at)
	old := c.matcher
	c.use(m)
	if d, can := m.(differ); can {
		if touches, ok := d.Since(old); ok {
			return c.rematch(out, func(e event.Event) bool {
				h := c.events[e.ID]
				if h.bound == nil {
					h.bound = &exposure.Bound{}
				}
				return touches(e, h.at, h.bound) || touches(e, c.now, h.bound)
			})
		}
	}
	return c.rematch(out, nil)
}

// SetRules replaces the users' rules; every ongoing event is rated anew.
func (c *Core) SetRules(at time.Time, r Rater) []Decision {
	out := c.Advance(at)
	c.rater = working(r)
	return c.rematch(out, nil)
}

// Matched is when every ongoing event was last matched anew.
func (c *Core) Matched() time.Time { return c.matched }

// rematch matches the ongoing events that are touched (nil = all) anew, by their ids. When
// all are, those that had nothing and have nothing are not worth a decision: Matched tells
// when it was. A touched event always gives one, which carries the instant of its rows.
func (c *Core) rematch(out []Decision, touched func(event.Event) bool) []Decision {
	if touched == nil {
		c.matched = c.now
	}
	dirty := map[group]struct{}{}
	c.merger.Each(func(e event.Event) {
		if e.State != event.Ongoing || touched != nil && !touched(e) {
			return
		}
		e = own(e)
		had := c.groupsOf(e.ID)
		for _, g := range had {
			dirty[g] = struct{}{}
		}
		d := c.assess(&e, c.matcher.Assess)
		for _, g := range c.groupsOf(e.ID) {
			dirty[g] = struct{}{}
		}
		if touched != nil || len(had)+len(d.Exposures)+len(d.Suppressed) > 0 {
			out = append(out, d)
		}
	})
	return c.decide(out, dirty)
}
