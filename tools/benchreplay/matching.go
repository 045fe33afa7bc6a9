package main

import (
	"time"

	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
)

// Reaches within which every event of the world is searched when the searches are timed by
// themselves, in kilometres: more than all but the strongest need.
const (
	quakeReach = 300
	stormReach = 800
)

// matching is how long the searches of a whole world take by themselves, on one processor:
// the shapes of each event are made ready and the index is asked for what lies near.
func (w *world) matching() (seconds float64, found int64) {
	items := make([]match.Item, len(w.portfolio.Assets))
	for i, a := range w.portfolio.Assets {
		p := a.Shape.Points[0]
		items[i] = match.Item{Place: match.Place{Lat: p.Lat, Lon: p.Lon, ID: int32(i)}}
	}
	index := match.BuildItems(items)
	var s match.Search
	var near []int32
	start := time.Now()
	ask := func(shape geo.Shape, km float64) {
		region, _, err := geo.Prepare(shape)
		if err != nil {
			return
		}
		near = index.Near(&s, region, km, near[:0])
		found += int64(len(near))
	}
	for i := range w.quakes {
		ask(geo.At(w.quakes[i].lat, w.quakes[i].lon, 0), quakeReach)
	}
	for i := range w.storms {
		track := w.storms[i].Track
		for j := 1; j < len(track); j++ {
			ask(geo.Line([]geo.Point{track[j-1].Place, track[j].Place}, 0), stormReach)
		}
	}
	return time.Since(start).Seconds(), found
}
