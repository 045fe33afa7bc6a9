package watch

import (
	"math"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/warning"
)

// halvings is how many half-lives of a silence are followed by timers; after the last one
// what is left differs from the base rate by a sixteenth of what it was.
const halvings = 4

// SetSilent notes that a source is silent since an instant: what it alone carries is widened
// from now on (METHOD.md 1.8, "silence is information"). every is its usual interval.
func (c *Core) SetSilent(at time.Time, source string, since time.Time, every time.Duration) []Decision {
	out := c.Advance(at)
	s := Silence{Since: since.UTC(), Every: every}
	if old, was := c.memory.Silent[source]; was && old == s {
		return out
	}
	if c.memory.Silent == nil {
		c.memory.Silent = map[string]Silence{}
	}
	c.memory.Silent[source], c.remember = s, true
	c.follow(source, s)
	return c.decide(out, c.carriedBy(source))
}

// SetSeen notes that a source speaks again.
func (c *Core) SetSeen(at time.Time, source string) []Decision {
	out := c.Advance(at)
	if _, was := c.memory.Silent[source]; !was {
		return out
	}
	dirty := c.carriedBy(source)
	delete(c.memory.Silent, source)
	c.remember = true
	return c.decide(out, dirty)
}

// Silence applies an act "silent" or "seen".
func (c *Core) Silence(at time.Time, a Act) []Decision {
	if a.What == "silent" {
		return c.SetSilent(at, a.Subject, a.Since, a.Every)
	}
	return c.SetSeen(at, a.Subject)
}

// news tells whether an act "silent" or "seen" says something that the core does not know.
func (c *Core) news(a Act) bool {
	s, was := c.memory.Silent[a.Subject]
	if a.What == "silent" {
		return !was || s != Silence{Since: a.Since, Every: a.Every}
	}
	return was
}

// follow sets the timers of a silence: one a half-life, none a warning.
func (c *Core) follow(source string, s Silence) {
	half := c.pol.HalfLife(s.Every)
	for k := 1; k <= halvings; k++ {
		if at := s.Since.Add(time.Duration(k) * half); at.After(c.now) {
			c.due.push(timer{at: at, silence: &widening{source, s.Since}})
		}
	}
}

// carriedBy returns the groups in which some event with fresh evidence rests on silent
// sources alone, this one among them.
func (c *Core) carriedBy(source string) map[group]struct{} {
	dirty, rests := map[group]struct{}{}, map[*assessed]bool{} // an event threatens many wards, and to open one costs
	for g, w := range c.wards {
		for i := range w.threats {
			of := w.threats[i].of
			does, seen := rests[of]
			if !seen {
				e := &c.eventOf(of).Event
				does = (&warning.Threat{Event: *e}).Until(c.pol).After(c.now) && slices.Contains(c.silent(*e), source)
				rests[of] = does
			}
			if does {
				dirty[g] = struct{}{}
			}
		}
	}
	return dirty
}

// silent returns the sources of an event's standing reports, sorted, when all of them are
// silent.
func (c *Core) silent(e event.Event) []string {
	if len(c.memory.Silent) == 0 {
		return nil
	}
	var out []string
	for i := range e.Reports {
		r := &e.Reports[i]
		if r.Stand != event.Live {
			continue
		}
		if _, is := c.memory.Silent[r.Source]; !is {
			return nil
		}
		if j, ok := slices.BinarySearch(out, r.Source); !ok {
			out = slices.Insert(out, j, r.Source)
		}
	}
	return out
}

// widen moves the chances of a threat that only silent sources carry towards the base rate:
// half of the distance each half-life since the last of them fell silent.
func (c *Core) widen(t *warning.Threat) {
	t.Blind, t.Widen = c.silent(t.Event), 0
	if len(t.Blind) == 0 || t.Trust.P <= 0 {
		return
	}
	var last Silence
	for _, source := range t.Blind {
		if s := c.memory.Silent[source]; s.Since.After(last.Since) {
			last = s
		}
	}
	age := max(0, c.now.Sub(last.Since))
	left := math.Exp2(-float64(age) / float64(c.pol.HalfLife(last.Every)))
	t.Widen = (t.Trust.Base + (t.Trust.P-t.Trust.Base)*left) / t.Trust.P
}
