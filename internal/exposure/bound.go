package exposure

import (
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

// A Bound is where the assets lie that can have a row for one revision of an event, at any
// instant and whatever is learned. Since fills it in; the zero value knows nothing yet. It
// holds for one method and must be dropped with the revision.
type Bound struct {
	known   bool
	varies  bool // with time, in ways that no circle holds: nothing is bounded
	undrawn bool
	family  event.Hazard
	least   float64 // km around the circles that count even where an asset's own radius is less
	circles []circle
	spots   []spot
}

// A circle holds a field of an event.
type circle struct {
	at    geo.Point
	size  float64 // km
	reach float64 // km beyond it
}

// slackKM is more than what two ways of reckoning a distance on the sphere differ by.
const slackKM = 1

// bound reckons the bound of an event. Its chances may fall with time (an incident's do): the
// instant is the far past, when nothing has passed yet. Events that move, that close a way
// for ever longer, or whose shapes hold for a time are not bounded.
func (x *Index) bound(e event.Event) Bound {
	b := Bound{known: true, undrawn: x.undrawn, family: e.Hazard.Family()}
	if e.Hazard == event.Cyclone || e.Hazard == event.Corridor || len(e.Track) > 0 ||
		slices.ContainsFunc(e.Shapes, func(f event.Footprint) bool { return !f.To.IsZero() }) {
		b.varies = true
		return b
	}
	a, views, placed := x.seen(e, time.Time{})
	if placed {
		spots, counties := a.spots()
		b.spots, views = spots, a.countyViews(counties)
	}
	if a.class > 0 {
		b.least = x.rules.ObservedKM
	}
	for i := range views {
		for _, f := range views[i].fields {
			at, size := f.region.Bound()
			b.circles = append(b.circles, circle{at, size, f.reach})
		}
	}
	return b
}

// within tells whether an asset that differs may lie in a bound. Where a person may have come
// to counts in full.
func (d *difference) within(b *Bound) bool {
	for _, s := range d.sides {
		for _, id := range s.ids {
			t := s.x.target(id)
			if t.region == nil {
				continue
			}
			own, _ := t.asset.RadiusKM(b.family)
			for _, c := range b.circles {
				if geo.DistanceKM(geo.Point{Lat: t.item.Lat, Lon: t.item.Lon}, c.at)-c.size-t.item.KM <= max(c.reach, own, b.least)+slackKM {
					return true
				}
			}
		}
	}
	return d.named(b.spots, b.undrawn)
}
