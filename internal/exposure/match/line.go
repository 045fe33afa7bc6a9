package match

import (
	"math"
	"slices"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// A Line is a query: everything within a distance of a line, a track, a route, or of the
// boundary of polygons. Reset makes one of a region; its buffers are used again. It belongs
// to one goroutine at a time.
type Line struct {
	middle   vector  // of a circle that holds everything near the line
	bound    float64 // radius of that circle in radians
	ready    bool    // the beads are made: not worth it for a few candidates
	from, to []s2.Point
	radius   float64 // radians
	limit    s1.ChordAngle
	beads    []bead
	arcs     []arc // once they are asked for
	pieces   []piece
}

// bead is one of the discs that together cover a line: what lies within the line's distance
// of its centre is certain, what lies beyond its outer radius is not near the arcs of the
// bead, arcs[first:last].
type bead struct {
	disc
	outer       float64
	first, last int32
	ends        bool // stands at the end of its last arc
}

// maxBeads bounds the work on one line.
const maxBeads = 20_000

// Reset prepares everything within reachKM kilometres of a region's line or boundary; the
// region's own half width or radius is added.
func (l *Line) Reset(r *geo.Region, reachKM float64) {
	from, to := r.Arcs()
	km := r.ExtentKM() + math.Max(0, reachKM)
	middle, bound := r.Cap()
	l.middle, l.bound = vectorOf(middle), (bound+math.Max(0, reachKM))/geo.EarthRadiusKM+1e-7
	l.from, l.to, l.radius, l.limit = from, to, km/geo.EarthRadiusKM, s1.ChordAngle(Limit(km))
	l.ready, l.beads, l.arcs, l.pieces = false, l.beads[:0], l.arcs[:0], l.pieces[:0]
}

// prepare makes the beads, if they are not there yet.
func (l *Line) prepare() {
	if l.ready {
		return
	}
	l.ready = true
	if l.radius > math.Pi/2 {
		return // every point is tested
	}
	total := 0.0
	for i := range l.from {
		total += float64(l.from[i].Distance(l.to[i]))
	}
	step := max(l.radius, 3/geo.EarthRadiusKM, 4*total/maxBeads)
	for i := 0; i < len(l.from); {
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
		first := 0
		if n := len(l.beads) - 1; n >= 0 && i > 0 && l.from[i] == l.to[i-1] && l.beads[n].ends {
			b := &l.beads[n] // the bead at the end of the arc before stands at the start of this one
			b.last = int32(i + 1)
			b.widen(max(b.outer, outer+2*slack))
			first = 1
		}
		for k := first; k <= m; k++ {
			l.bead(s2.InterpolateAtDistance(s1.Angle(length*float64(k)/float64(m)), l.from[i], l.to[i]), outer, i, i+1)
		}
		l.beads[len(l.beads)-1].ends = true
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
	b := bead{first: int32(first), last: int32(last)}
	b.sin, b.cos, b.lat, b.key = p.Z, math.Hypot(p.X, p.Y), ll.Lat.Degrees(), float64(keyOf(ll.Lng.Degrees()))
	b.margin, b.in = slack, chordOf(l.radius-2*slack)
	b.widen(outer + 2*slack)
	l.beads = append(l.beads, b)
}

// widen sets how far the arcs of a bead are from its centre at most.
func (b *bead) widen(outer float64) {
	b.outer, b.radius, b.out = outer, outer, chordOf(outer)
	b.span(outer)
	if outer >= math.Pi/2 {
		b.out = 4 // beyond a quarter turn discs are not taken apart
	}
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
	from, to    int32 // positions in the row
	row         int32
	first, last int32 // arcs
	sure        bool
}

// Line appends the ids of the items near a line, in no order, and returns the slice.
func (x *Points) Line(s *Search, l *Line, out []int32) []int32 {
	if few, ok := x.fewNear(s, l, out); ok {
		return few
	}
	l.prepareArcs()
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
	v, key := &sp.a.vec[at], sp.a.key[at]
	if sp.row < 0 {
		return l.Holds(v.point())
	}
	for i := s.starts[sp.row]; i < s.starts[sp.row+1]; i++ {
		st := &s.strips[i]
		if st.lo > key {
			break
		}
		if !st.sure && key <= st.hi && l.reaches(v, int(st.first), int(st.last)) {
			return true
		}
	}
	return false
}

// lineSpans finds the spans of a line.
func (x *Points) lineSpans(s *Search, l *Line) {
	s.spans, s.strips, s.row = s.spans[:0], s.strips[:0], -1
	defer func() { s.row = 0 }()
	l.prepare()
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
	s.order()
	band := 0
	for i := range len(s.starts) - 1 {
		strips := s.strips[s.starts[i]:s.starts[i+1]]
		if len(strips) == 0 {
			continue
		}
		row := int(strips[0].row)
		for int(x.edge.first[band+1]) <= row {
			band++
		}
		if b := x.bands[band]; b.n > 0 {
			s.row = int32(i)
			for r := &b.rows[row-int(x.edge.first[band])]; r != nil; r = r.next() {
				s.merge(r, strips)
			}
		}
	}
}

// order sorts the strips by row and start; starts[i] is the first one of row i, counted from
// the lowest row.
func (s *Search) order() {
	low, high := s.strips[0].row, s.strips[0].row
	for i := range s.strips {
		low, high = min(low, s.strips[i].row), max(high, s.strips[i].row)
	}
	n := int(high-low) + 1
	s.starts = grown(s.starts[:0], n+1)[:n+1]
	clear(s.starts)
	for i := range s.strips {
		s.starts[s.strips[i].row-low+1]++
	}
	for i := range n {
		s.starts[i+1] += s.starts[i]
	}
	s.sorted = grown(s.sorted[:0], len(s.strips))[:len(s.strips)]
	for i := len(s.strips) - 1; i >= 0; i-- {
		at := &s.starts[s.strips[i].row-low+1]
		*at--
		s.sorted[*at] = s.strips[i]
	}
	copy(s.starts, s.starts[1:])
	s.starts[n] = int32(len(s.strips))
	s.strips, s.sorted = s.sorted, s.strips
	for i := range n {
		slices.SortFunc(s.strips[s.starts[i]:s.starts[i+1]], func(a, b strip) int {
			switch {
			case a.lo < b.lo:
				return -1
			case a.lo > b.lo:
				return 1
			}
			return 0
		})
	}
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
		out := b.disc.outer(e, i, &below, &above)
		if b.out >= 4 {
			out = turn
		}
		st := strip{row: int32(i), first: b.first, last: b.last}
		s.strip(st, b.key, out)
		st.sure = true
		s.strip(st, b.key, b.inner(&below, &above))
		below = above
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
	for i := range strips {
		st := &strips[i]
		st.from, st.to = int32(r.lower(st.lo)), int32(r.upper(st.hi))
	}
	at := int32(0) // items up to here are noted
	for i := range strips {
		if st := &strips[i]; st.sure && max(st.from, at) < st.to {
			from := max(st.from, at)
			s.doubtful(r, strips, at, from)
			s.add(r, int(from), int(st.to), true)
			at = st.to
		}
	}
	s.doubtful(r, strips, at, int32(len(keys)))
}

// doubtful notes what lies in strips that are not sure, among the items from one position to
// another.
func (s *Search) doubtful(r *row, strips []strip, at, to int32) {
	for i := range strips {
		if at >= to {
			return
		}
		st := &strips[i]
		if from, end := max(at, st.from), min(to, st.to); !st.sure && from < end {
			s.add(r, int(from), int(end), false)
			at = end
		}
	}
}
