// Package indicator holds the numbers that assessments rest on: what an indicator means and
// in which unit it counts, one observation of it with place, period, source, licence and the
// instant it became known, and the reading of public panels and users' own tables into such
// observations. A panel is read by a mapping file that says which column means what; whatever
// does not fit the contract is refused as a whole or put aside row by row with the reason,
// and nothing is guessed. Selecting what was known at an instant is a pure function of the
// observations: the same observations give the same selection in any order. The package
// stores nothing and knows no score.
package indicator

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

//go:embed data/indicators.yaml
var definitionsYAML []byte

// A Definition says what an indicator means.
type Definition struct {
	ID   string `yaml:"id" json:"id"`
	Unit string `yaml:"unit" json:"unit"`
	// Low and High are the bounds of what is possible at all; outside is an error of the row.
	Low  float64 `yaml:"low" json:"low"`
	High float64 `yaml:"high" json:"high"`
	// Typical holds the median of any honest panel; outside, the panel is in another unit.
	// Two equal numbers = nothing is known.
	Typical [2]float64 `yaml:"typical" json:"typical"`
	// Names are the words for people, by language; "en" and "zh" are always there.
	Names map[string]string `yaml:"names" json:"names"`
	// Own tells that organisations count it themselves: no public panel has it.
	Own bool `yaml:"own" json:"own,omitempty"`
}

// Name is the name in a language, English where there is none.
func (d Definition) Name(lang string) string {
	if n := d.Names[lang]; n != "" {
		return n
	}
	return d.Names["en"]
}

var definitions = sync.OnceValue(func() map[string]Definition {
	list, err := readDefinitions(definitionsYAML)
	if err != nil {
		panic(err) // a bug of ours: the file is part of the program
	}
	out := make(map[string]Definition, len(list))
	for _, d := range list {
		out[d.ID] = d
	}
	return out
})

func readDefinitions(raw []byte) ([]Definition, error) {
	var file struct {
		Indicators []Definition `yaml:"indicators"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&file); err != nil {
		return nil, fmt.Errorf("read the definitions of indicators: %w: %w", fault.ErrInvalid, err)
	}
	seen := map[string]bool{}
	for _, d := range file.Indicators {
		switch {
		case !idForm.MatchString(d.ID):
			return nil, fmt.Errorf("indicator %.60q: want lower-case words joined by dots: %w", d.ID, fault.ErrInvalid)
		case seen[d.ID]:
			return nil, fmt.Errorf("indicator %s stands twice: %w", d.ID, fault.ErrInvalid)
		case d.Unit == "" || d.Names["en"] == "" || d.Names["zh"] == "":
			return nil, fmt.Errorf("indicator %s: unit and names in English and Chinese are needed: %w", d.ID, fault.ErrInvalid)
		case !(d.Low < d.High):
			return nil, fmt.Errorf("indicator %s: low %v is not below high %v: %w", d.ID, d.Low, d.High, fault.ErrInvalid)
		}
		seen[d.ID] = true
	}
	slices.SortFunc(file.Indicators, func(a, b Definition) int { return strings.Compare(a.ID, b.ID) })
	return file.Indicators, nil
}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)

// Find returns the definition of a known indicator.
func Find(name string) (Definition, bool) {
	d, ok := definitions()[name]
	return d, ok
}

// All lists the known indicators by their ids.
func All() []Definition {
	out := make([]Definition, 0, len(definitions()))
	for _, d := range definitions() {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Definition) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// An Observation is one value of one indicator.
type Observation struct {
	ID        string    `json:"id"`
	Indicator string    `json:"indicator"`
	Unit      string    `json:"unit"`
	Place     string    `json:"place"`  // "country:KE", "admin1:KE-30", "project:CODE", "site:CODE", "route:CODE"
	Period    string    `json:"period"` // "2019", "2019-Q2", "2019-06", "2019-06-03"
	Value     float64   `json:"value"`
	KnownAt   time.Time `json:"known_at"`
	Source    string    `json:"source"`
	Grade     string    `json:"grade"` // Admiralty, A to F
	Licence   string    `json:"licence"`
	// Panel is the mapping that it came by, "" = the organisation's own.
	Panel string `json:"panel,omitempty"`
}

// WithID returns the observation with the id that its content has: the same row of the same
// edition is the same observation, however often it is imported.
func (o Observation) WithID() Observation {
	o.ID = id.Derived("obs", o.Indicator, o.Unit, o.Place, o.Period, strconv.FormatFloat(o.Value, 'g', -1, 64),
		o.KnownAt.UTC().Format(time.RFC3339Nano), o.Source)
	return o
}

// End is the instant at which the observation's period ends.
func (o Observation) End() time.Time {
	_, end, _ := Span(o.Period)
	return end
}

// Check refuses an observation that could not be right. Errors wrap fault.ErrInvalid and
// begin with one of the reasons below.
func (o Observation) Check() error {
	d, ok := Find(o.Indicator)
	switch {
	case !ok:
		return refuse(ReasonIndicator, "%.60q is no indicator that we know", o.Indicator)
	case o.Unit != d.Unit:
		return refuse(ReasonUnit, "%s counts in %s, not in %.40q", d.ID, d.Unit, o.Unit)
	case math.IsNaN(o.Value) || math.IsInf(o.Value, 0):
		return refuse(ReasonNumber, "%v is no number", o.Value)
	case o.Value < d.Low || o.Value > d.High:
		return refuse(ReasonBounds, "%s is %v, want %v to %v %s", d.ID, o.Value, d.Low, d.High, d.Unit)
	case !placeForm.MatchString(o.Place):
		return refuse(ReasonPlace, "%.60q is no place", o.Place)
	case len(o.Grade) != 1 || !strings.Contains("ABCDEF", o.Grade):
		return refuse(ReasonGrade, "%.10q, want A to F", o.Grade)
	case strings.TrimSpace(o.Source) == "" || len(o.Source) > 300:
		return refuse(ReasonSource, "a number without its source")
	case strings.TrimSpace(o.Licence) == "" || len(o.Licence) > 300:
		return refuse(ReasonSource, "a number without its licence")
	case o.KnownAt.IsZero():
		return refuse(ReasonPeriod, "known since when is missing")
	}
	start, _, err := Span(o.Period)
	if err != nil {
		return err
	}
	if start.After(o.KnownAt) {
		return refuse(ReasonPeriod, "known at %s, before its period %s began", o.KnownAt.UTC().Format(time.DateOnly), o.Period)
	}
	return nil
}

var placeForm = regexp.MustCompile(`^(country:[A-Z]{2}|admin1:[A-Z]{2}-[A-Z0-9]{1,4}|(project|site|route|portfolio):[^\s:][^\n:]{0,99})$`)

// Reasons for which a row is put aside. They are the words of the API and of stored rows.
const (
	ReasonEncoding  = "encoding"
	ReasonColumns   = "columns"
	ReasonIndicator = "indicator"
	ReasonUnit      = "unit"
	ReasonNumber    = "number"
	ReasonBounds    = "bounds"
	ReasonPlace     = "place"
	ReasonPeriod    = "period"
	ReasonDuplicate = "duplicate"
	ReasonGrade     = "grade"
	ReasonSource    = "source"
)

// A refusal carries its reason apart from its words.
type refusal struct {
	reason, detail string
}

// Error implements error.
func (r *refusal) Error() string { return r.reason + ": " + r.detail }

// Unwrap makes it fault.ErrInvalid.
func (r *refusal) Unwrap() error { return fault.ErrInvalid }

func refuse(reason, format string, args ...any) error {
	return &refusal{reason, fmt.Sprintf(format, args...)}
}
