package match

import (
	"math"

	"watchfire.dev/internal/geo"
)

// A visit of a row costs as much as testing this many points, about, and so does preparing
// the visits: below, a plain scan of the rows is faster. Wide circles need the arc sine
// itself, not its series.
const (
	visitCost  = 20
	wideCost   = 130
	wide       = 0.25 // radians
	visitsCost = 60
)

// fewPoints is up to how many points stand together once more, changed or not. A circle that
// tells no latitudes apart, and any circle over the fewest points, tests them all.
const (
	fewPoints = 128
	fewest    = 24
)

// fourGain is how many times faster points are tested for a circle four at a time.
const fourGain = 3

// longRim is from how many points on the rim of a circle is tested by within. One at a time
// its branches pay where the points come in long runs of inside and outside only.
func longRim() int {
	if byFours() {
		return 16
	}
	return 1000
}

// within appends the ids of those points of a part that lie in a circle. The product of two
// unit vectors is the cosine of the angle between them, and a few terms of its series bound
// the cosine of the radius from both sides: only who lies between needs the rule itself.
// Where the processor can, four points are tested at once and without branches.
func (a *arena) within(c *Circle, from, to uint32, out []int32) []int32 {
	switch {
	case c.km < 0:
		return out
	case c.km > math.Pi*geo.EarthRadiusKM+0.001: // Limit is 4
		return append(out, a.id[from:to]...)
	}
	out = grown(out, int(to-from))
	vecs, ids := a.vec[from:to], a.id[from:to]
	low, high := cosine(min(c.km*(1/geo.EarthRadiusKM), math.Pi))
	x, y, z := c.v[0], c.v[1], c.v[2]
	limit := math.NaN() // reckoned when it is asked for
	n := len(out)
	room := out[:n+len(ids)]
	fours, step := byFours(), len(ids)
	if fours {
		step = 4
	}
	for j := 0; j < len(ids); {
		if fours && len(ids)-j >= 4 {
			looked, wrote := dotsByFours(&vecs[j], &ids[j], &room[n], (len(ids)-j)/4, &c.v, low, high)
			j, n = j+4*looked, n+wrote
		}
		for end := min(j+step, len(ids)); j < end; j++ {
			v := &vecs[j]
			d := v[0]*x + v[1]*y + v[2]*z
			if !(d > high) {
				if d < low {
					continue
				}
				if limit != limit {
					limit = Limit(c.km)
				}
				if !c.holds(v, limit) {
					continue
				}
			}
			room[n] = ids[j]
			n++
		}
	}
	return room[:n]
}

// cosine bounds the cosine of an angle from 0 to π, rounding included: the terms of its series
// have alternating signs and fall.
func cosine(angle float64) (low, high float64) {
	const rounding = 4e-14
	q := angle * angle
	q4 := q * q
	q8 := q4 * q4
	low = 1 - q*(1.0/2) + q4*(1.0/24-q*(1.0/720)) + q8*(1.0/40320-q*(1.0/3628800))
	return low - rounding, low + q8*q4*(1.0/479001600) + rounding
}

// rows notes the rows from first to last.
func (x *Points) rows(s *Search, first, last int, sure bool) {
	if first > last {
		return
	}
	if x.whole != nil {
		if from, to := x.start[first], x.start[last+1]; from < to {
			s.spans = append(s.spans, span{x.whole, from, to, sure, s.row})
		}
		return
	}
	b := bandOf(x.edge.lat[first])
	for i := first; i <= last; i++ {
		for int(x.edge.first[b+1]) <= i {
			b++
		}
		if band := x.bands[b]; band.n > 0 {
			s.all(&band.rows[i-int(x.edge.first[b])], sure)
		}
	}
}

// held is the number of items in the bands of the rows from first to last.
func (x *Points) held(first, last int) int {
	if x.whole != nil {
		return int(x.start[last+1] - x.start[first])
	}
	n := 0
	for b := bandOf(x.edge.lat[first]); b < bandCount && int(x.edge.first[b]) <= last; b++ {
		n += x.bands[b].n
	}
	return n
}

// zone is the rows of a circle that must be looked at, and whether all that lies south and
// north of them belongs to the circle, because the pole does, or nothing.
type zone struct {
	first, last  int
	south, north bool
}

// zone finds the rows, give or take some metres.
func (c *Circle) zone(e *edges) (z zone) {
	const near = 2e-6 * 180 / math.Pi
	r := c.km * (180 / (math.Pi * geo.EarthRadiusKM))
	low, high := c.lat-r, c.lat+r
	if z.south = low <= -90; z.south {
		low = -180 - low
	}
	if z.north = high >= 90; z.north {
		high = 180 - high
	}
	z.first, z.last = e.row(max(-90, low-near)), e.row(min(90, high+near))
	return z
}

// plain tells whether testing all points of a zone is faster than visits of its rows.
func (x *Points) plain(c *Circle, z *zone) bool {
	cost := visitCost
	if c.km > wide*geo.EarthRadiusKM {
		cost = wideCost
	}
	most := visitsCost + (z.last-z.first+1)*cost
	if byFours() {
		most *= fourGain
	}
	return x.held(z.first, z.last) <= most
}

// scan is Circle where it tests all points of some rows; otherwise it does nothing.
func (x *Points) scan(c *Circle, z *zone, out []int32) []int32 {
	from, to := x.start[z.first], x.start[z.last+1]
	if z.south {
		out = append(out, x.whole.id[:from]...)
	}
	out = x.whole.within(c, from, to, out)
	if z.north {
		out = append(out, x.whole.id[to:]...)
	}
	return out
}

// circleSpans finds the spans of a circle and returns its Limit.
func (x *Points) circleSpans(s *Search, c *Circle) (limit float64) {
	limit = Limit(c.km)
	if x.n == 0 || limit < 0 || limit >= 4 || x.few != nil {
		s.spans = s.spans[:0]
		if limit >= 0 {
			x.everything(s, limit >= 4)
		}
		return limit
	}
	z := c.zone(x.edge)
	x.zoneSpans(s, c, limit, &z, x.plain(c, &z))
	return limit
}

// zoneSpans finds the spans of a circle in its zone: all points of the zone, or those that
// visits of the rows leave. What lies beyond a quarter turn is taken as all but the circle
// around the other end of the Earth.
func (x *Points) zoneSpans(s *Search, c *Circle, limit float64, z *zone, plain bool) {
	s.spans = s.spans[:0]
	if z.south {
		x.rows(s, 0, z.first-1, true)
	}
	if plain {
		x.rows(s, z.first, z.last, false)
	} else {
		d := c.disc(limit)
		x.disc(s, &d, z.first, z.last)
	}
	if z.north {
		x.rows(s, z.last+1, len(x.edge.lat)-2, true)
	}
}

// disc is the circle in the terms of rows.
func (c *Circle) disc(limit float64) disc {
	d := disc{
		lat: c.lat, radius: c.km / geo.EarthRadiusKM, sin: c.v[2], key: float64(keyOf(c.lon)),
		cos: math.Sqrt(c.v[0]*c.v[0] + c.v[1]*c.v[1]),
	}
	if d.radius > math.Pi/2 {
		d.lat, d.radius, d.sin, d.key, d.outside = -c.lat, math.Pi-d.radius, -d.sin, math.Mod(d.key+turn/2, turn), true
	}
	if !d.small(limit) {
		d.prepare()
	}
	return d
}
