package panel

import (
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/fault"
)

// line is a row of a wide file that can be read.
type line struct {
	row    int
	month  Month
	values []float64 // by column; NaN = the country did not exist
}

// wide reads a row a month, a column a country. The first column is the month.
func (f *file) wide() ([]Cell, error) {
	columns, err := f.columns()
	if err != nil {
		return nil, err
	}
	lines, bad := f.lines()
	if err := f.throughout(columns, lines); err != nil {
		return nil, err
	}
	f.problems = append(f.problems, f.shifted(&lines, bad)...)
	if err := f.tooMany(len(bad)); err != nil {
		return nil, err
	}
	var cells []Cell
	for _, l := range lines {
		for j, u := range columns {
			if x := l.values[j]; u != nil && !math.IsNaN(x) {
				cells = append(cells, Cell{u.ID, l.month, x})
			}
		}
	}
	return cells, nil
}

// columns resolves the header; nil stands for a column that is not used.
func (f *file) columns() ([]*Unit, error) {
	if h := f.header[0]; h != "" && h != "month_id" {
		return nil, fmt.Errorf("%s: row 1, column 1: want month_id or nothing, got %q: a column is missing or shifted: %w", f.name, h, fault.ErrInvalid)
	}
	known, out := directory(), make([]*Unit, len(f.header)-1)
	used := map[int]int{}
	for j, name := range f.header[1:] {
		u, ok := known[name]
		if !ok {
			f.quarantine(-1, fmt.Sprintf("%d", j+2), "%q is no country of the list; its column is not used", name)
			continue
		}
		if first, twice := used[u.ID]; twice {
			f.quarantine(-1, name, "this country twice, columns %d and %d; neither is used", first+2, j+2)
			out[first] = nil
			continue
		}
		used[u.ID] = j
		out[j] = &u
	}
	if unknown := len(f.problems); len(used) == 0 || unknown > len(out)/2 {
		return nil, fmt.Errorf("%s: row 1: %d of %d columns are no countries of the list: %w", f.name, unknown, len(out), fault.ErrInvalid)
	}
	return out, nil
}

// lines reads the rows, by month. bad collects the rows in quarantine.
func (f *file) lines() (lines []line, bad map[int]bool) {
	bad = map[int]bool{}
	seen := map[Month]int{}
	for i, row := range f.rows {
		l, field, why := f.line(i, row)
		if why != "" {
			f.quarantine(i, field, "%s", why)
			bad[i] = true
			continue
		}
		if first, twice := seen[l.month]; twice {
			f.quarantine(i, "month_id", "month %d twice: first in row %d; neither is used", l.month, first+2)
			bad[i], bad[first] = true, true
			continue
		}
		seen[l.month] = i
		lines = append(lines, l)
	}
	lines = slices.DeleteFunc(lines, func(l line) bool { return bad[l.row] })
	slices.SortFunc(lines, func(a, b line) int { return int(a.month - b.month) })
	return lines, bad
}

func (f *file) line(i int, row []string) (l line, field, why string) {
	if len(row) != len(f.header) {
		return l, "month_id", fmt.Sprintf("%d fields, the header has %d: a column is missing or shifted", len(row), len(f.header))
	}
	m, why := month(row[0])
	if why != "" {
		return l, "month_id", why
	}
	l = line{row: i, month: m, values: make([]float64, len(row)-1)}
	for j, text := range row[1:] {
		if text == "" {
			l.values[j] = math.NaN()
			continue
		}
		x, why := deaths(text)
		if why != "" {
			return l, f.header[j+1], why
		}
		l.values[j] = x
	}
	return l, "", ""
}

// Shifted rows are told by their neighbours in time: wars do not move to the next column.
const (
	shiftMemory = 6  // good rows before, whose mean a row is compared with
	shiftLeast  = 20 // distance in log deaths below which nothing can be told
	shiftShare  = .6 // of the plain distance that a shifted one must stay under
)

// shifted finds rows that fit the months before much better one column to the left or right.
func (f *file) shifted(lines *[]line, bad map[int]bool) []Problem {
	var out []Problem
	var kept []line
	for _, l := range *lines {
		if len(kept) >= shiftMemory {
			recent := recentOf(kept[len(kept)-shiftMemory:])
			plain, best, by := offset(recent, l.values, 0), math.Inf(1), 0
			for _, k := range []int{-2, -1, 1, 2} {
				if d := offset(recent, l.values, k); d < best {
					best, by = d, k
				}
			}
			if plain > shiftLeast && best < shiftShare*plain {
				bad[l.row] = true
				out = append(out, Problem{f.name, l.row + 2, "month_id", fmt.Sprintf("the row fits the months before when its values are moved by %d columns: shifted", -by)})
				continue
			}
		}
		kept = append(kept, l)
	}
	*lines = kept
	return out
}

func recentOf(lines []line) []float64 {
	out := make([]float64, len(lines[0].values))
	for j := range out {
		for _, l := range lines {
			if !math.IsNaN(l.values[j]) {
				out[j] += math.Log1p(l.values[j]) / float64(len(lines))
			}
		}
	}
	return out
}

// offset gives the distance between recent months and values that stand k columns further.
func offset(recent, values []float64, k int) float64 {
	sum := 0.0
	for j, x := range recent {
		y := 0.0
		if i := j + k; i >= 0 && i < len(values) && !math.IsNaN(values[i]) {
			y = math.Log1p(values[i])
		}
		sum += math.Abs(x - y)
	}
	return sum
}

// births is how many countries must begin when their neighbours in the header should.
const births = 5

// throughout refuses a file whose columns all stand one or two places off: then the months
// in which countries came into being are those of other columns. A file without empty fields
// says nothing about that.
func (f *file) throughout(columns []*Unit, lines []line) error {
	if len(lines) == 0 {
		return nil
	}
	begins := make([]Month, len(columns)) // 0 = from the first line on, or never
	for j := range columns {
		for i, l := range lines {
			if !math.IsNaN(l.values[j]) {
				if i > 0 {
					begins[j] = l.month
				}
				break
			}
		}
	}
	fits := func(k int) (n int) {
		for j, u := range columns {
			if i := j + k; u != nil && i >= 0 && i < len(begins) && begins[i] > 1 && begins[i] == sinces()[u.ID] {
				n++
			}
		}
		return n
	}
	for _, k := range []int{-2, -1, 1, 2} {
		if n := fits(k); n >= births && n > 2*fits(0) {
			return fmt.Errorf("%s: %d countries begin when their neighbours in the header (%+d) came into being: the columns are shifted: %w", f.name, n, -k, fault.ErrInvalid)
		}
	}
	return nil
}
