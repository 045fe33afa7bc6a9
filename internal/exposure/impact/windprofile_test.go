package impact

import (
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
