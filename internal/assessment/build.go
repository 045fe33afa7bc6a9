package assessment

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/indicator"
)

// Inputs are what a snapshot is made of.
type Inputs struct {
	Observations []indicator.Observation
	AsOf, Known  time.Time
	Seed         uint64
	Draws        int
	Weights      []Weight
	// Units are the organisation's own: projects, sites, routes, portfolios. Their values come
	// from the observations; a unit without a parent gets its country as one.
	Units    []Unit
	History  map[string][]Point
	Previous map[string]*Previous
	// Chances are probabilities of units that Build makes itself, by their ids.
	Chances map[string]*Probability
}

// Build selects what was known and makes a snapshot of every country that any number speaks
// of, and of the organisation's own units. It is a pure function of the set of inputs.
func Build(m *Method, in Inputs) *Snapshot {
	chosen := indicator.Select(in.Observations, in.AsOf, in.Known)
	s := &Snapshot{Version: snapshotVersion, Method: m.Version, MethodHash: m.Hash, AsOf: in.AsOf.UTC(), Known: in.Known.UTC(), Seed: in.Seed, Draws: in.Draws, Weights: slices.Clone(in.Weights)}
	values := map[string][]Value{}
	wealth := map[string]float64{}
	for _, o := range chosen {
		if _, used := m.byIndicator[o.Indicator]; used {
			values[o.Place] = append(values[o.Place], Value{Indicator: o.Indicator, Value: o.Value, Period: o.Period, Known: o.KnownAt, Source: o.Source, Grade: o.Grade, Licence: o.Licence, Evidence: o.ID})
		}
	}
	for _, pair := range [][2]string{{"economy.gdp", "people.population"}} {
		wealth = ratio(chosen, pair[0], pair[1])
	}
	for _, u := range append(places(values, in.Units, wealth), in.Units...) {
		u.Values = values[u.ID]
		u.History = slices.Clone(in.History[u.ID])
		u.Previous = in.Previous[u.ID]
		if p := in.Chances[u.ID]; p != nil {
			u.Probability = p
		}
		u.Controls = slices.DeleteFunc(slices.Clone(u.Controls), func(c Control) bool { _, ok := m.Dimension(c.Dimension); return !ok })
		s.Units = append(s.Units, u)
	}
	s.sort()
	return s
}

// places makes units of countries and divisions, and gives parents to own units.
func places(values map[string][]Value, own []Unit, wealth map[string]float64) []Unit {
	codes := map[string]bool{}
	divisions := map[string]bool{}
	for place := range values {
		switch kind, code, _ := strings.Cut(place, ":"); kind {
		case Country:
			codes[code] = true
		case Admin1:
			divisions[code] = true
			codes[code[:2]] = true
		}
	}
	for i := range own {
		if u := &own[i]; u.Country != "" && u.Kind != Portfolio {
			codes[u.Country] = true
			if u.Parent == "" {
				u.Parent = Country + ":" + u.Country
			}
		}
	}
	income := quartiles(wealth)
	regions := regionOf()
	var out []Unit
	for code := range codes {
		out = append(out, Unit{ID: Country + ":" + code, Kind: Country, Name: country.Name(code, "en"), Country: code, Region: regions[code], Income: income[Country+":"+code]})
	}
	for code := range divisions {
		c := code[:2]
		out = append(out, Unit{ID: Admin1 + ":" + code, Kind: Admin1, Name: code, Country: c, Parent: Country + ":" + c, Region: regions[c], Income: income[Country+":"+c]})
	}
	for i := range own {
		if u := &own[i]; u.Country != "" {
			u.Region, u.Income = regions[u.Country], income[Country+":"+u.Country]
		}
	}
	return out
}

// ratio of two indicators by place, of what was selected.
func ratio(chosen []indicator.Observation, over, under string) map[string]float64 {
	top, out := map[string]float64{}, map[string]float64{}
	for _, o := range chosen {
		if o.Indicator == over {
			top[o.Place] = o.Value
		}
	}
	for _, o := range chosen {
		if v, ok := top[o.Place]; o.Indicator == under && ok && o.Value > 0 {
			out[o.Place] = v / o.Value
		}
	}
	return out
}

// quartiles puts places into four groups of equal size, "1" the poorest.
func quartiles(wealth map[string]float64) map[string]string {
	names := make([]string, 0, len(wealth))
	for name := range wealth {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(wealth[a], wealth[b]), cmp.Compare(a, b)) })
	out := map[string]string{}
	for i, name := range names {
		out[name] = strconv.Itoa(1 + 4*i/len(names))
	}
	return out
}

// subregions are the areas of UN M49 that countries are grouped by when one lends a value to
// another.
var subregions = []string{
	"015", "011", "014", "017", "018", "005", "013", "029", "021", "030", "034", "035", "143", "145", "039", "151", "154", "155", "053", "054", "057", "061",
}

var regionOf = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, area := range subregions {
		for _, code := range country.Region(area) {
			out[code] = area
		}
	}
	return out
})
