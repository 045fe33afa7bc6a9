package impact

import "watchfire.dev/internal/level"

// heatMethod holds the coefficients of the section "heat".
type heatMethod struct {
	Provenance string  `json:"provenance"`
	ClassWBGT  classes `json:"class_wbgt"`
	Sigma      float64 `json:"sigma"`
}

// HeatInput describes heat stress over a shift.
type HeatInput struct {
	WBGT  float64 // highest wet-bulb globe temperature of the shift, °C
	Sigma float64 // of the forecast, °C; 0 = the method's, 1
}

// Heat gives the probability of each impact class: a wet-bulb globe temperature above 28, 31
// and 33 °C counts as I1 to I3, normal around the forecast. 28 °C is the limit of ISO 7243
// for moderate work of acclimatised persons; light work bears more and newcomers less. The
// rule knows no I4.
func (m *Method) Heat(in HeatInput) (Result, error) {
	c := &checker{}
	c.within("wbgt", in.WBGT, -60, 60)
	c.within("sigma", in.Sigma, 0, 20)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	if in.Sigma == 0 {
		in.Sigma = m.heat.Sigma
	}
	var p level.P
	for k, limit := range m.heat.ClassWBGT {
		if limit > 0 {
			p[k+1] = above(in.WBGT, in.Sigma, limit)
		}
	}
	return Result{
		Hazard: "heat", Method: m.Version, P: p.Monotone(),
		Intensity: Measure{in.WBGT, "°C WBGT", in.Sigma},
		Formula:   "P(WBGT > 28, 31, 33 °C), normal around the forecast",
		Source:    "ISO 7243 for the first limit; design of Watchfire, method " + m.Version,
	}, nil
}
