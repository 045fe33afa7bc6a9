package impact

import (
	"fmt"
	"math"
	"strings"

	"watchfire.dev/internal/level"
)

// capMethod holds the coefficients of the section "cap".
type capMethod struct {
	Provenance string     `json:"provenance"`
	Certainty  words      `json:"certainty"`
	Urgency    words      `json:"urgency"`
	Severity   []severity `json:"severity"`
	ScaleKM    float64    `json:"scale_km"`
}

// A severity row is P(impact ≥ I_k at one place | an alert of this severity is true and the
// place lies in its area).
type severity struct {
	Word string  `json:"word"`
	P    classes `json:"p"`
}

// row finds a severity.
func (q capMethod) row(word string) (classes, bool) {
	for _, s := range q.Severity {
		if strings.EqualFold(s.Word, word) {
			return s.P, true
		}
	}
	return classes{}, false
}

// CAPInput describes a CAP 1.2 alert as seen from one place. Words are those of the
// standard in any case; "" reads as Unknown, as does a word that is not in the standard.
type CAPInput struct {
	Severity  string // Minor, Moderate, Severe, Extreme, Unknown
	Certainty string // Observed, Likely, Possible, Unlikely, Unknown; Very Likely = Likely (CAP 1.0)
	Urgency   string // Immediate, Expected, Future, Past, Unknown
	// Prior replaces the probability of the certainty: the sender's own hit rate or the
	// outcome of Weigh.
	Prior *float64
	// DistanceKM is the way from the alert's area: 0 or less = inside.
	DistanceKM float64
	ScaleKM    float64 // of the decay outside the area; 0 = the method's, 10 km
}

// CAPSeverity gives the probability of each impact class at one place under a public alert:
//
//	p_k = p_e · u · T[severity][k] · exp(−d/scale), d = distance outside the area
//
// p_e is the prior of the certainty word, u that of the urgency (only Past differs from 1),
// T a table of the method file. A severity names what the hazard can do somewhere in the
// area (Minor to Extreme stand for I1 to I4), not what it does at each place: the diagonal of
// T is 0.55, 0.30, 0.25 and 0.20. So a Minor alert stays green, Moderate and Severe-but-not-
// observed give yellow, Severe and observed or Extreme give orange; red needs the hazard's
// own impact function, a field report or an analyst.
// Certainty "Observed" says that the hazard is seen, not that the place is hit.
func (m *Method) CAPSeverity(in CAPInput) (Result, error) {
	q := m.cap
	c := &checker{}
	if in.ScaleKM == 0 {
		in.ScaleKM = q.ScaleKM
	}
	c.within("scale_km", in.ScaleKM, 0.1, 1000)
	c.within("distance_km", in.DistanceKM, -20040, 20040)
	if in.Prior != nil {
		c.within("prior", *in.Prior, 0, 1)
	}
	if err := c.err(); err != nil {
		return Result{}, err
	}
	r := Result{
		Hazard: "cap", Method: m.Version,
		Formula: "p_k = p_e(certainty) · u(urgency) · T[severity][k] · exp(−d/scale)",
		Source:  "OASIS CAP 1.2, severity, certainty and urgency; site table: design of Watchfire, method " + m.Version,
	}
	word := func(name, given string, known bool) string {
		if known {
			return given
		}
		r.note(given != "", fmt.Sprintf("%s %.40q is not a word of CAP 1.2: read as Unknown", name, given))
		return "Unknown"
	}
	row, ok := q.row(in.Severity)
	if !ok {
		row, _ = q.row(word("severity", in.Severity, false))
	}
	if strings.EqualFold(in.Certainty, "Very Likely") {
		in.Certainty = "Likely" // CAP 1.2, 3.2.2: the deprecated value is to be read so
	}
	prior, ok := q.Certainty.get(in.Certainty)
	if !ok {
		prior, _ = q.Certainty.get(word("certainty", in.Certainty, false))
	}
	if in.Prior != nil {
		prior = *in.Prior
	}
	urgent, ok := q.Urgency.get(in.Urgency)
	if !ok {
		urgent, _ = q.Urgency.get(word("urgency", in.Urgency, false))
	}
	decay := math.Exp(-math.Max(0, in.DistanceKM) / in.ScaleKM)
	r.P = row.p().Scale(prior * urgent * decay)
	r.Intensity = Measure{Value: float64(SeverityClass(in.Severity)), Unit: "CAP severity class"}
	r.Steps = []Step{{"p of the alert", prior, ""}, {"factor of the urgency", urgent, ""}, {"decay outside the area", decay, ""}}
	return r, nil
}

// SeverityClass gives the impact class that a CAP severity names for an area: Minor 1 to
// Extreme 4, anything else 0.
func SeverityClass(word string) int {
	for i, w := range [level.Classes]string{"Minor", "Moderate", "Severe", "Extreme"} {
		if strings.EqualFold(w, word) {
			return i + 1
		}
	}
	return 0
}

// PriorOf is the probability that an alert of this certainty comes true, before the sender's
// own record is known. A word that CAP does not know counts as Unknown.
func (m *Method) PriorOf(certainty string) float64 {
	if p, ok := m.cap.Certainty.get(certainty); ok {
		return p
	}
	p, _ := m.cap.Certainty.get("Unknown")
	return p
}
