package match

import (
	"math"

	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// An Area is a query: everything inside polygons with holes. Reset makes one of a region;
// its buffers are used again. It belongs to one goroutine at a time.
type Area struct {
	region *geo.Region
	ready  bool // the index over the edges is made: not worth it for a few candidates
	edges  []edge
	parts  []part
	poles  int // parts with the pole inside from which edges are counted

	west, wide uint32  // longitudes in which anything lies: west, west+1, … west+wide
	all        bool    // all longitudes
	touches    [2]bool // whether the boundary comes near the south pole, the north pole
	south      float64
	north      float64 // degrees; of the inside as well
	shift      uint    // of keys to columns
	flip       float64 // -1 when edges are counted from the south pole, otherwise 1
	widest     uint32  // edge, in steps
	highest    float64 // edge, in degrees
	lists      lists
}

// part is one polygon: edges[first:last], and whether the pole lies inside from which edges
// are counted: the north pole, or the south pole where the boundary touches the other one.
type part struct {
	first, last int32
	pole        bool
}

// edge is a great-circle arc from its western end to its eastern one.
type edge struct {
	lo, width uint32 // key of the western end, steps to the eastern one
	a, b      *s2.Point
	lat       [2]float64 // of a and b in degrees
}

// normal is that of the edge's great circle, to the north.
func (e *edge) normal() vector {
	return vector{
		float64(e.a.Y*e.b.Z) - float64(e.a.Z*e.b.Y), float64(e.a.Z*e.b.X) - float64(e.a.X*e.b.Z), float64(e.a.X*e.b.Y) - float64(e.a.Y*e.b.X),
	}
}

// side is above 0 for places on the pole's side of the edge.
func (a *Area) side(e *edge, v *vector) float64 {
	n := e.normal()
	return a.flip * n.dot(v)
}

const columns = 512 // of the window of an area

// certain is the value of a normal times a place from which on its sign can be trusted: s2
// bounds the error by 4.1e-16.
const certain = 1e-15

// Reset takes the polygons of a region. A region of another kind holds nothing.
func (a *Area) Reset(r *geo.Region) {
	a.region, a.ready, a.edges, a.parts = r, false, a.edges[:0], a.parts[:0]
}

// prepare makes the index over the edges, if it is not there yet.
func (a *Area) prepare() {
	if a.ready {
		return
	}
	*a = Area{region: a.region, ready: true, edges: a.edges, parts: a.parts, lists: a.lists, south: 90, north: -90}
	for i := range a.region.Parts() {
		a.addPart(i)
	}
	if len(a.edges) == 0 {
		return
	}
	a.seePoles()
	a.shift = 23
	if !a.all {
		for a.shift = 0; a.wide>>a.shift >= columns; {
			a.shift++
		}
	}
	a.lists.fill(a)
}

func (a *Area) addPart(i int) {
	p := part{first: int32(len(a.edges))}
	west, east, around := int64(0), int64(0), false
	var start uint32
	for j := range a.region.Rings(i) {
		unit, where := a.region.Ring(i, j)
		lo, hi, whole := a.addRing(unit, where)
		if j == 0 {
			west, east, around, start = lo, hi, whole, keyOf(where[len(where)-1].Lon)
		}
	}
	p.last = int32(len(a.edges))
	a.parts = append(a.parts, p)
	const pad = 64 // steps: against rounding
	switch {
	case around || east-west+2*pad >= turn/2:
		a.everywhere()
	case i == 0:
		a.west, a.wide = start+uint32(west-pad), uint32(east-west+2*pad)
	case !a.all:
		a.join(start+uint32(west-pad), uint32(east-west+2*pad))
	}
}

func (a *Area) everywhere() { a.all, a.west, a.wide = true, 0, turn-1 }

// polar tells that the boundary touches both poles: s2 judges every point.
func (a *Area) polar() bool { return a.touches[0] && a.touches[1] }

// seePoles finds out what lies at the poles and chooses the one to count from.
func (a *Area) seePoles() {
	north, south := s2.PointFromCoords(0, 0, 1), s2.PointFromCoords(0, 0, -1)
	flip := a.touches[1] && !a.touches[0]
	if a.flip = 1; flip {
		a.flip = -1
	}
	for i := range a.parts {
		n, s := a.region.PartHolds(i, north), a.region.PartHolds(i, south)
		if a.parts[i].pole = n && !flip || s && flip; a.parts[i].pole {
			a.poles++
		}
		if n {
			a.north = 90
		}
		if s {
			a.south = -90
		}
		if n || s || a.polar() {
			a.everywhere()
		}
	}
}

// join widens the window of longitudes by another one, on the shorter way.
func (a *Area) join(west, wide uint32) {
	east1, east2 := uint64(west-a.west)+uint64(wide), uint64(a.west-west)+uint64(a.wide)
	one, two := max(east1, uint64(a.wide)), max(east2, uint64(wide))
	if min(one, two) >= turn/2 {
		a.everywhere()
		return
	}
	if one <= two {
		a.wide = uint32(one)
	} else {
		a.west, a.wide = west, uint32(two)
	}
}

// addRing adds the edges of a ring and returns how far it reaches west and east of its last
// vertex, and whether it goes around the Earth.
func (a *Area) addRing(unit []s2.Point, where []geo.Point) (west, east int64, around bool) {
	var at int64
	base := len(a.edges)
	a.edges = grown(a.edges, len(unit))[:base+len(unit)]
	last := len(unit) - 1
	key, lat := keyOf(where[last].Lon), where[last].Lat
	for i := range unit {
		next, nextLat := keyOf(where[i].Lon), where[i].Lat
		d := int32(next - key)
		e := &a.edges[base+i]
		if d >= 0 {
			*e = edge{key, uint32(d), &unit[last], &unit[i], [2]float64{lat, nextLat}}
		} else {
			*e = edge{next, uint32(-d), &unit[i], &unit[last], [2]float64{nextLat, lat}}
		}
		a.south, a.north = min(a.south, nextLat), max(a.north, nextLat)
		a.widest, a.highest = max(a.widest, e.width), max(a.highest, math.Abs(nextLat-lat))
		if math.Abs(nextLat) > 89.9999 || math.Abs(lat) > 89.9999 || e.width > turn/4 {
			a.pole(e)
		}
		at += int64(d)
		west, east = min(west, at), max(east, at)
		key, lat, last = next, nextLat, i
	}
	return west, east, at != 0
}

// pole notes an edge that comes within some metres of a pole.
func (a *Area) pole(e *edge) {
	n := e.normal()
	near := math.Abs(e.lat[0]) > 89.9999 || math.Abs(e.lat[1]) > 89.9999
	if !near && n[2] >= 1e-6*math.Sqrt(n.dot(&n)) {
		return
	}
	if e.a.Z+e.b.Z > 0 {
		a.touches[1], a.north = true, 90
	} else {
		a.touches[0], a.south = true, -90
	}
}

// Holds is the rule for areas, which is s2's: a place is inside a polygon when the way to it
// from a place known to be outside crosses the outer ring an odd number of times and each
// hole an even one; a place exactly on an edge or a vertex is given to one side by s2's
// symbolic perturbation, to the same side always. Several polygons hold what any of them
// holds.
func (a *Area) Holds(p s2.Point) bool {
	a.prepare()
	if len(a.edges) == 0 {
		return false
	}
	v := vectorOf(p)
	return a.holds(&v, keyOf(math.Atan2(p.Y, p.X)*180/math.Pi))
}

// slow asks s2.
func (a *Area) slow(v *vector) bool {
	for i := range a.region.Parts() {
		if a.region.PartHolds(i, v.point()) {
			return true
		}
	}
	return false
}

// holds counts the edges between a place and the pole on its meridian; whoever is too near an
// edge to tell is left to s2.
func (a *Area) holds(v *vector, key uint32) bool {
	at := key - a.west
	if at > a.wide {
		return false
	}
	if a.polar() {
		return a.slow(v)
	}
	list := a.lists.at(at)
	if len(a.parts) > 1 || a.poles > 0 {
		return a.holdsMany(v, key, list)
	}
	inside := false
	for _, i := range list {
		e := &a.edges[i]
		off := key - e.lo
		if off+1 <= 2 || off-e.width+1 <= 2 {
			crosses, sure := a.tie(e, v)
			if !sure {
				return a.slow(v)
			}
			if crosses {
				inside = !inside
			}
			continue
		}
		if off < e.width {
			d := a.side(e, v)
			if math.Abs(d) < certain {
				return a.slow(v)
			}
			if d < 0 {
				inside = !inside
			}
		}
	}
	return inside
}

// holdsMany is holds for several polygons or a pole inside: each polygon counts its own
// edges, which stand together in a list.
func (a *Area) holdsMany(v *vector, key uint32, list []int32) bool {
	next := 0
	for p := range a.parts {
		inside := a.parts[p].pole
		for next < len(list) && list[next] < a.parts[p].last {
			e := &a.edges[list[next]]
			next++
			off := key - e.lo
			tied := off+1 <= 2 || off-e.width+1 <= 2
			if !tied && off >= e.width {
				continue
			}
			var crosses, sure bool
			if tied {
				crosses, sure = a.tie(e, v)
			} else {
				d := a.side(e, v)
				crosses, sure = d < 0, math.Abs(d) >= certain
			}
			if !sure {
				return a.slow(v)
			}
			if crosses {
				inside = !inside
			}
		}
		if inside {
			return true
		}
	}
	return false
}

// tie decides for a place whose key is that of an end of the edge, or next to it: whether
// the meridian crosses the edge on the way to the pole, and whether that is sure. A vertex on the
// meridian counts as west of it, for both edges that meet there.
func (a *Area) tie(e *edge, v *vector) (crosses, sure bool) {
	lon := math.Atan2(v[1], v[0])
	from, to := ahead(lon, math.Atan2(e.a.Y, e.a.X)), ahead(lon, math.Atan2(e.b.Y, e.b.X))
	d := a.side(e, v)
	if math.Abs(d) < certain && v[2] >= min(e.a.Z, e.b.Z)-1e-9 && v[2] <= max(e.a.Z, e.b.Z)+1e-9 {
		return false, false // on the edge, or on its end
	}
	if from == to {
		return false, true
	}
	if !from && to { // the ends lie a rounding apart, and the other way round
		return d >= 0, math.Abs(d) >= certain
	}
	return d < 0, math.Abs(d) >= certain
}

// ahead tells whether a longitude is at or east of another one, on the shorter way.
func ahead(lon, other float64) bool {
	d := lon - other
	if d > math.Pi {
		d -= 2 * math.Pi
	} else if d < -math.Pi {
		d += 2 * math.Pi
	}
	return d >= 0
}

// lists holds, for each column of longitudes, the edges that it meets.
type lists struct {
	shift uint
	start []int32
	edges []int32
}

func (l *lists) at(at uint32) []int32 {
	c := at >> l.shift
	return l.edges[l.start[c]:l.start[c+1]]
}

// fill sorts the edges of an area into columns, of which there are as many as the edges can
// fill with not much more than two entries each.
func (l *lists) fill(a *Area) {
	total := uint64(0)
	for i := range a.edges {
		total += uint64(a.edges[i].width)
	}
	l.shift = a.shift
	for total>>l.shift > 2*uint64(len(a.edges)) {
		l.shift++
	}
	n := int(a.wide>>l.shift) + 1
	l.start = grown(l.start[:0], n+1)[:n+1]
	clear(l.start)
	for i := range a.edges {
		first, last := l.columns(a, &a.edges[i], n)
		for c := first; ; c++ {
			if c == n {
				c = 0
			}
			l.start[c+1]++
			if c == last {
				break
			}
		}
	}
	for c := range n {
		l.start[c+1] += l.start[c]
	}
	l.edges = grown(l.edges[:0], int(l.start[n]))[:l.start[n]]
	for i := len(a.edges) - 1; i >= 0; i-- { // backwards: each list ends in the order of the edges
		first, last := l.columns(a, &a.edges[i], n)
		for c := first; ; c++ {
			if c == n {
				c = 0
			}
			l.start[c+1]--
			l.edges[l.start[c+1]] = int32(i)
			if c == last {
				break
			}
		}
	}
	copy(l.start, l.start[1:])
	l.start[n] = int32(len(l.edges))
}

// columns are the first and last column that an edge meets; around the Earth the last may
// lie before the first.
func (l *lists) columns(a *Area, e *edge, n int) (first, last int) {
	const pad = 2
	first, last = int((e.lo-pad-a.west)>>l.shift), int((e.lo+e.width+pad-a.west)>>l.shift)
	if !a.all {
		return min(first, n-1), min(last, n-1)
	}
	return first, last
}
