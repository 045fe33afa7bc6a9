package panel

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"watchfire.dev/internal/fault"
)

// Limits of a file.
const (
	maxBytes  = 64 << 20
	maxDeaths = 1e6 // in one country and month; the most ever recorded is some 48,000
	// maxBad is the share of rows in quarantine beyond which the file is refused: then it is
	// not what it says.
	maxBad = .05
)

// MonthOfLimit is December 2099, the last month that a file may speak of.
const MonthOfLimit = Month((2099-firstYear)*12 + 12)

// Problem is a row, or a part of one, that was put into quarantine.
type Problem struct {
	File   string
	Row    int    // line, from 1; the header's for a whole column
	Field  string // column
	Reason string
}

// String says where and why.
func (p Problem) String() string {
	return fmt.Sprintf("%s: row %d, field %s: %s", p.File, p.Row, p.Field, p.Reason)
}

// file is a table on its way to become a panel.
type file struct {
	name     string
	header   []string
	rows     [][]string // without the header
	problems []Problem
}

// Read reads a panel of state-based deaths. Two forms are known: wide, a row a month and a
// column a country (named, or by id), and long with the columns country_id, month_id and
// deaths (ged_sb, outcome or deaths), in any order. Rows that cannot be used are left out
// and returned; a file that cannot be what it says is fault.ErrInvalid, naming the file and
// what is wrong. name is only for messages.
func Read(r io.Reader, name string) (Panel, []Problem, error) {
	f, err := open(r, name)
	if err != nil {
		return Panel{}, nil, err
	}
	var cells []Cell
	if slices.Contains(f.header, "country_id") {
		cells, err = f.long()
	} else {
		cells, err = f.wide()
	}
	if err != nil {
		return Panel{}, f.problems, err
	}
	if err := f.units(cells); err != nil {
		return Panel{}, f.problems, err
	}
	seen := map[int]bool{}
	for _, c := range cells {
		seen[c.Unit] = true
	}
	var units []Unit
	for _, u := range countries() {
		if seen[u.ID] {
			units = append(units, u)
		}
	}
	p, err := New(units, cells)
	if err != nil {
		return Panel{}, f.problems, fmt.Errorf("%s: %w", name, err)
	}
	return p, f.problems, nil
}

// open reads the table and refuses what is no text of ours.
func open(r io.Reader, name string) (*file, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%s: more than %d MiB: %w", name, maxBytes>>20, fault.ErrTooLarge)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, fmt.Errorf("%s: holds zero bytes: want CSV in UTF-8: %w", name, fault.ErrInvalid)
	}
	if line, _, _ := bytes.Cut(data, []byte("\n")); bytes.IndexByte(line, ',') < 0 && bytes.ContainsAny(line, ";\t") {
		return nil, fmt.Errorf("%s: row 1: fields are not separated by commas: %w", name, fault.ErrInvalid)
	}
	reader := csv.NewReader(bytes.NewReader(data))
	reader.FieldsPerRecord = -1
	f := &file{name: name}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %w", name, err, fault.ErrInvalid)
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		f.rows = append(f.rows, row)
	}
	if len(f.rows) < 2 {
		return nil, fmt.Errorf("%s: no rows: %w", name, fault.ErrInvalid)
	}
	f.header, f.rows = f.rows[0], f.rows[1:]
	for i, h := range f.header {
		if !utf8.ValidString(h) {
			return nil, fmt.Errorf("%s: row 1, column %d: not UTF-8: %w", name, i+1, fault.ErrInvalid)
		}
	}
	return f, nil
}

// quarantine notes a row. Rows count from 1, the header is the first.
func (f *file) quarantine(row int, field, format string, args ...any) {
	f.problems = append(f.problems, Problem{File: f.name, Row: row + 2, Field: field, Reason: fmt.Sprintf(format, args...)})
}

// tooMany refuses a file of which too large a part went into quarantine.
func (f *file) tooMany(bad int) error {
	if float64(bad) > maxBad*float64(len(f.rows)) && bad > 1 {
		first := f.problems[0]
		return fmt.Errorf("%s: %d of %d rows are no good, the first: row %d, field %s: %s: %w",
			f.name, bad, len(f.rows), first.Row, first.Field, first.Reason, fault.ErrInvalid)
	}
	return nil
}

// deaths reads a number of deaths, or says what is wrong with it.
func deaths(text string) (float64, string) {
	if !utf8.ValidString(text) {
		return 0, "not UTF-8"
	}
	x, err := strconv.ParseFloat(text, 64)
	whole := math.Round(x)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, fmt.Sprintf("%q is no number", text)
	case math.IsNaN(x):
		return 0, "not a number (NaN)"
	case x < -1e-6:
		return 0, fmt.Sprintf("%s deaths: negative", text)
	case x > maxDeaths:
		return 0, fmt.Sprintf("%s deaths in a month: more than %.0f", text, float64(maxDeaths))
	case math.Abs(x-whole) > 1e-6*max(1, x): // sums of floating-point events are not quite whole
		return 0, fmt.Sprintf("%s deaths: not a whole number", text)
	}
	return max(0, whole), ""
}

// month reads a month_id, or says what is wrong with it. Exports write 457 as 457.0, too.
func month(text string) (Month, string) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x != math.Trunc(x) || !(x >= 1 && x <= float64(MonthOfLimit)) {
		return 0, fmt.Sprintf("%q is no month: want the months since December 1979, such as 457 for January 2018", text)
	}
	return Month(x), ""
}

// units refuses a file whose counts cannot be deaths: all of them in hundreds.
func (f *file) units(cells []Cell) error {
	positive, hundreds := 0, 0
	for _, c := range cells {
		if c.Value > 0 {
			positive++
			if math.Mod(c.Value, 100) == 0 {
				hundreds++
			}
		}
	}
	if positive >= 20 && hundreds == positive {
		return fmt.Errorf("%s: all %d counts are multiples of 100: another unit than deaths: %w", f.name, positive, fault.ErrInvalid)
	}
	return nil
}
