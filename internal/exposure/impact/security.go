package impact

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"watchfire.dev/internal/level"
)

// securityMethod holds the coefficients of the section "security".
type securityMethod struct {
	Provenance string         `json:"provenance"`
	Kinds      []incidentKind `json:"kinds"`
	Match      words          `json:"match"`
	B1         float64        `json:"b1"`
	PriorDays  float64        `json:"prior_days"`
	ClassKM    classes        `json:"class_km"`
	EventKM    float64        `json:"event_km"`
	Hardened   float64        `json:"hardened"`
}

// An incidentKind is how far and how long one kind of incident foretells more.
type incidentKind struct {
	Kind    string  `json:"kind"`
	ReachKM float64 `json:"reach_km"`
	TauDays float64 `json:"tau_days"`
	Weight  float64 `json:"weight"`
}

// kind finds a kind of incident by name.
func (q securityMethod) kind(name string) (incidentKind, bool) {
	for _, k := range q.Kinds {
		if strings.EqualFold(k.Kind, name) {
			return k, true
		}
	}
	return incidentKind{}, false
}

// An Incident is one past event as seen from a place.
type Incident struct {
	Kind       string  // clash, shelling, terror, kidnap, riot, protest, crime
	DistanceKM float64 // from the place
	AgeDays    float64
	Deaths     float64
	Confidence float64 // that it happened, 0 to 1; 0 = 1
	Match      string  // of the target with us: nationality, sector, route, foreign, other; "" = other
}

// SecurityInput describes the past around one place.
type SecurityInput struct {
	Incidents []Incident // of the kernel, at most 10,000
	// BaseRate is incidents per day within 10 km in the long run, from five years of the
	// first-level division. Count incidents fell within 10 km in the last Days.
	BaseRate     float64
	Count        float64
	Days         float64
	HorizonHours float64 // 0 = 24
	// InAxis: the route or camp lies in the axis of attack (one class up). Control is the
	// effectiveness of the camp's protection, 0 to 1; above 0.7 it takes one class off.
	InAxis  bool
	Control float64
}

// Threat is the intensity x at the place:
//
//	x = Σ w · g · c · (1 + ln(1 + deaths)) · e^(−d/L) · 2^(−age/τ)
//
// with weight w, reach L and half-life τ of the kind, g of the target match and c of the
// confidence. The error wraps fault.ErrInvalid and names the incident.
func (m *Method) Threat(incidents []Incident) (float64, error) {
	if len(incidents) > 10000 {
		c := &checker{bad: []string{fmt.Sprintf("%d incidents, want at most 10000", len(incidents))}}
		return 0, c.err()
	}
	x := 0.0
	for i, e := range incidents {
		c := &checker{}
		at := fmt.Sprintf("incident %d ", i+1)
		k, ok := m.security.kind(e.Kind)
		if !ok {
			c.add(fmt.Sprintf("%skind is %.40q", at, e.Kind))
		}
		if e.Confidence == 0 {
			e.Confidence = 1
		}
		if e.Match == "" {
			e.Match = "other"
		}
		g, ok := m.security.Match.get(e.Match)
		if !ok {
			c.add(fmt.Sprintf("%smatch is %.40q, want %s", at, e.Match, m.security.Match.list()))
		}
		c.within(at+"distance_km", e.DistanceKM, 0, 20040)
		c.within(at+"age_days", e.AgeDays, 0, 36525)
		c.within(at+"deaths", e.Deaths, 0, 1e7)
		c.within(at+"confidence", e.Confidence, 0, 1)
		if err := c.err(); err != nil {
			return 0, err
		}
		x += k.Weight * g * e.Confidence * (1 + math.Log1p(e.Deaths)) *
			math.Exp(-e.DistanceKM/k.ReachKM) * math.Exp2(-e.AgeDays/k.TauDays)
	}
	return x, nil
}

// Security gives the probability that incidents of the coming hours reach each impact class
// at one place. The rate within 10 km is λ = (a0 + n)/(b0 + T)·e^(b1·x), a gamma–Poisson
// update of the base rate with the weight of 90 days, lifted by the threat x; incidents
// within 50, 25, 10 and 2 km count as I1 to I4, and locally their rate grows with the area:
// p_k = 1 − exp(−λ·(r_k/10 km)²·H). A place in the axis of attack gains a class, a
// well-protected one loses a class. The gamma–Poisson update is the textbook one (prior of
// shape base·90 and rate 90 days); kernel and classes are own design, and b1 awaits its fit.
// Without any rate the probability is 0, however strong the threat.
func (m *Method) Security(in SecurityInput) (Result, error) {
	q := m.security
	c := &checker{}
	if in.HorizonHours == 0 {
		in.HorizonHours = 24
	}
	c.within("base_rate", in.BaseRate, 0, 1000)
	c.within("count", in.Count, 0, 1e6)
	c.within("days", in.Days, 0, 36525)
	c.within("horizon_hours", in.HorizonHours, 0, 2160)
	c.within("control", in.Control, 0, 1)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	x, err := m.Threat(in.Incidents)
	if err != nil {
		return Result{}, err
	}
	rate := (in.BaseRate*q.PriorDays + in.Count) / (q.PriorDays + in.Days) * math.Exp(q.B1*x)
	var p level.P
	for k, km := range q.ClassKM {
		area := (km / q.EventKM) * (km / q.EventKM)
		p[k+1] = -math.Expm1(-rate * area * in.HorizonHours / 24)
	}
	r := Result{
		Hazard: "security", Method: m.Version, P: q.shift(p.Monotone(), in.InAxis, in.Control),
		Intensity: Measure{Value: x, Unit: "threat"},
		Steps:     []Step{{"threat", x, ""}, {"rate within 10 km", rate, "per day"}},
		Formula:   "λ = (a0 + n)/(b0 + T)·e^(b1·x); p_k = 1 − exp(−λ·(r_k/10)²·H), r = 50, 25, 10, 2 km",
		Source:    "design of Watchfire, method " + m.Version,
	}
	r.note(true, "the factor of the threat has not been fitted yet")
	return r, nil
}

// shift moves a vector one class up in an axis of attack and one down behind protection.
func (q securityMethod) shift(p level.P, inAxis bool, control float64) level.P {
	if inAxis {
		p[4], p[3], p[2] = p[3], p[2], p[1]
	}
	if control > q.Hardened {
		p[1], p[2], p[3], p[4] = p[2], p[3], p[4], 0
	}
	return p.Monotone()
}

// IncidentInput describes one incident that is happening near a place.
type IncidentInput struct {
	Prior      *float64 // probability that it is real; nil = 1
	DistanceKM float64  // from the place
	SigmaKM    float64  // of the location on each axis; 0 = exact
	InAxis     bool
	Control    float64
	OwnPeople  bool // own people are named or attacked: I4, red
	Trigger    bool // evacuation order, embassy drawdown, airport closed, coup, war: orange at least
}

// IncidentVector is what Incident says of distance alone, unchecked and without explanation:
// P(distance ≤ 50, 25, 10, 2 km) for a distance in kilometres and its sigma. It allocates
// nothing.
func (m *Method) IncidentVector(distanceKM, sigmaKM float64) level.P {
	var p level.P
	for k, km := range m.security.ClassKM {
		p[k+1] = above(km, sigmaKM, distanceKM)
	}
	return p.Monotone()
}

// IncidentReachKM is the distance in kilometres beyond which IncidentVector without a sigma is
// zero.
func (m *Method) IncidentReachKM() float64 { return slices.Max(m.security.ClassKM[:]) }

// Incident gives the probability of each impact class from one incident at a known
// distance: within 50, 25, 10 and 2 km it counts as I1 to I4. An uncertain place takes the
// distance as normal with its sigma.
func (m *Method) Incident(in IncidentInput) (Result, error) {
	c := &checker{}
	prior := 1.0
	if in.Prior != nil {
		prior = *in.Prior
	}
	c.within("prior", prior, 0, 1)
	c.within("distance_km", in.DistanceKM, 0, 20040)
	c.within("sigma_km", in.SigmaKM, 0, 5000)
	c.within("control", in.Control, 0, 1)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	p := m.security.shift(m.IncidentVector(in.DistanceKM, in.SigmaKM), in.InAxis, in.Control)
	if in.OwnPeople {
		p = level.P{1, 1, 1, 1, 1}
	}
	r := Result{
		Hazard: "security", Method: m.Version, P: p.Scale(prior),
		Intensity: Measure{in.DistanceKM, "km", in.SigmaKM},
		Steps:     []Step{{"p of the incident", prior, ""}},
		Formula:   "p_k = p_e · P(distance ≤ 50, 25, 10, 2 km)",
		Source:    "design of Watchfire, method " + m.Version,
	}
	if in.Trigger {
		r.raise(level.Orange, "evacuation order, embassy drawdown, closed airport, coup or declared war")
	}
	if in.OwnPeople {
		r.raise(level.Red, "own people named or attacked")
	}
	return r, nil
}
