package exposure

import (
	"fmt"
	"math"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
)

// placedShape is a footprint that can be matched.
type placedShape struct {
	event.Footprint
	region *geo.Region
	area   bool    // a drawn area, line or circle
	doubt  float64 // km: uncertainty of a point

	exchanged bool // the shape before it with latitude and longitude exchanged
}

// views lists the ways to see an event and tells whether it has a place at all. A hazard's
// own impact function comes first; areas to which the source gave a severity are judged by
// that as well; what has neither falls to the default curve.
func (a *assessment) views() ([]view, bool) {
	rasters, shapes := a.rasters(a.shapes())
	var areas, centres []placedShape
	for _, s := range shapes {
		if s.area {
			areas = append(areas, s)
		} else {
			centres = append(centres, s)
		}
	}
	out := a.physical(areas, centres)
	for i := range out {
		a.unlessMeasured(&out[i], rasters)
	}
	out = append(a.gridded(rasters), out...)
	drawn := len(shapes) > 0 || len(out) > 0
	out = append(out, a.toldViews(areas, centres, out)...)
	for i := range out {
		a.twoParts(&out[i])
	}
	return out, drawn
}

// toldViews are the views by severity, and by the default curve where there is none other.
func (a *assessment) toldViews(areas, centres []placedShape, physical []view) []view {
	out := physical[:len(physical):len(physical)]
	graded := areas
	switch {
	case len(out) > 0 && settled(a.e.Hazard):
		graded = nil
	case len(areas) == 0 && (len(out) == 0 || violent(a.e.Hazard)):
		graded = centres
	}
	for _, s := range graded {
		if s.Severity != "" || a.e.Severity != "" {
			out = append(out, a.graded(s))
		}
	}
	if len(out) > 0 {
		return out[len(physical):]
	}
	if graded = areas; len(areas) == 0 {
		graded = centres
	}
	for _, s := range graded {
		out = append(out, a.curve(s))
	}
	return out
}

// violent tells whether people make the hazard: incidents of METHOD.md 1.7.
func violent(h event.Hazard) bool {
	switch h {
	case event.Conflict, event.Terrorism, event.Unrest, event.Crime, event.Kidnap:
		return true
	}
	return false
}

// settled tells whether the hazard's own function says all that the severity of the same
// area could say, and knows the site better: a tsunami's area reaches inland, the wave not.
func settled(h event.Hazard) bool {
	switch h {
	case event.Tsunami, event.Flood, event.Heat, event.Wildfire, event.Outbreak, event.Corridor:
		return true
	}
	return false
}

// maxShapes bounds the work on one event.
const maxShapes = 5000

// shapes prepares the footprints that may be matched: not the cone, which is uncertainty,
// and not the past; not what has run out while something still holds; and no point so
// uncertain that it is only the middle of a country.
func (a *assessment) shapes() []placedShape {
	var out, over []placedShape
	for i, f := range a.e.Shapes {
		if i == maxShapes {
			a.notes = append(a.notes, fmt.Sprintf("%d footprints beyond the first %d were not matched", len(a.e.Shapes)-i, maxShapes))
			break
		}
		if f.Role == event.Cone || f.Role == event.Past || f.Shape.IsZero() && f.Grid == nil {
			continue
		}
		point := f.Shape.Kind == geo.PointKind
		if point && f.Shape.RadiusKM > a.x.rules.VagueKM {
			continue
		}
		if f.Grid != nil {
			f.Shape = f.Grid.Extent()
		}
		region, notes, err := geo.Prepare(f.Shape)
		if err != nil {
			a.notes = append(a.notes, "a footprint of the event could not be used: "+err.Error())
			continue
		}
		for _, n := range notes {
			a.notes = append(a.notes, "footprint repaired: "+n)
		}
		s := placedShape{Footprint: f, region: region, area: !point}
		if point {
			s.doubt = f.Shape.RadiusKM
		}
		put := &out
		if f.To.After(f.From) && f.To.Before(a.now) {
			put = &over
		}
		*put = append(*put, s)
		if other, ok := a.exchanged(f, i); ok {
			other.area, other.doubt = s.area, s.doubt
			*put = append(*put, other)
		}
	}
	if len(out) == 0 {
		return over
	}
	return out
}

// physical lists the views by the hazard's own impact function.
func (a *assessment) physical(areas, centres []placedShape) []view {
	switch a.e.Hazard {
	case event.Earthquake:
		return a.earthquake(areas, centres)
	case event.Cyclone:
		return a.cyclone(areas, centres)
	case event.Tsunami:
		return a.tsunami(areas, centres)
	case event.Volcano:
		return a.each(centres, a.volcano)
	case event.Wildfire:
		return a.each(both(areas, centres), a.wildfire)
	case event.Flood:
		return a.each(both(areas, centres), a.flood)
	case event.Heat:
		return a.each(both(areas, centres), a.heat)
	case event.Conflict, event.Terrorism, event.Unrest, event.Crime, event.Kidnap:
		return a.each(centres, a.incident)
	case event.Outbreak:
		return a.each(both(areas, centres), a.outbreak)
	case event.Corridor:
		return a.each(both(areas, centres), a.corridor)
	}
	return nil
}

// both prefers areas to centres: a centre only says where the middle of the area is.
func both(areas, centres []placedShape) []placedShape {
	if len(areas) > 0 {
		return areas
	}
	return centres
}

// each makes a view of every shape; a view without a judge does not apply.
func (a *assessment) each(shapes []placedShape, make func(placedShape) view) []view {
	var out []view
	for _, s := range shapes {
		if v := make(s); v.judge != nil {
			out = append(out, v)
		}
	}
	return out
}

// at starts a view of a shape.
func (s placedShape) at() view { return view{area: s.area, from: s.From, to: s.To} }

// graded is the view of a shape with a CAP severity.
func (a *assessment) graded(s placedShape) view {
	const usual = 10 // km, the decay of the method
	severity := s.Severity
	if severity == "" {
		severity = a.e.Severity
	}
	v := s.at()
	v.judge = func(t *target, km float64) (impact.Result, error) {
		r, err := a.x.method.CAPSeverity(impact.CAPInput{
			Severity: severity, Certainty: a.e.Certain, Urgency: a.e.Urgency,
			DistanceKM: math.Max(0, km-s.doubt), ScaleKM: a.scale(t, usual),
		})
		return a.spread(r, s.doubt), err
	}
	v.inputs = func(t *target, _ float64) []Input {
		return a.withDoubt([]Input{
			{"severity class", float64(impact.SeverityClass(severity)), ""}, {"probability of the certainty", a.x.method.PriorOf(a.e.Certain), ""},
		}, t, usual, s.doubt)
	}
	v.fields = []field{{s.region, s.doubt + a.reachOfDecay(func(t *target, km float64) (impact.Result, error) { return v.judge(t, km+s.doubt) })}}
	a.limit(&v)
	return v
}

// curve is the view of a shape by the default curve.
func (a *assessment) curve(s placedShape) view {
	const usual = 25 // km, the decay of the method
	hint := a.hint(s.Severity)
	v := s.at()
	v.judge = func(t *target, km float64) (impact.Result, error) {
		sure := 1.0 // the event's own probability is applied to every row
		r, err := a.x.method.DefaultCurve(impact.DefaultInput{
			Hint: hint, Prior: &sure, DistanceKM: km, RadiusKM: s.doubt, ScaleKM: a.scale(t, usual),
		})
		return a.spread(r, s.doubt), err
	}
	v.inputs = func(t *target, _ float64) []Input {
		return a.withDoubt([]Input{{"class hint", hint, ""}}, t, usual, s.doubt)
	}
	v.fields = []field{{s.region, s.doubt + a.reachOfDecay(func(t *target, km float64) (impact.Result, error) { return v.judge(t, km+s.doubt) })}}
	a.limit(&v)
	return v
}

// plain is the view of an event of which nothing is known but that it concerns an asset.
func (a *assessment) plain() view {
	s := placedShape{}
	v := view{}
	severity := a.e.Severity
	if severity != "" {
		v.judge = func(_ *target, km float64) (impact.Result, error) {
			return a.x.method.CAPSeverity(impact.CAPInput{Severity: severity, Certainty: a.e.Certain, Urgency: a.e.Urgency, DistanceKM: km})
		}
		v.inputs = func(*target, float64) []Input {
			return []Input{{"severity class", float64(impact.SeverityClass(severity)), ""}, {"probability of the certainty", a.x.method.PriorOf(a.e.Certain), ""}}
		}
		a.limit(&v)
		return v
	}
	hint := a.hint(s.Severity)
	v.judge = func(_ *target, km float64) (impact.Result, error) {
		sure := 1.0
		return a.x.method.DefaultCurve(impact.DefaultInput{Hint: hint, Prior: &sure, DistanceKM: km})
	}
	v.inputs = func(*target, float64) []Input { return []Input{{"class hint", hint, ""}} }
	a.limit(&v)
	return v
}

// spread lowers the chance at one place when the event's own place is known less well than
// its effect reaches: somewhere within the doubt, but not everywhere.
func (a *assessment) spread(r impact.Result, doubt float64) impact.Result {
	if doubt > a.x.rules.SpreadKM {
		r.P = r.P.Scale(a.x.rules.SpreadKM / doubt)
	}
	return r
}

func (a *assessment) withDoubt(in []Input, t *target, usual, doubt float64) []Input {
	if doubt > 0 {
		in = append(in, Input{"uncertainty of the place", doubt, "km"})
	}
	if km := a.scale(t, usual); km > 0 {
		in = append(in, Input{"decay stretched to the asset's own radius", km, "km"})
	}
	return in
}

// hint is the impact class that the source's own scale suggests: a severity, a GDACS score
// or colour. Those speak of whole societies; they shape the default curve, which never gives
// red, and are not used where an impact function knows better.
func (a *assessment) hint(severity string) float64 {
	if severity == "" {
		severity = a.e.Severity
	}
	if k := impact.SeverityClass(severity); k > 0 {
		return float64(k)
	}
	if m, ok := measure(a.e.Measures, "alert_score"); ok {
		return impact.HintOfScore(m.Value)
	}
	if m, ok := measure(a.e.Measures, "alert_level"); ok {
		colours := []string{"green", "orange", "red"}
		if h, ok := impact.HintOfColour(colours[int(clamp(m.Value, 1, 3))-1]); ok {
			return h
		}
	}
	return a.x.rules.Hint
}
