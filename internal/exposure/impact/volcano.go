package impact

import (
	"fmt"
	"math"
	"strings"

	"watchfire.dev/internal/level"
)

// volcanoMethod holds the coefficients of the section "volcano".
type volcanoMethod struct {
	Provenance string  `json:"provenance"`
	UnrestKM   float64 `json:"unrest_km"`
	Unrest     classes `json:"unrest"`
	EruptionKM float64 `json:"eruption_km"`
	Eruption   classes `json:"eruption"`
	ScaleKM    float64 `json:"scale_km"`
	CodeOrange classes `json:"code_orange"`
	CodeRed    classes `json:"code_red"`
	ClassAsh   classes `json:"class_ash_mm"`
	AshGSD     float64 `json:"ash_gsd"`
}

// VolcanoInput describes a volcano and one place.
type VolcanoInput struct {
	State        string   // quiet (or ""), unrest, eruption
	DistanceKM   float64  // from the vent
	AviationCode string   // "", green, yellow, orange, red
	AshMM        float64  // forecast ash fall at the place; 0 = none
	Prior        *float64 // probability that the report is true; nil = 1
}

// Volcano gives the probability of each impact class at one place: full effect of unrest
// within 5 km of the vent and of an eruption within 30 km, decaying with a scale of 10 km
// beyond; aviation colour codes orange and red as disturbance of travel (I1, I2); ash fall
// of 1 mm and 10 mm as I2 and I3, log-normal with a factor of 2. The larger view counts.
// The probabilities given a rule are own design and await calibration, as do the distances:
// no source gives a rule for one site. GDACS sets its volcano colours by hand, from ash
// advisories and the weekly report of the Smithsonian Institution. Distances of any size are
// taken; far away only the aviation code and the ash count.
func (m *Method) Volcano(in VolcanoInput) (Result, error) {
	q := m.volcano
	c := &checker{}
	prior := 1.0
	if in.Prior != nil {
		prior = *in.Prior
	}
	c.within("prior", prior, 0, 1)
	c.within("distance_km", in.DistanceKM, 0, 20040)
	c.within("ash_mm", in.AshMM, 0, 1e5)
	var near level.P
	beyond := func(km float64) float64 { return math.Exp(-math.Max(0, in.DistanceKM-km) / q.ScaleKM) }
	switch strings.ToLower(in.State) {
	case "", "quiet":
	case "unrest":
		near = q.Unrest.p().Scale(beyond(q.UnrestKM))
	case "eruption":
		near = q.Eruption.p().Scale(beyond(q.EruptionKM))
	default:
		c.add(fmt.Sprintf("state is %.40q, want quiet, unrest or eruption", in.State))
	}
	var code level.P
	switch strings.ToLower(in.AviationCode) {
	case "", "green", "yellow", "unassigned":
	case "orange":
		code = q.CodeOrange.p()
	case "red":
		code = q.CodeRed.p()
	default:
		c.add(fmt.Sprintf("aviation_code is %.40q, want green, yellow, orange or red", in.AviationCode))
	}
	if err := c.err(); err != nil {
		return Result{}, err
	}
	r := Result{
		Hazard: "volcano", Method: m.Version,
		Intensity: Measure{Value: in.DistanceKM, Unit: "km from the vent"},
		P:         level.Max(near, code, logThresholds(in.AshMM, q.AshGSD, q.ClassAsh)).Scale(prior),
		Steps:     []Step{{"p of the report", prior, ""}},
		Formula:   "unrest within 5 km, eruption within 30 km, decay exp(−d/10) beyond; aviation code; ash ≥ 1, 10 mm",
		Source:    "design of Watchfire, method " + m.Version,
	}
	r.note(in.AviationCode != "", "an aviation code counts for places and trips that depend on air travel in the region")
	return r, nil
}
