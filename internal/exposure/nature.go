package exposure

import (
	"math"

	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
)

// sure is the prior of functions whose event probability is applied to the row as a whole.
func sure() *float64 {
	p := 1.0
	return &p
}

// tsunami sees a bulletin: its areas, or the places around the source of the wave. What an
// asset does not record is taken carefully: an unknown elevation as 5 m, an unknown distance
// from the coast as "on the coast" inside a drawn area, and with a fifth of the chance
// where only the source is known [D].
func (a *assessment) tsunami(areas, centres []placedShape) []view {
	q := a.x.rules.Tsunami
	in := impact.TsunamiInput{Bulletin: a.bulletin()}
	if wave, ok := measure(a.e.Measures, "wave"); ok {
		in.HeightM = clamp(wave.Value, 0, 600)
	}
	fill := func(t *target, s placedShape) (impact.TsunamiInput, float64, []string) {
		at, share, notes := in, 1.0, []string(nil)
		at.ElevationM = q.Elevation
		if z := t.asset.ElevationM; z != nil {
			at.ElevationM = clamp(*z, -500, 9000)
		} else {
			notes = append(notes, "the asset's elevation is not recorded: taken as 5 m")
		}
		if c := t.asset.CoastKM; c != nil {
			at.CoastKM = clamp(*c, 0, everywhereKM)
		} else {
			notes = append(notes, "the asset's distance from the coast is not recorded: taken as on the coast")
			if !s.area {
				share = q.Unknown
			}
		}
		return at, share, notes
	}
	return a.each(both(areas, centres), func(s placedShape) view {
		v := s.at()
		v.judge = func(t *target, _ float64) (impact.Result, error) {
			at, share, notes := fill(t, s)
			r, err := a.x.method.Tsunami(at)
			r.P, r.Notes = r.P.Scale(share), append(r.Notes, notes...)
			return r, err
		}
		v.inputs = func(t *target, _ float64) []Input {
			at, share, _ := fill(t, s)
			return []Input{{"height at the coast", at.HeightM, "m"}, {"elevation", at.ElevationM, "m"}, {"distance from the coast", at.CoastKM, "km"}, {"share for what is not recorded", share, ""}}
		}
		v.notes = append(v.notes, "kind of bulletin: "+in.Bulletin)
		reach := 0.0
		if !s.area {
			reach, v.core = q.ReachKM, q.ReachKM
		}
		v.fields = []field{{s.region, reach}}
		return v
	})
}

// bulletin reads the kind of a tsunami bulletin from its title, else from the severity of a
// CAP message or the score of GDACS, whose classes are heights of the wave.
func (a *assessment) bulletin() string {
	if kind := a.x.rules.kind(a.e.Hazard, a.e.Title); kind != "" {
		return kind
	}
	class := float64(impact.SeverityClass(a.e.Severity))
	if score, ok := measure(a.e.Measures, "alert_score"); ok && class == 0 {
		class = score.Value + 1
	}
	switch {
	case class >= 3:
		return "warning"
	case class >= 2:
		return "watch"
	}
	return "information"
}

func (a *assessment) volcano(s placedShape) view {
	in := impact.VolcanoInput{State: "unrest", Prior: sure()}
	if score, _ := measure(a.e.Measures, "alert_score"); score.Value >= 1 || a.x.rules.kind(a.e.Hazard, a.e.Title) == "eruption" {
		in.State = "eruption"
	}
	if m, ok := measure(a.e.Measures, "ash"); ok {
		in.AshMM = clamp(m.Value, 0, 1e5)
	}
	if m, ok := measure(a.e.Measures, "aviation_code"); ok {
		in.AviationCode = []string{"green", "yellow", "orange", "red"}[int(clamp(m.Value, 1, 4))-1]
	}
	v := s.at()
	v.judge = func(_ *target, km float64) (impact.Result, error) {
		at := in
		at.DistanceKM = math.Min(km, everywhereKM)
		if km > 300 { // ash and closed air space are forecast for a region, not for the Earth
			at.AshMM, at.AviationCode = 0, ""
		}
		return a.x.method.Volcano(at)
	}
	v.inputs = func(*target, float64) []Input { return []Input{{"ash fall", in.AshMM, "mm"}} }
	v.notes = append(v.notes, "state of the volcano: "+in.State)
	v.fields = []field{{s.region, a.reachOf(v.judge)}}
	return v
}

// wildfire sees a fire by its edge, which is never the area of an alert with a severity: that
// says where it is dangerous, not where it burns; a point with a burnt area (measure area, hectares) is a
// disc of that size.
func (a *assessment) wildfire(s placedShape) view {
	if s.area && (s.Severity != "" || a.e.Severity != "") {
		return view{}
	}
	in := impact.WildfireInput{Prior: sure()}
	if m, ok := measure(a.e.Measures, "wind_kmh"); ok {
		in.WindKMH = clamp(m.Value, -400, 400)
	}
	if m, ok := measure(a.e.Measures, "pm25"); ok {
		in.PM25 = clamp(m.Value, 0, 1e5)
	}
	radius := s.doubt
	if m, ok := measure(a.e.Measures, "area"); ok && !s.area {
		radius += math.Sqrt(clamp(m.Value, 0, 1e8) * 0.01 / math.Pi)
	}
	v := s.at()
	v.judge = func(_ *target, km float64) (impact.Result, error) {
		at := in
		at.DistanceKM = math.Min(everywhereKM, math.Max(0, km-radius))
		if km-radius > 300 {
			at.PM25 = 0 // smoke is measured somewhere near the fire
		}
		return a.x.method.Wildfire(at)
	}
	v.inputs = func(*target, float64) []Input {
		return []Input{{"wind towards the place", in.WindKMH, "km/h"}, {"radius of the fire", radius, "km"}, {"smoke", in.PM25, "µg/m³"}}
	}
	v.fields = []field{{s.region, math.Min(a.reachOf(v.judge), radius+a.x.rules.FireKM)}}
	return v
}

// flood uses a return period (measure return_years) or a depth (depth_m) when the source
// forecasts one; the drawn area is taken as the flood zone.
func (a *assessment) flood(s placedShape) view {
	years, okYears := measure(a.e.Measures, "return_years")
	depth, okDepth := measure(a.e.Measures, "depth_m")
	if m, ok := measure(s.Measures, "depth_m"); ok {
		depth, okDepth = m, true
	}
	if (!okYears || years.Value <= 0) && (!okDepth || depth.Value <= 0) {
		return view{}
	}
	in := impact.FloodInput{ReturnYears: clamp(years.Value, 0, 1e6), DepthM: clamp(depth.Value, 0, 100), Prior: sure()}
	v := s.at()
	v.judge = func(_ *target, km float64) (impact.Result, error) {
		at := in
		at.InZone = km == 0
		if km > 0 {
			at.DepthM = 0
			if at.ReturnYears == 0 {
				at.ReturnYears = 1e-3 // dry ground beside water of a known depth
			}
		}
		return a.x.method.Flood(at)
	}
	v.inputs = func(*target, float64) []Input {
		return []Input{{"return period", in.ReturnYears, "a"}, {"depth", in.DepthM, "m"}}
	}
	reach := 0.0
	if !s.area {
		reach = math.Min(10, s.doubt+1)
	}
	v.fields = []field{{s.region, reach}}
	return v
}

// heat uses a wet-bulb globe temperature (measure wbgt, °C). Air temperature alone says too
// little: without wbgt the severity of the alert decides.
func (a *assessment) heat(s placedShape) view {
	m, ok := measure(a.e.Measures, "wbgt")
	if !ok {
		return view{}
	}
	in := impact.HeatInput{WBGT: clamp(m.Value, -60, 60), Sigma: clamp(m.Sigma, 0, 20)}
	v := s.at()
	v.judge = func(*target, float64) (impact.Result, error) { return a.x.method.Heat(in) }
	v.inputs = func(*target, float64) []Input {
		return []Input{{"wet-bulb globe temperature", in.WBGT, "°C"}, {"its sigma", in.Sigma, "°C"}}
	}
	reach := 0.0
	if !s.area {
		reach, v.core = a.x.rules.NearKM, a.x.rules.NearKM
	}
	v.fields = []field{{s.region, reach}}
	return v
}

// outbreak uses the share of people who are ill (measure share, or cases over population)
// and its growth; a grave pathogen, which the title or the measure grave names, is orange at
// least within 200 km.
func (a *assessment) outbreak(s placedShape) view {
	in, known := a.outbreakInput()
	if !known && !in.Grave {
		return view{}
	}
	curve := a.curve(s)
	v := s.at()
	v.judge = func(t *target, km float64) (impact.Result, error) {
		at := in
		at.DistanceKM = math.Min(everywhereKM, math.Max(0, km-s.doubt))
		r, err := a.x.method.Outbreak(at)
		if err != nil {
			return r, err
		}
		if !known { // nothing is known of the number of cases: the curve says how near it is
			c, err := curve.judge(t, km)
			c.Hazard, c.Floor, c.FloorReason = r.Hazard, r.Floor, r.FloorReason
			return c, err
		}
		if !s.area && km > s.doubt {
			r.P = r.P.Scale(math.Exp(-(km - s.doubt) / a.x.rules.NearKM))
		}
		return r, nil
	}
	v.inputs = func(t *target, km float64) []Input {
		if !known {
			return curve.inputs(t, km)
		}
		return []Input{{"share ill", in.Share, ""}, {"growth", in.GrowthPerDay, "1/d"}}
	}
	reach := a.reachOf(v.judge)
	if s.area && known && !in.Grave {
		reach = 0
	}
	v.fields = []field{{s.region, reach}}
	return v
}

func (a *assessment) outbreakInput() (in impact.OutbreakInput, known bool) {
	in.Prior = sure()
	grave, _ := measure(a.e.Measures, "grave")
	in.Grave = grave.Value >= 1 || a.x.rules.kind(a.e.Hazard, a.e.Title) == "grave"
	if m, ok := measure(a.e.Measures, "growth_per_day"); ok {
		in.GrowthPerDay = clamp(m.Value, -5, 5)
	}
	if m, ok := measure(a.e.Measures, "share"); ok {
		in.Share, known = clamp(m.Value, 0, 1), true
	} else if cases, ok := measure(a.e.Measures, "cases"); ok {
		if people, ok := measure(a.e.Measures, "population"); ok && people.Value >= 1 {
			in.Share, known = clamp(cases.Value/people.Value, 0, 1), true
		}
	}
	return in, known
}

// corridor sees a closed road, port or border. Routes that run within 2 km of it are closed
// there; what else lies near is judged by the default curve. Where nobody says how long the
// stock lasts, three days are assumed [D].
func (a *assessment) corridor(s placedShape) view {
	q := a.x.rules.Corridor
	in := impact.CorridorInput{Cause: a.x.rules.kind(a.e.Hazard, a.e.Title), StockDays: q.StockDays, Prior: sure()}
	if in.Cause == "" {
		in.Cause, in.MedianDays = "unknown", q.MedianDays
	}
	if m, ok := measure(a.e.Measures, "stock_days"); ok {
		in.StockDays = clamp(m.Value, 0, 3650)
	}
	if !a.e.Occurred.IsZero() {
		in.ClosedDays = clamp(a.now.Sub(a.e.Occurred).Hours()/24, 0, 3650)
	}
	curve := a.curve(s)
	v := s.at()
	on := func(t *target, km float64) bool {
		return t.asset.Shape.Kind == geo.LineKind && km <= q.ReachKM+s.doubt
	}
	v.judge = func(t *target, km float64) (impact.Result, error) {
		if !on(t, km) {
			return curve.judge(t, km)
		}
		r, err := a.x.method.Corridor(in)
		r.Notes = append(r.Notes, "cause of the closure: "+in.Cause)
		return a.spread(r, s.doubt), err
	}
	v.inputs = func(t *target, km float64) []Input {
		if !on(t, km) {
			return curve.inputs(t, km)
		}
		return []Input{{"median closure", in.MedianDays, "d"}, {"closed for", in.ClosedDays, "d"}, {"stock", in.StockDays, "d"}}
	}
	v.core = q.ReachKM + s.doubt
	v.fields = []field{{s.region, math.Max(v.core, curve.fields[0].reach)}}
	return v
}
