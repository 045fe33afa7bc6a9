package impact

import (
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/level"
)

// knot is one knot in metres per second.
const knot = 0.514444

// cycloneMethod holds the coefficients of the section "cyclone".
type cycloneMethod struct {
	Provenance      string         `json:"provenance"`
	VThreshold      float64        `json:"v_threshold_ms"`
	VHalf           float64        `json:"v_half_ms"`
	Regions         []DamageRegion `json:"regions"`
	ClassKnots      classes        `json:"class_knots"`
	CatastrophicMDR float64        `json:"catastrophic_mdr"`
	RMW             struct {
		BaseKM    float64 `json:"base_km"`
		PerMS     float64 `json:"wind_per_ms"`
		PerDegree float64 `json:"latitude_per_degree"`
	} `json:"rmw"`
	OuterExponent  float64   `json:"outer_exponent"`
	PointWindSigma float64   `json:"point_wind_sigma"`
	Draws          int       `json:"draws"`
	StepHours      float64   `json:"step_hours"`
	StepKM         float64   `json:"step_km"`
	Surge          threshold `json:"surge_m"`
	Rain           threshold `json:"rain_mm_24h"`
}

// A threshold row with the geometric standard deviation of the forecast it judges.
type threshold struct {
	Class classes `json:"class"`
	GSD   float64 `json:"gsd"`
}

// A DamageRegion is one calibration region of the wind damage curve.
type DamageRegion struct {
	Code  string  `json:"code"`
	Name  string  `json:"name"`
	VHalf float64 `json:"v_half_ms"`
	// Countries of the region, ISO 3166-1 alpha-2; none for GLB.
	Countries []string `json:"countries,omitempty"`
}

// DamageRegionOf is the code of the region that the calibration puts a country in (ISO
// 3166-1 alpha-2); "" for a country that it does not know, which then takes the published
// default.
func (m *Method) DamageRegionOf(country string) string {
	for _, r := range m.cyclone.Regions {
		if slices.Contains(r.Countries, country) {
			return r.Code
		}
	}
	return ""
}

// DamageRegions lists the calibration regions of Eberenz et al. 2021 in the file's order.
func (m *Method) DamageRegions() []DamageRegion {
	return append([]DamageRegion(nil), m.cyclone.Regions...)
}

// vHalf is the half-damage wind of a region; "" is the published default for the USA.
func (m *Method) vHalf(region string) (float64, bool) {
	if region == "" {
		return m.cyclone.VHalf, true
	}
	for _, r := range m.cyclone.Regions {
		if r.Code == region {
			return r.VHalf, true
		}
	}
	return 0, false
}

// WindDamage is the mean damage ratio (0 to 1) of buildings at a sustained 1-minute wind of
// ms metres per second: v = max(0, (V − 25.7)/(Vhalf − 25.7)), MDR = v³/(1 + v³).
// Source: Emanuel 2011; vHalf is that of a DamageRegion or 74.7 m/s. No damage below
// 25.7 m/s; the curve has no upper limit of validity but was fitted to winds up to 80 m/s.
func (m *Method) WindDamage(ms, vHalf float64) float64 {
	v := math.Max(0, (ms-m.cyclone.VThreshold)/(vHalf-m.cyclone.VThreshold))
	v *= v * v
	return v / (1 + v)
}

// CycloneWindInput describes the wind of a cyclone at a place by one number: either the wind
// there (SiteWindKnots), or the storm's maximum wind and its distance.
type CycloneWindInput struct {
	SiteWindKnots  *float64 // sustained 1-minute wind at the place, when it is known
	MaxWindKnots   float64  // of the storm, sustained 1-minute
	DistanceKM     float64  // of the place from the centre at closest approach
	Latitude       float64  // of the centre, degrees; only its amount matters
	RadiusMaxKM    float64  // of the maximum wind; 0 = estimated
	WindSigmaKnots float64  // of the wind at the place; 0 = 15 % of it
	DistanceSigma  float64  // of DistanceKM, km; 0 = none
	Region         string   // DamageRegion code; "" = Emanuel's default
	Vulnerability  float64  // 0.3 to 3 multiplies the damage ratio; 0 = 1
	SurgeM         float64  // forecast storm surge at the place; 0 = none
	RainMM24h      float64  // forecast rain in 24 h; 0 = none
}

// CycloneWind gives the probability of each impact class from a wind at a place: I1 from
// 34 kt, I2 from 50, I3 from 64, I4 from 96 kt or a mean damage ratio above 10 %, the wind
// taken as normal around its estimate. Where only the storm's maximum is known, the wind
// falls with distance r as Vmax·(Rmax/r)^0.6 outside the radius of maximum wind (a modified
// Rankine vortex, own choice) and is Vmax inside it, because the eyewall passes over.
// Surge of 1 m and 2.5 m and rain of 150 mm in 24 h count as I3, I4 and I2.
func (m *Method) CycloneWind(in CycloneWindInput) (Result, error) {
	c := &checker{}
	c.within("max_wind_knots", in.MaxWindKnots, 0, 250)
	c.within("distance_km", in.DistanceKM, 0, 20040)
	c.within("latitude", in.Latitude, -90, 90)
	c.within("radius_max_km", in.RadiusMaxKM, 0, 500)
	c.within("wind_sigma_knots", in.WindSigmaKnots, 0, 100)
	c.within("distance_sigma_km", in.DistanceSigma, 0, 5000)
	if in.SiteWindKnots != nil {
		c.within("site_wind_knots", *in.SiteWindKnots, 0, 250)
	}
	vHalf := m.cycloneCommon(c, in.Region, &in.Vulnerability, in.SurgeM, in.RainMM24h)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	wind, sigma := 0.0, in.WindSigmaKnots
	r := m.cycloneResult()
	if in.SiteWindKnots != nil {
		wind = *in.SiteWindKnots
	} else {
		if in.RadiusMaxKM == 0 {
			in.RadiusMaxKM = m.RadiusMaxWind(in.MaxWindKnots, in.Latitude)
		}
		at := func(km float64) float64 { return m.vortex(in.MaxWindKnots, in.RadiusMaxKM, km) }
		wind = at(in.DistanceKM)
		r.Steps = append(r.Steps, Step{"radius of maximum wind", in.RadiusMaxKM, "km"})
		if s := in.DistanceSigma; s > 0 {
			half := (at(math.Max(0, in.DistanceKM-s)) - at(in.DistanceKM+s)) / 2
			sigma = math.Hypot(sigma, half)
		}
	}
	if in.WindSigmaKnots == 0 {
		sigma = math.Hypot(sigma, m.cyclone.PointWindSigma*wind)
	}
	r.Intensity = Measure{wind, "kt", sigma}
	for k, limit := range m.cyclone.ClassKnots {
		r.P[k+1] = above(wind, sigma, limit)
	}
	r.P[4] = math.Max(r.P[4], above(wind, sigma, m.catastrophicWind(vHalf, in.Vulnerability)))
	r.P = level.Max(r.P, m.water(in.SurgeM, in.RainMM24h))
	r.Steps = append(r.Steps,
		Step{"half-damage wind", vHalf, "m/s"},
		Step{"mean damage ratio", math.Min(1, in.Vulnerability*m.WindDamage(wind*knot, vHalf)), ""})
	r.Formula = "P(V ≥ 34, 50, 64, 96 kt or MDR > 10 %), V normal; MDR = v³/(1+v³), v = max(0, (V−25.7)/(Vhalf−25.7)) m/s"
	return r, nil
}

// cycloneCommon checks what both cyclone functions share and finds the half-damage wind.
func (m *Method) cycloneCommon(c *checker, region string, vulnerability *float64, surge, rain float64) float64 {
	c.vulnerability(vulnerability)
	c.within("surge_m", surge, 0, 30)
	c.within("rain_mm_24h", rain, 0, 3000)
	v, ok := m.vHalf(region)
	if !ok {
		c.add(fmt.Sprintf("region is %.20q, want one of the damage regions", region))
	}
	return v
}

// cycloneResult is a result with the fields that both cyclone functions share.
func (m *Method) cycloneResult() Result {
	return Result{
		Hazard: "cyclone", Method: m.Version,
		Source: "Emanuel 2011 (doi:10.1175/WCAS-D-11-00007.1); Eberenz, Lüthi and Bresch 2021 (doi:10.5194/nhess-21-393-2021); Willoughby, Darling and Rahn 2006",
	}
}

// catastrophicWind is the wind in knots at which the damage ratio times the vulnerability
// passes the limit of class I4: the damage curve solved for V.
func (m *Method) catastrophicWind(vHalf, vulnerability float64) float64 {
	share := m.cyclone.CatastrophicMDR / vulnerability
	v := math.Cbrt(share / (1 - share))
	return (m.cyclone.VThreshold + v*(vHalf-m.cyclone.VThreshold)) / knot
}

// water is the vector of surge and rain.
func (m *Method) water(surge, rain float64) level.P {
	return level.Max(
		logThresholds(surge, m.cyclone.Surge.GSD, m.cyclone.Surge.Class),
		logThresholds(rain, m.cyclone.Rain.GSD, m.cyclone.Rain.Class))
}

// RadiusMaxWind estimates the radius of maximum wind in kilometres from the storm's maximum
// wind (knots) and latitude (degrees): 46.4·exp(−0.0155·Vmax + 0.0169·|lat|), Vmax in m/s.
// Source: Willoughby, Darling and Rahn 2006, equation 7a.
func (m *Method) RadiusMaxWind(maxKnots, latitude float64) float64 {
	q := m.cyclone.RMW
	return q.BaseKM * math.Exp(q.PerMS*maxKnots*knot+q.PerDegree*math.Abs(latitude))
}

// vortex is the wind in knots at km from the centre when no radii are known.
func (m *Method) vortex(maxKnots, radiusMax, km float64) float64 {
	if km <= radiusMax {
		return maxKnots
	}
	return maxKnots * math.Pow(radiusMax/km, m.cyclone.OuterExponent)
}
