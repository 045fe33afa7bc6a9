package impact

import (
	"fmt"

	"watchfire.dev/internal/level"
)

// droughtMethod holds the coefficients of the section "drought".
type droughtMethod struct {
	Provenance string  `json:"provenance"`
	Green      classes `json:"green"`
	Orange     classes `json:"orange"`
	Red        classes `json:"red"`
}

// DroughtInput describes a drought by the colour that GDACS gives it.
type DroughtInput struct {
	Colour string   // green, orange (relevant economic impact), red (life-threatening)
	Prior  *float64 // probability that it concerns the place; nil = 1
}

// Drought gives the probability of each impact class from the colour of GDACS, which renews
// its index (RDrI-Agri) every ten days. A drought is slow and strategic: whatever its colour,
// the vector gives yellow at most.
func (m *Method) Drought(in DroughtInput) (Result, error) {
	c := &checker{}
	prior := 1.0
	if in.Prior != nil {
		prior = *in.Prior
	}
	c.within("prior", prior, 0, 1)
	colour, err := level.Parse(in.Colour)
	row := m.drought.Green
	switch {
	case err != nil || colour == level.Yellow:
		c.add(fmt.Sprintf("colour is %.20q, want green, orange or red", in.Colour))
	case colour == level.Orange:
		row = m.drought.Orange
	case colour == level.Red:
		row = m.drought.Red
	}
	if err := c.err(); err != nil {
		return Result{}, err
	}
	return Result{
		Hazard: "drought", Method: m.Version, P: row.p().Scale(prior),
		Intensity: Measure{Value: float64(colour), Unit: "GDACS colour, 0 green, 2 orange, 3 red"},
		Steps:     []Step{{"p of the report", prior, ""}},
		Formula:   "step function of the GDACS colour; yellow at most",
		Source:    "GDACS drought model for the colours; design of Watchfire, method " + m.Version,
	}, nil
}
