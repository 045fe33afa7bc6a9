package impact

import (
	"fmt"
	"math"
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

// A depthCurve is a published depth–damage curve: rising depths with their damage ratios.
type depthCurve struct {
	Region string    `json:"region"`
	Depth  []float64 `json:"depth_m"`
	MDR    []float64 `json:"mdr"`
}

// FloodInput describes a forecast river flood at one place: by the return period of its
// discharge, by the depth of water at the place, or by both.
type FloodInput struct {
	ReturnYears float64  // of the forecast discharge; 0 = not known
	InZone      bool     // the place or route lies in the river's flood zone
	DepthM      float64  // forecast depth at the place; 0 = not known
	Region      string   // of the damage curve; "" = Europe
	Prior       *float64 // probability that the forecast flood comes; nil = 1
}

// Flood gives the probability of each impact class at one place: discharge beyond the 2, 5,
// 20 and 100-year return period counts as I1 to I4 in the flood zone and a twentieth of that
// outside; a depth counts by its damage ratio (0.01, 0.1, 1 and 10 % of value). Both are
// log-normal around the forecast, factors 1.6 and 1.4. The larger of the two views counts.
func (m *Method) Flood(in FloodInput) (Result, error) {
	q := m.flood
	c := &checker{}
	prior := 1.0
	if in.Prior != nil {
		prior = *in.Prior
	}
	if in.Region == "" {
		in.Region = "Europe"
	}
	c.within("prior", prior, 0, 1)
	c.within("return_years", in.ReturnYears, 0, 1e6)
	c.within("depth_m", in.DepthM, 0, 100)
	if in.ReturnYears == 0 && in.DepthM == 0 {
		c.add("neither return_years nor depth_m is given")
	}
	mdr, err := m.DepthDamage(in.DepthM, in.Region)
	if err != nil {
		c.add(fmt.Sprintf("region is %.40q, want one of %s", in.Region, strings.Join(m.FloodRegions(), ", ")))
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
		limits[k] = m.depthFor(share, in.Region)
	}
	r := Result{
		Hazard: "flood", Method: m.Version,
		P:         level.Max(flow, logThresholds(in.DepthM, q.DepthGSD, limits)).Scale(prior),
		Intensity: Measure{in.ReturnYears, "years of return period", in.ReturnYears * math.Log(q.ReturnGSD)},
		Steps:     []Step{{"p of the forecast", prior, ""}, {"mean damage ratio at the depth", mdr, ""}},
		Formula:   "P(discharge ≥ Q2, Q5, Q20, Q100) in the flood zone; P(damage ratio ≥ 0.01, 0.1, 1, 10 %) from the depth",
		Source:    "Huizinga, de Moel and Szewczyk 2017 (doi:10.2760/16510), residential buildings; design of Watchfire, method " + m.Version,
	}
	if in.ReturnYears == 0 {
		r.Intensity = Measure{in.DepthM, "m of water", in.DepthM * math.Log(q.DepthGSD)}
	}
	return r, nil
}

// FloodRegions names the regions that have a damage curve.
func (m *Method) FloodRegions() []string {
	out := make([]string, len(m.flood.Curves))
	for i, c := range m.flood.Curves {
		out[i] = c.Region
	}
	return out
}

// curveOf finds a region's curve.
func (m *Method) curveOf(region string) (depthCurve, bool) {
	for _, c := range m.flood.Curves {
		if strings.EqualFold(c.Region, region) {
			return c, true
		}
	}
	return depthCurve{}, false
}

// DepthDamage is the damage ratio (0 to 1) of residential buildings at a water depth in
// metres, in straight lines between the published points; no depth does no damage and the
// last point holds beyond it. Source: Huizinga et al. 2017. The error wraps
// fault.ErrInvalid when the region has no curve.
func (m *Method) DepthDamage(depth float64, region string) (float64, error) {
	cv, ok := m.curveOf(region)
	if !ok {
		c := &checker{bad: []string{fmt.Sprintf("no depth–damage curve for region %.40q", region)}}
		return 0, c.err()
	}
	return interpolate(cv.Depth, cv.MDR, depth), nil
}

// depthFor is the depth at which a region's curve reaches a damage ratio.
func (m *Method) depthFor(mdr float64, region string) float64 {
	cv, _ := m.curveOf(region)
	return interpolate(cv.MDR, cv.Depth, mdr)
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
