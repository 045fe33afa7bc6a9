package score

import "math/rand/v2"

// Resample gives the means of n samples drawn with replacement, each as large as the values.
// The stream is fixed: equal values give equal samples.
func Resample(values []float64, n int) []float64 {
	chance := rand.New(rand.NewPCG(1, 2))
	out := make([]float64, n)
	for k := range out {
		sum := 0.0
		for range values {
			sum += values[chance.IntN(len(values))]
		}
		out[k] = sum / float64(len(values))
	}
	return out
}
