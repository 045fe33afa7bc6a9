package impact

import (
	"math"

	"watchfire.dev/internal/level"
)

// earthquakeMethod holds the coefficients of the section "earthquake".
type earthquakeMethod struct {
	Provenance      string        `json:"provenance"`
	Hypocentral     attenuation   `json:"hypocentral"`
	Rupture         attenuation   `json:"rupture"`
	ClassMMI        classes       `json:"class_mmi"`
	ClassDeaths     [4]int        `json:"class_deaths"`
	FatalityDefault FatalityModel `json:"fatality_default"`
	// Fatality holds a tenant's own models; they replace those of the built-in table.
	Fatality        []FatalityModel `json:"fatality"`
	FatalityMinMMI  float64         `json:"fatality_min_mmi"`
	FatalityMaxMMI  float64         `json:"fatality_max_mmi"`
	ShakeMapSigma   float64         `json:"shakemap_sigma"`
	MagnitudeRange  [2]float64      `json:"magnitude_range"`
	DistanceRangeKM [2]float64      `json:"distance_range_km"`
}

// attenuation holds one form of the intensity prediction equation.
type attenuation struct {
	C0    float64 `json:"c0"`
	C1    float64 `json:"c1"`
	C2    float64 `json:"c2"`
	C3    float64 `json:"c3"`
	C4    float64 `json:"c4"`
	M1    float64 `json:"m1"`
	M2    float64 `json:"m2"`
	S1    float64 `json:"s1"`
	S2    float64 `json:"s2"`
	S3    float64 `json:"s3"`
	FarKM float64 `json:"far_km"`
}

// sigma is the total standard deviation of the intensity at r kilometres.
func (a attenuation) sigma(r float64) float64 {
	q := r / a.S3
	return a.S1 + a.S2/(1+q*q)
}

// IntensityHypocentral is the Modified Mercalli intensity and its standard deviation at
// hypocentral distance r (km) from an earthquake of moment magnitude mag:
//
//	MMI = c0 + c1·M + c2·ln √(r² + (m1 + m2·e^(M−5))²) [+ c4·ln(r/50) beyond 50 km]
//
// Source: Allen, Wald and Worden 2012, fitted to M 5.0–7.9 within 300 km in active crust.
// Outside that range the formula is extended as it stands; r below 1 km counts as 1 km,
// where alone the published form would fall with rising magnitude.
func (m *Method) IntensityHypocentral(mag, r float64) (mmi, sigma float64) {
	a := m.earthquake.Hypocentral
	r = math.Max(r, m.earthquake.DistanceRangeKM[0])
	near := a.M1 + a.M2*math.Exp(mag-5)
	mmi = a.C0 + a.C1*mag + a.C2*0.5*math.Log(r*r+near*near)
	if r > a.FarKM {
		mmi += a.C4 * math.Log(r/a.FarKM)
	}
	return mmi, a.sigma(r)
}

// IntensityRupture is the intensity and its standard deviation at distance r (km) from the
// nearest point of the rupture:
//
//	MMI = c0 + c1·M + c2·ln √(r² + (1 + c3·e^(M−5))²)
//
// Source and range as IntensityHypocentral; r below 0 counts as 0.
func (m *Method) IntensityRupture(mag, r float64) (mmi, sigma float64) {
	a := m.earthquake.Rupture
	r = math.Max(r, 0)
	near := 1 + a.C3*math.Exp(mag-5)
	return a.C0 + a.C1*mag + a.C2*0.5*math.Log(r*r+near*near), a.sigma(r)
}

// EarthquakeInput describes one earthquake as seen from one place. Without RuptureKM the
// hypocentral form is used with √(DistanceKM² + DepthKM²). The zero value of every field
// but Magnitude is usable: unknown uncertainty adds none, no persons means no deaths.
type EarthquakeInput struct {
	Magnitude     float64  // moment magnitude, 0 to 10
	DepthKM       float64  // −10 to 800; above ground counts as 0
	DistanceKM    float64  // from the epicentre along the surface
	RuptureKM     *float64 // from the rupture, when known; takes precedence
	Shaking       *Measure // MMI at the place from a ShakeMap; takes precedence over both
	Persons       float64  // own persons present
	Country       string   // ISO 3166-1 alpha-2, for the fatality rate; "" = model default
	Vulnerability float64  // 0.3 to 3 multiplies the fatality rate; 0 = 1

	// One standard deviation of what the source reports; 0 = none given.
	MagnitudeSigma  float64
	DepthSigmaKM    float64
	DistanceSigmaKM float64
}

// check refuses nonsense and fills in defaults.
func (in *EarthquakeInput) check() error {
	c := &checker{}
	c.within("magnitude", in.Magnitude, 0, 10)
	c.within("depth_km", in.DepthKM, -10, 800)
	c.within("distance_km", in.DistanceKM, 0, 20040)
	if in.RuptureKM != nil {
		c.within("rupture_km", *in.RuptureKM, 0, 20040)
	}
	if in.Shaking != nil {
		c.within("shaking", in.Shaking.Value, 0, 12)
		c.within("shaking sigma", in.Shaking.Sigma, 0, 5)
	}
	c.within("persons", in.Persons, 0, 1e7)
	c.within("magnitude_sigma", in.MagnitudeSigma, 0, 2)
	c.within("depth_sigma_km", in.DepthSigmaKM, 0, 500)
	c.within("distance_sigma_km", in.DistanceSigmaKM, 0, 2000)
	c.vulnerability(&in.Vulnerability)
	in.DepthKM = math.Max(in.DepthKM, 0)
	return c.err()
}

// intensity is mean and model sigma for the inputs as they stand.
func (m *Method) intensity(in *EarthquakeInput) (mmi, sigma float64) {
	if in.RuptureKM != nil {
		return m.IntensityRupture(in.Magnitude, *in.RuptureKM)
	}
	return m.IntensityHypocentral(in.Magnitude, math.Hypot(in.DistanceKM, in.DepthKM))
}

// shaking widens the model's sigma by the reported uncertainties: half the change of the
// mean between one deviation below and above, added in squares. The finite step sees what
// a derivative misses at the epicentre, where it is 0.
func (m *Method) shaking(in *EarthquakeInput) Measure {
	if in.Shaking != nil {
		s := *in.Shaking
		if s.Unit = "MMI"; s.Sigma == 0 {
			s.Sigma = m.earthquake.ShakeMapSigma
		}
		return s
	}
	mmi, sigma := m.intensity(in)
	v := sigma * sigma
	spread := func(low, high EarthquakeInput) {
		a, _ := m.intensity(&low)
		b, _ := m.intensity(&high)
		v += (a - b) * (a - b) / 4
	}
	if s := in.MagnitudeSigma; s > 0 {
		low, high := *in, *in
		low.Magnitude -= s
		high.Magnitude += s
		spread(low, high)
	}
	if s := in.DepthSigmaKM; s > 0 && in.RuptureKM == nil {
		low, high := *in, *in
		low.DepthKM = math.Max(0, low.DepthKM-s)
		high.DepthKM += s
		spread(low, high)
	}
	if s := in.DistanceSigmaKM; s > 0 {
		low, high := *in, *in
		low.DistanceKM = math.Max(0, low.DistanceKM-s)
		high.DistanceKM += s
		if in.RuptureKM != nil {
			near, far := math.Max(0, *in.RuptureKM-s), *in.RuptureKM+s
			low.RuptureKM, high.RuptureKM = &near, &far
		}
		spread(low, high)
	}
	return Measure{Value: mmi, Unit: "MMI", Sigma: math.Sqrt(v)}
}

// Earthquake gives the probability of each impact class at one place.
//
// P(MMI ≥ m) = 1 − Φ((m − μ)/σ) against 5, 6, 7 and 8.5, raised to the class that the
// expected deaths of own persons imply (see classes).
// Sources: Allen–Wald–Worden 2012; USGS PAGER empirical fatality model.
func (m *Method) Earthquake(in EarthquakeInput) (Result, error) {
	if err := in.check(); err != nil {
		return Result{}, err
	}
	model, found := m.Fatality(in.Country)
	mmi, p, deaths := m.earthquakeVector(&in, model)
	r := Result{
		Hazard: "earthquake", Intensity: mmi, P: p, ExpectedDeaths: deaths, Method: m.Version, Formula: quakeFormula, Source: quakeSource,
	}
	distance := math.Hypot(in.DistanceKM, in.DepthKM)
	switch {
	case in.Shaking != nil:
	case in.RuptureKM != nil:
		distance = *in.RuptureKM
		r.Steps = append(r.Steps, Step{"rupture distance", distance, "km"})
	default:
		r.Steps = append(r.Steps, Step{"hypocentral distance", distance, "km"})
	}
	rate := m.FatalityRate(model, mmi.Value)
	r.Steps = append(r.Steps,
		Step{"theta", model.Theta, ""}, Step{"beta", model.Beta, ""},
		Step{"fatality rate", rate, "per person"},
		Step{"expected deaths", deaths, "persons"})
	r.Notes = m.quakeNotes(&in, distance, in.Persons > 0 && !found)
	return r, nil
}

const (
	quakeFormula = "P(MMI ≥ m) = 1 − Φ((m − μ)/σ), m = 5, 6, 7, 8.5; or own deaths ≥ 1 (I3), ≥ 5 (I4), Poisson with mean N·V·Φ(ln(μ/θ)/β)"
	quakeSource  = "Allen, Wald and Worden 2012 (doi:10.1007/s10950-012-9278-7); USGS PAGER empirical fatality model 2.2"
)

// quakeNotes says where the formula was not fitted or something had to be assumed.
func (m *Method) quakeNotes(in *EarthquakeInput, distance float64, unknown bool) []string {
	var r Result
	q := &m.earthquake
	if in.Shaking != nil {
		r.note(true, "intensity taken from a map of measured shaking")
	} else {
		r.note(in.Magnitude < q.MagnitudeRange[0] || in.Magnitude > q.MagnitudeRange[1], "magnitude outside 5.0–7.9, to which the intensity formula was fitted")
		r.note(distance > q.DistanceRangeKM[1], "distance beyond 300 km, to which the intensity formula was fitted")
		r.note(in.RuptureKM == nil && distance < q.DistanceRangeKM[0], "distance below 1 km counted as 1 km")
	}
	r.note(unknown, "no fatality model for this country: the model's own default was used")
	return r.Notes
}

// EarthquakeVector is Earthquake without the explanation: for streams of many places. It
// allocates nothing.
func (m *Method) EarthquakeVector(in EarthquakeInput) (mmi Measure, p level.P, deaths float64, err error) {
	if err := in.check(); err != nil {
		return Measure{}, level.P{}, 0, err
	}
	model, _ := m.Fatality(in.Country)
	mmi, p, deaths = m.earthquakeVector(&in, model)
	return mmi, p, deaths, nil
}

// earthquakeVector does the arithmetic of Earthquake for checked inputs.
func (m *Method) earthquakeVector(in *EarthquakeInput, model FatalityModel) (mmi Measure, p level.P, deaths float64) {
	mmi = m.shaking(in)
	p, deaths = m.classes(mmi, in.Persons, in.Vulnerability, model)
	return mmi, p, deaths
}
