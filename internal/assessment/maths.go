package assessment

import "math"

// The functions below use explicit conversions after each product: Go may otherwise fuse a
// product and a sum on some processors, and the last digit would depend on the machine.

const (
	ln2hi = 6.93147180369123816490e-01
	ln2lo = 1.90821492927058770002e-10
)

// ln is the natural logarithm of x > 0, to about 2e-16: x = f·2^k with f in [1, 2), the
// middle F of the sixty-fourth that holds f from a table, and the series of
// artanh((f−F)/(f+F)), whose fourth term is below 1e-18.
func ln(x float64) float64 {
	bits := math.Float64bits(x)
	k := int(bits>>52) - 1023
	if k <= -1023 || k >= 1024 { // subnormal, infinite: nothing that a score can be
		f, e := math.Frexp(x)
		bits, k = math.Float64bits(f*2), e-1
	}
	f := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	j := bits >> 46 & 63
	middle := 1 + (float64(j)+0.5)/64
	s := (f - middle) / (f + middle)
	z := float64(s * s)
	t := 2 + float64(z*(2.0/3+float64(z*(2.0/5+float64(z*(2.0/7))))))
	return float64(float64(k)*ln2hi) + (lnTable[j] + (float64(s*t) + float64(float64(k)*ln2lo)))
}

// exp is e^x for |x| < 700: x = (32·k + j)·ln 2 / 32 + r with |r| ≤ ln 2 / 64, 2^(j/32) from a
// table, and Taylor's series of e^r, whose seventh term is below 1e-17.
func exp(x float64) float64 {
	n := math.Floor(float64(x*(32/math.Ln2)) + 0.5)
	r := (x - float64(n*(ln2hi/32))) - float64(n*(ln2lo/32))
	i := int(n)
	t := 1.0/24 + float64(r*(1.0/120+float64(r*(1.0/720))))
	t = 0.5 + float64(r*(1.0/6+float64(r*t)))
	t = float64(r * (1 + float64(r*t)))
	v := expTable[i&31]
	return float64((v + float64(v*t)) * math.Float64frombits(uint64(i>>5+1023)<<52))
}

// log1p is ln(1+x) for x ≥ 0; panels hold no numbers for which the plain form loses digits
// that a score of 0 to 10 would show.
func log1p(x float64) float64 { return ln(1 + x) }

// phi is the standard normal distribution function by Abramowitz and Stegun 26.2.17, absolute
// error below 7.5e-8: the normal approximation of a test needs no more.
func phi(z float64) float64 {
	if z < 0 {
		return 1 - phi(-z)
	}
	t := 1 / (1 + float64(0.2316419*z))
	sum := 0.0
	for _, b := range []float64{1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.319381530} {
		sum = float64(t * (b + sum))
	}
	if z > 26 {
		return 1
	}
	return 1 - float64(float64(exp(-z*z/2)/math.Sqrt(2*math.Pi))*sum)
}

func clip(x float64) float64 { return math.Min(10, math.Max(0, x)) }

// round keeps six decimals: what is published.
func round(x float64) float64 {
	if r := math.Round(x*1e6) / 1e6; r != 0 {
		return r
	}
	return 0 // never −0
}
