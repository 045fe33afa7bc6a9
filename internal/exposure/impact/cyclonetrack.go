package impact

import (
	"fmt"
	"math"
	"math/rand/v2"
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

// A moment is one time step of a track as seen from the place.
type moment struct {
	hours       float64
	east, north float64 // of the place from the forecast centre, km
	sigma       float64 // of the centre on each axis, km
	reach       float64 // beyond it the wind is below the lowest class
	wind        [4]profile
}

// check refuses nonsense and returns the half-damage wind.
func (in *CycloneInput) check(m *Method) (float64, error) {
	c := &checker{}
	if len(in.Track) < 1 || len(in.Track) > 400 {
		c.add(fmt.Sprintf("track has %d points, want 1 to 400", len(in.Track)))
		return 0, c.err()
	}
	for i, p := range in.Track {
		at := fmt.Sprintf("track point %d ", i+1)
		c.within(at+"hours", p.Hours, -240, 384)
		if i > 0 && !(p.Hours > in.Track[i-1].Hours) {
			c.add(at + "is not later than the one before")
		}
		c.within(at+"lat", p.Lat, -90, 90)
		c.within(at+"lon", p.Lon, -360, 360)
		c.within(at+"max_wind_knots", p.MaxWindKnots, 0, 250)
		c.within(at+"radius_max_km", p.RadiusMaxKM, 0, 500)
		c.within(at+"error_km", p.ErrorKM, 0, 3000)
		for _, q := range [3]Quadrants{p.R34, p.R50, p.R64} {
			for _, r := range q {
				c.within(at+"radius", r, 0, 2500)
			}
		}
	}
	c.within("lat", in.Lat, -90, 90)
	c.within("lon", in.Lon, -360, 360)
	c.within("horizon_hours", in.HorizonHours, 0, 384)
	if in.Draws == 0 {
		in.Draws = m.cyclone.Draws
	}
	c.within("draws", float64(in.Draws), 1, 100000)
	v := m.cycloneCommon(c, in.Region, &in.Vulnerability, in.SurgeM, in.RainMM24h)
	return v, c.err()
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
func (m *Method) Cyclone(in CycloneInput) (Result, error) {
	vHalf, err := in.check(m)
	if err != nil {
		return Result{}, err
	}
	r := m.cycloneResult()
	r.Formula = "share of 1,000 tracks, displaced by N(0, R67(h)/1.482) on each axis, with wind at the place ≥ 34, 50, 64, 96 kt or MDR > 10 %"
	catastrophic := m.catastrophicWind(vHalf, in.Vulnerability)
	moments := m.moments(&in)
	rng := rand.New(rand.NewPCG(in.Seed, 0x9e3779b97f4a7c15))
	var hits [level.Classes + 1]int
	var sum, squares, damage float64
	var arrivals []float64
	for range in.Draws {
		// Both numbers are drawn on every pass, whatever the track, so that the ensemble of
		// one seed is the same for every place.
		zx, zy := rng.NormFloat64(), rng.NormFloat64()
		wind, first := strongest(moments, zx, zy, m.cyclone.ClassKnots[0])
		for k, limit := range m.cyclone.ClassKnots {
			if wind >= limit || k == 3 && wind >= catastrophic {
				hits[k+1]++
			}
		}
		if wind >= m.cyclone.ClassKnots[0] {
			arrivals = append(arrivals, first)
		}
		sum += wind
		squares += wind * wind
		damage += math.Min(1, in.Vulnerability*m.WindDamage(wind*knot, vHalf))
	}
	n := float64(in.Draws)
	mean := sum / n
	r.Intensity = Measure{mean, "kt", math.Sqrt(math.Max(0, squares/n-mean*mean))}
	for k := 1; k < len(hits); k++ {
		r.P[k] = float64(hits[k]) / n
	}
	r.P = level.Max(r.P, m.water(in.SurgeM, in.RainMM24h))
	r.Steps = append(r.Steps,
		Step{"draws", n, ""}, Step{"half-damage wind", vHalf, "m/s"},
		Step{"mean damage ratio over all tracks", damage / n, ""},
		Step{"share of tracks with 34 kt or more", float64(hits[1]) / n, ""})
	if len(arrivals) > 0 {
		slices.Sort(arrivals)
		eta := arrivals[len(arrivals)/2]
		r.ETAHours = &eta
	}
	r.note(!hasRadii(in.Track), "no wind radii given: the wind falls from the storm's maximum as a modified Rankine vortex")
	r.note(true, "errors of forecast strength and size are not part of the ensemble")
	return r, nil
}

// strongest is the largest wind (knots) at the place over a displaced track and the first
// hour at which it reaches limit. Steps that lie out of reach are passed over: winds below
// the lowest class may be missed, which no class notices.
func strongest(moments []moment, zx, zy, limit float64) (wind, first float64) {
	for i := range moments {
		s := &moments[i]
		east, north := s.east-zx*s.sigma, s.north-zy*s.sigma
		d2 := east*east + north*north
		if d2 > s.reach*s.reach {
			continue
		}
		p := &s.wind[quadrant(east, north)]
		if p.v[0] <= wind {
			continue // cannot be stronger than what was met already
		}
		v := p.at(math.Sqrt(d2))
		if v >= limit && wind < limit {
			first = s.hours
		}
		wind = math.Max(wind, v)
	}
	return wind, first
}

// hasRadii tells whether any point gives any radius.
func hasRadii(track []TrackPoint) bool {
	for _, p := range track {
		if p.R34 != (Quadrants{}) || p.R50 != (Quadrants{}) || p.R64 != (Quadrants{}) {
			return true
		}
	}
	return false
}

// moments cuts the track into steps of at most half an hour and 10 km of travel.
func (m *Method) moments(in *CycloneInput) []moment {
	track := in.Track
	if in.HorizonHours > 0 {
		n := 1
		for n < len(track) && track[n-1].Hours < in.HorizonHours {
			n++ // the first point beyond is kept, to reach the horizon itself
		}
		track = track[:n]
	}
	out := []moment{m.moment(in, track[0], track[0], 0)}
	for i := 1; i < len(track); i++ {
		a, b := track[i-1], track[i]
		e, n := offset(a.Lat, a.Lon, b.Lat, b.Lon)
		steps := math.Max((b.Hours-a.Hours)/m.cyclone.StepHours, math.Hypot(e, n)/m.cyclone.StepKM)
		steps = math.Min(math.Ceil(steps), 2000)
		for j := 1.0; j <= steps; j++ {
			s := m.moment(in, a, b, j/steps)
			if in.HorizonHours > 0 && s.hours > in.HorizonHours {
				break
			}
			out = append(out, s)
		}
	}
	return out
}

// moment interpolates between two track points at fraction f and looks at the result from
// the place.
func (m *Method) moment(in *CycloneInput, a, b TrackPoint, f float64) moment {
	mix := func(x, y float64) float64 { return x + f*(y-x) }
	lat := mix(a.Lat, b.Lat)
	lon := a.Lon + f*wrap(b.Lon-a.Lon)
	top := mix(a.MaxWindKnots, b.MaxWindKnots)
	s := moment{hours: mix(a.Hours, b.Hours), sigma: mix(a.ErrorKM, b.ErrorKM) / coneToSigma}
	s.east, s.north = offset(lat, lon, in.Lat, in.Lon)
	ra, rb := a.RadiusMaxKM, b.RadiusMaxKM
	if ra == 0 {
		ra = m.RadiusMaxWind(a.MaxWindKnots, a.Lat)
	}
	if rb == 0 {
		rb = m.RadiusMaxWind(b.MaxWindKnots, b.Lat)
	}
	as, bs := [3]Quadrants{a.R34, a.R50, a.R64}, [3]Quadrants{b.R34, b.R50, b.R64}
	var known [3]bool
	var radii [3]Quadrants
	for i := range radii {
		radii[i], known[i] = mixRadii(as[i], bs[i], f)
		if top < radiusKnots[i] {
			radii[i], known[i] = Quadrants{}, false
		}
	}
	for q := range s.wind {
		s.wind[q] = newProfile(top, mix(ra, rb), m.cyclone.OuterExponent, [3]float64{radii[0][q], radii[1][q], radii[2][q]}, known)
		p := &s.wind[q]
		last := p.n - 1
		// Solve the outer power law for the lowest class; the margin covers rounding.
		s.reach = math.Max(s.reach, 1.001*p.r[last]*math.Pow(math.Max(1, p.v[last]/m.cyclone.ClassKnots[0]), 1/p.out))
	}
	return s
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
