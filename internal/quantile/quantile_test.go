package quantile

import (
	"math"
	"testing"
)

// TestAgainstTables: quartiles by hand, and the normal distribution against printed tables
// (Abramowitz and Stegun 26.1).
func TestAgainstTables(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list []float64
		q, v float64
	}{{nil, .5, 0}, {[]float64{7}, .9, 7}, {[]float64{1, 2, 3, 4}, .25, 1.75}, {[]float64{1, 2, 3, 4}, .5, 2.5}, {[]float64{1, 2, 3, 4}, 1, 4}, {[]float64{0, 10}, .9, 9}} {
		if got := Of(c.list, c.q); got != c.v {
			t.Errorf("%v at %v: %v, want %v", c.list, c.q, got, c.v)
		}
	}
	for _, c := range []struct{ z, p float64 }{{0, .5}, {1, .8413447460685429}, {-1.6448536269514722, .05}, {3, .9986501019683699}} {
		if got := Normal(c.z); math.Abs(got-c.p) > 1e-15 {
			t.Errorf("Normal(%v) = %v, want %v", c.z, got, c.p)
		}
		if got := NormalAt(c.p); math.Abs(got-c.z) > 1e-12 {
			t.Errorf("NormalAt(%v) = %v, want %v", c.p, got, c.z)
		}
	}
	// Wilson's interval at 90 %, by hand.
	for _, c := range []struct {
		share     float64
		n         int
		low, high float64
	}{{.5, 10, .2693, .7307}, {0, 10, 0, .2129}, {1, 10, .7871, 1}, {0, 0, 0, 1}} {
		if low, high := Wilson(c.share, c.n); math.Abs(low-c.low) > 1e-3 || math.Abs(high-c.high) > 1e-3 {
			t.Errorf("Wilson(%v, %d) = %v to %v, want %v to %v", c.share, c.n, low, high, c.low, c.high)
		}
	}
}
