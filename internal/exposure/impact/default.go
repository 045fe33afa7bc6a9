package impact

import (
	"math"

	"watchfire.dev/internal/level"
)

// curveMethod holds the coefficients of the section "default_curve".
type curveMethod struct {
	Provenance string  `json:"provenance"`
	Certainty  float64 `json:"certainty"`
	ScaleKM    float64 `json:"scale_km"`
}

// DefaultInput describes an event for which no better function is known: how bad the source
// thinks it is, where its harm ends, and how far the place is.
type DefaultInput struct {
	// Hint is the class that the source's own scale suggests for the area, 0 to 4, fractions
	// allowed; see HintOfScore and HintOfColour.
	Hint       float64
	Prior      *float64 // probability that the event is real; nil = the method's, 0.70
	DistanceKM float64  // from the event's centre, or from its area with RadiusKM 0
	RadiusKM   float64  // within which the hint holds in full
	ScaleKM    float64  // of the decay beyond it; 0 = the method's, 25 km
}

// DefaultCurve gives the probability of each impact class from a source's own judgement:
//
//	p_k = p_e · T(hint)[k] · exp(−max(0, d − radius)/scale)
//
// T is the table of CAPSeverity, interpolated between whole classes; below class 1 it falls
// to 0 in a straight line. It stands in for hazards without a function of their own and for
// reports too vague for one; it never gives red for one place.
func (m *Method) DefaultCurve(in DefaultInput) (Result, error) {
	c := &checker{}
	prior := m.curve.Certainty
	if in.Prior != nil {
		prior = *in.Prior
	}
	if in.ScaleKM == 0 {
		in.ScaleKM = m.curve.ScaleKM
	}
	c.within("hint", in.Hint, 0, 4)
	c.within("prior", prior, 0, 1)
	c.within("distance_km", in.DistanceKM, -20040, 20040)
	c.within("radius_km", in.RadiusKM, 0, 20040)
	c.within("scale_km", in.ScaleKM, 0.1, 5000)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	decay := math.Exp(-math.Max(0, in.DistanceKM-in.RadiusKM) / in.ScaleKM)
	return Result{
		Hazard: "other", Method: m.Version,
		Intensity: Measure{Value: in.Hint, Unit: "class hint of the source"},
		P:         m.hintRow(in.Hint).Scale(prior * decay),
		Steps:     []Step{{"p of the event", prior, ""}, {"decay beyond the radius", decay, ""}},
		Formula:   "p_k = p_e · T(hint)[k] · exp(−max(0, d − radius)/scale)",
		Source:    "design of Watchfire, method " + m.Version,
	}, nil
}

// hintRow interpolates the severity table.
func (m *Method) hintRow(hint float64) level.P {
	row := func(k int) classes {
		if k < 1 {
			return classes{}
		}
		names := [level.Classes]string{"Minor", "Moderate", "Severe", "Extreme"}
		p, _ := m.cap.row(names[min(k, level.Classes)-1])
		return p
	}
	low := math.Floor(hint)
	a, b := row(int(low)), row(int(low)+1)
	for k := range a {
		a[k] += (hint - low) * (b[k] - a[k])
	}
	return a.p()
}

// HintOfScore turns a GDACS alert score (green below 1, orange below 2, red to 3) into a
// class hint: half a class above the score. GDACS judges whole societies (orange = about a
// hundred deaths), so the score is evidence of strength, never the level of one place.
func HintOfScore(score float64) float64 { return math.Min(4, math.Max(0, score)+0.5) }

// HintOfColour is HintOfScore for a source that gives only its colour: the middle of the
// colour's range. An unknown colour gives false.
func HintOfColour(colour string) (float64, bool) {
	l, err := level.Parse(colour)
	if err != nil {
		return 0, false
	}
	switch l {
	case level.Green:
		return HintOfScore(0.5), true
	case level.Red:
		return HintOfScore(2.5), true
	}
	return HintOfScore(1.5), true // orange, and yellow where a source uses it
}
