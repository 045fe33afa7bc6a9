package match

import (
	"math"
	"math/bits"

	"github.com/golang/geo/s2"
)

const words = columns / 64

// raster marks, for each row that an area touches, the columns in which its boundary may
// run. Between two marked columns nothing changes: one point tells for all.
type raster struct {
	a     *Area
	e     *edges
	first int // row
	bits  [][words]uint64
}

// Area appends the ids of the items in an area, in no order, and returns the slice.
func (x *Points) Area(s *Search, a *Area, out []int32) []int32 {
	if few, ok := x.fewIn(s, a, out); ok {
		return few
	}
	x.areaSpans(s, a)
	for i := range s.spans {
		sp := &s.spans[i]
		ids := sp.a.id[sp.from:sp.to]
		if sp.sure {
			out = append(out, ids...)
			continue
		}
		vecs, keys := sp.a.vec[sp.from:sp.to], sp.a.key[sp.from:sp.to]
		for j := range vecs {
			if a.holds(&vecs[j], keys[j]) {
				out = append(out, ids[j])
			}
		}
	}
	return out
}

// areaSpans finds the spans of an area.
func (x *Points) areaSpans(s *Search, a *Area) {
	s.spans = s.spans[:0]
	a.prepare()
	if x.n == 0 || len(a.edges) == 0 {
		return
	}
	if x.n <= 2*visitCost { // fewer points than rows
		x.everything(s, false)
		return
	}
	r := &s.raster
	r.mark(a, x.edge)
	band := bandOf(a.south)
	for i := range r.bits {
		at := r.first + i
		for band > 0 && int(x.edge.first[band]) > at {
			band--
		}
		for int(x.edge.first[band+1]) <= at {
			band++
		}
		if b := x.bands[band]; b.n > 0 {
			for row := &b.rows[at-int(x.edge.first[band])]; row != nil; row = row.next() {
				s.cut(row, a, &r.bits[i])
			}
		}
	}
}

// cut notes the spans of one row.
func (s *Search) cut(r *row, a *Area, marks *[words]uint64) {
	if last := a.west + a.wide; last >= a.west {
		s.runs(r, a, marks, r.lower(a.west), r.upper(last))
	} else {
		s.runs(r, a, marks, r.lower(a.west), int(r.to-r.from))
		s.runs(r, a, marks, 0, r.upper(last))
	}
}

// runs notes the spans among the items from one position to another.
func (s *Search) runs(r *row, a *Area, marks *[words]uint64, from, to int) {
	keys := r.a.key[r.from:r.to]
	for from < to {
		column := (keys[from] - a.west) >> a.shift
		rim := marks[column/64]>>(column%64)&1 == 1
		end := to
		if next := change(marks, column, rim); next <= a.wide>>a.shift {
			if k := next<<a.shift + a.west; k > keys[from] { // or it lies beyond the antimeridian
				end = from + 1 + within(keys[from+1:to], k)
			}
		}
		if rim {
			s.add(r, from, end, false)
		} else if a.holds(&r.a.vec[int(r.from)+from], keys[from]) {
			s.add(r, from, end, true)
		}
		from = end
	}
}

// within is the number of leading keys below k, looked for near the start first.
func within(keys []uint32, k uint32) int {
	step := 4
	for step < len(keys) && keys[step] < k {
		step *= 4
	}
	return lower(keys[:min(step+1, len(keys))], k)
}

// change is the first column after one that is marked otherwise; columns or more = none.
func change(marks *[words]uint64, column uint32, marked bool) uint32 {
	column++
	for w := column / 64; w < words; w++ {
		m := marks[w]
		if marked {
			m = ^m
		}
		if w == column/64 {
			m &= math.MaxUint64 << (column % 64)
		}
		if m != 0 {
			return w*64 + uint32(bits.TrailingZeros64(m))
		}
	}
	return columns
}

// mark runs along all edges.
func (r *raster) mark(a *Area, e *edges) {
	const pad = 1e-6 // degrees
	r.a, r.e = a, e
	off := bulge(float64(a.widest), 0, a.highest) * 180 / math.Pi
	if max(math.Abs(a.south), math.Abs(a.north)) > 60 {
		off = bulge(float64(a.widest), 80, 80+a.highest) * 180 / math.Pi
	}
	off = max(off, shortBulge)
	r.first = e.row(max(-90, a.south-off-pad))
	n := e.row(min(90, a.north+off+pad)) - r.first + 1
	r.bits = grown(r.bits[:0], n)[:n]
	clear(r.bits)
	if a.polar() { // everything is rim
		for i := range r.bits {
			for w := range words {
				r.bits[i][w] = math.MaxUint64
			}
		}
		return
	}
	low, high, marks := 1.0, -1.0, &r.bits[0] // the row of the last short edge
	plain := !a.all && max(math.Abs(a.south), math.Abs(a.north)) < 75
	for i := range a.edges {
		g := &a.edges[i]
		if plain && g.width < shortWide && math.Abs(g.lat[0]-g.lat[1]) < shortHigh {
			south, north := min(g.lat[0], g.lat[1])-shortBulge, max(g.lat[0], g.lat[1])+shortBulge
			if south < low || north > high {
				at := e.row(south)
				low, high, marks = e.lat[at], e.lat[at+1], &r.bits[at-r.first]
			}
			if south < low || north > high {
				r.arc(g.a, g.b, g.lat[0], g.lat[1], float64(g.lo-a.west), float64(g.width))
				continue
			}
			at := g.lo - a.west // the window of an area is 64 steps wider than its edges
			fillBits(marks, (at-64)>>a.shift, min((at+g.width+64)>>a.shift, columns-1))
			continue
		}
		r.arc(g.a, g.b, g.lat[0], g.lat[1], float64(g.lo-a.west), float64(g.width))
	}
}

// A short edge is below 0.002 radians wide and high; away from the poles its bulge is then
// below 8.1e-6 radians, which are shortBulge degrees.
const (
	shortWide  = 1_367_130
	shortHigh  = 0.11
	shortBulge = 5e-4
)

// bulge is the angle in radians by which an arc may rise above the latitudes of its ends, or
// leave the straight line between them on a chart of longitude and latitude. A great circle
// satisfies φ″ = -sin φ cos φ - 2 tan φ φ′², and what leaves a chord is at most the eighth
// of the second derivative; here the quarter is taken.
func bulge(width, lat1, lat2 float64) float64 {
	top := max(math.Abs(lat1), math.Abs(lat2)) * math.Pi / 180
	high := (lat2 - lat1) * math.Pi / 180
	lon := width * (2 * math.Pi / turn)
	if top > 75*math.Pi/180 || lon > longest || math.Abs(high) > longest {
		return (lon + math.Abs(high)) / 2 // never farther from both ends than half its length
	}
	tan := 3.8 // of 75°
	if top < 60*math.Pi/180 {
		tan = 1.8
	}
	return lon*lon/8 + tan*high*high/2
}

// longest is the angle over which an arc is cut in two before it is marked.
const longest = 0.05

// arc marks one arc from west to east: at steps from the area's west, width steps wide.
func (r *raster) arc(a, b *s2.Point, lat1, lat2, at, width float64) {
	if (width > longest*turn/(2*math.Pi) || math.Abs(lat2-lat1) > longest*180/math.Pi) && width > 64 {
		angle := float64(a.Distance(*b))
		if angle <= longest { // near a pole: wide, and short nevertheless
			off := angle*90/math.Pi + 1e-6
			for i := r.e.row(max(-90, min(lat1, lat2)-off)); i <= r.e.row(min(90, max(lat1, lat2)+off)); i++ {
				if r.first <= i && i < r.first+len(r.bits) {
					r.set(i, at-64, at+width+64)
				}
			}
			return
		}
		m := s2.Point{Vector: a.Add(b.Vector).Normalize()}
		ll := s2.LatLngFromPoint(m)
		lat := ll.Lat.Degrees()
		part := ll.Lng.Radians() - math.Atan2(a.Y, a.X)
		if part < 0 {
			part += 2 * math.Pi
		}
		half := part * (turn / (2 * math.Pi))
		if half > width { // by rounding, beyond the one end or the other
			if turn-half < half-width {
				half = 0
			} else {
				half = width
			}
		}
		r.arc(a, &m, lat1, lat, at, half)
		r.arc(&m, b, lat, lat2, at+half, width-half)
		return
	}
	const pad, slackDegrees = 64, 2e-7
	off := bulge(width, lat1, lat2)*180/math.Pi + slackDegrees
	low, high := min(lat1, lat2)-off, max(lat1, lat2)+off
	first, last := r.e.row(max(-90, low)), r.e.row(min(90, high))
	first, last = max(first, r.first), min(last, r.first+len(r.bits)-1)
	if first == last || math.Abs(lat2-lat1) < 8*off || width < 1024 {
		for i := first; i <= last; i++ {
			r.set(i, at-pad, at+width+pad)
		}
		return
	}
	slope := width / (lat2 - lat1)
	for i := first; i <= last; i++ {
		one, two := (r.e.lat[i]-off-lat1)*slope, (r.e.lat[i+1]+off-lat1)*slope
		if one > two {
			one, two = two, one
		}
		r.set(i, at+max(one, 0)-pad, at+min(two, width)+pad)
	}
}

// set marks the columns of a row from one longitude to another, in steps from the west.
func (r *raster) set(row int, from, to float64) {
	marks := &r.bits[row-r.first]
	if !r.a.all {
		first := uint32(max(from, 0)) >> r.a.shift
		last := min(uint32(min(to, turn-1))>>r.a.shift, columns-1)
		fillBits(marks, first, last)
		return
	}
	if to-from >= turn-1 {
		fillBits(marks, 0, columns-1)
		return
	}
	first, last := steps(from)>>r.a.shift, steps(to)>>r.a.shift
	if first <= last && to-from < turn/2 || first < last {
		fillBits(marks, first, last)
		return
	}
	fillBits(marks, first, columns-1)
	fillBits(marks, 0, last)
}

func fillBits(marks *[words]uint64, first, last uint32) {
	if first > last {
		return
	}
	w, l := first/64, last/64
	head, tail := uint64(math.MaxUint64)<<(first%64), uint64(math.MaxUint64)>>(63-last%64)
	if w == l {
		marks[w] |= head & tail
		return
	}
	marks[w] |= head
	for w++; w < l; w++ {
		marks[w] = math.MaxUint64
	}
	marks[l] |= tail
}
