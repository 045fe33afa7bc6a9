package match

import (
	"math"
	"slices"

	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// sweep answers for an area with few points around it: its rings are walked once, past the
// points in the order of their longitudes. Most edges lie between two of them and cost two
// comparisons, where an index over the edges would have to sort them all.
type sweep struct {
	found []found
	order []uint64 // key from the middle of the area, and number in found
	keys  []int32  // in that order, between a first and a last one beyond all
	base  uint32   // key of the middle
}

// found is a point near the area.
type found struct {
	v         vector
	id        int32
	odd       bool // the part at hand has an odd number of edges north of it
	inside    bool
	undecided bool // too near to an edge, or to the longitude of a vertex: s2 decides
}

// fewAround is up to how many points a sweep pays for an area with so many vertices.
func fewAround(vertices int) int { return 200 + vertices }

// fewIn answers where only a few points lie in the circle around an area, and no pole.
func (x *Points) fewIn(s *Search, a *Area, out []int32) ([]int32, bool) {
	if a.ready || a.region.Parts() == 0 {
		return out, false
	}
	middle, km := a.region.Cap()
	km += 0.001
	free := 89*math.Pi/180 - km/geo.EarthRadiusKM // latitudes up to which no pole is near
	if free < 0 || math.Abs(middle.Z) > math.Sin(free) {
		return out, false
	}
	if !x.around(s, middle, km, fewAround(a.region.Vertices())) {
		return out, false
	}
	if len(s.sweep.found) == 0 {
		return out, true
	}
	s.sweep.sort()
	for i := range a.region.Parts() {
		for j := range a.region.Rings(i) {
			s.sweep.ring(a.region.Ring(i, j))
		}
		for j := range s.sweep.found {
			f := &s.sweep.found[j]
			f.inside, f.odd = f.inside || f.odd, false
		}
	}
	for i := range s.sweep.found {
		if f := &s.sweep.found[i]; f.undecided && a.slow(&f.v) || !f.undecided && f.inside {
			out = append(out, f.id)
		}
	}
	return out, true
}

// around collects the points within km kilometres of a place, and their order from west to
// east of it; false = there are more than most.
func (x *Points) around(s *Search, middle s2.Point, km float64, most int) bool {
	w := &s.sweep
	w.found, w.order = w.found[:0], w.order[:0]
	if x.n == 0 {
		return true
	}
	var base uint32
	low, _ := cosine(km / geo.EarthRadiusKM)
	if x.few != nil {
		s.spans = append(s.spans[:0], span{a: x.few, to: uint32(x.n)})
	} else {
		ll := s2.LatLngFromPoint(middle)
		c := Circle{v: vectorOf(middle), lat: ll.Lat.Degrees(), lon: ll.Lng.Degrees(), km: km}
		x.circleSpans(s, &c)
		all := 0
		for i := range s.spans {
			all += int(s.spans[i].to - s.spans[i].from)
		}
		if all > 4*most && all > 1000 {
			return false
		}
		base = keyOf(c.lon)
	}
	for i := range s.spans {
		sp := &s.spans[i]
		for j := sp.from; j < sp.to; j++ {
			v := &sp.a.vec[j]
			if v[0]*middle.X+v[1]*middle.Y+v[2]*middle.Z < low {
				continue
			}
			if len(w.found) == most {
				return false
			}
			if len(w.found) == 0 && x.few != nil {
				base = keyOf(math.Atan2(middle.Y, middle.X) * 180 / math.Pi)
			}
			w.order = append(w.order, uint64(sp.a.key[j]-base+turn/2)<<32|uint64(len(w.found)))
			w.found = append(w.found, found{v: *v, id: sp.a.id[j]})
		}
	}
	w.base = base
	return true
}

// sort brings the points in order from west to east.
func (w *sweep) sort() {
	slices.Sort(w.order)
	w.keys = append(w.keys[:0], math.MinInt32)
	for _, o := range w.order {
		w.keys = append(w.keys, int32(uint32(o>>32)-turn/2))
	}
	w.keys = append(w.keys, math.MaxInt32)
}

// ring walks along a ring; keys[at] is the last point west of the vertex at hand.
func (w *sweep) ring(unit []s2.Point, where []geo.Point) {
	last := len(unit) - 1
	at, _ := slices.BinarySearch(w.keys, int32(keyOf(where[last].Lon)-w.base))
	at--
	west, east := int64(w.keys[at])+tied, int64(w.keys[at+1])-tied
	for i := range where {
		key := int32(keyOf(where[i].Lon) - w.base)
		if k := int64(key); west < k && k < east {
			last = i
			continue
		}
		for ; w.keys[at+1] < key; at++ { // the edge runs east, past this point
			w.pass(at+1, &unit[last], &unit[i])
		}
		for ; at > 0 && w.keys[at] >= key; at-- {
			w.pass(at, &unit[i], &unit[last])
		}
		west, east = int64(w.keys[at])+tied, int64(w.keys[at+1])-tied
		w.near(at, key)
		last = i
	}
}

// tied is how many steps of longitude a point and a vertex must lie apart to be sure of their
// order.
const tied = 2

// near leaves to s2 the points at the longitude of a vertex.
func (w *sweep) near(at int, key int32) {
	for i := at; i > 0 && int64(key)-int64(w.keys[i]) <= tied; i-- {
		w.found[uint32(w.order[i-1])].undecided = true
	}
	for i := at + 1; i <= len(w.order) && int64(w.keys[i])-int64(key) <= tied; i++ {
		w.found[uint32(w.order[i-1])].undecided = true
	}
}

// pass counts an edge, given from west to east, for the point keys[at].
func (w *sweep) pass(at int, a, b *s2.Point) {
	f := &w.found[uint32(w.order[at-1])]
	d := float64(f.v[0]*(float64(a.Y*b.Z)-float64(a.Z*b.Y))) + float64(f.v[1]*(float64(a.Z*b.X)-float64(a.X*b.Z))) + float64(f.v[2]*(float64(a.X*b.Y)-float64(a.Y*b.X)))
	if math.Abs(d) < certain {
		f.undecided = true
	}
	f.odd = f.odd != (d < 0)
}
