package main

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
)

// A search is one question that the run asked of the index.
type search struct {
	region *geo.Region
	km     float64
}

// matching is how long the searches of the run take by themselves, one after the other on one
// processor: the regions and reaches are those that each event's assessment asks for, found
// again beforehand and outside of the time. found counts the assets that they give.
func (w *world) matching() (seconds float64, found int64) {
	items := make([]match.Item, len(w.portfolio.Assets))
	for i, a := range w.portfolio.Assets {
		p := a.Shape.Points[0]
		items[i] = match.Item{Place: match.Place{Lat: p.Lat, Lon: p.Lon, ID: int32(i)}}
	}
	rows, index := match.BuildItems(items), exposure.NewIndex(w.portfolio)
	var s match.Search
	var near []int32
	var spent time.Duration
	waiting := make([]search, 0, 1<<14) // enough that reading the clock does not count
	ask := func() {
		start := time.Now()
		for i := range waiting {
			near = rows.Near(&s, waiting[i].region, waiting[i].km, near[:0])
			found += int64(len(near))
		}
		spent += time.Since(start)
		waiting = waiting[:0]
	}
	merger := event.NewMerger(w.portfolio.Org)
	const kept = 45 * 24 * time.Hour // as the watch holds events
	var day time.Time
	for step := range w.steps() {
		if d := step.At.Truncate(24 * time.Hour); d.After(day) {
			day = d
			merger.Forget(day.Add(-kept), func(string) {})
		}
		for _, e := range merger.Observe(step.At, step.Signals) {
			index.Searches(e, step.At, func(r *geo.Region, km float64) { waiting = append(waiting, search{r, km}) })
		}
		if len(waiting) > 1<<13 {
			ask()
		}
	}
	ask()
	return spent.Seconds(), found
}
