package panel

import (
	"fmt"
	"slices"
	"strconv"

	"watchfire.dev/internal/fault"
)

// long reads rows of country_id, month_id and deaths.
func (f *file) long() ([]Cell, error) {
	country, when, value := slices.Index(f.header, "country_id"), slices.Index(f.header, "month_id"), -1
	for _, name := range []string{"ged_sb", "outcome", "deaths"} {
		if i := slices.Index(f.header, name); i >= 0 {
			value = i
			break
		}
	}
	if when < 0 || value < 0 {
		return nil, fmt.Errorf("%s: row 1: want the columns country_id, month_id and ged_sb, got %q: %w", f.name, f.header, fault.ErrInvalid)
	}
	known, seen, bad := directory(), map[[2]int]int{}, map[int]bool{}
	var cells []Cell
	rowOf := make([]int, 0, len(f.rows))
	for i, row := range f.rows {
		if len(row) != len(f.header) {
			f.quarantine(i, "country_id", "%d fields, the header has %d", len(row), len(f.header))
			bad[i] = true
			continue
		}
		c, field, why := cellOf(known, row[country], row[when], row[value])
		if why != "" {
			f.quarantine(i, f.header[[]int{country, when, value}[field]], "%s", why)
			bad[i] = true
			continue
		}
		key := [2]int{c.Unit, int(c.Month)}
		if first, twice := seen[key]; twice {
			// Which of the two is right nobody can say from here: neither is used.
			f.quarantine(i, "month_id", "country %d, month %d twice: first in row %d", c.Unit, c.Month, first+2)
			bad[i], bad[first] = true, true
			continue
		}
		seen[key] = i
		cells, rowOf = append(cells, c), append(rowOf, i)
	}
	kept := cells[:0]
	for k, c := range cells {
		if !bad[rowOf[k]] {
			kept = append(kept, c)
		}
	}
	return kept, f.tooMany(len(bad))
}

// cellOf reads one row: the field is 0 for the country, 1 for the month, 2 for the deaths.
func cellOf(known map[string]Unit, country, when, value string) (c Cell, field int, why string) {
	if x, err := strconv.ParseFloat(country, 64); err == nil && x == float64(int(x)) {
		country = strconv.Itoa(int(x))
	}
	u, ok := known[country]
	if !ok {
		return c, 0, fmt.Sprintf("%q is no country of the list", country)
	}
	m, why := month(when)
	if why != "" {
		return c, 1, why
	}
	x, why := deaths(value)
	if why != "" {
		return c, 2, why
	}
	return Cell{u.ID, m, x}, 0, ""
}
