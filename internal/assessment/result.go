package assessment

import (
	"encoding/json"
	"time"
)

// A Result is the assessment of one unit. Its JSON is canonical: fixed order, six decimals.
type Result struct {
	Unit       string    `json:"unit"`
	Kind       string    `json:"kind"`
	Name       string    `json:"name"`
	Country    string    `json:"country,omitempty"`
	Snapshot   string    `json:"snapshot"` // SHA-256 of the canonical snapshot
	Method     string    `json:"method"`
	MethodHash string    `json:"method_hash"`
	Seed       uint64    `json:"seed"`
	Draws      int       `json:"draws"`
	AsOf       time.Time `json:"as_of"`
	Known      time.Time `json:"known"`

	// Assessed is false where no dimension could be; the figures below are then 0 and mean nothing.
	Assessed bool    `json:"assessed"`
	Score    float64 `json:"score"`    // 0 to 10, 10 = worst, with controls
	Class    string  `json:"class"`    // one of Classes(), "" = not assessed
	Inherent float64 `json:"inherent"` // without controls
	Mean     float64 `json:"mean"`     // before the worst dimension holds it up
	// HeldBy is the dimension that holds the score up; "" = none does.
	HeldBy  string   `json:"held_by,omitempty"`
	RedTags []string `json:"red_tags,omitempty"`
	People  float64  `json:"people,omitempty"`

	Low         float64 `json:"low"`  // 5th percentile over the draws
	High        float64 `json:"high"` // 95th
	Robust      bool    `json:"robust"`
	ClassShare  float64 `json:"class_share"` // draws in another class
	Rank        int     `json:"rank"`        // among the units of its kind, 1 = worst
	Of          int     `json:"of"`
	RankLow     float64 `json:"rank_low"`
	RankHigh    float64 `json:"rank_high"`
	Sensitivity []Share `json:"sensitivity"`
	// Settled tells how far the sensitivity has settled; nil = by a method that does not say.
	Settled    *Settled   `json:"settled,omitempty"`
	Confidence Confidence `json:"confidence"`
	Short      Trend      `json:"short"`
	Long       Trend      `json:"long"`
	Delta7     *float64   `json:"delta_7"`
	Delta30    *float64   `json:"delta_30"`
	Delta365   *float64   `json:"delta_365"`

	Dimensions []DimensionResult `json:"dimensions"`
	Baseline   float64           `json:"baseline"` // score with every value at its base
	Drivers    []Driver          `json:"drivers"`
	Changed    []Change          `json:"changed,omitempty"`
	ClassWas   string            `json:"class_was,omitempty"`
	Stale      []Stale           `json:"stale,omitempty"`
	Blind      []Blind           `json:"blind,omitempty"`

	Probability     *Probability `json:"probability,omitempty"`
	ProbabilityWord string       `json:"probability_word,omitempty"` // ICD-203
}

// A Share is the first-order Sobol index of one input of the score: the part of the variance
// over the draws that this input makes by itself. "dimension:ID" is all inside one dimension,
// its weight, its inner weights and what was borrowed for it; such shares overlap the others.
type Share struct {
	Factor string  `json:"factor"`
	Index  float64 `json:"index"`
	// Half is half the width of its 90 % interval; nil = by a method that does not say.
	Half *float64 `json:"half,omitempty"`
}

// Settled says whether there were draws enough for the sensitivity.
type Settled struct {
	Evaluations int     `json:"evaluations"` // of the score, over all draws
	Widest      float64 `json:"widest"`      // half width of the widest interval
	Enough      bool    `json:"enough"`      // no interval is wider than ± 0.1
	// Rest is what no input makes by itself: interactions, and chance.
	Rest float64 `json:"rest"`
}

// A DimensionResult is one row of the page.
type DimensionResult struct {
	ID            string   `json:"id"`
	Assessed      bool     `json:"assessed"`
	Score         float64  `json:"score"`
	Low           *float64 `json:"low,omitempty"`  // 5th percentile over the draws; null = by a method that does not say
	High          *float64 `json:"high,omitempty"` // 95th
	Inherent      float64  `json:"inherent"`
	Class         string   `json:"class"`
	Hazard        *float64 `json:"hazard"` // null = nothing is known of it
	Vulnerability *float64 `json:"vulnerability"`
	Coping        *float64 `json:"coping"`
	Coverage      float64  `json:"coverage"` // share of the weight that is known
	Weight        float64  `json:"weight"`
}

// A Driver is what one indicator adds to the score, against the reference's base.
type Driver struct {
	Indicator    string    `json:"indicator"`
	Dimensions   []string  `json:"dimensions"`
	Value        float64   `json:"value"`
	Unit         string    `json:"unit"`
	Normalised   float64   `json:"normalised"`
	Contribution float64   `json:"contribution"` // points, Shapley value
	Period       string    `json:"period"`
	Source       string    `json:"source"`
	Grade        string    `json:"grade"`
	Licence      string    `json:"licence"`
	Evidence     string    `json:"evidence"`
	From         string    `json:"from,omitempty"` // unit that it was inherited from
	Imputed      bool      `json:"imputed,omitempty"`
	Boundary     *Boundary `json:"boundary,omitempty"`
}

// A Boundary is the nearest value at which the class of the score changes, all else equal.
type Boundary struct {
	Value float64 `json:"value"`
	Class string  `json:"class"`
}

// A Change is what became different since the previous assessment, with what it did to the
// score by itself.
type Change struct {
	Indicator string  `json:"indicator"`
	Was       *Value  `json:"was"` // null = new
	Is        *Value  `json:"is"`  // null = gone
	Effect    float64 `json:"effect"`
}

// A Stale value is older than it should be.
type Stale struct {
	Indicator string  `json:"indicator"`
	Period    string  `json:"period"`
	Days      float64 `json:"days"`
}

// A Blind spot is what the assessment does not know. Reasons: no_hazard (the dimension is not
// assessed), missing (no value), imputed (borrowed from others).
type Blind struct {
	Dimension string `json:"dimension"`
	Indicator string `json:"indicator,omitempty"`
	Reason    string `json:"reason"`
}

// Canonical is the result's JSON, byte for byte what every recomputation gives.
func (r Result) Canonical() ([]byte, error) { return json.Marshal(r) }
