// Package event holds what sources tell us (signals) and our merged view of what happens
// (events). A signal is one message of one source in our model, with its revisions and
// references kept; an event is made of signals, has revisions, and a signal can be
// detached from it again. Merging is a pure function of the signals seen so far. The
// package fetches nothing, knows no portfolio and sets no level.
package event

import (
	"time"

	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/id"
)

// Act is what a message does to the report it belongs to.
type Act string

// The acts. Absence from a source's list is none of them.
const (
	Report Act = "report" // first or repeated statement
	Update Act = "update" // supersedes the reports named in References
	Cancel Act = "cancel" // the source withdraws the reports: it was wrong or will not happen
	Error  Act = "error"  // the source says the reports were sent by mistake
	End    Act = "end"    // it happened and has passed
)

// Status tells whether a message is meant for real (CAP 1.2 status).
type Status string

// The statuses; only Actual may lead to a warning.
const (
	Actual   Status = "actual"
	Exercise Status = "exercise"
	System   Status = "system"
	Test     Status = "test"
	Draft    Status = "draft"
)

// A Text is what the source says in one language.
type Text struct {
	Language    string `json:"language"` // BCP 47
	Headline    string `json:"headline"`
	Description string `json:"description,omitempty"`
	Instruction string `json:"instruction,omitempty"`
	Area        string `json:"area,omitempty"` // the place in the source's words
}

// A Measure is one number with its unit. Names in use: magnitude (no unit),
// depth (km), mmi, wind (kt, 1-min sustained), gust (kt), pressure (hPa),
// alert_score, advice_level (1..4), population, deaths, injured, affected, wave (m),
// rain (mm), temperature (°C), area (ha), sigma_km (place), cases.
type Measure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
	Sigma float64 `json:"sigma,omitempty"`
}

// Measures is a list of measures; the first of a name counts.
type Measures []Measure

// Get returns the value of the named measure and whether it is there.
func (m Measures) Get(name string) (float64, bool) {
	for _, x := range m {
		if x.Name == name {
			return x.Value, true
		}
	}
	return 0, false
}

// Role says what a footprint means.
type Role string

// The roles of footprints.
const (
	Centre   Role = "centre"   // where it is: epicentre, eye, incident
	Affected Role = "affected" // where it is felt or in force now
	Forecast Role = "forecast" // where it is expected
	Cone     Role = "cone"     // where its centre may go: uncertainty, not effect
	Past     Role = "past"     // where it was: context, never matched
)

// A Footprint says where and how strongly. Measures hold the intensity inside Shape
// (for example wind 64 kt); where it differs from place to place, Grid holds it cell by
// cell and Shape is the grid's extent. From and To bound it in time when known.
type Footprint struct {
	Shape    geo.Shape `json:"shape"`
	Grid     *geo.Grid `json:"grid,omitempty"`
	Role     Role      `json:"role"`
	Measures Measures  `json:"measures,omitempty"`
	Severity string    `json:"severity,omitempty"` // CAP word when this part has its own
	From     time.Time `json:"from,omitzero"`
	To       time.Time `json:"to,omitzero"`
}

// A TrackPoint is one fix or forecast of a moving centre.
type TrackPoint struct {
	At       time.Time `json:"at"`
	Place    geo.Point `json:"place"`
	WindKT   float64   `json:"wind_kt,omitempty"`   // 1-min sustained, knots
	RadiusKM float64   `json:"radius_km,omitempty"` // two-thirds error radius of the place, kilometres
	// Radii are the extents of 34, 50 and 64 kt winds by quadrant NE, SE, SW, NW in kilometres.
	Radii    [3][4]float64 `json:"radii_km,omitzero"`
	Forecast bool          `json:"forecast,omitempty"`
}

// A Code is a place name in a source's own scheme (UGC, SAME, EMMA_ID, FIPS, ISO3166-2, …).
type Code struct {
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

// A Place names an area without drawing it. Country is ISO 3166-1 alpha-2, Admin1 an
// ISO 3166-2 code or the name of the first-level division; "" = not known at that level.
type Place struct {
	Country string `json:"country,omitempty"`
	Admin1  string `json:"admin1,omitempty"`
	Name    string `json:"name,omitempty"`
	Codes   []Code `json:"codes,omitempty"`
}

// A Grade is the Admiralty grade of a message: reliability A–F of the source and
// credibility 1–6 of what it says (6 = cannot be judged).
type Grade struct {
	Reliability string `json:"reliability"`
	Credibility int    `json:"credibility"`
}

// A Signal is what one source says in one message. Slices are ordered as the source
// gave them; times are UTC; the zero time is "not said".
type Signal struct {
	ID     string `json:"id"`     // derived from source, key and version: the same bytes give the same id
	Source string `json:"source"` // id of the source definition
	Record string `json:"record,omitempty"`
	Org    string `json:"org,omitempty"` // "" = public; otherwise only this organisation may see it

	Key        string   `json:"key"`                  // the report at its source: "usgs:us7000abcd", "cap:sender,identifier,sent"
	Version    string   `json:"version"`              // tells the revisions of one key apart
	Order      int64    `json:"order"`                // revisions of one key sort by it: source's update time, Unix ms
	Aliases    []string `json:"aliases,omitempty"`    // other keys of the same report
	References []string `json:"references,omitempty"` // keys that it supersedes or withdraws
	Act        Act      `json:"act"`
	Status     Status   `json:"status"`

	Hazard Hazard `json:"hazard"`
	Type   string `json:"type,omitempty"` // the source's own word for the kind
	Texts  []Text `json:"texts"`

	Published time.Time `json:"published,omitzero"` // when the source says it spoke
	Received  time.Time `json:"received,omitzero"`  // when our fetch ended or the push arrived
	Occurred  time.Time `json:"occurred,omitzero"`  // when it happened
	Onset     time.Time `json:"onset,omitzero"`     // when it will be felt
	Expires   time.Time `json:"expires,omitzero"`   // end of the message's validity: not of the event
	Ends      time.Time `json:"ends,omitzero"`      // end of the event, when the source says so

	Severity  string `json:"severity,omitempty"`  // CAP words: Minor, Moderate, Severe, Extreme, Unknown
	Certainty string `json:"certainty,omitempty"` // Observed, Likely, Possible, Unlikely, Unknown
	Urgency   string `json:"urgency,omitempty"`   // Immediate, Expected, Future, Past, Unknown

	Measures   Measures     `json:"measures,omitempty"`
	Footprints []Footprint  `json:"footprints,omitempty"`
	Track      []TrackPoint `json:"track,omitempty"`
	Places     []Place      `json:"places,omitempty"`

	Grade      Grade    `json:"grade"`
	Instrument bool     `json:"instrument,omitempty"` // measured, or said by the authority in charge
	News       bool     `json:"news,omitempty"`       // news alone never raises orange
	Owner      string   `json:"owner,omitempty"`      // wire or owner: signals of one owner are dependent
	TLP        string   `json:"tlp,omitempty"`        // RED, AMBER+STRICT, AMBER, GREEN, CLEAR
	Links      []string `json:"links,omitempty"`
	Notes      []string `json:"notes,omitempty"` // what the parser had to repair or could not use
}

// Text returns the text in the wanted language (BCP 47), else in English, else the first.
func (s Signal) Text(language string) Text {
	var english *Text
	for i := range s.Texts {
		switch t := &s.Texts[i]; {
		case sameLanguage(t.Language, language):
			return *t
		case english == nil && sameLanguage(t.Language, "en"):
			english = t
		}
	}
	if english != nil {
		return *english
	}
	if len(s.Texts) > 0 {
		return s.Texts[0]
	}
	return Text{}
}

func sameLanguage(a, b string) bool {
	return len(a) >= 2 && len(b) >= 2 && lower(a[0]) == lower(b[0]) && lower(a[1]) == lower(b[1]) &&
		(len(a) == 2 || a[2] == '-' || a[2] == '_') && (len(b) == 2 || b[2] == '-' || b[2] == '_')
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// SignalID derives the id of a signal from organisation, source, key and version: a second
// delivery of the same message gives the same id and is harmless.
func SignalID(s Signal) string { return id.Derived("sig", s.Org, s.Source, s.Key, s.Version) }
