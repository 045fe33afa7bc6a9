package impact

import (
	"math"

	"watchfire.dev/internal/level"
)

// outbreakMethod holds the coefficients of the section "outbreak".
type outbreakMethod struct {
	Provenance string  `json:"provenance"`
	ClassShare classes `json:"class_share"`
	CapShare   float64 `json:"cap_share"`
	GSD        float64 `json:"gsd"`
	GraveKM    float64 `json:"grave_km"`
}

// OutbreakInput describes an outbreak around a crew.
type OutbreakInput struct {
	Share        float64  // of the crew (or the people around) ill now, 0 to 1
	GrowthPerDay float64  // r of e^(r·t); negative = falling
	HorizonDays  float64  // 0 = 7
	Grave        bool     // viral haemorrhagic fever, plague or an unknown pathogen
	DistanceKM   float64  // of a grave pathogen from the place or a rotation route
	Prior        *float64 // probability that the report is true; nil = 1
}

// Outbreak gives the probability of each impact class: the ill share grows as I·e^(r·H), held
// at 60 %, and 1, 5, 15 and 30 % of the crew absent count as I1 to I4, the share log-normal
// with a factor of 2. A grave pathogen within 200 km is orange at least. Exponential growth
// holds for the first weeks of an outbreak only, which the cap stands for; the classes, the
// cap and the spread are own design. A falling outbreak counts as it stands today.
func (m *Method) Outbreak(in OutbreakInput) (Result, error) {
	q := m.outbreak
	c := &checker{}
	prior := 1.0
	if in.Prior != nil {
		prior = *in.Prior
	}
	if in.HorizonDays == 0 {
		in.HorizonDays = 7
	}
	c.within("prior", prior, 0, 1)
	c.within("share", in.Share, 0, 1)
	c.within("growth_per_day", in.GrowthPerDay, -5, 5)
	c.within("horizon_days", in.HorizonDays, 0, 365)
	c.within("distance_km", in.DistanceKM, 0, 20040)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	// The worst day of the horizon counts: today's, when the outbreak falls.
	share := math.Min(q.CapShare, in.Share*math.Exp(math.Max(0, in.GrowthPerDay)*in.HorizonDays))
	share = math.Max(share, math.Min(in.Share, 1))
	r := Result{
		Hazard: "outbreak", Method: m.Version,
		Intensity: Measure{share, "share of the crew", share * math.Log(q.GSD)},
		P:         logThresholds(share, q.GSD, q.ClassShare).Scale(prior),
		Steps:     []Step{{"ill share at the worst of the horizon", share, ""}},
		Formula:   "I(H) = I·e^(r·H), at most 60 %; P(I(H) ≥ 1, 5, 15, 30 %), log-normal",
		Source:    "design of Watchfire, method " + m.Version,
	}
	if in.Grave && in.DistanceKM <= q.GraveKM {
		r.raise(level.Orange, "haemorrhagic fever, plague or unknown pathogen within 200 km or on a rotation route")
	}
	return r, nil
}
