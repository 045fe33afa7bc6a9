package dist

import (
	"math"
	"testing"
)

// TestGamma checks against what closed forms give: shape 1 is the exponential, half-integers
// are chi-squared with one and three degrees of freedom, integers sums of Poisson terms.
func TestGamma(t *testing.T) {
	t.Parallel()
	poisson := func(n int, x float64) float64 { // P(N >= n) of a Poisson with mean x
		sum, term := 0.0, math.Exp(-x)
		for k := range n {
			sum += term
			term *= x / float64(k+1)
		}
		return 1 - sum
	}
	for _, c := range []struct{ shape, x, want float64 }{
		{1, .5, 1 - math.Exp(-.5)}, {1, 7, 1 - math.Exp(-7)}, {.5, 1, math.Erf(1)}, {.5, 4, math.Erf(2)},
		{1.5, 1, math.Erf(1) - 2/math.Sqrt(math.Pi)*math.Exp(-1)}, {5, 3, poisson(5, 3)}, {5, 12, poisson(5, 12)}, {40, 30, poisson(40, 30)}, {40, 55, poisson(40, 55)},
	} {
		if got := GammaCDF(c.shape, c.x); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("shape %v at %v: %v, want %v", c.shape, c.x, got, c.want)
		}
		if back := GammaQuantile(c.shape, c.want); math.Abs(back-c.x) > 1e-6 {
			t.Errorf("shape %v, quantile %v: %v, want %v", c.shape, c.want, back, c.x)
		}
	}
}
