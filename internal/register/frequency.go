package register

import "math"

// A Frequency is how often a risk happens, learned from a prior and from what was counted.
// The rate a year is gamma distributed: shape PriorEvents + Events, rate PriorYears + Years
// (a Poisson count under a gamma prior; METHOD 2.4).
type Frequency struct {
	PriorEvents float64 `json:"prior_events"` // as if so many had been seen ...
	PriorYears  float64 `json:"prior_years"`  // ... in so many years of exposure
	Peers       string  `json:"peers,omitempty"`
	Events      float64 `json:"events"` // counted here ...
	Years       float64 `json:"years"`  // ... in so many years
}

// shape and rate of the posterior.
func (f Frequency) shape() float64 { return f.PriorEvents + f.Events }
func (f Frequency) rate() float64  { return f.PriorYears + f.Years }

// Mean is the expected number a year.
func (f Frequency) Mean() float64 {
	if f.rate() <= 0 {
		return 0
	}
	return f.shape() / f.rate()
}

// Quantile is a quantile of the rate a year, 0 < p < 1.
func (f Frequency) Quantile(p float64) float64 {
	if f.shape() <= 0 || f.rate() <= 0 {
		return 0
	}
	return gammaQuantile(f.shape(), p) / f.rate()
}

// Chance is the chance that it happens within 12 months, when a share of what would happen
// is let through: 1 − (b / (b + share))^a, the zero of the negative binomial.
func (f Frequency) Chance(share float64) float64 {
	if f.shape() <= 0 || f.rate() <= 0 {
		return 0
	}
	return -math.Expm1(-f.shape() * math.Log1p(share/f.rate()))
}

// variance of the number in a year, under the same share.
func (f Frequency) variance(share float64) float64 {
	m := share * f.Mean()
	return m + share*share*f.shape()/(f.rate()*f.rate())
}

// maxCount bounds the counts of one year that a table holds; what lies above has a chance
// of less than tail.
const (
	maxCount = 20000
	tail     = 1e-12
)

// counts is the distribution of the number in a year as a cumulated table.
func (f Frequency) counts(share float64) []float64 {
	a, b := f.shape(), f.rate()
	if a <= 0 || b <= 0 || share <= 0 {
		return []float64{1}
	}
	p := math.Exp(-a * math.Log1p(share/b))
	q := share / (b + share)
	sum := p
	out := []float64{sum}
	for k := 0; sum < 1-tail && k < maxCount; k++ {
		p *= (a + float64(k)) / float64(k+1) * q
		sum += p
		out = append(out, math.Min(sum, 1))
	}
	return out
}

// countAt is the smallest count whose cumulated chance reaches u.
func countAt(table []float64, u float64) int {
	if u <= table[0] { // nearly always
		return 0
	}
	low, high := 0, len(table)-1
	for low < high {
		mid := (low + high) / 2
		if table[mid] < u {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
