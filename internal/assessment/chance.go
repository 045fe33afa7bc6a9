package assessment

import "math"

// A stream is a sequence of pseudo-random numbers (SplitMix64, Steele, Lea and Flood 2014).
// It is written out here so that a published assessment never depends on the library's
// generator.
type stream struct{ state uint64 }

// newStream gives a stream of its own for a purpose, so that one more number drawn for one
// purpose does not shift those of another.
func newStream(seed, purpose uint64) *stream {
	s := &stream{seed ^ (purpose * 0xd1342543de82ef95)}
	s.next()
	return s
}

func (s *stream) next() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// unit is uniform in (0, 1).
func (s *stream) unit() float64 { return (float64(s.next()>>11) + 0.5) / (1 << 53) }

// normal is standard normal (Marsaglia's polar method).
func (s *stream) normal() float64 {
	for {
		u, v := 2*s.unit()-1, 2*s.unit()-1
		q := float64(u*u) + float64(v*v)
		if q > 0 && q < 1 {
			return float64(u * math.Sqrt(-2*ln(q)/q))
		}
	}
}

// gamma has the given shape > 0 and scale 1 (Marsaglia and Tsang 2000).
func (s *stream) gamma(shape float64) float64 {
	if shape < 1 {
		g := s.gamma(shape + 1)
		return float64(g * exp(math.Max(-600, ln(s.unit())/shape)))
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.normal()
		t := 1 + float64(c*x)
		if t <= 0 {
			continue
		}
		v := float64(t * float64(t*t))
		if ln(s.unit()) < float64(x*x)/2+d-float64(d*v)+float64(d*ln(v)) {
			return float64(d * v)
		}
	}
}
