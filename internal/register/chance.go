package register

import (
	"hash/fnv"
	"math"
	"strconv"

	"watchfire.dev/internal/quantile"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A stream is chance by counting: the number at a place depends on seed, name and place
// alone. So an entry keeps its luck when others join or leave, and two stages of one entry
// share theirs: what a control changes is seen without the noise.
// The mixing is splitmix64 (Steele, Lea and Flood 2014).
type stream uint64

const golden = 0x9e3779b97f4a7c15

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// streamOf is the stream of a kind and a name under a seed.
func streamOf(seed uint64, kind, name string) stream {
	h := fnv.New64a()
	h.Write([]byte(kind + "\x00" + name)) //nolint:errcheck // a hash never fails
	return stream(mix(h.Sum64() + mix(seed+golden)))
}

// uniform is strictly between 0 and 1.
func (s stream) uniform(i, j int) float64 {
	x := mix(mix(uint64(s)+uint64(i+1)*golden) + uint64(j+1)*golden)
	return (float64(x>>11) + .5) / (1 << 53)
}

// normal is standard normal.
func (s stream) normal(i, j int) float64 { return quantile.NormalAt(s.uniform(i, j)) }

// gammaCDF is the regularised lower incomplete gamma function P(a, x): the series below
// a + 1, the continued fraction by Lentz above (Abramowitz and Stegun 6.5.29, 6.5.31).
func gammaCDF(a, x float64) float64 {
	if x <= 0 {
		return 0
	}
	lg, _ := math.Lgamma(a)
	front := math.Exp(float64(a*math.Log(x)) - x - lg)
	if x < a+1 {
		sum, term := 1/a, 1/a
		for n := 1; n < 10000; n++ {
			term *= x / (a + float64(n))
			sum += term
			if term < sum*1e-16 {
				break
			}
		}
		return math.Min(1, float64(front*sum))
	}
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for n := 1; n < 10000; n++ {
		an := -float64(n) * (float64(n) - a)
		b += 2
		d = 1 / away(float64(an*d)+b, tiny)
		c = away(b+an/c, tiny)
		step := float64(d * c)
		h *= step
		if math.Abs(step-1) < 1e-15 {
			break
		}
	}
	return math.Max(0, 1-float64(front*h))
}

// away keeps a divisor from zero.
func away(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}

// gammaQuantile inverts gammaCDF by halving.
func gammaQuantile(a, p float64) float64 {
	low, high := 0.0, a+10*math.Sqrt(a)+10
	for range 200 {
		mid := low + (high-low)/2
		if gammaCDF(a, mid) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return low + (high-low)/2
}
