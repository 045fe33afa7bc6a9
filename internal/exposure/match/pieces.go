package match

import (
	"math"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// arc is what a quick test of one arc needs.
type arc struct {
	x, y, z float64 // twice the cross product of the ends, as s2 reckons it
	c2      float64 // its square
	length  float64 // squared chord of the ends
}

// prepareArcs reckons the arcs of the line, once.
func (l *Line) prepareArcs() {
	if len(l.arcs) == len(l.from) {
		return
	}
	l.arcs = grown(l.arcs[:0], len(l.from))[:len(l.from)]
	for i := range l.arcs {
		a, b := &l.from[i], &l.to[i]
		sx, sy, sz := a.X+b.X, a.Y+b.Y, a.Z+b.Z
		x, y, z := b.X-a.X, b.Y-a.Y, b.Z-a.Z
		cx, cy, cz := sy*z-sz*y, sz*x-sx*z, sx*y-sy*x
		l.arcs[i] = arc{cx, cy, cz, cx*cx + cy*cy + cz*cz, x*x + y*y + z*z}
	}
}

// reaches is Holds for some of the arcs: near by the quick test, or by s2 where that cannot
// tell.
func (l *Line) reaches(v *vector, first, last int) bool {
	for i := first; i < last; i++ {
		near, sure := l.quick(v, i)
		if !sure {
			d, _ := s2.UpdateMinDistance(v.point(), l.from[i], l.to[i], s1.InfChordAngle())
			near = d <= l.limit
		}
		if near {
			return true
		}
	}
	return false
}

// quick tells whether a place is within the line's distance of one arc, and whether that is
// sure: it is not within a hundred millionth of the distance, nor for distances and arcs below
// 64 m, where rounding counts.
func (l *Line) quick(v *vector, i int) (near, sure bool) {
	const part, tiny = 1e-8, 1e-10
	limit, a := float64(l.limit), &l.arcs[i]
	one, two := v.way(&l.from[i]), v.way(&l.to[i])
	ends := min(one, two)
	switch {
	case limit < tiny || limit > 1.9:
		return false, false
	case ends < limit*(1-part):
		return true, true
	case ends > 2*(limit+a.length)*(1+part): // (r + l)² is no more than 2 (r² + l²)
		return false, true
	case a.length < tiny || a.c2 < 0.01*a.length:
		return false, false
	}
	// The distance from the great circle of the arc, by its sine.
	d := v[0]*a.x + v[1]*a.y + v[2]*a.z
	off, reach := d*d, a.c2*limit*(1-0.25*limit)
	if off > reach*(1+part) {
		return false, true
	}
	if off > reach*(1-part) {
		return false, false
	}
	// The foot lies on the arc when it lies on the inner side of both ends.
	inner, other := one-two+a.length-0.5*a.length*one, two-one+a.length-0.5*a.length*two
	rounding := 1e-14 * (one + two + a.length)
	if least := min(inner, other); least > rounding {
		return true, true
	} else if least > -rounding {
		return false, false
	}
	return false, ends > limit*(1+part)
}

// way is chord, without the bits of s2.
func (v *vector) way(p *s2.Point) float64 {
	x, y, z := v[0]-p.X, v[1]-p.Y, v[2]-p.Z
	return x*x + y*y + z*z
}

// piece is a circle that holds all within the line's distance of some arcs, or of a part of
// one: arcs[first:last].
type piece struct {
	v           vector
	angle       float64 // radius
	first, last int32
}

// fewNear answers where only a few points lie near a line: it tests all that lie in the
// circles around the pieces. Beads and their strips cost more, but tell more points by their
// longitude alone.
func (x *Points) fewNear(s *Search, l *Line, out []int32) ([]int32, bool) {
	switch {
	case len(l.from) == 0 || x.n == 0:
		return out, true
	case x.few != nil:
		return x.few.near(l, 0, uint32(x.n), out), true
	case l.ready || l.radius > 0.5:
		return out, false
	}
	// The points of a row have ten others in a square as high as the row, most of them.
	c := Circle{lat: math.Asin(max(-1, min(1, l.middle[2]))) * 180 / math.Pi, km: l.bound * geo.EarthRadiusKM}
	height := x.edge.height(c.lat)
	step := max(l.radius, height/2)
	if x.whole != nil {
		z := c.zone(x.edge)
		if z.south {
			z.first = 0
		}
		if z.north {
			z.last = len(x.edge.lat) - 2
		}
		if from, to := x.start[z.first], x.start[z.last+1]; float64(to-from)*step < perPiece*l.bound {
			return x.whole.near(l, from, to, out), true
		}
	}
	if !l.cut(step) {
		return out, false
	}
	beads := len(l.from) + int(2*l.bound/max(l.radius, 3/geo.EarthRadiusKM))
	budget := perBead * beads
	if high := 2 * l.pieces[0].angle / height; len(l.pieces)*int(high*high*perSquare) > 4*budget {
		return out, false
	}
	start := len(out)
	for i := range l.pieces {
		p := &l.pieces[i]
		x.pieceSpans(s, p)
		for j := range s.spans {
			sp := &s.spans[j]
			if budget -= int(sp.to - sp.from); budget < 0 {
				return out[:start], false
			}
			for k := sp.from; k < sp.to; k++ {
				v := &sp.a.vec[k]
				if v.chord(&p.v) > p.angle*p.angle {
					continue
				}
				budget -= int(p.last - p.first)
				if l.reaches(v, int(p.first), int(p.last)) && !l.before(v, i) {
					out = append(out, sp.a.id[k])
				}
			}
		}
	}
	return out, true
}

// perBead is how many tests of points cost as much as a bead and its strips, about.
const perBead = 60

// before tells whether a piece before number i finds a place as well.
func (l *Line) before(v *vector, i int) bool {
	for j := i - 1; j >= 0; j-- {
		p := &l.pieces[j]
		if v.chord(&p.v) <= p.angle*p.angle && l.reaches(v, int(p.first), int(p.last)) {
			return true
		}
	}
	return false
}

// perPiece is how many points may be tried against the circle around the line instead of a
// piece, about.
const perPiece = 40

// near appends the ids of the points of a part that lie near a line.
func (a *arena) near(l *Line, from, to uint32, out []int32) []int32 {
	if l.limit >= s1.StraightChordAngle {
		return append(out, a.id[from:to]...)
	}
	low, _ := cosine(min(l.bound, math.Pi))
	x, y, z := l.middle[0], l.middle[1], l.middle[2]
	tests, vecs := 0, a.vec[from:to]
	for i, id := range a.id[from:to] {
		v := &vecs[i]
		if v[0]*x+v[1]*y+v[2]*z < low {
			continue
		}
		if tests++; tests > 2 { // for one or two it does not pay
			l.prepareArcs()
		}
		if len(l.arcs) == 0 && l.slow(v) || len(l.arcs) > 0 && l.reaches(v, 0, len(l.from)) {
			out = append(out, id)
		}
	}
	return out
}

// slow is reaches without arcs prepared.
func (l *Line) slow(v *vector) bool {
	limit := float64(l.limit)
	for i := range l.from {
		a, b := &l.from[i], &l.to[i]
		x, y, z := a.X-b.X, a.Y-b.Y, a.Z-b.Z
		if min(v.way(a), v.way(b)) > (2+1e-8)*(limit+x*x+y*y+z*z)+1e-14 {
			continue
		}
		if d, _ := s2.UpdateMinDistance(v.point(), l.from[i], l.to[i], s1.InfChordAngle()); d <= l.limit {
			return true
		}
	}
	return false
}

// height is that of the rows at a latitude in degrees, in radians.
func (e *edges) height(lat float64) float64 {
	b := bandOf(lat)
	return math.Pi / 180 / float64(e.first[b+1]-e.first[b])
}

// cut makes pieces twice as long as a step at most; false = the arcs are too long for it.
func (l *Line) cut(step float64) bool {
	l.prepareArcs()
	l.pieces = l.pieces[:0]
	long := 4 * step * step
	for i := 0; i < len(l.from); {
		if l.arcs[i].length > 1 {
			return false
		}
		if l.arcs[i].length > long {
			m := int(math.Ceil(math.Sqrt(l.arcs[i].length / long)))
			if len(l.pieces)+m > maxPieces {
				return false
			}
			for k := range m {
				l.part(i, float64(k)/float64(m), float64(k+1)/float64(m))
			}
			i++
			continue
		}
		j, sum := i+1, math.Sqrt(l.arcs[i].length)
		for ; j < len(l.from) && l.from[j] == l.to[j-1]; j++ {
			if sum += math.Sqrt(l.arcs[j].length); sum > 2*step {
				break
			}
		}
		if len(l.pieces) == maxPieces {
			return false
		}
		if j == i+1 {
			l.part(i, 0, 1)
		} else {
			l.several(i, j)
		}
		i = j
	}
	return true
}

// maxPieces bounds the look back over pieces.
const maxPieces = 200

// part adds the piece of a part of one arc.
func (l *Line) part(i int, from, to float64) {
	a, b := l.between(i, from), l.between(i, to)
	v := l.between(i, 0.5*(from+to))
	l.piece(v, max(v.chord(&a), v.chord(&b)), i, i+1)
}

// between is a place on an arc.
func (l *Line) between(i int, t float64) vector {
	a, b := &l.from[i], &l.to[i]
	v := vector{a.X + t*(b.X-a.X), a.Y + t*(b.Y-a.Y), a.Z + t*(b.Z-a.Z)}
	n := 1 / math.Sqrt(v.dot(&v))
	return vector{v[0] * n, v[1] * n, v[2] * n}
}

// several adds the piece of the arcs from number i to before number j.
func (l *Line) several(i, j int) {
	v, far := vectorOf(l.from[(i+j)/2]), 0.0
	for k := i; k < j; k++ {
		a, b := vectorOf(l.from[k]), vectorOf(l.to[k])
		far = max(far, v.chord(&a), v.chord(&b))
	}
	l.piece(v, far, i, j)
}

// piece adds a piece whose arcs lie within the given squared chord of its centre. A place on an
// arc is no farther from it than the farther end.
func (l *Line) piece(v vector, far float64, first, last int) {
	angle := 2 * math.Asin(min(1, 0.5*math.Sqrt(far)))
	l.pieces = append(l.pieces, piece{v, l.radius + angle + 1e-7, int32(first), int32(last)})
}

// pieceSpans finds the spans that hold all points of a piece, and some others.
func (x *Points) pieceSpans(s *Search, p *piece) {
	s.spans = s.spans[:0]
	d := disc{lat: math.Asin(max(-1, min(1, p.v[2]))) * 180 / math.Pi, radius: p.angle}
	half := float64(turn) // all round
	cos := math.Sqrt(p.v[0]*p.v[0] + p.v[1]*p.v[1])
	if sin := p.angle / cos; sin < 0.9 { // the arc sine of s is below s + s³/2 up to there
		half = sin*(1+0.5*sin*sin)*(turn/(2*math.Pi)) + 64
	}
	key := 0.0
	if half < turn/2 {
		key = float64(keyOf(math.Atan2(p.v[1], p.v[0]) * 180 / math.Pi))
	}
	first, last := d.rows(x.edge)
	b := bandOf(x.edge.lat[first])
	for i := first; i <= last; i++ {
		for int(x.edge.first[b+1]) <= i {
			b++
		}
		band := x.bands[b]
		if band.n == 0 {
			continue
		}
		for r := &band.rows[i-int(x.edge.first[b])]; r != nil; r = r.next() {
			switch {
			case r.from == r.to:
			case half >= turn/2-1:
				s.add(r, 0, int(r.to-r.from), false)
			default:
				s.around(r, steps(key-half), steps(key+half), false)
			}
		}
	}
}
