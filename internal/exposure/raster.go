package exposure

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
)

// maxOpened bounds the cells that one event may have unpacked.
const maxOpened = 4 * geo.MaxGridCells

// A raster is a footprint that says for each place how strong the event is there, opened for
// the quantity that the hazard's impact function reads.
type raster struct {
	placedShape
	*geo.Raster
}

// read lists the quantities of a grid that a hazard is judged by, the best first.
func read(h event.Hazard) []string {
	switch h {
	case event.Earthquake:
		return []string{"mmi", "pga"}
	case event.Cyclone, event.Storm:
		return []string{"wind"}
	case event.Flood:
		return []string{"depth_m"}
	case event.Heat:
		return []string{"wbgt"}
	case event.Volcano:
		return []string{"ash"}
	}
	return nil
}

// rasters opens the grids among the shapes and returns what is no grid beside them. A grid
// that no impact function reads is noted and matches nothing: where its values lie says
// nothing of where they matter.
func (a *assessment) rasters(shapes []placedShape) (rasters []raster, others []placedShape) {
	if !slices.ContainsFunc(shapes, func(s placedShape) bool { return s.Grid != nil }) {
		return nil, shapes // nearly all events
	}
	room := maxOpened
	for _, s := range shapes {
		if s.Grid == nil {
			others = append(others, s)
			continue
		}
		if room -= s.Grid.Cols * s.Grid.Rows; room < 0 {
			a.notes = append(a.notes, "the grids of the event hold too many cells: some were not read")
			continue
		}
		g := withSigma(s.Grid, shapes)
		var opened *geo.Raster
		var err error
		for _, name := range read(a.e.Hazard) {
			if opened, err = g.Open(name); err == nil || !errors.Is(err, fault.ErrNotFound) {
				break
			}
		}
		switch {
		case err != nil && !errors.Is(err, fault.ErrNotFound):
			a.notes = append(a.notes, "a grid of the event could not be used: "+err.Error())
		case opened != nil && err == nil:
			rasters = append(rasters, raster{s, opened})
		case !onlySigma(g):
			a.notes = append(a.notes, fmt.Sprintf("a grid of %s is not read for this hazard", g.Layers[0].Name))
		}
	}
	return rasters, others
}

func onlySigma(g *geo.Grid) bool {
	return len(g.Layers) > 0 && !slices.ContainsFunc(g.Layers, func(l geo.GridLayer) bool { return l.Name != "mmi_sigma" })
}

// withSigma adds the standard deviations that came as a grid of their own on the same cells
// (a ShakeMap has them in another document).
func withSigma(g *geo.Grid, shapes []placedShape) *geo.Grid {
	has := func(g *geo.Grid, name string) int {
		return slices.IndexFunc(g.Layers, func(l geo.GridLayer) bool { return l.Name == name })
	}
	if has(g, "mmi") < 0 || has(g, "mmi_sigma") >= 0 {
		return g
	}
	for _, s := range shapes {
		if o := s.Grid; o != nil && o.West == g.West && o.North == g.North && o.StepLon == g.StepLon && o.StepLat == g.StepLat && o.Cols == g.Cols && o.Rows == g.Rows {
			if i := has(o, "mmi_sigma"); i >= 0 && len(g.Layers) < geo.MaxGridLayers {
				both := *g
				both.Layers = append(slices.Clone(g.Layers), o.Layers[i])
				return &both
			}
		}
	}
	return g
}

// sample is the greatest value where the asset is: in its cell, along its line, inside its
// polygon; of a person and of a point that is known roughly, within the radius in which it
// may be.
func (a *assessment) sample(r raster, t *target) (geo.Sample, bool) {
	if t.region == nil {
		return geo.Sample{}, false
	}
	return r.Most(t.region, a.roaming(t))
}

// roaming is how far from its drawn place an asset may be, in kilometres.
func (a *assessment) roaming(t *target) float64 {
	km, _ := a.x.moved(t, a.now)
	if t.asset.Shape.Kind == geo.PointKind {
		km += t.asset.Shape.RadiusKM
	}
	return km
}

// gridded makes a view of each raster. What a raster says of a place replaces what formulas
// would say of it: see unlessMeasured.
func (a *assessment) gridded(rasters []raster) []view {
	var out []view
	for _, r := range rasters {
		judge, inputs := a.measured(r)
		v := r.at()
		v.judge = func(t *target, _ float64) (impact.Result, error) {
			s, ok := a.sample(r, t)
			if !ok {
				return impact.Result{}, nil // no row: the place lies outside of the values
			}
			result, err := judge(t, s)
			if km := a.roaming(t); err == nil && km > 0 {
				result.Notes = append(result.Notes, fmt.Sprintf("greatest %s within %.1f km, where the asset may be", r.Name, km))
			} else if err == nil && t.region.Kind() != geo.PointKind {
				result.Notes = append(result.Notes, "greatest "+r.Name+" of the cells that the asset covers")
			}
			return result, err
		}
		v.inputs = func(t *target, _ float64) []Input {
			s, _ := a.sample(r, t)
			return append([]Input{{"value of the grid at the place", s.Value, r.Unit}, {"its sigma", s.Sigma, r.Unit}}, inputs(t)...)
		}
		v.stretches = func(t *target) []geo.Stretch { return a.halfOfTop(r, t, judge) }
		v.fields = []field{{r.region, geo.ExtentOffKM}}
		out = append(out, v)
	}
	return out
}

// halfOfTop are the parts of a route where the chance of I1 is at least half of that at its
// worst place.
func (a *assessment) halfOfTop(r raster, t *target, judge func(*target, geo.Sample) (impact.Result, error)) []geo.Stretch {
	known := map[geo.Sample]float64{} // neighbouring places share a cell
	chance := func(s geo.Sample) float64 {
		p, ok := known[s]
		if !ok {
			if result, err := judge(t, s); err == nil {
				p = result.P[1]
			}
			known[s] = p
		}
		return p
	}
	top := 0.0
	if s, ok := r.Most(t.region, 0); ok {
		top = chance(s)
	}
	if top == 0 {
		return nil
	}
	return r.Stretches(t.asset.Shape, func(s geo.Sample) bool { return chance(s) >= top/2 })
}

// measured is the impact function of a raster's quantity.
func (a *assessment) measured(r raster) (judge func(*target, geo.Sample) (impact.Result, error), inputs func(*target) []Input) {
	none := func(*target) []Input { return nil }
	switch r.Name {
	case "mmi", "pga":
		return a.measuredShaking(r)
	case "wind":
		return func(t *target, s geo.Sample) (impact.Result, error) {
			site := clamp(s.Value, 0, 250)
			return a.x.method.CycloneWind(impact.CycloneWindInput{
				SiteWindKnots: &site, WindSigmaKnots: clamp(s.Sigma, 0, 100), Region: a.x.rules.region[t.asset.Country], Vulnerability: t.v,
			})
		}, func(t *target) []Input { return []Input{{"vulnerability", t.v, ""}} }
	case "depth_m":
		return func(_ *target, s geo.Sample) (impact.Result, error) {
			if s.Value <= 0 {
				return impact.Result{}, nil // dry
			}
			return a.x.method.Flood(impact.FloodInput{DepthM: clamp(s.Value, 0, 100), InZone: true, Prior: sure()})
		}, none
	case "wbgt":
		return func(_ *target, s geo.Sample) (impact.Result, error) {
			return a.x.method.Heat(impact.HeatInput{WBGT: clamp(s.Value, -60, 60), Sigma: clamp(s.Sigma, 0, 20)})
		}, none
	default: // ash
		return func(_ *target, s geo.Sample) (impact.Result, error) {
			return a.x.method.Volcano(impact.VolcanoInput{State: "eruption", Prior: sure(), AshMM: clamp(s.Value, 0, 1e5), DistanceKM: everywhereKM})
		}, none
	}
}

// measuredShaking is the earthquake function with the map's own intensity; a map of peak
// acceleration alone is turned into intensity first.
func (a *assessment) measuredShaking(r raster) (func(*target, geo.Sample) (impact.Result, error), func(*target) []Input) {
	magnitude, _ := measure(a.e.Measures, "magnitude")
	fill := func(t *target, s geo.Sample) impact.EarthquakeInput {
		shaking := impact.Measure{Value: clamp(s.Value, 0, 12), Unit: "MMI", Sigma: clamp(s.Sigma, 0, 5)}
		if r.Name == "pga" {
			shaking = a.x.rules.Acceleration.intensity(s.Value)
		}
		return impact.EarthquakeInput{
			Magnitude: clamp(magnitude.Value, 0, 10), Shaking: &shaking, Country: t.asset.Country, Vulnerability: t.v,
			Persons: float64(t.asset.HeadCount(a.now, t.zone)),
		}
	}
	return func(t *target, s geo.Sample) (impact.Result, error) {
			out, err := a.x.method.Earthquake(fill(t, s))
			if err == nil && out.ExpectedDeaths >= 0.01 {
				out.Notes = append(out.Notes, fmt.Sprintf("expected deaths among own people: %.2g", out.ExpectedDeaths))
			}
			if err == nil && r.Name == "pga" {
				out.Notes = append(out.Notes, "intensity from peak acceleration by Worden et al. 2012")
			}
			return out, err
		}, func(t *target) []Input {
			return []Input{{"persons", float64(t.asset.HeadCount(a.now, t.zone)), ""}, {"vulnerability", t.v, ""}}
		}
}

// acceleration turns a peak ground acceleration into Modified Mercalli intensity: two
// straight lines in its common logarithm, with a standard deviation.
type acceleration struct {
	C1    float64 `json:"c1"`
	C2    float64 `json:"c2"`
	C3    float64 `json:"c3"`
	C4    float64 `json:"c4"`
	T1    float64 `json:"t1"`
	Sigma float64 `json:"sigma"`
}

// intensity takes the acceleration in hundredths of g; the formula wants cm/s².
func (c acceleration) intensity(percent float64) impact.Measure {
	y := math.Log10(math.Max(percent*9.80665, 1e-3))
	mmi := c.C1 + c.C2*y
	if y > c.T1 {
		mmi = c.C3 + c.C4*y
	}
	return impact.Measure{Value: clamp(mmi, 1, 10), Unit: "MMI", Sigma: c.Sigma}
}

// unlessMeasured silences an earthquake's other views where a map of its shaking has a value:
// that was made from measurements, and a formula that fears more, or less, does not overrule
// it. Rasters of other hazards are forecasts like what stands beside them, and the stronger
// view counts.
func (a *assessment) unlessMeasured(v *view, rasters []raster) {
	if len(rasters) == 0 || v.judge == nil || a.e.Hazard != event.Earthquake {
		return
	}
	judge := v.judge
	v.judge = func(t *target, km float64) (impact.Result, error) {
		for _, r := range rasters {
			if t.region == nil {
				continue
			}
			if _, ok := r.Most(t.region, 0); ok { // where it is drawn: it may be elsewhere as well
				return impact.Result{}, nil
			}
		}
		return judge(t, km)
	}
}
