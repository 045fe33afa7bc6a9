package geo

import (
	"math"
	"slices"
)

// maxJoined bounds the search for halves; drawings of more polygons than that are no halves.
const maxJoined = 64

// joinCut joins polygons that were cut apart at the antimeridian, as RFC 7946 section 3.1.9
// wants them drawn: two of them that share one edge at 180°, and no more than one. On the
// sphere they are one area, and its bounds, its hull and its edge should know that. It
// returns the polygons in their order and how many joints it made.
func joinCut(in []Polygon) ([]Polygon, int) {
	if len(in) < 2 || len(in) > maxJoined {
		return in, 0
	}
	out := slices.Clone(in)
	joints := 0
	for i := 0; i < len(out); i++ {
		for j := i + 1; j < len(out); j++ {
			if p, ok := joinPair(out[i], out[j]); ok {
				out[i] = p
				out = slices.Delete(out, j, j+1)
				joints++
				j = i // the larger one may fit others
			}
		}
	}
	return out, joints
}

// joinPair joins two polygons; the second one's rings are turned around where it winds the
// other way.
func joinPair(a, b Polygon) (Polygon, bool) {
	if len(a) == 0 || len(b) == 0 {
		return nil, false
	}
	x, y := open(a[0]), open(b[0])
	at, with, same, against := -1, -1, 0, 0
	for _, i := range cuts(x) {
		p, q := x[i], x[(i+1)%len(x)]
		for _, k := range cuts(y) {
			r, s := y[k], y[(k+1)%len(y)]
			switch {
			case math.Signbit(r.Lon) == math.Signbit(p.Lon):
			case level(p, s) && level(q, r):
				at, with, same = i, k, same+1
			case level(p, r) && level(q, s):
				against++
			}
		}
	}
	if same+against != 1 {
		return nil, false
	}
	if against == 1 {
		y = slices.Clone(y)
		slices.Reverse(y)
		return joinPair(a, append(Polygon{y}, b[1:]...))
	}
	ring := append(turnedTo(x, at+1), turnedTo(y, with+1)[1:]...) // from q round to p, which is s, and on round to r
	ring = ring[:len(ring)-1]                                     // which is q
	return append(append(Polygon{ring}, a[1:]...), b[1:]...), true
}

// cuts lists the edges of a ring that lie on the antimeridian, by their first points.
func cuts(r Ring) []int {
	var out []int
	for i := range r {
		if onCut(r[i]) && onCut(r[(i+1)%len(r)]) {
			out = append(out, i)
		}
	}
	return out
}

// turnedTo is a ring that begins at another of its points.
func turnedTo(r Ring, first int) Ring {
	first %= len(r)
	return append(slices.Clone(r[first:]), r[:first]...)
}

// onCut tells whether a point lies on the antimeridian, within a millimetre at the equator;
// the poles, which lie on every meridian, do not count.
func onCut(p Point) bool {
	return math.Abs(math.Abs(p.Lon)-180) < 1e-8 && math.Abs(p.Lat) < 89.999999
}

func level(p, q Point) bool { return math.Abs(p.Lat-q.Lat) < 1e-8 }
