package match

import (
	"math"
	"slices"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// A Line is a prepared query: everything within a distance of a line, a track, a route, or
// of the boundary of polygons. Reset makes one of a region; its buffers are used again. It
// is read only while queries run.
type Line struct {
	from, to []s2.Point
	radius   float64 // radians
	limit    s1.ChordAngle
	beads    []bead
}

// bead is one of the discs that together cover a line: what lies within the line's distance
// of its centre is certain, what lies beyond its outer radius is not near the arcs of the
// bead, arcs[first:last].
type bead struct {
	disc
	outer       float64
	first, last int32
}

// maxBeads bounds the work on one line.
const maxBeads = 20_000

// Reset prepares everything within reachKM kilometres of a region's line or boundary; the
// region's own half width or radius is added.
func (l *Line) Reset(r *geo.Region, reachKM float64) {
	from, to := r.Arcs()
	km := r.ExtentKM() + math.Max(0, reachKM)
	*l = Line{from: from, to: to, radius: km / geo.EarthRadiusKM, limit: s1.ChordAngle(Limit(km)), beads: l.beads[:0]}
	if l.radius > math.Pi/2 {
		return // every point is tested
	}
	total := 0.0
	for i := range from {
		total += float64(from[i].Distance(to[i]))
	}
	step := max(l.radius/2, 3/geo.EarthRadiusKM, 4*total/maxBeads)
	for i := 0; i < len(from); {
		i = l.group(i, step)
	}
}

// group covers the arcs from number i on that lie within one step of one another, or the one
// arc that is longer, and returns the next number.
func (l *Line) group(i int, step float64) int {
	length := float64(l.from[i].Distance(l.to[i]))
	if length > step {
		m := int(math.Ceil(length / step))
		outer := math.Acos(math.Cos(l.radius) * math.Cos(length/float64(m)/2))
		if half := length / float64(m) / 2; l.radius+half < 1e-3 {
			outer = math.Hypot(l.radius, half) * (1 + 1e-6) // the plane's, where the sphere's rounds
		}
		for k := range m + 1 {
			l.bead(s2.InterpolateAtDistance(s1.Angle(length*float64(k)/float64(m)), l.from[i], l.to[i]), outer, i, i+1)
		}
		return i + 1
	}
	j := i + 1
	for j < len(l.from) && l.from[j] == l.to[j-1] {
		d := float64(l.from[j].Distance(l.to[j]))
		if length += d; length > step {
			break
		}
		j++
	}
	centre, far := l.from[(i+j)/2], 0.0
	for k := i; k < j; k++ {
		far = max(far, float64(centre.Distance(l.from[k])), float64(centre.Distance(l.to[k])))
	}
	l.bead(centre, l.radius+far+slack, i, j)
	return j
}

func (l *Line) bead(p s2.Point, outer float64, first, last int) {
	ll := s2.LatLngFromPoint(p)
	b := bead{outer: outer + 2*slack, first: int32(first), last: int32(last)}
	b.sin, b.cos, b.lat, b.key = p.Z, math.Hypot(p.X, p.Y), ll.Lat.Degrees(), float64(keyOf(ll.Lng.Degrees()))
	b.radius, b.margin = b.outer, slack
	b.out, b.in = chordOf(b.outer), chordOf(l.radius-2*slack)
	b.span(b.outer)
	if b.outer >= math.Pi/2 {
		b.out = 4 // beyond a quarter turn discs are not taken apart
	}
	l.beads = append(l.beads, b)
}

// Holds is the rule for lines: the square of the chord to the nearest place of any arc, as
// s2.UpdateMinDistance computes it, is at most Limit of the distance.
func (l *Line) Holds(p s2.Point) bool { return l.near(p, 0, len(l.from)) }

func (l *Line) near(p s2.Point, first, last int) bool {
	if l.limit >= s1.StraightChordAngle {
		return true
	}
	for i := first; i < last; i++ {
		if d, _ := s2.UpdateMinDistance(p, l.from[i], l.to[i], s1.InfChordAngle()); d <= l.limit {
			return true
		}
	}
	return false
}

// strip is the part of a row that one bead covers; sure = all of it is near the line.
type strip struct {
	lo, hi      uint32
	row         int32
	first, last int32 // arcs
	sure        bool
}

// Line appends the ids of the items near a line, in no order, and returns the slice.
func (x *Points) Line(s *Search, l *Line, out []int32) []int32 {
	x.lineSpans(s, l)
	for i := range s.spans {
		sp := &s.spans[i]
		ids := sp.a.id[sp.from:sp.to]
		if sp.sure {
			out = append(out, ids...)
			continue
		}
		for j, id := range ids {
			at := int(sp.from) + j
			if s.nearStrips(l, sp, at) {
				out = append(out, id)
			}
		}
	}
	return out
}

// nearStrips tests one point against the arcs of the strips that it lies in.
func (s *Search) nearStrips(l *Line, sp *span, at int) bool {
	p, key := sp.a.vec[at].point(), sp.a.key[at]
	if sp.row < 0 {
		return l.Holds(p)
	}
	for i := s.starts[sp.row]; i < s.starts[sp.row+1]; i++ {
		st := &s.strips[i]
		if st.lo > key {
			break
		}
		if !st.sure && key <= st.hi && l.near(p, int(st.first), int(st.last)) {
			return true
		}
	}
	return false
}

// lineSpans finds the spans of a line.
func (x *Points) lineSpans(s *Search, l *Line) {
	s.spans, s.strips, s.row = s.spans[:0], s.strips[:0], -1
	defer func() { s.row = 0 }()
	if x.n == 0 || len(l.from) == 0 {
		return
	}
	if len(l.beads) == 0 || x.n*len(l.from) < len(l.beads)*visitCost {
		x.everything(s, false)
		return
	}
	for i := range l.beads {
		s.stripsOf(x.edge, &l.beads[i])
	}
	slices.SortFunc(s.strips, func(a, b strip) int {
		if a.row != b.row {
			return int(a.row) - int(b.row)
		}
		switch {
		case a.lo < b.lo:
			return -1
		case a.lo > b.lo:
			return 1
		}
		return 0
	})
	s.starts = s.starts[:0]
	band := 0
	for i := 0; i < len(s.strips); {
		j, row := i, int(s.strips[i].row)
		for j < len(s.strips) && int(s.strips[j].row) == row {
			j++
		}
		for int(x.edge.first[band+1]) <= row {
			band++
		}
		s.starts = append(s.starts, int32(i))
		if b := x.bands[band]; b.n > 0 {
			s.row = int32(len(s.starts) - 1)
			for r := &b.rows[row-int(x.edge.first[band])]; r != nil; r = r.next() {
				s.merge(r, s.strips[i:j])
			}
		}
		i = j
	}
	s.starts = append(s.starts, int32(len(s.strips)))
}

// stripsOf notes what a bead covers, row by row.
func (s *Search) stripsOf(e *edges, b *bead) {
	first, last := b.rows(e)
	if b.out >= 4 {
		first, last = 0, len(e.lat)-2
	}
	below := b.at(e, first)
	for i := first; i <= last; i++ {
		above := b.at(e, i+1)
		w := b.between(e, i, below, above)
		below = above
		if b.out >= 4 {
			w.out = turn
		}
		st := strip{row: int32(i), first: b.first, last: b.last}
		s.strip(st, b.key, w.out)
		st.sure = true
		s.strip(st, b.key, w.in)
	}
}

// strip notes the keys within a half width of a key, in two pieces where they go around.
func (s *Search) strip(st strip, key, half float64) {
	if half < 0 {
		return
	}
	if half >= turn/2-1 {
		st.lo, st.hi = 0, turn-1
		s.strips = append(s.strips, st)
		return
	}
	lo, hi := steps(key-half), steps(key+half)
	if lo <= hi {
		st.lo, st.hi = lo, hi
		s.strips = append(s.strips, st)
		return
	}
	st.lo, st.hi = 0, hi
	s.strips = append(s.strips, st)
	st.lo, st.hi = lo, turn-1
	s.strips = append(s.strips, st)
}

// merge notes the spans of one row from its strips, which come in the order of their starts.
func (s *Search) merge(r *row, strips []strip) {
	keys := r.a.key[r.from:r.to]
	if len(keys) == 0 {
		return
	}
	at := 0 // items up to here are noted
	for i := range strips {
		if !strips[i].sure {
			continue
		}
		from, to := lower(keys, strips[i].lo), upper(keys, strips[i].hi)
		if from = max(from, at); from >= to {
			continue
		}
		s.doubtful(r, strips, at, from)
		s.add(r, from, to, true)
		at = to
	}
	s.doubtful(r, strips, at, len(keys))
}

// doubtful notes what lies in strips that are not sure, among the items from one position to
// another.
func (s *Search) doubtful(r *row, strips []strip, at, to int) {
	if at >= to {
		return
	}
	keys := r.a.key[r.from:r.to]
	for i := range strips {
		if strips[i].sure {
			continue
		}
		from, end := max(at, lower(keys, strips[i].lo)), min(to, upper(keys, strips[i].hi))
		if from < end {
			s.add(r, from, end, false)
			at = end
		}
	}
}
