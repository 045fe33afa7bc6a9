// Package exposure answers, for one revision of one event and the assets of one
// portfolio: which assets are reached, how strongly, and with what probability of which
// impact. Each answer opens to its inputs, formula, method version and evidence. It is a
// pure function of event, portfolio and instant: the same inputs give the same rows in the
// same order. It decides no level of a warning and tells nobody.
package exposure

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// An Input is one value that went into a formula, as it was used.
type Input struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// An Intensity is the strength at the asset: MMI, knots, CAP severity class, ….
type Intensity struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Sigma float64 `json:"sigma,omitempty"`
}

// How says what joined the asset to the event.
type How string

// The ways of matching, from exact to vague.
const (
	Inside   How = "inside"   // the asset lies in a drawn footprint
	Distance How = "distance" // the asset lies within the reach of a point or line
	Admin1   How = "admin1"   // the source named the asset's first-level division
	Country  How = "country"  // the source named only the asset's country
)

// An Exposure is one event revision × one asset. Distances are in kilometres; times UTC.
type Exposure struct {
	Event    string         `json:"event"`
	Revision int            `json:"revision"`
	Hazard   event.Hazard   `json:"hazard"`
	Project  string         `json:"project"`
	Asset    string         `json:"asset"`
	Kind     portfolio.Kind `json:"kind"` // ProjectKind: Asset and Name are the project's
	Name     string         `json:"name"` // of the asset when it was matched

	How        How       `json:"how"`
	DistanceKM float64   `json:"distance_km"` // to the footprint's edge; 0 = inside
	FromKM     float64   `json:"from_km,omitempty"`
	ToKM       float64   `json:"to_km,omitempty"` // route: chainage of the affected part
	Intensity  Intensity `json:"intensity"`
	Persons    int       `json:"persons"`
	ETA        time.Time `json:"eta,omitzero"`   // when it is felt there; zero = now or unknown
	Until      time.Time `json:"until,omitzero"` // end of the impact there, when known

	PEvent float64 `json:"p_event"` // probability that the event is real (source weights)
	P      level.P `json:"p"`       // P(impact ≥ I_k) at the asset, event probability included
	// Observed is the class of an impact that has happened here, told by people: the event's
	// measure observed_class (1 to 4), at assets within 1 km of its place or named by a place
	// code of the scheme "asset", when a report stands that is no instrument's and no news.
	Observed int         `json:"observed,omitempty"`
	Level    level.Level `json:"level"` // cell of the matrix for this row alone, floor included
	// Floor is a level that a rule of the method demands whatever the chance (an evacuation
	// order, a deadly outbreak near by); it passes the promotion rule like any other.
	Floor       level.Level `json:"floor,omitempty"`
	FloorReason string      `json:"floor_reason,omitempty"`

	Formula  string   `json:"formula"`
	Source   string   `json:"source"` // of the formula
	Method   string   `json:"method"`
	Inputs   []Input  `json:"inputs"`
	Notes    []string `json:"notes,omitempty"`
	Evidence []string `json:"evidence"` // signal ids
}
