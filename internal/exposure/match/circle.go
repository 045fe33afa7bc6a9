package match

import (
	"math"

	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// A Circle is a query: everything within a radius of a place. It never changes.
type Circle struct {
	v            vector
	lat, lon, km float64
}

// NewCircle makes a circle of km kilometres around a place in degrees. A radius below 0
// holds nothing; from half the Earth's circumference on it holds everything.
func NewCircle(lat, lon, km float64) (c Circle) {
	c.set(lat, lon, km)
	return c
}

func (c *Circle) set(lat, lon, km float64) {
	p := Unit(lat, lon)
	c.v[0], c.v[1], c.v[2], c.lat, c.lon, c.km = p.X, p.Y, p.Z, lat, lon, km
}

// Holds is Within for the circle.
func (c *Circle) Holds(p s2.Point) bool {
	v := vectorOf(p)
	return c.holds(&v, Limit(c.km))
}

func (c *Circle) holds(v *vector, limit float64) bool { return limit >= 4 || v.chord(&c.v) <= limit }

// Circle appends the ids of the items in a circle, in no order, and returns the slice.
func (x *Points) Circle(s *Search, c *Circle, out []int32) []int32 {
	if x.few != nil && (x.n <= fewest || c.km > 4000 && c.km < 12_000 || x.whole == nil) {
		return x.few.within(c, 0, uint32(x.n), out)
	}
	var limit float64
	if x.whole != nil && c.km >= 0 && c.km < math.Pi*geo.EarthRadiusKM {
		z := c.zone(x.edge)
		if x.plain(c, &z) {
			return x.scan(c, &z, out)
		}
		limit = Limit(c.km)
		x.zoneSpans(s, c, limit, &z, false)
	} else {
		limit = x.circleSpans(s, c)
	}
	rim := longRim()
	for i := range s.spans {
		sp := &s.spans[i]
		ids := sp.a.id[sp.from:sp.to]
		if sp.sure {
			out = append(out, ids...)
			continue
		}
		if len(ids) > rim {
			out = sp.a.within(c, sp.from, sp.to, out)
			continue
		}
		out = grown(out, len(ids))
		n, vecs := len(out), sp.a.vec[sp.from:sp.to]
		room := out[:n+len(ids)]
		for j := range vecs {
			room[n] = ids[j]
			if vecs[j].chord(&c.v) <= limit {
				n++
			}
		}
		out = room[:n]
	}
	return out
}

// CirclePairs is Circle with the way of each item from the centre.
func (x *Points) CirclePairs(s *Search, c *Circle, out []Pair) []Pair {
	limit := x.circleSpans(s, c)
	for i := range s.spans {
		sp := &s.spans[i]
		ids, vecs := sp.a.id[sp.from:sp.to], sp.a.vec[sp.from:sp.to]
		out = grown(out, len(ids))
		n := len(out)
		room := out[:n+len(ids)]
		for j := range vecs {
			d := vecs[j].chord(&c.v)
			room[n] = Pair{ids[j], d}
			if sp.sure || d <= limit {
				n++
			}
		}
		out = room[:n]
	}
	return out
}

// CircleCount is the number of items in a circle; the inside costs nothing to count.
func (x *Points) CircleCount(s *Search, c *Circle) int {
	limit := x.circleSpans(s, c)
	n := 0
	for i := range s.spans {
		sp := &s.spans[i]
		if sp.sure {
			n += int(sp.to - sp.from)
			continue
		}
		for j := sp.from; j < sp.to; j++ {
			if sp.a.vec[j].chord(&c.v) <= limit {
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
	switch {
	case x.n == 0:
	case x.few != nil:
		s.spans = append(s.spans, span{x.few, 0, uint32(x.n), sure, s.row})
	default:
		x.rows(s, 0, len(x.edge.lat)-2, sure)
	}
}

// disc is a circle of at most a quarter turn in the terms of rows; outside turns it around.
type disc struct {
	sin, cos, lat, key, radius float64
	outside                    bool

	out, in float64 // squared chords a little longer and shorter than the radius
	widest  float64 // latitude in degrees where the disc is widest, give or take blur; beyond ±90 when a pole is inside
	blur    float64
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

// small is prepare for discs of up to 100 km away from the poles, without trigonometry: a
// squared chord grows by at most twice the angle times the change.
func (d *disc) small(limit float64) bool {
	if d.outside || d.radius > 0.016 || d.cos < 0.2 {
		return false
	}
	d.margin = slack
	change := 2 * slack * (d.radius + slack)
	d.out, d.in = limit+change, limit-change
	// The widest place lies poleward of the centre by r²/2 · tan φ, and no more of the disc
	// than its radius does.
	d.widest, d.blur = d.lat, d.radius*d.radius*(5*180/math.Pi)+1e-6
	d.most = halfWidth(d.out, 4*d.cos*(d.cos-d.radius-slack), 1+1e-9)
	return true
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
	d.widest, d.most, d.blur = 1000, turn, 1e-6
	if sin := math.Sin(radius); radius < math.Pi/2 && sin < d.cos {
		d.widest = math.Asin(math.Max(-1, math.Min(1, d.sin/math.Cos(radius)))) * 180 / math.Pi
		d.most = (math.Asin(sin/d.cos) + slack) * (turn / (2 * math.Pi))
	}
}

// rows is the range of rows that the disc touches, give or take some metres.
func (d *disc) rows(e *edges) (first, last int) {
	reach := (d.radius + 2e-6) * 180 / math.Pi
	return e.row(math.Max(-90, d.lat-reach)), e.row(math.Min(90, d.lat+reach))
}

// width is the half width of a disc at one latitude, in steps of longitude: for certain, and
// at most. Below 0 the disc does not reach the latitude; from half a turn on it is all round.
// What is certain is reckoned when it is asked for: a small circle never asks.
type width struct {
	q, den  float64
	out, in float64
	known   bool
}

func (d *disc) at(e *edges, i int) width {
	sin, cos := e.sin[i]-d.sin, e.cos[i]-d.cos
	w := width{q: sin*sin + cos*cos, den: 4 * e.cos[i] * d.cos}
	w.out = halfWidth(d.out-w.q, w.den, 1+1e-9) + 2
	return w
}

func (d *disc) certain(w *width) float64 {
	if !w.known {
		w.in, w.known = halfWidth(d.in-w.q, w.den, 1-1e-9)-2, true
	}
	return w.in
}

// in is what is certain in the whole row between two latitudes: what is so at both edges,
// because the meridian through a place cuts the disc in one piece.
func (d *disc) inner(below, above *width) float64 {
	return math.Min(d.certain(below), d.certain(above))
}

// outer is what is possible in row i.
func (d *disc) outer(e *edges, i int, below, above *width) float64 {
	out := max(below.out, above.out)
	if e.lat[i] <= d.widest+d.blur && d.widest-d.blur <= e.lat[i+1] {
		out = max(out, d.most+2)
	}
	return out
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
		if band := x.bands[b]; band.n > 0 {
			for r := &band.rows[i-int(e.first[b])]; r != nil; r = r.next() {
				switch {
				case r.from == r.to:
				case d.outside:
					s.allBut(r, d.key, d.inner(&below, &above), d.outer(e, i, &below, &above))
				default:
					s.both(r, d, &below, &above, d.outer(e, i, &below, &above))
				}
			}
		}
		below = above
	}
}

// both notes the inside and the rim of a disc in a row.
func (s *Search) both(r *row, d *disc, below, above *width, wide float64) {
	if wide < 0 {
		return
	}
	lo, hi := d.key-wide, d.key+wide
	if lo < 0 || hi >= turn || wide >= turn/2-1 {
		in := d.inner(below, above)
		if in >= turn/2 {
			s.add(r, 0, int(r.to-r.from), true)
			return
		}
		s.round(r, d.key, in, wide)
		return
	}
	from, to := r.lower(uint32(lo)), r.upper(uint32(hi))
	if to-from <= 12 {
		s.add(r, from, to, false)
		return
	}
	half := d.inner(below, above)
	if half <= 0 {
		s.add(r, from, to, false)
		return
	}
	in, out := r.inside(from, to, uint32(d.key-half)+1, uint32(d.key+half))
	s.add(r, from, in, false)
	s.add(r, in, out, true)
	s.add(r, out, to, false)
}

// inside narrows the items from one position to another to those with keys from lo to hi. The
// rim is narrow as a rule: its ends are looked for step by step, in memory that is near.
func (r *row) inside(from, to int, lo, hi uint32) (in, out int) {
	const near = 16
	keys := r.a.key[r.from:r.to]
	for in = from; in < to && keys[in] < lo; in++ {
		if in == from+near {
			in = r.lower(lo)
			break
		}
	}
	for out = to; out > in && keys[out-1] > hi; out-- {
		if out == to-near {
			out = r.upper(hi)
			break
		}
	}
	return in, max(in, out)
}

// round is both where the spans go around the Earth.
func (s *Search) round(r *row, key, in, out float64) {
	if in <= 0 {
		if out >= turn/2-1 {
			s.add(r, 0, int(r.to-r.from), false)
			return
		}
		s.around(r, steps(key-out), steps(key+out), false)
		return
	}
	s.around(r, steps(key-in), steps(key+in), true)
	s.rim(r, key, in, out)
}

// rim notes the two pieces between the inside of a disc and its outside.
func (s *Search) rim(r *row, key, in, out float64) {
	if out >= turn/2-1 { // the pieces meet
		s.around(r, steps(key+in)+1, steps(key-in)-1, false)
		return
	}
	s.around(r, steps(key-out), steps(key-in)-1, false)
	s.around(r, steps(key+in)+1, steps(key+out), false)
}

// allBut notes what lies outside of a disc in a row, and its rim.
func (s *Search) allBut(r *row, key, in, out float64) {
	switch {
	case in >= turn/2:
		return
	case out < 0:
		s.add(r, 0, int(r.to-r.from), true)
		return
	}
	if out < turn/2-1 {
		s.around(r, steps(key+out)+1, steps(key-out)-1, true)
	}
	if in <= 0 {
		if out >= turn/2-1 {
			s.add(r, 0, int(r.to-r.from), false)
			return
		}
		s.around(r, steps(key-out), steps(key+out), false)
		return
	}
	s.rim(r, key, in, out)
}

// steps brings a key into one turn.
func steps(key float64) uint32 { return uint32(int64(math.Floor(key))) }
