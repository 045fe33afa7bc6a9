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
	group    group
	id       string
	revision int
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

// Less orders by instant, project, family.
func (t *timers) Less(i, j int) bool {
	a, b := t.heap[i], t.heap[j]
	return cmp.Or(a.at.Compare(b.at), strings.Compare(a.group.project, b.group.project),
		strings.Compare(string(a.group.family), string(b.group.family)), cmp.Compare(a.revision, b.revision)) < 0
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
func (c *Core) Advance(at time.Time) []Decision {
	var out []Decision
	for {
		t, ok := c.due.next()
		if !ok || t.at.After(at) {
			break
		}
		heap.Pop(&c.due)
		w := c.last[t.group]
		if w == nil || w.ID != t.id || w.Revision != t.revision {
			continue
		}
		if t.at.After(c.now) {
			c.now = t.at
		}
		if next, changed := warning.Advance(*w, t.at, c.pol); changed {
			out = append(out, c.issue(next))
		}
	}
	if at.After(c.now) {
		if at.Sub(c.now) > 0 && c.now.Truncate(24*time.Hour) != at.Truncate(24*time.Hour) {
			c.forget(at.Truncate(24 * time.Hour))
		}
		c.now = at
	}
	return out
}

// forget drops events that nothing has touched for long, once a day.
func (c *Core) forget(at time.Time) {
	c.merger.Forget(at.Add(-keepEvents), func(eventID string) {
		for _, g := range c.touched[eventID] {
			delete(c.threats[g], eventID)
		}
		delete(c.touched, eventID)
	})
}

// NextDue is the instant at which time alone will next change something; zero = never.
func (c *Core) NextDue() time.Time {
	for {
		t, ok := c.due.next()
		if !ok {
			return time.Time{}
		}
		if w := c.last[t.group]; w != nil && w.ID == t.id && w.Revision == t.revision {
			return t.at
		}
		heap.Pop(&c.due)
	}
}

func errNoWarning(warningID string) error {
	return fmt.Errorf("warning %s: no active warning of that id: %w", warningID, fault.ErrNotFound)
}
