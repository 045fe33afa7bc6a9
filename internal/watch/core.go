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
	"watchfire.dev/internal/pack"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// A Rater applies the users' rules to one exposure. Suppress removes the row.
type Rater interface {
	Rate(e event.Event, x exposure.Exposure, a portfolio.Asset) (effect warning.Effect, suppress bool, would []string)
}

// working is nil for a rater without rules, which would be asked about every row in vain.
func working(r Rater) Rater {
	if idle, ok := r.(interface{ Idle() bool }); ok && idle.Idle() {
		return nil
	}
	return r
}

// A Matcher assesses an event against one portfolio: rows in a fixed order.
type Matcher interface {
	Assess(e event.Event, now time.Time) []exposure.Exposure
	Asset(id string) (portfolio.Asset, bool)
}

// A weigher is a matcher that weighs reports by how their sources' earlier ones came out and
// can tell how. It is asked to learn before anything else.
type weigher interface {
	Learn(record func(source string) (hits, positives, falseAlarms, negatives int))
	Trust(h event.Hazard, reports []event.Standing) exposure.Trust
}

// A differ is a matcher that knows what sets it apart from the one before. touches tells of
// an event and an instant whether anything that differs could have a row; where it is false
// both matchers give the same rows for the event at that instant. It is given the same memo
// for as long as the event has the same revision. ok is false when nothing can be said.
type differ interface {
	Since(old any) (touches func(e event.Event, at time.Time, memo *exposure.Bound) bool, ok bool)
}

// A Decision is one line of the decision log: a revision of an event with the exposures that
// were reckoned at the instant (none = it has none any more), or a revision of a warning.
type Decision struct {
	At        time.Time           `json:"at"`
	Event     *event.Event        `json:"event,omitempty"`
	Exposures []exposure.Exposure `json:"exposures,omitempty"`
	Warning   *warning.Warning    `json:"warning,omitempty"`
	// Would lists rules in shadow that would have acted on this event's exposures.
	Would []string `json:"would,omitempty"`
	// Suppressed are changes in what the users' rules keep from being told.
	Suppressed []Suppression `json:"suppressed,omitempty"`
	// had are the projects that had rows of the event's same revision before.
	had []string
}

// group is what shares a warning.
type group struct {
	project string
	family  event.Hazard
}

// find tells where an event stands, or would stand, in a group.
func find(list []threat, eventID string) (int, bool) {
	return slices.BinarySearchFunc(list, eventID, func(t threat, eventID string) int { return strings.Compare(t.of.id, eventID) })
}

// Core decides for one organisation. It is not safe for concurrent use.
type Core struct {
	org     string
	pol     warning.Policy
	merger  *event.Merger
	matcher Matcher
	rater   Rater
	now     time.Time
	merged  time.Time            // how far signals are merged: at or after now
	matched time.Time            // when all events were matched anew last
	events  map[string]*assessed // newest revision that is decided
	opened  queue                // those that are open
	wards   map[group]*ward
	ids     map[string]*ward // of the last warnings
	table   *pack.Table      // in which events, rows and warnings are packed
	due     timers

	hushed   map[string]map[group]Suppression // what rules suppress, by event
	lost     []Suppression                    // of events that were forgotten before the core was built again
	memory   Memory
	records  map[string]Record         // of sources, until something is learned
	remember bool                      // memory has changed
	workers  int                       // goroutines that assess the events of one batch
	mine     func(project string) bool // what this core decides; nil = every project
	lately   []Group                   // what was looked at last
}

// keepEvents is how long an event is held after its last revision.
const keepEvents = 45 * 24 * time.Hour

// NewCore returns an empty core for one organisation. rater may be nil.
func NewCore(org string, pol warning.Policy, m Matcher, r Rater) *Core {
	c := &Core{
		org: org, pol: pol, merger: event.NewMerger(org), rater: working(r), events: map[string]*assessed{}, wards: map[group]*ward{},
		ids: map[string]*ward{}, table: pack.NewTable(), hushed: map[string]map[group]Suppression{}, records: map[string]Record{},
	}
	c.use(m)
	return c
}

// use takes a matcher and lets it learn.
func (c *Core) use(m Matcher) {
	c.matcher = m
	if w, ok := m.(weigher); ok {
		w.Learn(c.record)
	}
}

// Now is the instant that the core has reached.
func (c *Core) Now() time.Time { return c.now }

// Org is the organisation for which the core decides.
func (c *Core) Org() string { return c.org }

// Open is the number of active warnings.
func (c *Core) Open() int {
	n := 0
	for _, w := range c.wards {
		if w.last.active {
			n++
		}
	}
	return n
}

// Event returns the newest revision of an event that the core holds.
func (c *Core) Event(eventID string) (event.Event, bool) {
	if h, ok := c.events[eventID]; ok {
		return c.eventOf(h).Event, true
	}
	return event.Event{}, false
}

// Restore puts stored state back: events with the signals of their standing reports, the
// newest revision of each group's last warning, what was learned and what rules suppress. It
// makes no decisions. Each event is matched as at the instant at which its rows were reckoned
// last: the rows are those that the core had, since no asset that changed later touches it.
func (c *Core) Restore(st State) {
	c.memory, c.matched = st.Memory, st.Matched
	for _, e := range st.Events {
		var live []event.Signal
		for _, r := range e.LiveReports() {
			if s, ok := st.Signals[r.Signal]; ok {
				live = append(live, s)
			}
		}
		c.merger.Restore(e, live)
		c.now = e.Updated
		for _, at := range []time.Time{st.Matched, st.Assessed[e.ID]} {
			if at.After(c.now) {
				c.now = at
			}
		}
		e = own(e)
		c.assess(&e, c.matcher.Assess)
		c.Rest()
	}
	c.now, c.merged = st.Now, st.Now
	c.restoreHush(st.Suppressed)
	for eventID := range c.memory.Resolved {
		if !c.merger.Holds(eventID) {
			delete(c.memory.Resolved, eventID) // what was counted for it stays counted
		}
	}
	for i := range st.Warnings {
		c.keep(st.Warnings[i])
		c.Rest()
	}
	for source, s := range c.memory.Silent {
		c.follow(source, s)
	}
	c.remember = false
}

// Observe takes one batch of signals at an instant. Time passes first: what was due before
// is decided before.
func (c *Core) Observe(at time.Time, signals []event.Signal) []Decision {
	t := c.Merge(at, signals)
	t.assessWith(c.workers)
	return c.Decide(t)
}

// own copies what the merger changes in place, so that a decision stays what it was.
func own(e event.Event) event.Event {
	e.Reports, e.Keys = slices.Clone(e.Reports), slices.Clone(e.Keys)
	return e
}

// Detach takes reports out of an event by hand. See event.Merger.Detach for the errors.
func (c *Core) Detach(at time.Time, eventID string, signals []string) ([]Decision, error) {
	out := c.Advance(at)
	revised, err := c.merger.Detach(c.now, eventID, signals)
	if err != nil {
		return out, err
	}
	return c.revised(out, &Turn{events: revised}), nil
}

// revised matches the new event revisions and decides the warnings that they touch.
func (c *Core) revised(out []Decision, t *Turn) []Decision {
	c.lately = nil
	if len(t.events) == 0 {
		return out
	}
	dirty := map[group]struct{}{}
	for i := range t.events {
		e := &t.events[i]
		for _, g := range c.groupsOf(e.ID) {
			dirty[g] = struct{}{}
		}
		c.resolved(*e)
		d := c.assess(e, t.rowsOf(i, c.matcher.Assess))
		for _, g := range c.groupsOf(e.ID) {
			dirty[g] = struct{}{}
		}
		out = append(out, d)
	}
	return c.decide(out, dirty)
}

// assess replaces an event's rows in the groups and returns the decision about it.
func (c *Core) assess(e *event.Event, rowsOf func(event.Event, time.Time) []exposure.Exposure) Decision {
	d := Decision{At: c.now, Event: e, had: c.had(e)}
	c.drop(e.ID)
	c.hold(&assessed{id: e.ID, revision: e.Revision, open: &opened{Event: *e}, at: c.now})
	if e.State != event.Ongoing {
		d.Suppressed = c.suppressed(*e, nil)
		return d
	}
	rows := rowsOf(*e, c.now)
	dropped, kept, effects := c.rated(e, rows, &d)
	if d.Suppressed = c.suppressed(*e, dropped); len(kept) > 0 {
		d.Exposures = kept
		c.group(e, kept, effects)
	}
	return d
}

// rated applies the users' rules to the rows, in their own array. No effects are returned
// when no rule acted.
func (c *Core) rated(e *event.Event, rows []exposure.Exposure, d *Decision) (dropped hush, kept []exposure.Exposure, effects []warning.Effect) {
	if c.rater == nil {
		return nil, rows, nil
	}
	kept, acted := rows[:0], false
	effects = make([]warning.Effect, 0, len(rows))
	for i := range rows {
		effect, drop, would := c.rate(*e, rows[i])
		if c.decides(rows[i].Project) {
			d.Would = append(d.Would, would...)
		}
		if drop {
			if dropped == nil {
				dropped = hush{}
			}
			dropped.add(*e, rows[i], effect)
			continue
		}
		acted = acted || len(effect.Rules) > 0
		kept, effects = append(kept, rows[i]), append(effects, effect)
	}
	if !acted {
		effects = nil
	}
	return dropped, kept, effects
}

// drop takes an event's rows out of the groups.
func (c *Core) drop(eventID string) {
	h, ok := c.events[eventID]
	if !ok {
		return
	}
	for _, w := range h.wards {
		if i, ok := find(w.threats, eventID); ok {
			w.threats = slices.Delete(w.threats, i, i+1)
		}
		if delete(w.worn, eventID); len(w.worn) == 0 {
			w.worn = nil
		}
		if len(w.threats) == 0 {
			if w.threats = nil; w.worn == nil && w.last.id == "" {
				delete(c.wards, w.group)
			}
		}
	}
	h.wards = nil
}

func (c *Core) rate(e event.Event, x exposure.Exposure) (warning.Effect, bool, []string) {
	a, _ := c.matcher.Asset(x.Asset)
	return c.rater.Rate(e, x, a)
}

func (c *Core) group(e *event.Event, rows []exposure.Exposure, effects []warning.Effect) {
	h := c.events[e.ID]
	if w, ok := c.matcher.(weigher); ok && len(rows) > 0 {
		h.open.Trust = w.Trust(e.Hazard, e.Reports)
	}
	for i := 0; i < len(rows); {
		// Rows come by project; a project's rows of one event are of one family.
		j := i + 1
		for j < len(rows) && rows[j].Project == rows[i].Project && rows[j].Hazard == rows[i].Hazard {
			j++
		}
		w := c.wardOf(group{rows[i].Project, rows[i].Hazard.Family()})
		at, ok := find(w.threats, e.ID)
		if !ok {
			if h.wards == nil {
				h.wards = make([]*ward, 0, 1) // most have one
			}
			h.wards = append(h.wards, w)
			w.threats = slices.Insert(w.threats, at, threat{})
		}
		t := &w.threats[at]
		t.of = h
		own := effects
		if own != nil {
			own = effects[i:j:j]
		}
		c.add(t, ratedRows{rows[i:j:j], own})
		i = j
	}
}

// decide runs the life cycle of the touched groups, in a fixed order.
func (c *Core) decide(out []Decision, dirty map[group]struct{}) []Decision {
	groups := make([]group, 0, len(dirty))
	for g := range dirty {
		if c.decides(g.project) {
			groups = append(groups, g)
		}
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(strings.Compare(a.project, b.project), strings.Compare(string(a.family), string(b.family)))
	})
	c.lately = make([]Group, len(groups))
	for i, g := range groups {
		c.lately[i] = Group{g.project, g.family}
		w, ok := c.next(g)
		if ok {
			out = append(out, c.issue(w))
		}
	}
	return out
}

// next is the next revision of a group's warning, if there is one.
func (c *Core) next(g group) (warning.Warning, bool) {
	prev := c.lastOf(g)
	return warning.Decide(prev, c.evidence(g, prev), c.pol)
}

// evidence gathers what is fresh about a group. What has outlived its time is put aside, so
// that an old event neither counts nor costs anything until it is heard of again.
func (c *Core) evidence(g group, last *warning.Warning) warning.Evidence {
	ev := warning.Evidence{Now: c.now, Org: c.org, Project: g.project, Family: g.family}
	of := c.wards[g]
	if of == nil {
		of = &ward{}
	}
	list := of.threats
	fresh := list[:0]
	for i := range list {
		o := c.eventOf(list[i].of)
		if until := (&warning.Threat{Event: o.Event}).Until(c.pol); !until.After(c.now) {
			if of.worn == nil {
				of.worn = map[string]struct{}{}
			}
			of.worn[o.Event.ID] = struct{}{}
			continue
		}
		fresh = append(fresh, list[i])
		t := c.whole(&list[i], o)
		if last != nil && warning.PutAside(*last, t.Event) {
			continue
		}
		c.widen(&t)
		ev.Threats = append(ev.Threats, t)
	}
	clear(list[len(fresh):])
	if of.threats = fresh; len(fresh) == 0 {
		of.threats = nil // an empty ward goes with the rest of its events
	}
	if last != nil && len(ev.Threats) == 0 {
		for _, r := range last.Events {
			if _, is := of.worn[r.ID]; is {
				ev.Stale++
			}
		}
		ev.Settled = c.settled(*last)
	}
	return ev
}

// settled returns the warning's events when none of them goes on any more.
func (c *Core) settled(w warning.Warning) []event.Event {
	var out []event.Event
	for _, r := range w.Events {
		h, ok := c.events[r.ID]
		if !ok {
			continue
		}
		e := &c.eventOf(h).Event
		if e.State == event.Absorbed {
			continue
		}
		if e.State == event.Ongoing {
			return nil
		}
		out = append(out, *e)
	}
	return out
}

// issue keeps the warning and makes its decision.
func (c *Core) issue(w warning.Warning) Decision {
	c.keep(w)
	return Decision{At: w.At, Warning: &w}
}

func (c *Core) keep(w warning.Warning) {
	of := c.wardOf(group{w.Project, w.Family})
	old := of.last
	if old.id != "" && old.id != w.ID && old.opened > w.OpenedAt.UnixNano() {
		return
	}
	if old.id != "" && old.id != w.ID {
		delete(c.ids, old.id)
	}
	of.last = lastly{id: w.ID, opened: w.OpenedAt.UnixNano(), revision: int32(w.Revision), active: warning.Active(w)} //nolint:gosec // far fewer
	of.last.open = &w
	if c.opened.keep > 0 {
		c.opened.loose = append(c.opened.loose, of)
	}
	c.ids[w.ID] = of
	if at := warning.Due(w, c.pol); !at.IsZero() {
		c.due.push(timer{at: at, of: of, id: w.ID, revision: of.last.revision})
	}
}

// ByHand applies a person's act to an active warning; see warning.ByHand for the errors. What
// it says of the warning's events (Judgement) is learned by an act of its own (Judge).
func (c *Core) ByHand(at time.Time, warningID string, act warning.Act, actor, reason string) ([]Decision, error) {
	out := c.Advance(at)
	w := c.last(c.ids[warningID])
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
	if w := c.last(c.ids[warningID]); w != nil && warning.Active(*w) {
		return *w, true
	}
	return warning.Warning{}, false
}
