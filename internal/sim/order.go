package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// arrival is a signal at the instant at which it comes.
type arrival struct {
	at time.Time
	s  event.Signal
}

// replayOrder checks promise 7: the same signals in another order, three in ten of them
// twice, some a day late, end at the same cell of the matrix and the same floor of hysteresis,
// and every level between the two. The level itself may depend on the way
// (docs/decisions/0028-what-the-order-of-inputs-may-change.md).
func replayOrder(seed uint64) []string {
	plain, mixed, end := orders(seed)
	one, other := ends(plain, end), ends(mixed, end)
	var out []string
	for _, g := range groups(one, other) {
		a, b := one[g], other[g]
		if a.cell != b.cell || a.floor != b.floor {
			out = append(out, fmt.Sprintf("%s ends in cell %s with floor %s in order, in cell %s with floor %s out of order", g, a.cell, a.floor, b.cell, b.floor))
		}
		for _, e := range []ending{a, b} {
			if e.level < e.cell || e.level > e.floor {
				out = append(out, fmt.Sprintf("%s ends at %s, outside of its cell %s and its floor %s", g, e.level, e.cell, e.floor))
			}
		}
	}
	return out
}

// orders draws signals in the order of their publication, and out of it, and when to look.
func orders(seed uint64) (plain, mixed []arrival, end time.Time) {
	r := dice(seed, "order")
	list := signals(r, 10)
	for _, s := range list {
		s.Expires = epoch.Add(20 * 24 * time.Hour) // what stands is still said at the end
		plain = append(plain, arrival{s.Published, s})
		late := s.Published
		if oneIn(r, 3) {
			late = late.Add(between(r, 0, 24*time.Hour))
		}
		mixed = append(mixed, arrival{late, s})
		if r.IntN(10) < 3 {
			mixed = append(mixed, arrival{late.Add(between(r, 0, 24*time.Hour)), s})
		}
	}
	return plain, mixed, epoch.Add(active + 24*time.Hour + 3*longest(list))
}

func longest(list []event.Signal) time.Duration {
	var out time.Duration
	for _, s := range list {
		out = max(out, warning.DefaultPolicy().TTL(s.Hazard))
	}
	return out
}

// ending is where a group of hazards of a project stands at last; nothing is all green.
type ending struct{ level, cell, floor level.Level }

func groups(one, other map[string]ending) []string {
	all := maps.Clone(one)
	maps.Copy(all, other)
	return slices.Sorted(maps.Keys(all))
}

// ends plays arrivals and tells where every group ends. When a warning whose cell is green ends
// is a matter of its way, so that it counts as nothing.
func ends(list []arrival, end time.Time) map[string]ending {
	slices.SortStableFunc(list, func(a, b arrival) int { return a.at.Compare(b.at) })
	core := watch.NewCore("o", warning.DefaultPolicy(), sites{}, nil)
	last := map[string]ending{}
	seen := map[string]bool{}
	keep := func(out []watch.Decision) {
		for _, d := range out {
			if w := d.Warning; w != nil {
				group := w.Project + " " + string(w.Family)
				delete(last, group)
				if warning.Active(*w) && w.Cell > level.Green {
					last[group] = ending{w.Level, w.Cell, w.Floor}
				}
			}
		}
	}
	for i, a := range list {
		if seen[a.s.ID] {
			continue
		}
		seen[a.s.ID] = true
		a.s.Received = a.at.Add(time.Duration(i) * time.Microsecond)
		keep(core.Observe(a.s.Received, []event.Signal{a.s}))
	}
	keep(core.Advance(end))
	return last
}
