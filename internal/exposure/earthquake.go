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
	fill := func(t *target, km float64) impact.EarthquakeInput {
		at := in
		at.DistanceKM, at.Country, at.Vulnerability = km, t.asset.Country, t.v
		at.Persons = float64(t.asset.HeadCount(a.now, t.zone))
		return at
	}
	v.judge = func(t *target, km float64) (impact.Result, error) {
		r, err := a.x.method.Earthquake(fill(t, km))
		if err == nil && r.ExpectedDeaths >= 0.01 {
			r.Notes = append(r.Notes, fmt.Sprintf("expected deaths among own people: %.2g", r.ExpectedDeaths))
		}
		return r, err
	}
	v.inputs = func(t *target, km float64) []Input {
		at := fill(t, km)
		own := []Input{{"persons", at.Persons, ""}, {"vulnerability", at.Vulnerability, ""}}
		if shaking != nil {
			return append([]Input{{"shaking", shaking.Value, "MMI"}, {"its sigma", shaking.Sigma, "MMI"}}, own...)
		}
		return append([]Input{
			{"magnitude", at.Magnitude, ""},
			{"magnitude sigma", at.MagnitudeSigma, ""},
			{"depth", at.DepthKM, "km"},
			{"depth sigma", at.DepthSigmaKM, "km"},
			{"uncertainty of the epicentre", at.DistanceSigmaKM, "km"},
		}, own...)
	}
	reach := 0.0
	if shaking == nil {
		t := bare()
		reach = farthest(rough, func(km float64) bool {
			_, p, _, err := a.x.method.EarthquakeVector(fill(t, km))
			return err == nil && p[1]*a.pEvent >= a.x.rules.Keep
		})
	}
	v.fields = []field{{s.region, reach}}
	return v
}
