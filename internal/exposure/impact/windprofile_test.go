package impact

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Where one profile is said to outdo another one, its wind is nowhere weaker; a profile with
// larger radii of the same winds is said to.
func TestOutdoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		top, core := rapid.Float64Range(20, 160).Draw(t, "top"), rapid.Float64Range(5, 80).Draw(t, "core")
		radii := func(name string) (out [3]float64) {
			km := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 400)).Draw(t, name)
			for i := range out {
				out[i] = km
				km *= rapid.Float64Range(0.2, 1).Draw(t, name)
			}
			return out
		}
		known := [3]bool{true, top > 50, top > 64}
		one := newProfile(top, core, 0.6, radii("one"), known)
		other := newProfile(top, core, 0.6, radii("other"), known)
		if !one.outdoes(&one) {
			t.Fatal("a profile is weaker than itself")
		}
		if !one.outdoes(&other) {
			return
		}
		for km := 1.0; km < 2000; km *= 1.1 {
			if a, b := one.at(km), other.at(km); a < b*(1-1e-9) {
				t.Fatalf("%v km: %v kt, the outdone %v kt", km, a, b)
			}
		}
	})
	p := newProfile(100, 20, 0.6, [3]float64{200, 120, 60}, [3]bool{true, true, true})
	q := newProfile(100, 20, 0.6, [3]float64{150, 90, 45}, [3]bool{true, true, true})
	if !p.outdoes(&q) || q.outdoes(&p) {
		t.Error("the profile with larger radii outdoes the other one, and not the other way round")
	}
}

// at is the wind in knots at km from the centre. Within the first knot it is the maximum,
// because the eyewall passes over; beyond the last it falls as a power of the distance.
func (p *profile) at(km float64) float64 {
	if km <= p.r[0] {
		return p.v[0]
	}
	for i := 1; i < p.n; i++ {
		if km <= p.r[i] {
			// From the outer knot inwards: its wind is then exact at its radius.
			return p.v[i] * math.Exp(p.slope[i]*(math.Log(km)-p.lnR[i]))
		}
	}
	last := p.n - 1
	return p.v[last] * math.Exp(p.beyond*(math.Log(km)-p.lnR[last]))
}

// quadrant is the index of the compass quadrant of a place east and north of the centre:
// 0 north-east, 1 south-east, 2 south-west, 3 north-west, as advisories list them.
func quadrant(east, north float64) int {
	switch {
	case east >= 0 && north >= 0:
		return 0
	case east >= 0:
		return 1
	case north < 0:
		return 2
	}
	return 3
}
