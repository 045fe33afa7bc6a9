package indicator

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"watchfire.dev/internal/fault"
)

//go:embed data/mappings/*.yaml
var mappingFiles embed.FS

// A Mapping says how a panel is read. It is data: a new panel needs a file and no code.
type Mapping struct {
	ID      string `yaml:"id" json:"id"`
	Title   string `yaml:"title" json:"title"`
	Source  string `yaml:"source" json:"source"`
	Licence string `yaml:"licence" json:"licence"`
	Grade   string `yaml:"grade" json:"grade"`
	// Redistribute tells whether the licence lets us ship numbers of the panel.
	Redistribute bool `yaml:"redistribute" json:"redistribute"`
	// Published is the day of the edition that the contract was written against; what is
	// imported without another date counts as known since then.
	Published string `yaml:"published" json:"published"`
	Encoding  string `yaml:"encoding" json:"encoding"` // utf-8, latin-1, windows-1252, mac-roman
	Comma     string `yaml:"comma" json:"comma,omitempty"`
	// Header are the names of the columns, in their order: the contract. A panel with years as
	// columns lists those before the years.
	Header []string `yaml:"header" json:"header"`
	Years  bool     `yaml:"years" json:"years,omitempty"` // the other columns are years
	Tags   bool     `yaml:"tags" json:"tags,omitempty"`   // the second row holds tags
	// Code, Name, Period and Unit are columns; Year is the period of a panel without one.
	Code   string `yaml:"code" json:"code,omitempty"`
	Name   string `yaml:"name" json:"name,omitempty"`
	Period string `yaml:"period" json:"period,omitempty"`
	By     string `yaml:"by" json:"by,omitempty"` // year, month or day, where periods are written as dates
	Year   string `yaml:"year" json:"year,omitempty"`
	// FirstYear is the first year that is taken; older ones count as missing.
	FirstYear string `yaml:"first_year" json:"first_year,omitempty"`
	UnitIn    string `yaml:"unit_in" json:"unit_in,omitempty"`
	Value     string `yaml:"value" json:"value,omitempty"`
	SelectBy  string `yaml:"select_by" json:"select_by,omitempty"` // column that names the indicator
	// Columns maps what SelectBy holds, or the names of value columns, to indicators.
	Columns []MappedColumn `yaml:"columns" json:"columns"`
	Missing []string       `yaml:"missing" json:"missing"`
	// Aggregates are names and codes that are no place: regions, income groups, the world.
	Aggregates []string `yaml:"aggregates" json:"aggregates,omitempty"`
	// Reduce turns several rows of a year into one number: volatility, sum, count.
	Reduce string `yaml:"reduce" json:"reduce,omitempty"`
}

// A MappedColumn is one indicator of a panel.
type MappedColumn struct {
	From      string  `yaml:"from" json:"from"`
	Indicator string  `yaml:"indicator" json:"indicator"`
	Unit      string  `yaml:"unit" json:"unit,omitempty"`   // what the unit column must say
	Scale     float64 `yaml:"scale" json:"scale,omitempty"` // multiplies the value; 0 = 1
}

var mappings = sync.OnceValue(func() []Mapping {
	entries, err := mappingFiles.ReadDir("data/mappings")
	if err != nil {
		panic(err) // a bug of ours: the files are part of the program
	}
	var out []Mapping
	for _, e := range entries {
		raw, err := mappingFiles.ReadFile(path.Join("data/mappings", e.Name()))
		if err != nil {
			panic(err)
		}
		m, err := ReadMapping(raw)
		if err != nil {
			panic(err)
		}
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Mapping) int { return strings.Compare(a.ID, b.ID) })
	return out
})

// Mappings lists the panels that the program can read, by id.
func Mappings() []Mapping { return slices.Clone(mappings()) }

// FindMapping returns one of them.
func FindMapping(name string) (Mapping, bool) {
	for _, m := range mappings() {
		if m.ID == name {
			return m, true
		}
	}
	return Mapping{}, false
}

// ReadMapping reads and checks a mapping file. Errors wrap fault.ErrInvalid.
func ReadMapping(raw []byte) (Mapping, error) {
	var m Mapping
	if len(raw) > 1<<20 {
		return m, fmt.Errorf("mapping of %d bytes: %w", len(raw), fault.ErrTooLarge)
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&m); err != nil {
		return m, fmt.Errorf("read a mapping: %w: %w", fault.ErrInvalid, err)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("mapping %.60q: %w", m.ID, err)
	}
	return m, nil
}

func (m *Mapping) check() error {
	has := func(column string) bool { return column == "" || slices.Contains(m.Header, column) }
	switch {
	case m.ID == "" || m.Source == "" || m.Licence == "" || len(m.Header) == 0 || len(m.Columns) == 0:
		return fmt.Errorf("id, source, licence, header and columns are needed: %w", fault.ErrInvalid)
	case m.Code == "" && m.Name == "":
		return fmt.Errorf("which column names the place is missing: %w", fault.ErrInvalid)
	case !has(m.Code) || !has(m.Name) || !has(m.Period) || !has(m.UnitIn) || !has(m.Value) || !has(m.SelectBy):
		return fmt.Errorf("a column is named that the header does not have: %w", fault.ErrInvalid)
	case m.Period == "" && m.Year == "" && !m.Years:
		return fmt.Errorf("no period: %w", fault.ErrInvalid)
	case !slices.Contains([]string{"", "utf-8", "latin-1", "windows-1252", "mac-roman"}, m.Encoding):
		return fmt.Errorf("encoding %.20q: %w", m.Encoding, fault.ErrInvalid)
	case !slices.Contains([]string{"", "volatility", "sum", "count"}, m.Reduce):
		return fmt.Errorf("reduce %.20q: %w", m.Reduce, fault.ErrInvalid)
	case len(m.Grade) != 1 || !strings.Contains("ABCDEF", m.Grade):
		return fmt.Errorf("grade %.10q, want A to F: %w", m.Grade, fault.ErrInvalid)
	case len(m.Comma) > 1:
		return fmt.Errorf("comma %.10q: %w", m.Comma, fault.ErrInvalid)
	}
	if _, err := time.Parse(time.DateOnly, m.Published); err != nil {
		return fmt.Errorf("published %.20q, want a day: %w", m.Published, fault.ErrInvalid)
	}
	for _, c := range m.Columns {
		if _, ok := Find(c.Indicator); !ok {
			return fmt.Errorf("%.60q is no indicator that we know: %w", c.Indicator, fault.ErrInvalid)
		}
		if m.SelectBy == "" && !m.Years && !slices.Contains(m.Header, c.From) {
			return fmt.Errorf("the header has no column %.60q: %w", c.From, fault.ErrInvalid)
		}
	}
	return nil
}

// of returns the indicator that a column, or the word in the selecting column, stands for.
func (m *Mapping) of(word string) (MappedColumn, bool) {
	for _, c := range m.Columns {
		if c.From == word {
			return c, true
		}
	}
	return MappedColumn{}, false
}
