package exposure

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
)

//go:embed data/match.json
var matchJSON []byte

// rules are the figures of matching that no impact function owns; their meanings stand at
// their uses, their provenance in the file.
type rules struct {
	Version    string  `json:"version"`
	Provenance string  `json:"provenance"`
	BaseRate   float64 `json:"base_rate"` // that an event is real before any report is weighed
	// BaseRates holds those of hazards whose reports are true more or less often.
	BaseRates  map[event.Hazard]float64 `json:"base_rates"`
	Instrument float64                  `json:"instrument"` // that it is, when one report is measured or official
	Keep       float64                  `json:"keep"`       // least P(I1) of a row
	MaxRows    int                      `json:"max_rows"`
	Supplier   float64                  `json:"supplier"` // share of an impact that reaches us through a supplier
	Country    float64                  `json:"country"`  // that a place in the country is meant
	Admin1     float64                  `json:"admin1"`   // that a place in the first-level division is meant
	VagueKM    float64                  `json:"vague_km"` // a point less certain than this is no place
	SpreadKM   float64                  `json:"spread_km"`
	ObservedKM float64                  `json:"observed_km"`
	Stretch    float64                  `json:"stretch"`
	Person     struct {
		Speed float64 `json:"km_per_hour"`
		Limit float64 `json:"limit_km"`
	} `json:"person"`
	Depth struct {
		KM    float64 `json:"km"`
		Sigma float64 `json:"sigma_km"`
	} `json:"depth"`
	Acceleration acceleration `json:"acceleration"`
	DriftKM      float64      `json:"drift_km"` // of a cyclone without a forecast
	Cone         [][2]float64 `json:"cone"`     // hours ahead, km that hold the centre two times in three
	NearKM       float64      `json:"near_km"`
	FireKM       float64      `json:"fire_km"` // no fire runs farther, whatever the wind
	Tsunami      struct {
		ReachKM   float64 `json:"reach_km"`
		Unknown   float64 `json:"unknown"`
		Elevation float64 `json:"elevation_m"`
	} `json:"tsunami"`
	Corridor struct {
		ReachKM    float64 `json:"reach_km"`
		MedianDays float64 `json:"median_days"`
		StockDays  float64 `json:"stock_days"`
	} `json:"corridor"`
	Hint      float64                 `json:"hint"` // class of an event that says nothing of its strength
	Incidents map[event.Hazard]string `json:"incidents"`
	Words     []wordRule              `json:"words"`
	// Triggers are words in an event's title that demand orange (METHOD.md 1.7), whole words only.
	Triggers    []string            `json:"triggers"`
	Admin1Words []string            `json:"admin1_words"`
	Regions     map[string][]string `json:"damage_regions"`

	region map[string]string // country to damage region
}

// A wordRule reads a kind from an event's title where no measure says it.
type wordRule struct {
	Hazard event.Hazard `json:"hazard"`
	Kind   string       `json:"kind"`
	Any    []string     `json:"any"`
	None   []string     `json:"none"`
}

// loadRules is computed once from the embedded file; it is a constant in all but name.
var loadRules = sync.OnceValue(func() *rules {
	r, err := parseRules(matchJSON)
	if err != nil {
		panic(err) // a bug of ours: the file is part of the program
	}
	return r
})

func parseRules(b []byte) (*rules, error) {
	var r rules
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("parse matching rules: %w: %w", fault.ErrInvalid, err)
	}
	for name, p := range map[string]float64{
		"base_rate": r.BaseRate, "instrument": r.Instrument, "keep": r.Keep, "supplier": r.Supplier, "country": r.Country, "admin1": r.Admin1,
	} {
		if !(p > 0 && p < 1) {
			return nil, fmt.Errorf("matching rules: %s is %v, want between 0 and 1: %w", name, p, fault.ErrInvalid)
		}
	}
	for _, h := range event.Hazards() {
		if p, ok := r.BaseRates[h]; ok && !(p > 0 && p < 1) {
			return nil, fmt.Errorf("matching rules: base_rates.%s is %v, want between 0 and 1: %w", h, p, fault.ErrInvalid)
		}
	}
	if len(r.Cone) < 2 || r.MaxRows < 1 || r.Stretch <= 0 {
		return nil, fmt.Errorf("matching rules: cone, max_rows or stretch is missing: %w", fault.ErrInvalid)
	}
	r.region = map[string]string{}
	for code, countries := range r.Regions {
		for _, c := range countries {
			r.region[c] = code
		}
	}
	return &r, nil
}

// kind reads the kind of an event of one hazard from its title; "" = the title says none.
func (r *rules) kind(h event.Hazard, title string) string {
	title = strings.ToLower(title)
	holds := func(list []string) bool {
		for _, w := range list {
			if strings.Contains(title, w) {
				return true
			}
		}
		return false
	}
	for _, w := range r.Words {
		if w.Hazard == h && holds(w.Any) && !holds(w.None) {
			return w.Kind
		}
	}
	return ""
}

// trigger is the direct trigger that an event's title names; "" = none.
func (r *rules) trigger(title string) string {
	words := " " + strings.Join(strings.FieldsFunc(strings.ToLower(title), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c)
	}), " ") + " "
	for _, t := range r.Triggers {
		if strings.Contains(words, " "+t+" ") {
			return t
		}
	}
	return ""
}

// coneKM is the two-thirds error radius of a forecast that gives none, hours ahead.
func (r *rules) coneKM(hours float64) float64 {
	for i := 1; i < len(r.Cone); i++ {
		a, b := r.Cone[i-1], r.Cone[i]
		if hours <= b[0] {
			return a[1] + (b[1]-a[1])*(max(hours, a[0])-a[0])/(b[0]-a[0])
		}
	}
	return r.Cone[len(r.Cone)-1][1]
}
