package register

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
	table "watchfire.dev/internal/portfolio/sheet"
)

// columns are those of the file format. Each row has a kind: "risk" opens an entry; "cause",
// "consequence", "control", "evidence", "duty", "action" and "exception" belong to the entry
// that they name, evidence and duties also to a control ("of").
func columns() []string {
	return []string{
		"kind", "entry", "of", "code", "title", "project", "dimension", "owner", "department", "status", "review", "note",
		"prior_events", "prior_years", "peers", "events", "years",
		"people_p50", "people_p90", "people_most", "days_p50", "days_p90", "days_most", "usd_p50", "usd_p90", "usd_most",
		"common", "target_likelihood", "target_impact", "target_by",
		"effect", "on", "design", "implementation", "tested", "test_due",
		"unit", "must", "checks", "day", "due", "started", "done", "to", "acceptor", "granted", "expires",
	}
}

// The bounds of a file.
const (
	maxFile = 8 << 20
	maxRows = 100_000
)

// ReadCSV reads entries from a file in our format. Everything that is wrong is named with row
// and field, and then nothing is returned. Columns may stand in any order and be left out.
func ReadCSV(raw []byte) ([]Entry, Problems) {
	if len(raw) > maxFile {
		return nil, Problems{{Field: "file", What: fmt.Sprintf("%d bytes, at most %d", len(raw), maxFile)}}
	}
	text, err := table.Text(raw)
	if err != nil {
		return nil, Problems{{Field: "file", What: err.Error()}}
	}
	in := table.NewRows(text)
	head, _, err := in.Next()
	if err != nil {
		return nil, Problems{{Row: 1, Field: "file", What: "has no head: " + reason(err)}}
	}
	if p := checkHead(head); len(p) > 0 {
		return nil, p
	}
	s := &sheet{at: map[string]int{}, rows: map[string]int{}}
	for {
		cells, row, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			s.problem(row, "file", reason(err))
			return nil, s.out
		}
		if len(s.out) >= 100 || row > maxRows {
			s.problem(row, "file", "too much to go on")
			return nil, s.out
		}
		s.take(row, head, cells)
	}
	for _, e := range s.entries {
		for _, p := range e.Check() {
			p.Row = s.rowOf(e.Code, p.Field)
			s.out = append(s.out, p)
		}
	}
	if len(s.entries) == 0 && len(s.out) == 0 {
		s.problem(1, "kind", "the file holds no risk")
	}
	if len(s.entries) > maxEntries {
		s.problem(1, "kind", fmt.Sprintf("%d risks, at most %d", len(s.entries), maxEntries))
	}
	if len(s.out) > 0 {
		slices.SortStableFunc(s.out, func(a, b Problem) int { return a.Row - b.Row })
		return nil, s.out
	}
	return s.entries, nil
}

func reason(err error) string {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func checkHead(head []string) Problems {
	var out Problems
	for i, h := range head {
		head[i] = strings.ToLower(strings.TrimSpace(h))
		switch {
		case !slices.Contains(columns(), head[i]):
			out = append(out, Problem{1, clip(h), "is no column of a register"})
		case slices.Contains(head[:i], head[i]):
			out = append(out, Problem{1, head[i], "stands twice"})
		}
	}
	for _, want := range []string{"kind", "entry"} {
		if !slices.Contains(head, want) {
			out = append(out, Problem{1, want, "the column is missing"})
		}
	}
	return out
}

func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "")
	}
	return s
}

// A sheet collects entries while rows are read.
type sheet struct {
	entries []Entry
	at      map[string]int // index of an entry by its code
	rows    map[string]int // row by entry, kind and code
	out     Problems
}

func (s *sheet) problem(row int, field, what string) {
	s.out = append(s.out, Problem{row, field, what})
}

// rowOf finds the row that a problem of Check belongs to: that of the part it names, else
// that of the risk.
func (s *sheet) rowOf(entry, field string) int {
	words := strings.Fields(field)
	if len(words) >= 2 {
		if row := s.rows[entry+"\x00"+words[0]+"\x00"+words[1]]; row > 0 {
			return row
		}
	}
	return s.rows[entry+"\x00risk\x00"]
}

// take reads one row.
func (s *sheet) take(row int, head, cells []string) {
	if len(cells) > len(head) {
		s.problem(row, "file", fmt.Sprintf("%d cells under %d columns", len(cells), len(head)))
		return
	}
	l := &line{row: row, cells: map[string]string{}, sheet: s}
	for i, c := range cells {
		if c = table.Unquote(strings.TrimSpace(c)); c != "" {
			l.cells[head[i]] = c
		}
	}
	if len(l.cells) == 0 {
		return
	}
	kind, entry := l.text("kind"), l.text("entry")
	if kind == "risk" {
		if _, twice := s.at[entry]; twice {
			s.problem(row, "entry", fmt.Sprintf("the risk %q stands twice", clip(entry)))
			return
		}
		s.at[entry] = len(s.entries)
		s.rows[entry+"\x00risk\x00"] = row
		s.entries = append(s.entries, l.risk(entry))
		l.rest(kind)
		return
	}
	i, known := s.at[entry]
	if !known {
		s.problem(row, "entry", fmt.Sprintf("no row above opens the risk %q", clip(entry)))
		return
	}
	if code := l.cells["code"]; code != "" {
		s.rows[entry+"\x00"+kind+"\x00"+code] = row
	}
	if !l.part(kind, &s.entries[i]) {
		return
	}
	l.rest(kind)
}

// A line is one row while it is read; what nobody asked for is an error.
type line struct {
	row   int
	cells map[string]string
	sheet *sheet
}

func (l *line) text(column string) string {
	v := l.cells[column]
	delete(l.cells, column)
	return v
}

func (l *line) number(column string) float64 {
	v := l.text(column)
	if v == "" {
		return 0
	}
	x, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		l.sheet.problem(l.row, column, fmt.Sprintf("%q is no number (a point, no thousands)", clip(v)))
		return 0
	}
	return x
}

func (l *line) whole(column string) int {
	x := l.number(column)
	if x != math.Trunc(x) || math.Abs(x) > 1e6 {
		l.sheet.problem(l.row, column, fmt.Sprintf("%g is no whole number", x))
		return 0
	}
	return int(x)
}

func (l *line) day(column string) Day {
	d := Day(l.text(column))
	if d != "" && d.Time().IsZero() {
		l.sheet.problem(l.row, column, fmt.Sprintf("%q is no date such as 2026-10-31", clip(string(d))))
		return ""
	}
	return d
}

func (l *line) rest(kind string) {
	for _, c := range columns() {
		if l.cells[c] != "" {
			l.sheet.problem(l.row, c, fmt.Sprintf("does not belong to a row of kind %q", clip(kind)))
		}
	}
}

func (l *line) size(u Unit) Size {
	name := string(u)
	return Size{l.number(name + "_p50"), l.number(name + "_p90"), l.number(name + "_most")}
}

func (l *line) risk(code string) Entry {
	e := Entry{
		Code: code, Title: l.text("title"), Project: l.text("project"), Dimension: l.text("dimension"), Owner: l.text("owner"),
		Department: l.text("department"), Review: l.day("review"), Note: l.text("note"),
		Frequency: Frequency{l.number("prior_events"), l.number("prior_years"), l.text("peers"), l.number("events"), l.number("years")},
		Impact:    Impact{l.size(People), l.size(Days), l.size(Money)},
		Target:    Target{l.whole("target_likelihood"), l.whole("target_impact"), l.day("target_by")},
	}
	switch status := l.text("status"); status {
	case "", "open":
	case "closed":
		e.Closed = true
	default:
		l.sheet.problem(l.row, "status", fmt.Sprintf("%q: want open or closed", clip(status)))
	}
	var err error
	if e.Common, err = ParseCommon(l.text("common")); err != nil {
		l.sheet.problem(l.row, "common", err.Error())
	}
	return e
}

// part adds what a row says to its entry; false when it says nothing.
func (l *line) part(kind string, e *Entry) bool {
	switch kind {
	case "cause":
		e.Causes = append(e.Causes, Part{l.text("code"), l.text("title")})
	case "consequence":
		e.Consequences = append(e.Consequences, Part{l.text("code"), l.text("title")})
	case "control":
		e.Controls = append(e.Controls, Control{
			Code: l.text("code"), Title: l.text("title"), Effect: Effect(l.text("effect")), On: strings.Fields(l.text("on")), Owner: l.text("owner"),
			Design: l.number("design"), Implementation: l.number("implementation"), Tested: l.day("tested"), TestDue: l.day("test_due"),
		})
	case "evidence", "duty":
		of := l.text("of")
		i := slices.IndexFunc(e.Controls, func(c Control) bool { return c.Code == of })
		if i < 0 {
			l.sheet.problem(l.row, "of", fmt.Sprintf("no row above has the control %q", clip(of)))
			return false
		}
		c := &e.Controls[i]
		if kind == "duty" {
			c.Duties = append(c.Duties, Duty{l.text("unit"), l.text("must"), l.text("checks")})
		} else {
			c.Evidence = append(c.Evidence, Evidence{l.text("title"), l.day("day")})
		}
	case "action":
		e.Actions = append(e.Actions, Action{
			l.text("code"), l.text("title"), l.text("owner"), l.day("due"), l.day("started"), l.day("done"), l.text("of"), l.number("to"),
		})
	case "exception":
		e.Exceptions = append(e.Exceptions, Exception{l.text("code"), l.text("acceptor"), l.text("title"), l.day("granted"), l.day("expires")})
	default:
		l.sheet.problem(l.row, "kind", fmt.Sprintf("%q is none of risk, cause, consequence, control, evidence, duty, action, exception", clip(kind)))
		return false
	}
	return true
}

// ParseCommon reads loadings as people write them: "season:0.5 road:0.3".
func ParseCommon(text string) ([]Loading, error) {
	var out []Loading
	for _, word := range strings.Fields(text) {
		name, value, ok := strings.Cut(word, ":")
		x, err := strconv.ParseFloat(value, 64)
		if !ok || name == "" || err != nil || math.IsNaN(x) {
			return nil, fmt.Errorf("%q: want cause:loading, such as season:0.5: %w", clip(word), fault.ErrInvalid)
		}
		out = append(out, Loading{name, x})
	}
	return out, nil
}

// FormatCommon writes what ParseCommon reads.
func FormatCommon(list []Loading) string {
	words := make([]string, len(list))
	for i, l := range list {
		words[i] = l.Factor + ":" + digits(l.Loading)
	}
	return strings.Join(words, " ")
}

func digits(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
