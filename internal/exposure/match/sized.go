package match

import (
	"slices"

	"watchfire.dev/internal/geo"
)

// An Item is a thing with an extent: the circle that holds a site's polygon, a route, a
// person's travel radius, an event's footprint.
type Item struct {
	Place
	KM float64 // radius
}

// Items holds things with extents by size class, so that one long route does not widen the
// search for a thousand camps. Like Points it never changes. The zero value holds nothing.
//
// Near finds events from assets as well as assets from events: give it the circles around
// the live events' footprints and ask with a site's place.
type Items struct {
	classes [len(sizes)]Points
}

// sizes are the largest radii of the classes in kilometres; the last one holds everything.
var sizes = [...]float64{0.01, 3, 15, 60, 250, 1000, 5000, 20_040}

func classOf(km float64) int {
	for i, size := range sizes {
		if km <= size {
			return i
		}
	}
	return len(sizes) - 1
}

// BuildItems packs items; see Build.
func BuildItems(items []Item) *Items {
	var byClass [len(sizes)][]Place
	for _, it := range items {
		c := classOf(it.KM)
		byClass[c] = append(byClass[c], it.Place)
	}
	x := &Items{}
	for i := range x.classes {
		if len(byClass[i]) > 0 {
			x.classes[i] = *Build(byClass[i])
		}
	}
	return x
}

// Len is the number of items.
func (x *Items) Len() int {
	n := 0
	for i := range x.classes {
		n += x.classes[i].Len()
	}
	return n
}

// With returns the items without some and with others; see Points.With.
func (x *Items) With(remove, add []Item) *Items {
	y := *x
	for c := range y.classes {
		var gone, come []Place
		for _, it := range remove {
			if classOf(it.KM) == c {
				gone = append(gone, it.Place)
			}
		}
		for _, it := range add {
			if classOf(it.KM) == c {
				come = append(come, it.Place)
			}
		}
		if len(gone)+len(come) > 0 {
			y.classes[c] = *y.classes[c].With(gone, come)
		}
	}
	return &y
}

// Near appends, in no order, the ids of all items whose circles may lie within reachKM
// kilometres of a region: every one that does, and some that lie farther away. The caller
// tests the thing itself. An item comes once.
func (x *Items) Near(s *Search, r *geo.Region, reachKM float64, out []int32) []int32 {
	const more = 0.001 // km: the caller may reckon a distance in another way
	s.area.Reset(r)    // its edges are prepared once for all classes
	for i := range x.classes {
		if p := &x.classes[i]; p.n > 0 {
			out = p.near(s, r, max(0, reachKM)+sizes[i]+more, out)
		}
	}
	return out
}

// near appends the ids of all points within a distance of a region, whose area is set.
func (x *Points) near(s *Search, r *geo.Region, km float64, out []int32) []int32 {
	middle, radius := r.Bound()
	c := NewCircle(middle.Lat, middle.Lon, radius+km)
	// Where few points lie around the region, the caller's own test costs less than a finer
	// search.
	if r.Kind() == geo.PointKind || r.Kind() == geo.CircleKind || x.CircleCount(s, &c) <= 64+2*r.Vertices() {
		return x.Circle(s, &c, out)
	}
	n := len(out)
	s.line.Reset(r, km)
	out = x.Line(s, &s.line, out)
	if r.Parts() == 0 {
		return out
	}
	out = x.Area(s, &s.area, out)
	slices.Sort(out[n:])
	return out[:n+len(slices.Compact(out[n:]))]
}
