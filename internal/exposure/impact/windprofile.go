package impact

import "math"

// The winds whose radii advisories give, in knots, from the outermost inwards.
var radiusKnots = [3]float64{34, 50, 64}

// A profile is the wind along one direction from a storm's centre: knots of (radius, wind)
// with rising radius and falling wind, joined by straight lines in the logarithms of both.
// The logarithms are kept, because an ensemble asks a hundred thousand times.
type profile struct {
	n        int
	r, v     [4]float64
	lnR, lnV [4]float64
	slope    [4]float64 // of ln v over ln r, on the way to this knot
	beyond   float64    // slope beyond the last knot
	out      float64    // its amount
}

// newProfile builds the wind towards one quadrant from the storm's maximum wind (knots), its
// radius (km) and the radii of 34, 50 and 64 kt in that quadrant (km, 0 = not reached
// there). known tells which of the three the advisory gives in any quadrant.
//
// Where an advisory gives a wind's radius elsewhere but 0 here, the wind here stays below it.
// Radii are the largest in their quadrant, so the profile errs to the strong side.
func newProfile(maxKnots, radiusMax, out float64, radii [3]float64, known [3]bool) profile {
	p := profile{out: out, beyond: -out}
	top := maxKnots
	inner := math.Inf(1)
	for i, limit := range radiusKnots {
		switch {
		case radii[i] > 0:
			inner = math.Min(inner, radii[i])
		case known[i]:
			top = math.Min(top, 0.999*limit)
		}
	}
	p.add(math.Min(radiusMax, inner/2), top)
	for i := len(radiusKnots) - 1; i >= 0; i-- {
		if radii[i] > 0 && radiusKnots[i] < top {
			p.add(radii[i], radiusKnots[i])
		}
	}
	return p
}

// add appends a knot that lies farther out than the last one; a wind known farther in than a
// stronger one is a slip of the source and left out.
func (p *profile) add(r, v float64) {
	if p.n > 0 && r <= p.r[p.n-1] {
		return
	}
	i := p.n
	p.r[i], p.v[i] = r, v
	p.lnR[i], p.lnV[i] = math.Log(r), math.Log(v)
	if i > 0 {
		p.slope[i] = (p.lnV[i] - p.lnV[i-1]) / (p.lnR[i] - p.lnR[i-1])
	}
	p.n++
}

// outdoes tells whether the wind is certainly nowhere weaker than that of another profile:
// both have knots of the same winds, and each lies at least as far out. Profiles with other
// winds are not compared.
func (p *profile) outdoes(other *profile) bool {
	if p.n != other.n || p.v != other.v || p.out != other.out {
		return false
	}
	for i := range p.n {
		if p.r[i] < other.r[i] {
			return false
		}
	}
	return true
}

// A windCurve is a profile made for asking often: the binary logarithm of the wind is
// base + half · log₂ of the squared distance, with the numbers of the stretch between two
// knots. at has no branches, which draws at random would mispredict.
type windCurve struct {
	r2         [4]float64 // squared radii of the knots; +Inf = no knot
	base, half [5]float64 // up to knot 0 the maximum, then on the way to knot i, then beyond
}

func (p *profile) curve() windCurve {
	var c windCurve
	c.base[0] = p.lnV[0] * math.Log2E
	for i := range c.r2 {
		if i >= p.n {
			c.r2[i] = math.Inf(1)
			continue
		}
		c.r2[i] = p.r[i] * p.r[i]
		slope, knot := p.beyond, i
		if i+1 < p.n {
			slope, knot = p.slope[i+1], i+1
		}
		c.base[i+1], c.half[i+1] = (p.lnV[knot]-slope*p.lnR[knot])*math.Log2E, slope/2
	}
	return c
}

// at is the binary logarithm of the wind in knots, good to 1e-10.
func (c *windCurve) at(pw *powers, km2 float64) float64 {
	i := 0
	if km2 > c.r2[0] {
		i = 1
	}
	if km2 > c.r2[1] {
		i = 2
	}
	if km2 > c.r2[2] {
		i = 3
	}
	if km2 > c.r2[3] {
		i = 4
	}
	return c.base[i] + float64(c.half[i]*pw.log2(km2+1e-12)) // never fused, so that every machine has the same bits
}

// radiusOf is the distance in kilometres at which the wind falls to a limit; negative = it
// is weaker everywhere.
func (p *profile) radiusOf(limit float64) float64 {
	if p.v[0] < limit {
		return -1
	}
	for i := 1; i < p.n; i++ {
		if p.v[i] <= limit {
			return p.r[i] * math.Pow(limit/p.v[i], 1/p.slope[i])
		}
	}
	last := p.n - 1
	return p.r[last] * math.Pow(p.v[last]/limit, 1/p.out)
}
