// Package quantile holds the few pieces of statistics that several packages reckon with: the
// quantile of a sorted list, and the normal distribution both ways. Each is a pure function
// that gives the same bytes on every machine: products are rounded before they are added, so
// that no processor joins them. The package promises no other estimate than the ones it
// names, and knows nothing of risks, surveys or hazards.
package quantile

import "math"

// Of is the quantile of a list sorted upwards, q in [0, 1], between neighbours on the
// straight line (Hyndman and Fan 1996, type 7); 0 of an empty list.
func Of(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := float64(q * float64(len(sorted)-1))
	i := int(at)
	if i >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + float64((at-float64(i))*(sorted[i+1]-sorted[i]))
}

// Normal is the chance that a standard normal number is at most z.
func Normal(z float64) float64 { return .5 * math.Erfc(-z/math.Sqrt2) }

// NormalAt is the inverse of Normal, for p strictly between 0 and 1.
func NormalAt(p float64) float64 {
	if p < .5 {
		return -math.Sqrt2 * math.Erfinv(1-2*p)
	}
	return math.Sqrt2 * math.Erfinv(2*p-1)
}

// Wilson is the interval of a share of n cases that holds the true one with a chance of 90 %
// (Wilson 1927): it stays within 0 and 1, and without a case it is all of that.
func Wilson(share float64, n int) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	const z, zz = 1.6449, 1.6449 * 1.6449
	m := float64(n)
	middle, wide := share+zz/float64(2*m), 1+zz/m
	half := z * math.Sqrt(float64(share*(1-share))/m+zz/float64(4*m*m))
	return max(0, (middle-half)/wide), min(1, (middle+half)/wide)
}
