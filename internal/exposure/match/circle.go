package match

import (
	"math"

	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// A Circle is a prepared query: everything within a radius of a place.
type Circle struct {
	lat, key float64 // degrees; key of the centre's longitude
	v        vector
	sin, cos float64
	radius   float64 // radians
	limit    float64
}

// NewCircle prepares a circle of km kilometres around a place in degrees. A radius below 0
// holds nothing; from half the Earth's circumference on it holds everything.
func NewCircle(lat, lon, km float64) Circle {
	c := Circle{lat: lat, key: float64(keyOf(lon)), v: vectorOf(Unit(lat, lon)), radius: km / geo.EarthRadiusKM, limit: Limit(km)}
	c.sin, c.cos = math.Sincos(lat * math.Pi / 180)
	return c
}

// Holds is Within for the circle.
func (c *Circle) Holds(p s2.Point) bool {
	v := vectorOf(p)
	return c.limit >= 4 || v.chord(&c.v) <= c.limit
}

// Circle appends the ids of the items in a circle, in no order, and returns the slice.
func (x *Points) Circle(s *Search, c *Circle, out []int32) []int32 {
	x.circleSpans(s, c)
	for i := range s.spans {
		sp := &s.spans[i]
		ids := sp.a.id[sp.from:sp.to]
		if sp.sure {
			out = append(out, ids...)
			continue
		}
		out = grown(out, len(ids))
		n, vecs := len(out), sp.a.vec[sp.from:sp.to]
		room := out[:n+len(ids)]
		for j := range vecs {
			room[n] = ids[j]
			if vecs[j].chord(&c.v) <= c.limit {
				n++
			}
		}
		out = room[:n]
	}
	return out
}

// CirclePairs is Circle with the way of each item from the centre.
func (x *Points) CirclePairs(s *Search, c *Circle, out []Pair) []Pair {
	x.circleSpans(s, c)
	for i := range s.spans {
		sp := &s.spans[i]
		ids, vecs := sp.a.id[sp.from:sp.to], sp.a.vec[sp.from:sp.to]
		out = grown(out, len(ids))
		n := len(out)
		room := out[:n+len(ids)]
		for j := range vecs {
			d := vecs[j].chord(&c.v)
			room[n] = Pair{ids[j], d}
			if sp.sure || d <= c.limit {
				n++
			}
		}
		out = room[:n]
	}
	return out
}

// CircleCount is the number of items in a circle; the inside costs nothing to count.
func (x *Points) CircleCount(s *Search, c *Circle) int {
	x.circleSpans(s, c)
	n := 0
	for i := range s.spans {
		sp := &s.spans[i]
		if sp.sure {
			n += int(sp.to - sp.from)
			continue
		}
		for j := sp.from; j < sp.to; j++ {
			if sp.a.vec[j].chord(&c.v) <= c.limit {
				n++
			}
		}
	}
	return n
}

// grown makes room for n more.
func grown[T any](out []T, n int) []T {
	if cap(out)-len(out) >= n {
		return out
	}
	bigger := make([]T, len(out), 2*(len(out)+n))
	copy(bigger, out)
	return bigger
}

// everything notes all rows.
func (x *Points) everything(s *Search, sure bool) {
	for _, b := range x.bands {
		if b == nil || b.n == 0 {
			continue
		}
		for j := range b.rows {
			s.all(&b.rows[j], sure)
		}
	}
}

// A visit of a row costs as much as testing this many points, about: below, a plain scan of
// everything is faster.
const visitCost = 20

// circleSpans finds the spans of a circle. What lies beyond a quarter turn is taken as all
// but the circle around the other end of the Earth.
func (x *Points) circleSpans(s *Search, c *Circle) {
	s.spans = s.spans[:0]
	switch {
	case x.n == 0 || c.limit < 0:
		return
	case c.limit >= 4:
		x.everything(s, true)
		return
	}
	d := disc{sin: c.sin, cos: c.cos, lat: c.lat, key: c.key, radius: c.radius}
	if c.radius > math.Pi/2 {
		d = disc{sin: -c.sin, cos: c.cos, lat: -c.lat, key: math.Mod(c.key+turn/2, turn), radius: math.Pi - c.radius, outside: true}
	}
	d.prepare()
	first, last := d.rows(x.edge)
	if x.n < (last-first+1)*visitCost {
		x.everything(s, false)
		return
	}
	x.disc(s, &d, first, last)
}

// disc is a circle of at most a quarter turn in the terms of rows; outside turns it around.
type disc struct {
	sin, cos, lat, key, radius float64
	outside                    bool

	out, in float64 // squared chords a little longer and shorter than the radius
	widest  float64 // latitude in degrees where the disc is widest; beyond ±90 when a pole is inside
	most    float64 // its half width there, in steps
	margin  float64
}

func (d *disc) prepare() {
	d.margin = slack
	if d.outside && d.radius < 0.1 {
		d.margin = 1e-7 // at the far end chords hardly grow with the angle
		if d.radius < 1e-4 {
			d.margin = 1e-6
		}
	}
	d.out, d.in = chordOf(d.radius+d.margin), chordOf(d.radius-d.margin)
	d.span(d.radius + d.margin)
}

// chordOf is the squared chord of an angle; below 0 for angles below 0.
func chordOf(angle float64) float64 {
	if angle <= 0 {
		return -1
	}
	l := 2 * math.Sin(0.5*angle)
	return l * l
}

// span finds where a disc of the given radius is widest.
func (d *disc) span(radius float64) {
	d.widest, d.most = 1000, turn
	if sin := math.Sin(radius); radius < math.Pi/2 && sin < d.cos {
		d.widest = math.Asin(math.Max(-1, math.Min(1, d.sin/math.Cos(radius)))) * 180 / math.Pi
		d.most = (math.Asin(sin/d.cos) + slack) * (turn / (2 * math.Pi))
	}
}

// rows is the range of rows that the disc touches; all of them when it is turned around.
func (d *disc) rows(e *edges) (first, last int) {
	if d.outside {
		return 0, len(e.lat) - 2
	}
	reach := (d.radius + 2*d.margin) * 180 / math.Pi
	return e.row(math.Max(-90, d.lat-reach)), e.row(math.Min(90, d.lat+reach))
}

// width is the half width of a disc at one latitude, in steps of longitude: for certain, and
// at most. Below 0 the disc does not reach the latitude; from half a turn on it is all round.
type width struct{ in, out float64 }

func (d *disc) at(e *edges, i int) width {
	sin, cos := e.sin[i]-d.sin, e.cos[i]-d.cos
	q, den := sin*sin+cos*cos, 4*e.cos[i]*d.cos
	return width{halfWidth(d.in-q, den, 1-1e-9) - 2, halfWidth(d.out-q, den, 1+1e-9) + 2}
}

// halfWidth is 2·asin √(num/den) in steps: the haversine formula solved for the longitude.
func halfWidth(num, den, bias float64) float64 {
	switch {
	case num < 0:
		return -turn
	case num >= den:
		return turn
	}
	z := num / den
	const steps = turn / math.Pi
	if z > 1.0/16 {
		return math.Asin(math.Sqrt(z)) * steps * bias
	}
	// The series of the arc sine; what is left out is below 1e-9 of it.
	return math.Sqrt(z) * (1 + z*(1.0/6+z*(3.0/40+z*(15.0/336+z*(105.0/3456+z*(945.0/42240+z*(10395.0/599040))))))) * steps * bias
}

// disc notes the spans of all rows from first to last.
func (x *Points) disc(s *Search, d *disc, first, last int) {
	e := x.edge
	b := bandOf(e.lat[first])
	for int(e.first[b+1]) <= first {
		b++
	}
	below := d.at(e, first)
	for i := first; i <= last; i++ {
		for int(e.first[b+1]) <= i {
			b++
		}
		above := d.at(e, i+1)
		w := d.between(e, i, below, above)
		below = above
		band := x.bands[b]
		if band.n == 0 {
			continue
		}
		for r := &band.rows[i-int(e.first[b])]; r != nil; r = r.next() {
			switch {
			case r.from == r.to:
			case d.outside:
				s.allBut(r, d.key, w)
			default:
				s.both(r, d.key, w)
			}
		}
	}
}

// between is the width of a disc in a whole row: what is certain at both of its edges is so
// in between, because the meridian through a place cuts the disc in one piece.
func (d *disc) between(e *edges, i int, below, above width) width {
	w := width{math.Min(below.in, above.in), math.Max(below.out, above.out)}
	if e.lat[i] <= d.widest+1e-6 && d.widest-1e-6 <= e.lat[i+1] {
		w.out = math.Max(w.out, d.most+2)
	}
	return w
}

// both notes the inside and the rim of a disc in a row.
func (s *Search) both(r *row, key float64, w width) {
	n := int(r.to - r.from)
	switch {
	case w.in >= turn/2:
		s.add(r, 0, n, true)
		return
	case w.out < 0:
		return
	case w.out >= turn/2-1:
		s.round(r, key, w)
		return
	}
	lo, hi := key-w.out, key+w.out
	if lo < 0 || hi >= turn {
		s.round(r, key, w)
		return
	}
	keys := r.a.key[r.from:r.to]
	from := lower(keys, uint32(lo))
	keys = keys[from:]
	to := upper(keys, uint32(hi))
	if w.in <= 0 || to <= 12 {
		s.add(r, from, from+to, false)
		return
	}
	keys = keys[:to]
	in := lower(keys, uint32(key-w.in)+1)
	out := in + upper(keys[in:], uint32(key+w.in))
	s.add(r, from, from+in, false)
	s.add(r, from+in, from+out, true)
	s.add(r, from+out, from+to, false)
}

// round is both where the spans go around the Earth.
func (s *Search) round(r *row, key float64, w width) {
	if w.in <= 0 {
		if w.out >= turn/2-1 {
			s.add(r, 0, int(r.to-r.from), false)
			return
		}
		s.around(r, steps(key-w.out), steps(key+w.out), false)
		return
	}
	s.around(r, steps(key-w.in), steps(key+w.in), true)
	s.rim(r, key, w)
}

// rim notes the two pieces between the inside of a disc and its outside.
func (s *Search) rim(r *row, key float64, w width) {
	if w.out >= turn/2-1 { // the pieces meet
		s.around(r, steps(key+w.in)+1, steps(key-w.in)-1, false)
		return
	}
	s.around(r, steps(key-w.out), steps(key-w.in)-1, false)
	s.around(r, steps(key+w.in)+1, steps(key+w.out), false)
}

// allBut notes what lies outside of a disc in a row, and its rim.
func (s *Search) allBut(r *row, key float64, w width) {
	switch {
	case w.in >= turn/2:
		return
	case w.out < 0:
		s.add(r, 0, int(r.to-r.from), true)
		return
	}
	if w.out < turn/2-1 {
		s.around(r, steps(key+w.out)+1, steps(key-w.out)-1, true)
	}
	if w.in <= 0 {
		if w.out >= turn/2-1 {
			s.add(r, 0, int(r.to-r.from), false)
			return
		}
		s.around(r, steps(key-w.out), steps(key+w.out), false)
		return
	}
	s.rim(r, key, w)
}

// steps brings a key into one turn.
func steps(key float64) uint32 { return uint32(int64(math.Floor(key))) }
