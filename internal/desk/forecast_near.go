package desk

import (
	"cmp"
	"slices"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// neighbours finds the events near an asset: their points from south to north.
type neighbours struct {
	events []event.Event
	points []neighbour
}

type neighbour struct {
	lat   float64
	event int
}

func newNeighbours(events []event.Event) neighbours {
	n := neighbours{events: events}
	for i, e := range events {
		for _, s := range e.Shapes {
			if precise(s) {
				n.points = append(n.points, neighbour{s.Shape.Points[0].Lat, i})
			}
		}
	}
	slices.SortFunc(n.points, func(a, b neighbour) int { return cmp.Or(cmp.Compare(a.lat, b.lat), cmp.Compare(a.event, b.event)) })
	return n
}

// band is how many degrees of latitude no event that counts is farther away: a degree has 111 km.
const band = site.Far / 110.0

// around are the events that have a point near an asset, in their order.
func (n neighbours) around(a portfolio.Asset) []site.Occurrence {
	to := corners(a.Shape)
	if len(to) == 0 {
		return nil
	}
	south, north := to[0].Lat, to[0].Lat
	for _, p := range to {
		south, north = min(south, p.Lat), max(north, p.Lat)
	}
	first, _ := slices.BinarySearchFunc(n.points, south-band, func(p neighbour, lat float64) int { return cmp.Compare(p.lat, lat) })
	var within []int
	for _, p := range n.points[first:] {
		if p.lat > north+band {
			break
		}
		within = append(within, p.event)
	}
	slices.Sort(within)
	var out []site.Occurrence
	for _, i := range slices.Compact(within) {
		e := n.events[i]
		if km, ok := apart(e, to); ok {
			deaths, _ := e.Measures.Get("deaths")
			out = append(out, site.Occurrence{Event: e.ID, Hazard: e.Hazard, When: occurred(e), Known: heardOf(e), KM: km, Deaths: deaths})
		}
	}
	return out
}

// precise tells whether a shape is a point that is certain enough to make an incident.
func precise(s event.Footprint) bool { return len(s.Shape.Points) == 1 && s.Shape.RadiusKM <= site.At }

// apart is how far an event is from the nearest of some points. One whose own place is
// uncertain by more than makes an incident has no distance, and neither has one that is far.
func apart(e event.Event, to []geo.Point) (km float64, ok bool) {
	km = site.Far
	for _, s := range e.Shapes {
		if !precise(s) {
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
