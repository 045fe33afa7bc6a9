package exposure

import (
	"fmt"

	"watchfire.dev/internal/exposure/impact"
)

// earthquake sees an earthquake by its centre and magnitude, and where the source drew
// lines of equal shaking (measure mmi of an area), by those as well.
func (a *assessment) earthquake(areas, centres []placedShape) []view {
	magnitude, ok := measure(a.e.Measures, "magnitude")
	var out []view
	for _, s := range areas {
		if m, drawn := measure(s.Measures, "mmi"); drawn && m.Value > 0 && m.Value <= 12 {
			shaking := impact.Measure{Value: m.Value, Unit: "MMI", Sigma: clamp(m.Sigma, 0, 5)}
			out = append(out, a.quake(s, magnitude.Value, magnitude.Sigma, &shaking))
		}
	}
	if !ok {
		return out
	}
	if len(centres) == 0 {
		centres = areas // a drawn epicentral area is a centre too
	}
	if len(centres) > 0 {
		out = append(out, a.quake(centres[0], magnitude.Value, magnitude.Sigma, nil))
		if len(centres) > 1 && centres[1].exchanged {
			out = append(out, a.quake(centres[1], magnitude.Value, magnitude.Sigma, nil))
		}
	}
	return out
}

// quake is the view of one centre, or of the inside of one line of equal shaking.
func (a *assessment) quake(s placedShape, magnitude, sigma float64, shaking *impact.Measure) view {
	in := impact.EarthquakeInput{
		Magnitude: clamp(magnitude, 0, 10), MagnitudeSigma: clamp(sigma, 0, 2), Shaking: shaking,
		DepthKM: a.x.rules.Depth.KM, DepthSigmaKM: a.x.rules.Depth.Sigma, DistanceSigmaKM: s.doubt,
	}
	v := s.at()
	if depth, ok := measure(a.e.Measures, "depth"); ok {
		in.DepthKM, in.DepthSigmaKM = clamp(depth.Value, -10, 800), clamp(depth.Sigma, 0, 500)
	} else if shaking == nil {
		v.notes = append(v.notes, fmt.Sprintf("no depth given: %.0f ± %.0f km taken", in.DepthKM, in.DepthSigmaKM))
	}
	q, err := a.x.method.Quake(in)
	if err != nil { // what the source says is out of every range: the default curve speaks
		v.judge = func(*target, float64) (impact.Result, error) { return impact.Result{}, err }
		v.inputs = func(*target, float64) []Input { return nil }
		v.fields = []field{{s.region, a.x.rules.NearKM}}
		return v
	}
	persons := func(t *target) float64 { return float64(t.asset.HeadCount(a.now, t.zone)) }
	v.judge = func(t *target, km float64) (impact.Result, error) {
		return q.At(km, persons(t), t.v, t.asset.Country)
	}
	event := []Input{
		{"magnitude", in.Magnitude, ""},
		{"magnitude sigma", in.MagnitudeSigma, ""},
		{"depth", in.DepthKM, "km"},
		{"depth sigma", in.DepthSigmaKM, "km"},
		{"uncertainty of the epicentre", in.DistanceSigmaKM, "km"},
	}
	if shaking != nil {
		event = []Input{{"shaking", shaking.Value, "MMI"}, {"its sigma", shaking.Sigma, "MMI"}}
	}
	v.add = func(to []Input, t *target) []Input {
		return append(append(to, event...), Input{"persons", persons(t), ""}, Input{"vulnerability", t.v, ""})
	}
	v.inputs = func(t *target, _ float64) []Input { return v.add(nil, t) }
	reach := 0.0
	if shaking == nil {
		reach = farthest(rough, func(km float64) bool { return q.ChanceOfI1(km)*a.pEvent >= a.x.rules.Keep })
	}
	v.fields = []field{{s.region, reach}}
	return v
}
