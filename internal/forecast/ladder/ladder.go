// Package ladder holds the forecast models, from the certain zero to the pool that is
// shipped, each a rung that the ones above must beat. A rung gets a view that ends at the
// origin and a seed, and gives for each country and each of fourteen months a distribution
// of deaths. Nothing here reads files, the hour or the machine; equal views and seeds give
// equal bytes for any number of workers. The constants were chosen on the years to 2016;
// what was tried stands in docs/method/forecast.md.
package ladder

import (
	"fmt"
	"slices"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/panel"
)

// Horizons is the number of months that a forecast looks ahead.
const Horizons = 14

// Field is a forecast: by country, in the order of the view's Units, then by month ahead,
// from 0 for the month after the origin.
type Field [][]dist.Grid

// Rung is a forecast model.
type Rung struct {
	Name   string
	About  string // in one line
	Seeded bool   // whether the seed matters
	of     func(*Shop, panel.View, uint64) (Field, error)
}

// NewRung makes a rung of a function; tests plant faults with it.
func NewRung(name string, of func(panel.View) (Field, error)) Rung {
	return Rung{Name: name, About: name, of: func(_ *Shop, v panel.View, _ uint64) (Field, error) { return of(v) }}
}

// Rungs gives the ladder from the bottom up.
func Rungs() []Rung {
	return []Rung{
		{"zero", "nobody dies", false, still(func([]float64) dist.Grid { return nil })},
		{"bootstrap", "any country-month of the last year", false, bootstrap},
		{"lastpoisson", "Poisson around the last month", false, still(lastPoisson)},
		{"conflictology12", "own last 12 months", false, still(own(12))},
		{"l0", "nobody dies (= zero)", false, still(func([]float64) dist.Grid { return nil })},
		{"l1", "any country-month of the last year (= bootstrap)", false, bootstrap},
		{"l2", "Poisson around the last month (= lastpoisson)", false, still(lastPoisson)},
		{"l3", "own last 12, 24 and 36 months in equal parts", false, still(windows)},
		{"l4", "own last 36 months, half-life 3 months", false, still(recent)},
		{"l5", "zero-inflated negative binomial, 24 months, half-life 4", false, still(weighted)},
		{"l6", "hurdle: logistic chance of any death, negative binomial above", false, hurdle},
		{"l7", "forest of level-scaled outcomes", true, (*Shop).forest},
		{"l8", "half l7, quarter l4, quarter l5", true, half},
		{"l9", "pool by level and trend: forest with neighbours, analogues, own history", true, (*Shop).neighbourly},
		{"l10", "l9 recalibrated by level on its own past", true, recalibrated},
		{"best", "what is shipped: l9 without the neighbours", true, (*Shop).shipped},
	}
}

// Find gives the rung of a name; an error is fault.ErrNotFound.
func Find(name string) (Rung, error) {
	var names []string
	for _, r := range Rungs() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Rung{}, fmt.Errorf("model %q: want one of %v: %w", name, names, fault.ErrNotFound)
}

// Shop forecasts, and keeps what several rungs need: what it made once of a view it does not
// make again. All views must come from one panel. It is not safe for concurrent use.
type Shop struct {
	workers int
	kept    map[string]Field
}

// NewShop makes a shop that grows trees on so many goroutines.
func NewShop(workers int) *Shop {
	return &Shop{workers: max(1, workers), kept: map[string]Field{}}
}

// Forecast asks a rung. The result is shared; the caller must not change it.
func (s *Shop) Forecast(r Rung, v panel.View, seed uint64) (Field, error) {
	f, err := r.of(s, v, seed)
	if err != nil {
		return nil, fmt.Errorf("forecast %s from %s: %w", r.Name, v.Origin(), err)
	}
	if len(f) != v.Len() {
		return nil, fmt.Errorf("forecast %s from %s: %d countries of %d: %w", r.Name, v.Origin(), len(f), v.Len(), fault.ErrInvalid)
	}
	return f, nil
}

// once makes a part of a forecast unless the shop has it.
func (s *Shop) once(part string, v panel.View, seed uint64, build func() (Field, error)) (Field, error) {
	key := fmt.Sprint(part, " ", v.First(), v.Origin(), seed)
	if f, ok := s.kept[key]; ok {
		return f, nil
	}
	f, err := build()
	if err == nil {
		s.kept[key] = f
	}
	return f, err
}

// each makes a field that says the same for all months of a country.
func each(v panel.View, of func(series []float64) dist.Grid) Field {
	out := make(Field, v.Len())
	for i := range out {
		out[i] = slices.Repeat([]dist.Grid{of(v.Series(i))}, Horizons)
	}
	return out
}

// still makes a rung of what a country's own series says of all months ahead.
func still(of func(series []float64) dist.Grid) func(*Shop, panel.View, uint64) (Field, error) {
	return func(_ *Shop, v panel.View, _ uint64) (Field, error) { return each(v, of), nil }
}
