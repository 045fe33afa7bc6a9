package impact

import (
	"fmt"
	"math"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/quantile"
)

// phi is the standard normal distribution function.
func phi(z float64) float64 { return quantile.Normal(z) }

// above is P(X ≥ limit) for X normal; sigma 0 makes it a step that includes the limit.
func above(mu, sigma, limit float64) float64 {
	if sigma <= 0 {
		if mu >= limit {
			return 1
		}
		return 0
	}
	return phi((mu - limit) / sigma)
}

// logAbove is P(X ≥ limit) for X log-normal with the given median and geometric standard
// deviation. A median or limit of 0 or less reads as "never" and "always".
func logAbove(median, gsd, limit float64) float64 {
	switch {
	case limit <= 0:
		return 1
	case median <= 0:
		return 0
	case gsd <= 1:
		return above(median, 0, limit)
	}
	return phi(math.Log(median/limit) / math.Log(gsd))
}

// logThresholds is the vector of a log-normal quantity against a row of class thresholds.
func logThresholds(median, gsd float64, limits classes) level.P {
	var p level.P
	for k, limit := range limits {
		if limit > 0 {
			p[k+1] = logAbove(median, gsd, limit)
		}
	}
	return p.Monotone()
}

// poissonAtLeast is P(D ≥ n) for D Poisson with mean lambda.
func poissonAtLeast(n int, lambda float64) float64 {
	if n <= 0 {
		return 1
	}
	if lambda <= 0 {
		return 0
	}
	if n == 1 {
		if lambda < 1e-5 {
			return lambda * (1 - lambda/2) // good to 1e-11, and most places ask for so little
		}
		return -math.Expm1(-lambda)
	}
	if n >= 5 && lambda < 1e-3 {
		return 0 // below 1e-17
	}
	term, sum := 1.0, 1.0
	for j := 1; j < n; j++ {
		term *= lambda / float64(j)
		sum += term
	}
	return math.Max(0, 1-math.Exp(-lambda)*sum)
}

// crossing finds the smallest x in [lo, hi] where holds turns true, given that it turns only
// once, by 60 halvings; it returns false when it holds nowhere. When it holds already at lo,
// lo is the answer.
func crossing(lo, hi float64, holds func(x float64) bool) (float64, bool) {
	if holds(lo) {
		return lo, true
	}
	if !holds(hi) {
		return 0, false
	}
	for range 60 {
		mid := lo + (hi-lo)/2
		if holds(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi, true
}

// A checker gathers complaints about inputs, so that a person sees all of them at once.
type checker struct{ bad []string }

func (c *checker) add(s string) { c.bad = append(c.bad, s) }

// within demands lo ≤ v ≤ hi; not-a-number fails.
func (c *checker) within(name string, v, lo, hi float64) {
	if !(v >= lo && v <= hi) {
		c.add(fmt.Sprintf("%s is %v, want %g to %g", name, v, lo, hi))
	}
}

// falling demands probabilities that do not rise with the class.
func (c *checker) falling(name string, row classes) {
	for k, v := range row {
		c.within(fmt.Sprintf("%s I%d", name, k+1), v, 0, 1)
		if k > 0 && v > row[k-1] {
			c.add(fmt.Sprintf("%s rises at I%d", name, k+1))
		}
	}
}

// vulnerability demands a multiplier in [0.3, 3] and reads 0 as "not given": 1.
func (c *checker) vulnerability(v *float64) {
	if *v == 0 {
		*v = 1
	}
	c.within("vulnerability", *v, 0.3, 3)
}

// err is nil without complaints; otherwise it wraps fault.ErrInvalid.
func (c *checker) err() error {
	if len(c.bad) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", strings.Join(c.bad, "; "), fault.ErrInvalid)
}
