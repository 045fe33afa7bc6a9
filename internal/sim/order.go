package sim

import (
	"fmt"
	"sort"
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
// twice, some a day late, end at the same levels once what hysteresis holds up has come down.
func replayOrder(seed uint64) []string {
	r := dice(seed, "order")
	list := signals(r, 10)
	var plain, mixed []arrival
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
	end := epoch.Add(active + 24*time.Hour + 3*longest(list))
	one, other := levels(plain, end), levels(mixed, end)
	if one != other {
		return []string{fmt.Sprintf("in order the levels end as %s, out of order as %s", one, other)}
	}
	return nil
}

func longest(list []event.Signal) time.Duration {
	var out time.Duration
	for _, s := range list {
		out = max(out, warning.DefaultPolicy().TTL(s.Hazard))
	}
	return out
}

// levels plays arrivals and tells what every group stands at in the end.
func levels(list []arrival, end time.Time) string {
	sort.SliceStable(list, func(i, j int) bool { return list[i].at.Before(list[j].at) })
	core := watch.NewCore("o", warning.DefaultPolicy(), sites{}, nil)
	last := map[string]string{}
	seen := map[string]bool{}
	keep := func(out []watch.Decision) {
		for _, d := range out {
			if w := d.Warning; w != nil {
				last[w.Project+" "+string(w.Family)] = ""
				if warning.Active(*w) && w.Cell > level.Green { // when one that is green ends is a matter of its way
					last[w.Project+" "+string(w.Family)] = w.Cell.String()
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
	var out []string
	for g, l := range last {
		if l != "" {
			out = append(out, g+" "+l)
		}
	}
	sort.Strings(out)
	return fmt.Sprint(out)
}
