package level

import (
	"fmt"
	"math"

	"watchfire.dev/internal/fault"
)

// Classes is the number of impact classes above I0.
const Classes = 4

// P is an exceedance vector: P[k] is the probability that the impact reaches class k or more
// within the horizon. P[0] is 1 by definition; a well-formed P does not increase with k.
// The zero value means "no impact of class 1 or more"; Monotone gives it its P[0].
type P [Classes + 1]float64

// Valid returns an error wrapping fault.ErrInvalid when an entry of classes 1 to 4 is not a
// probability or a higher class is more probable than a lower one.
func (p P) Valid() error {
	for k := 1; k < len(p); k++ {
		if !(p[k] >= 0 && p[k] <= 1) {
			return fmt.Errorf("P(impact ≥ I%d) = %v is no probability: %w", k, p[k], fault.ErrInvalid)
		}
		if k > 1 && p[k] > p[k-1] {
			return fmt.Errorf("P(impact ≥ I%d) = %v exceeds that of I%d, %v: %w", k, p[k], k-1, p[k-1], fault.ErrInvalid)
		}
	}
	return nil
}

// Monotone returns p as a well-formed vector: P[0] = 1, entries clipped to [0, 1], and each
// class at least as probable as the next higher one, because an impact of class k+1 is also
// one of class k. It raises lower classes and never lowers a higher one: an error made here
// warns too early, not too late. Not-a-number counts as 0; Valid finds it beforehand.
func (p P) Monotone() P {
	p[0] = 1
	for k := Classes; k >= 1; k-- {
		v := p[k]
		if !(v > 0) {
			v = 0
		}
		v = math.Min(v, 1)
		if k < Classes {
			v = math.Max(v, p[k+1])
		}
		p[k] = v
	}
	return p
}

// Scale multiplies classes 1 to 4 by f, the probability that the cause is real or reaches
// the place. f is clipped to [0, 1].
func (p P) Scale(f float64) P {
	f = clip(f)
	for k := 1; k < len(p); k++ {
		p[k] *= f
	}
	return p.Monotone()
}

// A Part is one event's share in a combined probability: the event is real with probability
// Event, and if so, its impact at the asset has the vector Given.
type Part struct {
	Event float64
	Given P
}

// Combine joins independent events: p_k = 1 − ∏ (1 − p_e·P_e[k]). Reports of one event must
// be merged before: they are no independent parts. The order of the parts does not matter
// beyond the last bits of rounding.
func Combine(parts ...Part) P {
	miss := P{1, 1, 1, 1, 1}
	for _, part := range parts {
		e := clip(part.Event)
		for k := 1; k < len(miss); k++ {
			miss[k] *= 1 - e*clip(part.Given[k])
		}
	}
	var out P
	for k := 1; k < len(out); k++ {
		out[k] = 1 - miss[k]
	}
	return out.Monotone()
}

// Max takes the larger probability class by class: for several views of one and the same
// cause (wind and surge of one storm), where 1 − ∏ would count it twice.
func Max(ps ...P) P {
	var out P
	for _, p := range ps {
		for k := 1; k < len(out); k++ {
			out[k] = math.Max(out[k], clip(p[k]))
		}
	}
	return out.Monotone()
}

// clip forces v into [0, 1]; not-a-number becomes 0.
func clip(v float64) float64 {
	if !(v > 0) {
		return 0
	}
	return math.Min(v, 1)
}
