package watch

import (
	"hash/fnv"
	"slices"
	"time"

	"watchfire.dev/internal/event"
)

// Several deciders of one organisation follow the same inputs in the same order. Each merges
// all signals, so that all agree on the events and on what is learned; each matches and
// decides some projects only.

// DefaultParts is into how many parts the projects of an installation are divided.
const DefaultParts = 16

// PartOf is the part of a project; that of an organisation, which keeps its events, portfolio,
// rules and what was learned, is PartOf(org, "", n).
func PartOf(org, project string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(org + "\x00" + project)) //nolint:errcheck // a hash takes everything
	return int(h.Sum32() % uint32(n))       //nolint:gosec // n is a small positive number
}

// Only limits what the core decides to projects for which mine is true; nil = all. mine may
// answer otherwise from one input to the next: what it leaves out is neither decided nor
// forgotten, and as it was restored when it comes in.
func (c *Core) Only(mine func(project string) bool) { c.mine = mine }

func (c *Core) decides(project string) bool { return c.mine == nil || c.mine(project) }

// had lists the projects with rows of the event in the revision that the core holds.
func (c *Core) had(e *event.Event) []string {
	h, ok := c.events[e.ID]
	if !ok || h.revision != e.Revision {
		return nil
	}
	var out []string
	for _, w := range h.wards {
		if !slices.Contains(out, w.group.project) {
			out = append(out, w.group.project)
		}
	}
	return out
}

// dueBefore tells whether time alone changes something up to an instant.
func (c *Core) dueBefore(at time.Time) bool {
	due := c.NextDue()
	return !due.IsZero() && !due.After(at)
}
