package impact

import (
	"fmt"
	"strings"

	"watchfire.dev/internal/level"
)

// heatMethod holds the coefficients of the section "heat".
type heatMethod struct {
	Provenance string      `json:"provenance"`
	ClassWBGT  classes     `json:"class_wbgt"`
	Sigma      float64     `json:"sigma"`
	Limits     []heatLimit `json:"limits"`
}

// A heatLimit is the reference wet-bulb globe temperature (°C) for one kind of work.
type heatLimit struct {
	Work         string  `json:"work"`
	Watt         float64 `json:"watt"` // metabolic rate that the kind of work stands for
	Acclimatised float64 `json:"acclimatised"`
	Newcomer     float64 `json:"newcomer"` // not acclimatised
}

// defaultWork is what the thresholds of the method speak of.
const defaultWork = "moderate"

// HeatInput describes heat stress over a shift.
type HeatInput struct {
	WBGT     float64 // highest wet-bulb globe temperature of the shift, °C
	Sigma    float64 // of the forecast, °C; 0 = the method's, 1
	Work     string  // rest, light, moderate, heavy, very_heavy; "" = moderate
	Newcomer bool    // the persons are not acclimatised
}

// HeatLimit is the reference limit of ISO 7243:2017 (table A.1) for a kind of work, °C WBGT;
// false for a kind that it does not know.
func (m *Method) HeatLimit(work string, newcomer bool) (float64, bool) {
	if work == "" {
		work = defaultWork
	}
	for _, l := range m.heat.Limits {
		if strings.EqualFold(l.Work, work) {
			if newcomer {
				return l.Newcomer, true
			}
			return l.Acclimatised, true
		}
	}
	return 0, false
}

// WorkKinds names the kinds of work that HeatLimit knows, from rest upwards.
func (m *Method) WorkKinds() []string {
	out := make([]string, len(m.heat.Limits))
	for i, l := range m.heat.Limits {
		out[i] = l.Work
	}
	return out
}

// Heat gives the probability of each impact class: a wet-bulb globe temperature above the
// reference limit of ISO 7243:2017 for the work counts as I1, 3 °C above it as I2 and 5 °C
// above it as I3, normal around the forecast. For moderate work of acclimatised persons
// these are 28, 31 and 33 °C. The limit is the standard's; the two steps are own design. The
// standard screens exposures of up to eight hours in ordinary work clothes. The rule knows
// no I4.
func (m *Method) Heat(in HeatInput) (Result, error) {
	c := &checker{}
	c.within("wbgt", in.WBGT, -60, 60)
	c.within("sigma", in.Sigma, 0, 20)
	limit, ok := m.HeatLimit(in.Work, in.Newcomer)
	if !ok {
		c.add(fmt.Sprintf("work is %.40q, want one of %s", in.Work, strings.Join(m.WorkKinds(), ", ")))
	}
	if err := c.err(); err != nil {
		return Result{}, err
	}
	if in.Sigma == 0 {
		in.Sigma = m.heat.Sigma
	}
	usual, _ := m.HeatLimit(defaultWork, false)
	shift := limit - usual
	var p level.P
	for k, at := range m.heat.ClassWBGT {
		if at > 0 {
			p[k+1] = above(in.WBGT, in.Sigma, at+shift)
		}
	}
	return Result{
		Hazard: "heat", Method: m.Version, P: p.Monotone(),
		Intensity: Measure{in.WBGT, "°C WBGT", in.Sigma},
		Steps:     []Step{{"reference limit for the work", limit, "°C WBGT"}},
		Formula:   "P(WBGT > limit, limit + 3, limit + 5 °C), normal around the forecast; 28, 31, 33 °C for moderate work of acclimatised persons",
		Source:    "ISO 7243:2017, table A.1, for the limit; design of Watchfire, method " + m.Version,
	}, nil
}
