// Package watch is the decision core: signals in, decisions out. Core is a deterministic
// state machine over (signals so far, portfolio, rules, people's acts, clock): the same
// inputs in the same order give the same bytes of the decision log, live or replayed. It
// merges signals into events, matches them with the portfolio and decides warnings. It
// reads no clock, writes nowhere and knows no database; the service that feeds it and
// commits its decisions in one transaction lives in service.go.
package watch

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// A Rater applies the users' rules to one exposure. Suppress removes the row.
type Rater interface {
	Rate(e event.Event, x exposure.Exposure, a portfolio.Asset) (effect warning.Effect, suppress bool, would []string)
}

// A Matcher assesses an event against one portfolio: rows in a fixed order.
type Matcher interface {
	Assess(e event.Event, now time.Time) []exposure.Exposure
	Asset(id string) (portfolio.Asset, bool)
}

// A Decision is one line of the decision log: a new revision of an event with its
// exposures, or of a warning.
type Decision struct {
	At        time.Time           `json:"at"`
	Event     *event.Event        `json:"event,omitempty"`
	Exposures []exposure.Exposure `json:"exposures,omitempty"`
	Warning   *warning.Warning    `json:"warning,omitempty"`
	// Would lists rules in shadow that would have acted on this event's exposures.
	Would []string `json:"would,omitempty"`
}

// group is what shares a warning.
type group struct {
	project string
	family  event.Hazard
}

// Core decides for one organisation. It is not safe for concurrent use.
type Core struct {
	org     string
	pol     warning.Policy
	merger  *event.Merger
	matcher Matcher
	rater   Rater
	now     time.Time
	threats map[group]map[string]warning.Threat // by event id
	touched map[string][]group                  // groups in which an event has rows
	last    map[group]*warning.Warning          // newest revision of the last warning
	ids     map[string]group                    // of the last warnings
	due     timers
}

// keepEvents is how long an event is held after its last revision.
const keepEvents = 45 * 24 * time.Hour

// NewCore returns an empty core for one organisation. rater may be nil.
func NewCore(org string, pol warning.Policy, m Matcher, r Rater) *Core {
	return &Core{
		org: org, pol: pol, merger: event.NewMerger(org), matcher: m, rater: r,
		threats: map[group]map[string]warning.Threat{}, touched: map[string][]group{}, last: map[group]*warning.Warning{},
		ids: map[string]group{},
	}
}

// Now is the instant that the core has reached.
func (c *Core) Now() time.Time { return c.now }

// Org is the organisation for which the core decides.
func (c *Core) Org() string { return c.org }

// Open is the number of active warnings.
func (c *Core) Open() int {
	n := 0
	for _, w := range c.last {
		if warning.Active(*w) {
			n++
		}
	}
	return n
}

// Event returns the newest revision of an event that the core holds.
func (c *Core) Event(eventID string) (event.Event, bool) { return c.merger.Event(eventID) }

// Restore puts stored state back: events with the signals of their standing reports, and
// the newest revision of each group's last warning. It makes no decisions.
func (c *Core) Restore(now time.Time, events []event.Event, signals map[string]event.Signal, warnings []warning.Warning) {
	c.now = now
	for _, e := range events {
		var live []event.Signal
		for _, r := range e.LiveReports() {
			if s, ok := signals[r.Signal]; ok {
				live = append(live, s)
			}
		}
		c.merger.Restore(e, live)
		c.assess(e)
	}
	for i := range warnings {
		c.keep(warnings[i])
	}
}

// Observe takes one batch of signals at an instant. Time passes first: what was due before
// is decided before.
func (c *Core) Observe(at time.Time, signals []event.Signal) []Decision {
	out := c.Advance(at)
	return c.revised(out, c.merger.Observe(c.now, signals))
}

// SetPortfolio replaces the portfolio; every ongoing event is matched anew.
func (c *Core) SetPortfolio(at time.Time, m Matcher) []Decision {
	out := c.Advance(at)
	c.matcher = m
	return c.rematch(out)
}

// SetRules replaces the users' rules; every ongoing event is rated anew.
func (c *Core) SetRules(at time.Time, r Rater) []Decision {
	out := c.Advance(at)
	c.rater = r
	return c.rematch(out)
}

func (c *Core) rematch(out []Decision) []Decision {
	dirty := map[group]struct{}{}
	c.merger.Each(func(e event.Event) {
		if e.State != event.Ongoing {
			return
		}
		for _, g := range c.touched[e.ID] {
			dirty[g] = struct{}{}
		}
		rows, would := c.assess(e)
		for _, g := range c.touched[e.ID] {
			dirty[g] = struct{}{}
		}
		if len(rows) > 0 {
			out = append(out, Decision{At: c.now, Event: &e, Exposures: rows, Would: would})
		}
	})
	return c.decide(out, dirty)
}

// Detach takes reports out of an event by hand. See event.Merger.Detach for the errors.
func (c *Core) Detach(at time.Time, eventID string, signals []string) ([]Decision, error) {
	out := c.Advance(at)
	revised, err := c.merger.Detach(c.now, eventID, signals)
	if err != nil {
		return out, err
	}
	return c.revised(out, revised), nil
}

// revised matches the new event revisions and decides the warnings that they touch.
func (c *Core) revised(out []Decision, events []event.Event) []Decision {
	dirty := map[group]struct{}{}
	for i := range events {
		e := events[i]
		for _, g := range c.touched[e.ID] {
			dirty[g] = struct{}{}
		}
		rows, would := c.assess(e)
		for _, g := range c.touched[e.ID] {
			dirty[g] = struct{}{}
		}
		out = append(out, Decision{At: c.now, Event: &e, Exposures: rows, Would: would})
	}
	return c.decide(out, dirty)
}

// assess replaces an event's rows in the groups and returns them.
func (c *Core) assess(e event.Event) ([]exposure.Exposure, []string) {
	for _, g := range c.touched[e.ID] {
		delete(c.threats[g], e.ID)
		if len(c.threats[g]) == 0 {
			delete(c.threats, g)
		}
	}
	delete(c.touched, e.ID)
	if e.State != event.Ongoing {
		return nil, nil
	}
	rows := c.matcher.Assess(e, c.now)
	var would []string
	kept := rows[:0:0]
	effects := make([]warning.Effect, 0, len(rows))
	for _, x := range rows {
		effect, drop, w := c.rate(e, x)
		would = append(would, w...)
		if !drop {
			kept, effects = append(kept, x), append(effects, effect)
		}
	}
	c.group(e, kept, effects)
	return kept, would
}

func (c *Core) rate(e event.Event, x exposure.Exposure) (warning.Effect, bool, []string) {
	if c.rater == nil {
		return warning.Effect{}, false, nil
	}
	a, _ := c.matcher.Asset(x.Asset)
	return c.rater.Rate(e, x, a)
}

func (c *Core) group(e event.Event, rows []exposure.Exposure, effects []warning.Effect) {
	for i, x := range rows {
		g := group{x.Project, x.Hazard.Family()}
		byEvent := c.threats[g]
		if byEvent == nil {
			byEvent = map[string]warning.Threat{}
			c.threats[g] = byEvent
		}
		t, ok := byEvent[e.ID]
		if !ok {
			c.touched[e.ID] = append(c.touched[e.ID], g)
		}
		t.Event = e
		t.Rows, t.Effects = append(t.Rows, x), append(t.Effects, effects[i])
		byEvent[e.ID] = t
	}
}

// decide runs the life cycle of the touched groups, in a fixed order.
func (c *Core) decide(out []Decision, dirty map[group]struct{}) []Decision {
	groups := make([]group, 0, len(dirty))
	for g := range dirty {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(strings.Compare(a.project, b.project), strings.Compare(string(a.family), string(b.family)))
	})
	for _, g := range groups {
		w, ok := warning.Decide(c.last[g], c.evidence(g), c.pol)
		if ok {
			out = append(out, c.issue(w))
		}
	}
	return out
}

func (c *Core) evidence(g group) warning.Evidence {
	ev := warning.Evidence{Now: c.now, Org: c.org, Project: g.project, Family: g.family}
	byEvent := c.threats[g]
	for _, t := range byEvent {
		ev.Threats = append(ev.Threats, t)
	}
	slices.SortFunc(ev.Threats, func(a, b warning.Threat) int { return strings.Compare(a.Event.ID, b.Event.ID) })
	if w := c.last[g]; w != nil && len(ev.Threats) == 0 {
		ev.Settled = c.settled(*w)
	}
	return ev
}

// settled returns the warning's events when none of them goes on any more.
func (c *Core) settled(w warning.Warning) []event.Event {
	var out []event.Event
	for _, r := range w.Events {
		e, ok := c.merger.Event(r.ID)
		if !ok || e.State == event.Absorbed {
			continue
		}
		if e.State == event.Ongoing {
			return nil
		}
		out = append(out, e)
	}
	return out
}

// issue keeps the warning and makes its decision.
func (c *Core) issue(w warning.Warning) Decision {
	c.keep(w)
	return Decision{At: w.At, Warning: &w}
}

func (c *Core) keep(w warning.Warning) {
	g := group{w.Project, w.Family}
	if old := c.last[g]; old != nil && old.ID != w.ID && old.OpenedAt.After(w.OpenedAt) {
		return
	}
	if old := c.last[g]; old != nil && old.ID != w.ID {
		delete(c.ids, old.ID)
	}
	c.last[g], c.ids[w.ID] = &w, g
	if at := warning.Due(w, c.pol); !at.IsZero() {
		c.due.push(timer{at: at, group: g, revision: w.Revision, id: w.ID})
	}
}

// ByHand applies a person's act to an active warning; see warning.ByHand for the errors.
func (c *Core) ByHand(at time.Time, warningID string, act warning.Act, actor, reason string) ([]Decision, error) {
	out := c.Advance(at)
	w := c.last[c.ids[warningID]]
	if w == nil {
		return out, errNoWarning(warningID)
	}
	next, err := warning.ByHand(*w, act, actor, reason, c.now)
	if err != nil {
		return out, err
	}
	return append(out, c.issue(next)), nil
}

// Warning returns the newest revision of an active warning.
func (c *Core) Warning(warningID string) (warning.Warning, bool) {
	if w := c.last[c.ids[warningID]]; w != nil && warning.Active(*w) {
		return *w, true
	}
	return warning.Warning{}, false
}
