package impact

import "watchfire.dev/internal/level"

// complianceMethod holds the coefficients of the section "compliance".
type complianceMethod struct {
	Provenance string  `json:"provenance"`
	Sanctions  classes `json:"sanctions"`
	Dormant    classes `json:"dormant"`
	Law        classes `json:"law"`
	LawDays    float64 `json:"law_days"`
}

// ComplianceInput describes a new entry on a sanctions list, a change of law, or both.
type ComplianceInput struct {
	Sanctions bool     // a counterparty of ours stands on the list now
	Dormant   bool     // no business with it is under way
	LawDays   *float64 // until a change of law that concerns us takes effect; nil = none
	Prior     *float64 // probability that the hit is the same entity; nil = 1
}

// Compliance gives the probability of each impact class: a new sanctions hit on an active
// counterparty counts as an I3 that has happened and is for the compliance desk only, one on
// a dormant counterparty is yellow; a law that takes effect within 30 days is yellow.
func (m *Method) Compliance(in ComplianceInput) (Result, error) {
	q := &m.compliance
	c := &checker{}
	prior := 1.0
	if in.Prior != nil {
		prior = *in.Prior
	}
	c.within("prior", prior, 0, 1)
	if in.LawDays != nil {
		c.within("law_days", *in.LawDays, -3650, 3650)
	}
	if err := c.err(); err != nil {
		return Result{}, err
	}
	var hit classes
	value := 0.0
	switch {
	case in.Sanctions && in.Dormant:
		hit, value = q.Dormant, 1
	case in.Sanctions:
		hit, value = q.Sanctions, 1
	}
	r := Result{
		Hazard: "compliance", Method: m.Version,
		Intensity: Measure{Value: value, Unit: "sanctions hits"},
		P:         hit.p().Scale(prior),
		Steps:     []Step{{"p of the hit", prior, ""}},
		Formula:   "sanctions hit on an active counterparty = I3 that has happened; law in force within 30 days → yellow",
		Source:    "design of Watchfire, method " + m.Version,
	}
	if in.LawDays != nil && *in.LawDays < q.LawDays {
		r.P = level.Max(r.P, q.Law.p())
		r.raise(level.Yellow, "a change of law takes effect within 30 days")
	}
	r.note(in.Sanctions, "for the compliance desk only")
	return r, nil
}
