package watch

import (
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
)

// An event over thousands of sites decides so much that whoever is told first would wait for
// the rows of all. So what one observation decided is committed in portions, each complete in
// itself: some projects with their rows, warnings, notifications and journal entries. The
// first also holds everything else of its pass, and says what is left; a process that dies
// in between decides that anew from the same state, at the same instant, before anything else.

// A Left is what of an observation's decisions is not in the store yet.
type Left struct {
	Org    string    `json:"org"`
	At     time.Time `json:"at"`     // of the decisions
	Events []string  `json:"events"` // whose rows are written with the groups' projects
	Groups []Group   `json:"groups"` // all of them, in the order in which they are written
	Done   int       `json:"-"`      // how many of the groups are written with the batch
	Begins bool      `json:"-"`      // the list is new
}

// Over tells whether nothing is left.
func (l *Left) Over() bool { return l.Done == len(l.Groups) }

// A Group is what shares a warning: a project's hazards of one family.
type Group struct {
	Project string       `json:"project"`
	Family  event.Hazard `json:"family"`
}

// DefaultPortion is how much an observation must decide to be committed in portions: rows, and
// weightOf for each warning.
const DefaultPortion = 400

const (
	weightOf     = 20 // rows that are as much work as a warning
	firstPortion = 8  // the part of the limit that the first portion holds
	mostPortion  = 8  // how many times the limit the last ones hold
	growth       = 8  // from one to the next
)

// observed puts what an observation decided into the batch, and where that is much into
// several.
func (t *turn) observed(orgs []string, decided map[string][]Decision, groups map[string][]Group) {
	weight := 0
	for _, list := range decided {
		for i := range list {
			weight += weightOfDecision(&list[i])
		}
	}
	if t.cfg.Portion < 0 || weight < t.cfg.Portion {
		for _, org := range orgs {
			t.decided(org, decided[org])
		}
		return
	}
	var rest []portion
	for _, org := range orgs {
		head, tail := headOf(decided[org])
		rows := t.withoutRows(org, head)
		list, others := portions(org, rows, tail, groups[org])
		t.decided(org, others)
		rest = append(rest, list...)
	}
	t.divide(rest)
}

func weightOfDecision(d *Decision) int {
	n := len(d.Exposures)
	if d.Warning != nil {
		n += weightOf
	}
	return n
}

// headOf parts what is decided about events, and before, from the warnings that follow from it.
// Where no event changed, the warnings follow from time alone: they belong to no portion.
func headOf(list []Decision) (head, tail []Decision) {
	i := len(list)
	for i > 0 && list[i-1].Event == nil && list[i-1].Warning != nil {
		i--
	}
	if i == 0 {
		return list, nil
	}
	return list[:i], list[i:]
}

// withoutRows puts decisions into the batch, but for the rows of the events, which it returns.
func (t *turn) withoutRows(org string, list []Decision) (rows []OrgDecision) {
	from := len(t.batch.Decisions)
	t.decided(org, list)
	for i := from; i < len(t.batch.Decisions); i++ {
		d := &t.batch.Decisions[i]
		if len(d.Exposures) == 0 {
			continue
		}
		one := *d
		one.Suppressed, one.Would, one.Encoded, one.entry, one.Rows = nil, nil, nil, 0, &RowsOf{}
		rows = append(rows, one)
		d.Exposures = nil
	}
	return rows
}

// A portion is one project of an organisation with what was decided about it.
type portion struct {
	org      string
	project  string
	groups   int
	rows     []OrgDecision
	warnings []Decision
	all      *Left // that of the organisation
}

func (p *portion) weight() int {
	n := weightOf * len(p.warnings)
	for i := range p.rows {
		n += len(p.rows[i].Exposures)
	}
	return n
}

// portions divides by project: groups, rows and warnings come in the same order. Warnings of no
// group are the others.
func portions(org string, rows []OrgDecision, warnings []Decision, groups []Group) (out []portion, others []Decision) {
	left := &Left{Org: org, Groups: groups}
	for i := range rows {
		left.Events, left.At = append(left.Events, rows[i].Event.ID), rows[i].At
	}
	byProject := make([]map[string][]exposure.Exposure, len(rows))
	for i := range rows {
		byProject[i] = rowsByProject(rows[i].Exposures)
	}
	for i := 0; i < len(groups); {
		p := portion{org: org, project: groups[i].Project, all: left}
		for ; i < len(groups) && groups[i].Project == p.project; i++ {
			p.groups++
		}
		for k := range rows {
			if own := byProject[k][p.project]; len(own) > 0 {
				one := rows[k]
				one.Exposures = own
				p.rows = append(p.rows, one)
			}
		}
		for len(warnings) > 0 && warnings[0].Warning.Project == p.project {
			left.At = warnings[0].At
			p.warnings, warnings = append(p.warnings, warnings[0]), warnings[1:]
		}
		out = append(out, p)
	}
	return out, warnings
}

// divide fills the batch and those behind it, each up to its limit.
func (t *turn) divide(list []portion) {
	first := t.batch
	limit := max(1, t.cfg.Portion/firstPortion)
	weight, done := 0, map[string]int{}
	for i := range list {
		p := &list[i]
		if weight >= limit {
			t.another()
			weight, limit = 0, min(limit*growth, t.cfg.Portion*mostPortion)
		}
		weight += max(1, p.weight())
		t.batch.Decisions = append(t.batch.Decisions, p.rows...)
		t.decided(p.org, p.warnings)
		done[p.org] += p.groups
		l := *p.all
		l.Done = done[p.org]
		t.batch.left(l)
	}
	t.batch = first
	if !t.divided() { // nothing is left; that a pass before left nothing more must be said still
		return
	}
	// The first batch names what each organisation has left, also those that it does not come to.
	for i := range list {
		if l := list[i].all; !slices.ContainsFunc(first.Left, func(x Left) bool { return x.Org == l.Org }) {
			first.Left = append(first.Left, *l)
		}
	}
	for i := range first.Left {
		first.Left[i].Begins = true
	}
}

// left notes how far an organisation is with this batch.
func (b *Batch) left(l Left) {
	for i := range b.Left {
		if b.Left[i].Org == l.Org {
			b.Left[i] = l
			return
		}
	}
	b.Left = append(b.Left, l)
}

// another begins a batch behind those of the pass.
func (t *turn) another() {
	t.all = t.batches()
	t.batch = &Batch{}
	t.all = append(t.all, t.batch)
}

// divided tells whether the pass will commit more than one batch.
func (t *turn) divided() bool { return len(t.all) > 1 }

// batches are all that the pass will commit, in their order, whichever is being filled.
func (t *turn) batches() []*Batch {
	if len(t.all) == 0 {
		return []*Batch{t.batch}
	}
	return t.all
}

// resume decides what a pass before left undecided when it was cut off.
func (t *turn) resume() {
	for _, org := range t.orgs() {
		d := t.desks[org]
		if d.left == nil {
			continue
		}
		l := *d.left
		d.left = nil
		for _, one := range d.core.Resume(l) {
			if one.Event != nil { // it is stored, its rows of these projects are not
				t.batch.Decisions = append(t.batch.Decisions, OrgDecision{Org: org, Decision: one, Rows: &RowsOf{}})
				continue
			}
			t.decided(org, []Decision{one})
		}
		t.dirty[org] = true
		l.Done = len(l.Groups)
		t.batch.left(l)
	}
}

// Resume decides the groups that an observation has left, which the core was restored without,
// at the instant that it has reached. Of events it gives the rows of those groups' projects.
func (c *Core) Resume(l Left) []Decision {
	projects, dirty := map[string]bool{}, map[group]struct{}{}
	for _, g := range l.Groups[min(l.Done, len(l.Groups)):] {
		projects[g.Project] = true
		dirty[group{g.Project, g.Family}] = struct{}{}
	}
	var out []Decision
	for _, eventID := range l.Events {
		h, ok := c.events[eventID]
		if !ok {
			continue
		}
		e := c.eventOf(h).Event
		d := c.assess(&e, c.matcher.Assess)
		d.Suppressed, d.Would, d.had = nil, nil, nil
		d.Exposures = slices.DeleteFunc(slices.Clone(d.Exposures), func(x exposure.Exposure) bool { return !projects[x.Project] })
		out = append(out, d)
	}
	return c.decide(out, dirty)
}
