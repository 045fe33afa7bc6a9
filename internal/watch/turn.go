package watch

import (
	"time"

	"watchfire.dev/internal/crew"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
)

// A Turn is one batch of signals on its way through the core. Observe does its three steps
// one after the other; whoever has many batches may merge some ahead, assess them on other
// goroutines, and decide them in their order: the decisions are the same, because an
// assessment depends on the event's revision, the portfolio and the instant alone.
type Turn struct {
	at        time.Time
	forgotten []string // events that were dropped before
	matcher   Matcher
	events    []event.Event
	rows      [][]exposure.Exposure
	assessed  []bool
}

// A settler is a matcher that learns. Settled tells whether what it says of an event depends
// on nothing learned; other events are assessed when it is their turn to be decided.
type settler interface {
	Settled(e event.Event) bool
}

// Parallel sets how many goroutines may assess the events of one batch. It changes no
// decision.
func (c *Core) Parallel(workers int) { c.workers = workers }

// Merge is the first step: the batch becomes event revisions. It may run ahead of Decide, in
// the order of the batches, on one goroutine. Every other method of Core needs all turns to
// be decided.
func (c *Core) Merge(at time.Time, signals []event.Signal) *Turn {
	t := &Turn{matcher: c.matcher}
	if at.After(c.merged) {
		if day := at.Truncate(24 * time.Hour); !c.merged.IsZero() && c.merged.Before(day) {
			c.merger.Forget(day.Add(-keepEvents), func(eventID string) { t.forgotten = append(t.forgotten, eventID) })
		}
		c.merged = at
	}
	t.at = c.merged
	if len(signals) > 0 {
		t.events = c.merger.Observe(t.at, signals)
	}
	return t
}

// Assess is the second step. It may run on any goroutine.
func (t *Turn) Assess() { t.assessWith(1) }

func (t *Turn) assessWith(workers int) {
	if len(t.events) == 0 {
		return
	}
	t.rows, t.assessed = make([][]exposure.Exposure, len(t.events)), make([]bool, len(t.events))
	crew.Spread(workers, len(t.events), t.assess)
}

func (t *Turn) assess(i int) {
	e := &t.events[i]
	if e.State != event.Ongoing {
		return
	}
	if _, learns := t.matcher.(weigher); learns {
		if s, tells := t.matcher.(settler); !tells || !s.Settled(*e) {
			return
		}
	}
	t.rows[i], t.assessed[i] = t.matcher.Assess(*e, t.at), true
}

// rowsOf gives the rows that were found, or asks.
func (t *Turn) rowsOf(i int, ask func(event.Event, time.Time) []exposure.Exposure) func(event.Event, time.Time) []exposure.Exposure {
	if t.assessed == nil || !t.assessed[i] {
		return ask
	}
	return func(event.Event, time.Time) []exposure.Exposure { return t.rows[i] }
}

// Decide is the third step: time passes up to the turn, then the warnings that its events
// touch are decided.
func (c *Core) Decide(t *Turn) []Decision { return c.revised(c.elapse(t), t) }
