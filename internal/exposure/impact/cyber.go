package impact

// cyberMethod holds the coefficients of the section "cyber".
type cyberMethod struct {
	Provenance string  `json:"provenance"`
	Exploited  classes `json:"exploited"`
	Known      classes `json:"known"`
}

// CyberInput describes a flaw in something that an asset may run.
type CyberInput struct {
	Exploited bool     // known to be exploited, as CISA's catalogue (KEV) lists it
	Listed    bool     // the portfolio lists the product at this asset
	Prior     *float64 // probability that the report is true; nil = 1
}

// Cyber gives the probability of each impact class from a flaw: on a listed asset a flaw
// that is known to be exploited counts as an I2 that has happened, any other as a small
// chance; an asset that does not run the product is not touched.
func (m *Method) Cyber(in CyberInput) (Result, error) {
	c := &checker{}
	prior := 1.0
	if in.Prior != nil {
		prior = *in.Prior
	}
	c.within("prior", prior, 0, 1)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	var row classes
	stage := 0.0
	switch {
	case in.Listed && in.Exploited:
		row, stage = m.cyber.Exploited, 2
	case in.Listed:
		row, stage = m.cyber.Known, 1
	}
	return Result{
		Hazard: "cyber", Method: m.Version, P: row.p().Scale(prior),
		Intensity: Measure{Value: stage, Unit: "0 not ours, 1 known, 2 exploited"},
		Steps:     []Step{{"p of the report", prior, ""}},
		Formula:   "exploited flaw on a listed asset = I2 that has happened",
		Source:    "catalogue of exploited flaws (CISA KEV) for \"exploited\"; design of Watchfire, method " + m.Version,
	}, nil
}
