package desk

import (
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// around are the events that have a point near an asset.
func around(list []event.Event, a portfolio.Asset) []site.Occurrence {
	var out []site.Occurrence
	to := corners(a.Shape)
	for _, e := range list {
		km, ok := apart(e, to)
		if !ok {
			continue
		}
		deaths, _ := e.Measures.Get("deaths")
		out = append(out, site.Occurrence{Event: e.ID, Hazard: e.Hazard, When: occurred(e), Known: heardOf(e), KM: km, Deaths: deaths})
	}
	return out
}

// apart is how far an event is from the nearest of some points. One whose own place is
// uncertain by more than makes an incident has no distance, and neither has one that is far.
func apart(e event.Event, to []geo.Point) (km float64, ok bool) {
	km = site.Far
	for _, s := range e.Shapes {
		if len(s.Shape.Points) != 1 || s.Shape.RadiusKM > site.At {
			continue
		}
		for _, p := range to {
			if d := geo.DistanceKM(s.Shape.Points[0], p); d <= km {
				km, ok = d, true
			}
		}
	}
	return km, ok
}

// nearest joins two lists: of an event that is in both, the nearer.
func nearest(a, b []site.Occurrence) []site.Occurrence {
	at := make(map[string]int, len(a))
	for i, o := range a {
		at[o.Event] = i
	}
	for _, o := range b {
		if i, twice := at[o.Event]; twice {
			if o.KM < a[i].KM {
				a[i] = o
			}
			continue
		}
		a = append(a, o)
	}
	return a
}
