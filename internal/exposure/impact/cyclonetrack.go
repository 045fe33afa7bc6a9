package impact

import (
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/level"
)

// Quadrants holds a radius in kilometres for each compass quadrant: NE, SE, SW, NW. 0 means
// that the wind is not reached there.
type Quadrants [4]float64

// A TrackPoint is one position of a cyclone, observed or forecast.
type TrackPoint struct {
	Hours        float64 // from the caller's "now"; negative = past
	Lat, Lon     float64 // degrees
	MaxWindKnots float64 // sustained 1-minute
	RadiusMaxKM  float64 // of the maximum wind; 0 = estimated
	R34, R50     Quadrants
	R64          Quadrants
	// ErrorKM is the radius that holds the true centre in two of three cases (the forecast
	// cone); 0 = exact.
	ErrorKM float64
}

// CycloneInput describes a cyclone's track and one place.
type CycloneInput struct {
	Track         []TrackPoint // 1 to 400 points with rising Hours
	Lat, Lon      float64      // of the place, degrees
	HorizonHours  float64      // points beyond it are left out; 0 = the whole track
	Seed          uint64       // of the ensemble; take it from the advisory, not from chance
	Draws         int          // 0 = the method's number, 1,000; at most 100,000
	Region        string       // DamageRegion code; "" = Emanuel's default
	Vulnerability float64      // 0.3 to 3 multiplies the damage ratio; 0 = 1
	SurgeM        float64      // forecast storm surge at the place; 0 = none
	RainMM24h     float64      // forecast rain in 24 h; 0 = none
}

// coneToSigma turns the radius of a 2/3 probability circle into the standard deviation on
// each axis of a two-dimensional Gaussian: √(2·ln 3).
const coneToSigma = 1.4823038073675112

// checkTrack refuses nonsense in what an ensemble is made of.
func (in *CycloneInput) checkTrack(m *Method, c *checker) {
	if len(in.Track) < 1 || len(in.Track) > 400 {
		c.add(fmt.Sprintf("track has %d points, want 1 to 400", len(in.Track)))
		return
	}
	for i := range in.Track {
		p := &in.Track[i]
		if i > 0 && !(p.Hours > in.Track[i-1].Hours) {
			c.add(fmt.Sprintf("track point %d is not later than the one before", i+1))
		}
		p.check(c, i)
	}
	c.within("horizon_hours", in.HorizonHours, 0, 384)
	if in.Draws == 0 {
		in.Draws = m.cyclone.Draws
	}
	c.within("draws", float64(in.Draws), 1, 100000)
}

func (p *TrackPoint) check(c *checker, i int) {
	within := func(name string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) { // names are put together for complaints alone
			c.within(fmt.Sprintf("track point %d %s", i+1, name), v, lo, hi)
		}
	}
	within("hours", p.Hours, -240, 384)
	within("lat", p.Lat, -90, 90)
	within("lon", p.Lon, -360, 360)
	within("max_wind_knots", p.MaxWindKnots, 0, 250)
	within("radius_max_km", p.RadiusMaxKM, 0, 500)
	within("error_km", p.ErrorKM, 0, 3000)
	for _, q := range [3]Quadrants{p.R34, p.R50, p.R64} {
		for _, r := range q {
			within("radius", r, 0, 2500)
		}
	}
}

// Cyclone gives the probability of each impact class at one place from a forecast track.
//
// An ensemble of tracks is drawn: each is the forecast, displaced at every hour h by one and
// the same pair of standard normal numbers times σ(h) = R67(h)/1.482, where R67 is the
// radius of the 2/3 cone, so that one track stays as far left or right of the forecast as it
// started. The wind at the place on each track is the largest over time of a profile through
// the quadrant's 34, 50 and 64 kt radii (see newProfile); P(I ≥ k) is the share of tracks
// with 34, 50, 64 and 96 kt or a mean damage ratio above 10 %. The same seed gives the same
// answer; the sampling error at 1,000 draws is at most 1.6 percentage points.
// The forecast's error in strength and size is not drawn: it is noted.
// For many places of one track make an Ensemble once and ask it.
func (m *Method) Cyclone(in CycloneInput) (Result, error) {
	e, err := m.Ensemble(in)
	if err != nil {
		return Result{}, err
	}
	return e.at(in, true)
}

// Ensemble draws the tracks of an input, whose place and vulnerability do not matter here.
// The error wraps fault.ErrInvalid.
func (m *Method) Ensemble(in CycloneInput) (*Ensemble, error) {
	c := &checker{}
	in.checkTrack(m, c)
	if err := c.err(); err != nil {
		return nil, err
	}
	e := &Ensemble{m: m, powers: powerTables(), wide: byFours(), drawn: hasRadii(in.Track)}
	e.legs(in.Track, in.HorizonHours)
	e.draw(in.Seed, in.Draws)
	return e, nil
}

// At is Cyclone for the ensemble's track at the place of the input, whose Track, Seed and
// Draws are not looked at; it leaves the steps of the calculation out. The Notes are shared
// between the answers: append to them, never change them.
func (e *Ensemble) At(in CycloneInput) (Result, error) { return e.at(in, false) }

func (e *Ensemble) at(in CycloneInput, explain bool) (Result, error) {
	m, c := e.m, &checker{}
	c.within("lat", in.Lat, -90, 90)
	c.within("lon", in.Lon, -360, 360)
	vHalf := m.cycloneCommon(c, in.Region, &in.Vulnerability, in.SurgeM, in.RainMM24h)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	r := m.cycloneResult()
	r.Formula = "share of 1,000 tracks, displaced by N(0, R67(h)/1.482) on each axis, with wind at the place ≥ 34, 50, 64, 96 kt or MDR > 10 %"
	limits := m.cyclone.ClassKnots
	limits[3] = math.Min(limits[3], m.catastrophicWind(vHalf, in.Vulnerability))
	t := &e.tally
	t.reset(limits)
	if explain {
		t.damage = func(wind float64) float64 { return math.Min(1, in.Vulnerability*m.WindDamage(wind*knot, vHalf)) }
	}
	e.look(in.Lat, in.Lon)
	n := float64(len(e.x))
	mean := t.sum / n
	r.Intensity = Measure{mean, "kt", math.Sqrt(math.Max(0, t.squares/n-mean*mean))}
	for k, hits := range t.hits {
		r.P[k+1] = float64(hits) / n
	}
	if r.P = r.P.Monotone(); in.SurgeM > 0 || in.RainMM24h > 0 {
		r.P = level.Max(r.P, m.water(in.SurgeM, in.RainMM24h))
	}
	if t.hits[0] > 0 {
		eta := e.medianArrival()
		r.ETAHours = &eta
	}
	if explain {
		r.Steps = append(r.Steps,
			Step{"draws", n, ""}, Step{"half-damage wind", vHalf, "m/s"},
			Step{"mean damage ratio over all tracks", t.damages / n, ""},
			Step{"share of tracks with 34 kt or more", float64(t.hits[0]) / n, ""})
	}
	r.Notes = e.notes()
	return r, nil
}

func (e *Ensemble) notes() []string {
	if e.said == nil {
		if !e.drawn {
			e.said = append(e.said, "no wind radii given: the wind falls from the storm's maximum as a modified Rankine vortex")
		}
		e.said = slices.Clip(append(e.said, "errors of forecast strength and size are not part of the ensemble"))
	}
	return e.said
}

// hasRadii tells whether any point gives any radius.
func hasRadii(track []TrackPoint) bool {
	for i := range track {
		if p := &track[i]; p.R34 != (Quadrants{}) || p.R50 != (Quadrants{}) || p.R64 != (Quadrants{}) {
			return true
		}
	}
	return false
}

// mixRadii interpolates radii; where only one end gives them (advisories stop giving 50 and
// 64 kt radii at long lead), that end's radii hold for the whole way.
func mixRadii(a, b Quadrants, f float64) (Quadrants, bool) {
	none := Quadrants{}
	switch {
	case a == none && b == none:
		return none, false
	case a == none:
		return b, true
	case b == none:
		return a, true
	}
	for q := range a {
		a[q] += f * (b[q] - a[q])
	}
	return a, true
}
