package impact

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"watchfire.dev/internal/level"
)

// floodMethod holds the coefficients of the section "flood".
type floodMethod struct {
	Provenance  string       `json:"provenance"`
	ClassReturn classes      `json:"class_return_years"`
	ReturnGSD   float64      `json:"return_gsd"`
	OutsideZone float64      `json:"outside_zone"`
	ClassMDR    classes      `json:"class_mdr"`
	DepthGSD    float64      `json:"depth_gsd"`
	Curves      []depthCurve `json:"curves"`
}

// A depthCurve is a published depth–damage curve of one asset class on one continent:
// rising depths with their damage ratios.
type depthCurve struct {
	Class  string    `json:"class"`
	Region string    `json:"region"`
	Depth  []float64 `json:"depth_m"`
	MDR    []float64 `json:"mdr"`
}

// Where the caller names no asset class or continent, and what stands in for a continent
// that has no curve of its own.
const (
	defaultAsset  = "residential"
	defaultRegion = "Europe"
	everyRegion   = "Global"
)

// FloodInput describes a forecast river flood at one place: by the return period of its
// discharge, by the depth of water at the place, or by both.
type FloodInput struct {
	ReturnYears float64  // of the forecast discharge; 0 = not known
	InZone      bool     // the place or route lies in the river's flood zone
	DepthM      float64  // forecast depth at the place; 0 = not known
	Region      string   // of the damage curve; "" = Europe
	Class       string   // of the asset, one of FloodClasses; "" = residential
	Prior       *float64 // probability that the forecast flood comes; nil = 1
}

// Flood gives the probability of each impact class at one place: discharge beyond the 2, 5,
// 20 and 100-year return period counts as I1 to I4 in the flood zone and a twentieth of that
// outside; a depth counts by its damage ratio (0.01, 0.1, 1 and 10 % of value). Both are
// log-normal around the forecast, factors 1.6 and 1.4. The larger of the two views counts.
//
// Source of the damage curves: Huizinga, de Moel and Szewczyk 2017, for depths of 0 to 6 m;
// deeper water does what the last point says. Return periods: the steps at which flood
// forecasting (GloFAS) warns; classes and spreads are own design.
func (m *Method) Flood(in FloodInput) (Result, error) {
	q := &m.flood
	c := &checker{}
	prior := 1.0
	if in.Prior != nil {
		prior = *in.Prior
	}
	c.within("prior", prior, 0, 1)
	c.within("return_years", in.ReturnYears, 0, 1e6)
	c.within("depth_m", in.DepthM, 0, 100)
	if in.ReturnYears == 0 && in.DepthM == 0 {
		c.add("neither return_years nor depth_m is given")
	}
	cv, exact, problem := m.curveOf(in.Region, in.Class)
	if problem != "" {
		c.add(problem)
	}
	if err := c.err(); err != nil {
		return Result{}, err
	}
	flow := logThresholds(in.ReturnYears, q.ReturnGSD, q.ClassReturn)
	if !in.InZone {
		flow = flow.Scale(q.OutsideZone)
	}
	var limits classes
	for k, share := range q.ClassMDR {
		limits[k] = interpolate(cv.MDR, cv.Depth, share)
	}
	r := Result{
		Hazard: "flood", Method: m.Version,
		P:         level.Max(flow, logThresholds(in.DepthM, q.DepthGSD, limits)).Scale(prior),
		Intensity: Measure{in.ReturnYears, "years of return period", in.ReturnYears * math.Log(q.ReturnGSD)},
		Steps:     []Step{{"p of the forecast", prior, ""}, {"mean damage ratio at the depth", interpolate(cv.Depth, cv.MDR, in.DepthM), ""}},
		Formula:   "P(discharge ≥ Q2, Q5, Q20, Q100) in the flood zone; P(damage ratio ≥ 0.01, 0.1, 1, 10 %) from the depth",
		Source:    "Huizinga, de Moel and Szewczyk 2017 (doi:10.2760/16510), " + cv.Class + ", " + cv.Region + "; design of Watchfire, method " + m.Version,
	}
	if in.ReturnYears == 0 {
		r.Intensity = Measure{in.DepthM, "m of water", in.DepthM * math.Log(q.DepthGSD)}
	}
	r.note(!exact, "the source has no curve of this asset class for this continent: that of all continents was used")
	return r, nil
}

// FloodRegions names the continents that have a damage curve, sorted.
func (m *Method) FloodRegions() []string {
	return m.namesOf(func(c depthCurve) string { return c.Region })
}

// FloodClasses names the asset classes that have a damage curve, sorted.
func (m *Method) FloodClasses() []string {
	return m.namesOf(func(c depthCurve) string { return c.Class })
}

func (m *Method) namesOf(name func(depthCurve) string) []string {
	var out []string
	for _, c := range m.flood.Curves {
		out = append(out, name(c))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// curveOf finds the curve of a class on a continent; exact is false when that of all
// continents stands in. problem says which of the two names is unknown.
func (m *Method) curveOf(region, class string) (cv depthCurve, exact bool, problem string) {
	if region == "" {
		region = defaultRegion
	}
	if class == "" {
		class = defaultAsset
	}
	known, found := false, -1
	for i, c := range m.flood.Curves {
		known = known || strings.EqualFold(c.Region, region)
		if !strings.EqualFold(c.Class, class) {
			continue
		}
		if strings.EqualFold(c.Region, region) {
			return c, true, ""
		}
		if c.Region == everyRegion || found < 0 {
			found = i
		}
	}
	switch {
	case found < 0:
		return cv, false, fmt.Sprintf("class is %.40q, want one of %s", class, strings.Join(m.FloodClasses(), ", "))
	case !known:
		return cv, false, fmt.Sprintf("region is %.40q, want one of %s", region, strings.Join(m.FloodRegions(), ", "))
	}
	return m.flood.Curves[found], false, ""
}

// DepthDamage is the damage ratio (0 to 1) of residential buildings at a water depth in
// metres; see DepthDamageOf.
func (m *Method) DepthDamage(depth float64, region string) (float64, error) {
	return m.DepthDamageOf(depth, region, "")
}

// DepthDamageOf is the damage ratio (0 to 1) of an asset class at a water depth in metres,
// in straight lines between the published points; no depth does no damage and the last point
// holds beyond it. Source: Huizinga et al. 2017. Where the source has no curve of the class
// for the continent, that of all continents stands in. The error wraps fault.ErrInvalid when
// region or class is unknown.
func (m *Method) DepthDamageOf(depth float64, region, class string) (float64, error) {
	cv, _, problem := m.curveOf(region, class)
	if problem != "" {
		c := &checker{bad: []string{"depth–damage curve: " + problem}}
		return 0, c.err()
	}
	return interpolate(cv.Depth, cv.MDR, depth), nil
}

// interpolate reads y at x from rising xs in straight lines, flat beyond both ends.
func interpolate(xs, ys []float64, x float64) float64 {
	n := min(len(xs), len(ys))
	if n == 0 {
		return 0
	}
	if x <= xs[0] {
		return ys[0]
	}
	for i := 1; i < n; i++ {
		if x <= xs[i] {
			return ys[i-1] + (ys[i]-ys[i-1])*(x-xs[i-1])/(xs[i]-xs[i-1])
		}
	}
	return ys[n-1]
}
