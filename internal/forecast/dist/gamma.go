package dist

import "math"

// GammaCDF is the chance that a gamma variable with this shape and rate 1 is at most x: the
// series of the regularised incomplete gamma function below shape + 1, its continued fraction
// above (Abramowitz and Stegun 6.5.29, 6.5.31).
func GammaCDF(shape, x float64) float64 {
	if x <= 0 {
		return 0
	}
	lg, _ := math.Lgamma(shape)
	front := math.Exp(shape*math.Log(x) - x - lg)
	if x < shape+1 {
		sum, term := 1/shape, 1/shape
		for n := 1.0; n < 1000 && term > sum*1e-16; n++ {
			term *= x / (shape + n)
			sum += term
		}
		return min(1, front*sum)
	}
	tail := 0.0 // of the continued fraction, from its end
	for n := 200.0; n >= 1; n-- {
		tail = n * (n - shape) / (x + 2*n + 1 - shape - tail)
	}
	return max(0, 1-front/(x+1-shape-tail))
}

// GammaQuantile inverts GammaCDF; p lies between 0 and 1.
func GammaQuantile(shape, p float64) float64 {
	low, high := 0.0, shape+40*math.Sqrt(shape)+40
	for range 100 {
		mid := (low + high) / 2
		if GammaCDF(shape, mid) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}
