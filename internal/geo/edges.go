package geo

import (
	"math"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// edges are great-circle arcs in blocks of consecutive ones, each block with the cap that
// holds it: most blocks are passed over by one subtraction. s2 judges the rest.
type edges struct {
	from, to []s2.Point // a point is an arc from itself to itself
	blocks   []block
}

type block struct {
	first, last int // edges[first:last]
	centre      s2.Point
	radius      float64 // radians
}

const blockSize = 12

// add appends a line; closed joins its end to its start. Blocks never span two lines.
func (e *edges) add(points []s2.Point, closed bool) {
	first := len(e.from)
	if len(points) == 1 {
		e.from, e.to = append(e.from, points[0]), append(e.to, points[0])
	}
	for i := 1; i < len(points); i++ {
		e.from, e.to = append(e.from, points[i-1]), append(e.to, points[i])
	}
	if closed {
		e.from, e.to = append(e.from, points[len(points)-1]), append(e.to, points[0])
	}
	var around []s2.Point
	for ; first < len(e.from); first += blockSize {
		b := block{first: first, last: min(first+blockSize, len(e.from))}
		around = append(append(around[:0], e.from[b.first:b.last]...), e.to[b.last-1])
		b.centre, b.radius = boundingCap(around)
		e.blocks = append(e.blocks, b)
	}
}

// nearest is the smaller of best and the distance from p to the nearest arc.
func (e *edges) nearest(p s2.Point, best s1.ChordAngle) s1.ChordAngle {
	if len(e.blocks) == 0 {
		return best
	}
	start, near := 0, math.Inf(1)
	if len(e.blocks) > 1 { // the block with the nearest centre first: it bounds the others
		for i := range e.blocks {
			if d := e.blocks[i].centre.Sub(p.Vector).Norm2(); d < near {
				start, near = i, d
			}
		}
	}
	best = e.blocks[start].nearest(e, p, best)
	reach := best.Angle().Radians()
	for i := range e.blocks {
		b := &e.blocks[i]
		if i == start || beyond(b.centre, p, b.radius+reach) {
			continue
		}
		if d := b.nearest(e, p, best); d < best {
			best, reach = d, d.Angle().Radians()
		}
	}
	return best
}

func (b *block) nearest(e *edges, p s2.Point, best s1.ChordAngle) s1.ChordAngle {
	for i := b.first; i < b.last; i++ {
		if d, closer := s2.UpdateMinDistance(p, e.from[i], e.to[i], best); closer {
			best = d
		}
	}
	return best
}

// beyond tells whether two points lie farther apart than an angle in radians; rounding errs
// to "no".
func beyond(a, b s2.Point, angle float64) bool {
	if angle >= math.Pi {
		return false
	}
	chord := 2 * math.Sin(angle/2)
	return a.Sub(b.Vector).Norm2() > chord*chord+1e-14
}

// nearestOf is the distance between two sets of arcs: 0 where two of them cross.
func (e *edges) nearestOf(o *edges) s1.ChordAngle {
	best := s1.InfChordAngle()
	reach := math.Pi
	for i := range e.blocks {
		a := &e.blocks[i]
		for j := range o.blocks {
			b := &o.blocks[j]
			if beyond(a.centre, b.centre, a.radius+b.radius+reach) {
				continue
			}
			for k := a.first; k < a.last; k++ {
				for l := b.first; l < b.last; l++ {
					best = arcs(e.from[k], e.to[k], o.from[l], o.to[l], best)
				}
			}
			if best == 0 {
				return 0
			}
			if best < s1.StraightChordAngle {
				reach = best.Angle().Radians()
			}
		}
	}
	return best
}

// arcs is the smaller of best and the distance between two arcs. Arcs that do not cross are
// nearest at an end of one of them.
func arcs(a0, a1, b0, b1 s2.Point, best s1.ChordAngle) s1.ChordAngle {
	if a0 != a1 && b0 != b1 && s2.CrossingSign(a0, a1, b0, b1) == s2.Cross {
		return 0
	}
	best, _ = s2.UpdateMinDistance(a0, b0, b1, best)
	best, _ = s2.UpdateMinDistance(a1, b0, b1, best)
	best, _ = s2.UpdateMinDistance(b0, a0, a1, best)
	best, _ = s2.UpdateMinDistance(b1, a0, a1, best)
	return best
}
