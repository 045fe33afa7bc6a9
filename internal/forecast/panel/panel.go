// Package panel holds what is known of each country in each month, and cuts it at an origin.
// A forecast gets a View, whose memory ends at the origin: later months cannot be reached
// through it, by slicing or otherwise, so that no model can look ahead. Readers of files
// refuse a file that cannot be what it says, and put single rows into quarantine with file,
// row, field and reason; nothing is repaired in silence. The package opens no files itself.
package panel

import (
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/fault"
)

// Unit is a country of the panel.
type Unit struct {
	ID   int    // as in the VIEWS data
	Name string // in English, as in the VIEWS data
}

// Panel holds deaths per country and month. It does not change after it was made.
type Panel struct {
	units  []Unit // by ID
	first  Month
	months int
	values [][]float64 // by unit, then month; NaN = not known
}

// Cell is one observation.
type Cell struct {
	Unit  int // ID
	Month Month
	Value float64
}

// New makes a panel of observations in any order. Each unit and month may occur once; what
// does not occur is not known. An error is fault.ErrInvalid.
func New(units []Unit, cells []Cell) (Panel, error) {
	if len(units) == 0 || len(cells) == 0 {
		return Panel{}, fmt.Errorf("a panel without observations: %w", fault.ErrInvalid)
	}
	p := Panel{units: slices.Clone(units), first: cells[0].Month}
	slices.SortFunc(p.units, func(a, b Unit) int { return a.ID - b.ID })
	last := p.first
	for _, c := range cells {
		p.first, last = min(p.first, c.Month), max(last, c.Month)
	}
	p.months = int(last-p.first) + 1
	index := make(map[int]int, len(p.units))
	for i, u := range p.units {
		if _, twice := index[u.ID]; twice {
			return Panel{}, fmt.Errorf("country %d twice: %w", u.ID, fault.ErrInvalid)
		}
		index[u.ID] = i
		row := make([]float64, p.months)
		for m := range row {
			row[m] = math.NaN()
		}
		p.values = append(p.values, row)
	}
	for _, c := range cells {
		i, ok := index[c.Unit]
		if !ok {
			return Panel{}, fmt.Errorf("country %d is not of the panel: %w", c.Unit, fault.ErrInvalid)
		}
		at := &p.values[i][c.Month-p.first]
		if !math.IsNaN(*at) {
			return Panel{}, fmt.Errorf("country %d, month %s twice: %w", c.Unit, c.Month, fault.ErrInvalid)
		}
		*at = c.Value
	}
	return p, nil
}

// Units gives the countries by ID.
func (p Panel) Units() []Unit { return slices.Clone(p.units) }

// First and Last give the months that the panel spans.
func (p Panel) First() Month { return p.first }

// Last gives the last month.
func (p Panel) Last() Month { return p.first + Month(p.months) - 1 }

// Value gives one observation; false = not known.
func (p Panel) Value(unit int, m Month) (float64, bool) {
	i, ok := slices.BinarySearchFunc(p.units, unit, func(u Unit, id int) int { return u.ID - id })
	if !ok || m < p.first || m > p.Last() || math.IsNaN(p.values[i][m-p.first]) {
		return 0, false
	}
	return p.values[i][m-p.first], true
}

// View is a panel up to and with its origin. It owns its memory: what the panel knows of
// later months is not in it.
type View struct {
	units  []Unit
	first  Month
	origin Month
	series [][]float64
	born   []int
}

// At cuts the panel at the origin. A month before a country's first observation counts
// zero; a gap afterwards repeats the month before it. An origin that no country has an
// observation of is fault.ErrInvalid: the panel does not reach it, or its row is missing.
func (p Panel) At(origin Month) (View, error) {
	if origin < p.first || origin > p.Last() {
		return View{}, fmt.Errorf("origin %s: the panel knows %s to %s: %w", origin, p.first, p.Last(), fault.ErrInvalid)
	}
	n, known := int(origin-p.first)+1, false
	v := View{units: slices.Clone(p.units), first: p.first, origin: origin}
	for _, row := range p.values {
		series, born := make([]float64, n), n
		for m := range series {
			switch {
			case !math.IsNaN(row[m]):
				series[m], born = row[m], min(born, m)
			case m > 0:
				series[m] = series[m-1]
			}
		}
		known = known || !math.IsNaN(row[n-1])
		v.series, v.born = append(v.series, series), append(v.born, born)
	}
	if !known {
		return View{}, fmt.Errorf("origin %s: the panel has no row for it: %w", origin, fault.ErrInvalid)
	}
	return v, nil
}

// Earlier cuts the view at an earlier origin, as it was known then. Models train so: what
// they learn from lies between the earlier origin and this one.
func (v View) Earlier(origin Month) (View, error) {
	if origin < v.first || origin > v.origin {
		return View{}, fmt.Errorf("origin %s: the view knows %s to %s: %w", origin, v.first, v.origin, fault.ErrInvalid)
	}
	n := int(origin-v.first) + 1
	cut := View{units: v.units, first: v.first, origin: origin, born: v.born}
	for _, s := range v.series {
		cut.series = append(cut.series, s[:n:n])
	}
	return cut, nil
}

// Units gives the countries by ID.
func (v View) Units() []Unit { return slices.Clone(v.units) }

// Len gives the number of countries.
func (v View) Len() int { return len(v.units) }

// Origin gives the last month known.
func (v View) Origin() Month { return v.origin }

// First gives the first month known.
func (v View) First() Month { return v.first }

// Series gives the deaths of the country at index i (by ID), month by month from First to
// Origin. The caller must not change it.
func (v View) Series(i int) []float64 { return v.series[i] }

// Born gives the index into Series of the first month observed of the country at index i;
// the length of the series when there is none.
func (v View) Born(i int) int { return min(v.born[i], len(v.series[i])) }

// Neighbours gives for each country, by index, the indices of the countries of the view that
// it shares a border with on land, ascending.
func (v View) Neighbours() [][]int {
	index := make(map[int]int, len(v.units))
	for i, u := range v.units {
		index[u.ID] = i
	}
	out := make([][]int, len(v.units))
	for i, u := range v.units {
		for _, id := range neighbours()[u.ID] {
			if j, ok := index[id]; ok {
				out[i] = append(out[i], j)
			}
		}
		slices.Sort(out[i])
	}
	return out
}
