package geo

import (
	"math"
	"slices"

	"github.com/golang/geo/s2"
)

// sweepBudget bounds the comparisons of one sweep. Only drawings made to be slow exceed it;
// they count as crossing themselves.
const sweepBudget = 100_000_000

// crossingCost is what one exact test costs in comparisons of boxes.
const crossingCost = 50

// crossedRings tells for each ring whether it crosses itself or, the first ring excepted,
// another one. Rings that only touch do not cross.
func crossedRings(rings [][]s2.Point) []bool {
	bad := make([]bool, len(rings))
	if len(rings) == 1 && len(rings[0]) <= 64 {
		bad[0] = crossesItself(rings[0])
		return bad
	}
	if !sweep(rings, func(a, b int) {
		switch {
		case a == b, a == 0:
			bad[b] = true
		case b == 0:
			bad[a] = true
		default: // of two holes the later one is left out
			bad[max(a, b)] = true
		}
	}) {
		for i := range bad {
			bad[i] = true
		}
	}
	return bad
}

// crossesItself walks the ring once for each of its edges.
func crossesItself(ring []s2.Point) bool {
	n := len(ring)
	if n < 4 {
		return false
	}
	for i := range n - 2 {
		crosser := s2.NewChainEdgeCrosser(ring[i], ring[i+1], ring[i+2])
		for j := i + 3; j <= n; j++ {
			if j == n && i == 0 {
				break // the last edge ends where the first begins
			}
			if crosser.ChainCrossingSign(ring[j%n]) == s2.Cross {
				return true
			}
		}
	}
	return false
}

// span is one edge in the sweep, in a box that holds its arc.
type span struct {
	low, high [3]float64
	ring      int
	a, b      s2.Point
}

// sweep calls found for each pair of crossing edges of the rings, by their ring numbers. It
// passes over pairs whose boxes do not meet and reports false when its budget runs out.
func sweep(rings [][]s2.Point, found func(a, b int)) bool {
	var spans []span
	low, high := [3]float64{2, 2, 2}, [3]float64{-2, -2, -2}
	for r, ring := range rings {
		for i := range ring {
			s := newSpan(r, ring[i], ring[(i+1)%len(ring)])
			for k := range 3 {
				low[k], high[k] = math.Min(low[k], s.low[k]), math.Max(high[k], s.high[k])
			}
			spans = append(spans, s)
		}
	}
	axis := 0
	for k := range 3 {
		if high[k]-low[k] > high[axis]-low[axis] {
			axis = k
		}
	}
	slices.SortFunc(spans, func(a, b span) int {
		switch {
		case a.low[axis] < b.low[axis]:
			return -1
		case a.low[axis] > b.low[axis]:
			return 1
		}
		return 0
	})
	budget := sweepBudget
	for i := range spans {
		a := &spans[i]
		for j := i + 1; j < len(spans) && spans[j].low[axis] <= a.high[axis]; j++ {
			if budget--; budget < 0 {
				return false
			}
			b := &spans[j]
			if !a.meets(b) {
				continue
			}
			budget -= crossingCost
			if s2.CrossingSign(a.a, a.b, b.a, b.b) == s2.Cross {
				found(a.ring, b.ring)
			}
		}
	}
	return true
}

func newSpan(ring int, a, b s2.Point) span {
	s := span{ring: ring, a: a, b: b}
	bulge := a.Sub(b.Vector).Norm2()/8 + 1e-14 // an arc rises above its chord by about c²/8
	if bulge > 0.1 {
		bulge = 2
	} else {
		bulge *= 1.5
	}
	va, vb := [3]float64{a.X, a.Y, a.Z}, [3]float64{b.X, b.Y, b.Z}
	for k := range 3 {
		s.low[k], s.high[k] = math.Min(va[k], vb[k])-bulge, math.Max(va[k], vb[k])+bulge
	}
	return s
}

func (s *span) meets(o *span) bool {
	for k := range 3 {
		if s.low[k] > o.high[k] || o.low[k] > s.high[k] {
			return false
		}
	}
	return true
}
