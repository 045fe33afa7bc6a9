package watch

import (
	"cmp"
	"container/heap"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/warning"
)

// A timer says that time alone will change a warning. It is stale when the warning has
// another revision by then: nothing is ever removed from the heap, it is skipped.
type timer struct {
	at       time.Time
	of       *ward // nil = of a silence that widens
	id       string
	revision int32
	silence  *widening
}

// widening is a silence that widens.
type widening struct {
	source string
	since  time.Time
}

// subject is what timers of one instant are ordered by.
func (t *timer) subject() (project, family, source string) {
	if t.of == nil {
		return "", "", t.silence.source
	}
	return t.of.group.project, string(t.of.group.family), ""
}

// timers is a heap by instant, then group: due timers run in one order, whoever looks.
type timers struct{ heap []timer }

func (t *timers) push(x timer) { heap.Push(t, x) }

func (t *timers) next() (timer, bool) {
	if len(t.heap) == 0 {
		return timer{}, false
	}
	return t.heap[0], true
}

// Len, Less, Swap, Push and Pop serve container/heap.
func (t *timers) Len() int { return len(t.heap) }

// Less orders by instant, project, family; those of silent sources come first.
func (t *timers) Less(i, j int) bool {
	a, b := &t.heap[i], &t.heap[j]
	if c := a.at.Compare(b.at); c != 0 {
		return c < 0
	}
	project, family, source := a.subject()
	project2, family2, source2 := b.subject()
	return cmp.Or(strings.Compare(project, project2), strings.Compare(family, family2), cmp.Compare(a.revision, b.revision), strings.Compare(source, source2)) < 0
}

// Swap exchanges two timers.
func (t *timers) Swap(i, j int) { t.heap[i], t.heap[j] = t.heap[j], t.heap[i] }

// Push appends a timer; use push.
func (t *timers) Push(x any) { t.heap = append(t.heap, x.(timer)) }

// Pop removes the last timer; use heap.Pop.
func (t *timers) Pop() any {
	last := t.heap[len(t.heap)-1]
	t.heap = t.heap[:len(t.heap)-1]
	return last
}

// Advance moves the core's time to at (never back) and returns what fell due on the way, in
// order, each decision stamped with its due instant.
func (c *Core) Advance(at time.Time) []Decision { return c.Decide(c.Merge(at, nil)) }

// elapse lets time pass up to a turn.
func (c *Core) elapse(turn *Turn) []Decision {
	out := c.lostLifted(turn.at)
	for {
		t, ok := c.due.next()
		if !ok || t.at.After(turn.at) {
			break
		}
		heap.Pop(&c.due)
		if !c.pending(t) || t.of != nil && !c.decides(t.of.group.project) {
			continue
		}
		if t.at.After(c.now) {
			c.now = t.at
		}
		if t.of == nil {
			out = c.decide(out, c.carriedBy(t.silence.source))
			continue
		}
		if next, changed := warning.Advance(*c.last(t.of), t.at, c.pol); changed {
			out = append(out, c.issue(next))
			if warning.Active(next) && (next.Reason == warning.Weakened || next.Reason == warning.Lowered) {
				out = c.decide(out, map[group]struct{}{t.of.group: {}}) // what is still fresh says how to go on
			}
		}
	}
	out = c.forget(out, turn)
	if turn.at.After(c.now) {
		c.now = turn.at
	}
	return out
}

// pending tells whether a timer still means something: its warning has no newer revision,
// its source is still silent.
func (c *Core) pending(t timer) bool {
	if t.of == nil {
		s, silent := c.memory.Silent[t.silence.source]
		return silent && s.Since.Equal(t.silence.since)
	}
	return t.of.last.id == t.id && t.of.last.revision == t.revision
}

// forget drops what the merger forgot.
func (c *Core) forget(out []Decision, turn *Turn) []Decision {
	var lifted []Suppression
	at := turn.at.Truncate(24 * time.Hour)
	for _, eventID := range turn.forgotten {
		c.drop(eventID)
		delete(c.events, eventID)
		if _, was := c.memory.Resolved[eventID]; was {
			delete(c.memory.Resolved, eventID) // what was counted for it stays counted
			c.remember = true
		}
		for g, s := range c.hushed[eventID] {
			if !c.decides(g.project) {
				continue
			}
			s.At, s.Lifted = at, true
			lifted = append(lifted, s)
		}
		delete(c.hushed, eventID)
	}
	if len(lifted) > 0 {
		sortSuppressions(lifted)
		out = append(out, Decision{At: at, Suppressed: lifted})
	}
	return out
}

// NextDue is the instant at which time alone will next change something; zero = never.
func (c *Core) NextDue() time.Time {
	for {
		t, ok := c.due.next()
		if !ok {
			return time.Time{}
		}
		if c.pending(t) {
			return t.at
		}
		heap.Pop(&c.due)
	}
}

func errNoWarning(warningID string) error {
	return fmt.Errorf("warning %s: no active warning of that id: %w", warningID, fault.ErrNotFound)
}
