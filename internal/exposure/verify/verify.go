package verify

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
)

//go:embed data/published.csv
var published string

// A Row is one case: what was published and what we reckon.
type Row struct {
	Hazard, Source string
	Case           string // function and inputs
	Published      string
	Ours           string
	Tolerance      string // absolute, or relative with a "%" at its end
	Verdict        string // "ok", "MISS", or "for information" where nothing is judged
}

// The verdicts.
const (
	good = "ok"
	miss = "MISS"
	seen = "for information"
)

// Run reckons every published case, and those of the recorded data in the folder corpus when
// it is not "". The error says which row is malformed; a miss is no error.
func Run(m *impact.Method, corpus string) ([]Row, error) {
	r := csv.NewReader(strings.NewReader(published))
	lines, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the published cases: %w", err)
	}
	var rows []Row
	for i, l := range lines[1:] {
		row, err := reckon(m, l)
		if err != nil {
			return nil, fmt.Errorf("published cases, line %d: %w", i+2, err)
		}
		rows = append(rows, row)
	}
	if corpus == "" {
		return rows, nil
	}
	more, err := recorded(m, corpus)
	return append(rows, more...), err
}

// Missed counts the cases that were not met.
func Missed(rows []Row) int {
	n := 0
	for _, r := range rows {
		if r.Verdict == miss {
			n++
		}
	}
	return n
}

// reckon runs one line: hazard, source, function, inputs, published, tolerance, kind.
func reckon(m *impact.Method, l []string) (Row, error) {
	row := Row{Hazard: l[0], Source: l[1], Case: l[2] + " " + l[3], Published: l[4], Tolerance: l[5], Verdict: miss}
	in := inputs{}
	for _, pair := range strings.Fields(l[3]) {
		key, v, ok := strings.Cut(pair, "=")
		if !ok {
			return row, fmt.Errorf("input %q: %w", pair, fault.ErrInvalid)
		}
		in[key] = v
	}
	f, ok := functions[l[2]]
	if !ok {
		return row, fmt.Errorf("function %q is not known: %w", l[2], fault.ErrInvalid)
	}
	ours, err := f(m, in)
	if err != nil {
		return row, fmt.Errorf("%s: %w", row.Case, err)
	}
	if ours.word != "" {
		row.Ours, row.Tolerance = ours.word, "equal"
		if ours.word == l[4] {
			row.Verdict = good
		}
		return row, nil
	}
	want, err := strconv.ParseFloat(l[4], 64)
	if err != nil {
		return row, fmt.Errorf("published %q: %w: %w", l[4], fault.ErrInvalid, err)
	}
	tolerance, err := strconv.ParseFloat(l[5], 64)
	if err != nil {
		return row, fmt.Errorf("tolerance %q: %w: %w", l[5], fault.ErrInvalid, err)
	}
	off := math.Abs(ours.number - want)
	if l[6] == "rel" {
		off /= math.Abs(want)
		row.Tolerance = short(100*tolerance) + " %"
	}
	row.Ours = strconv.FormatFloat(ours.number, 'g', max(4, digits(l[4])+1), 64)
	if off <= tolerance {
		row.Verdict = good
	}
	return row, nil
}

// digits counts the significant digits of a published number.
func digits(s string) int {
	mantissa, _, _ := strings.Cut(strings.ToLower(s), "e")
	return len(strings.TrimLeft(strings.NewReplacer("-", "", "+", "", ".", "").Replace(mantissa), "0"))
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) }

// Print writes the rows as a table for a terminal.
func Print(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "HAZARD\tCASE\tPUBLISHED\tOURS\tTOLERANCE\tVERDICT\tSOURCE")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Hazard, r.Case, r.Published, r.Ours, r.Tolerance, r.Verdict, r.Source)
	}
	fmt.Fprintf(t, "%d cases, %d missed\n", len(rows), Missed(rows))
	return t.Flush()
}

// Document is the rows as a document in markdown.
func Document(m *impact.Method, rows []Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Published cases, reckoned again\n\nWritten by `make method-docs` (`watchfire method verify --doc`); the tests run the same rows. "+
		"Method %s: %d cases, %d missed. A tolerance is absolute unless it says %%. What each function is stands in [README.md](README.md).\n", m.Version, len(rows), Missed(rows))
	hazard := ""
	for _, r := range rows {
		if r.Hazard != hazard {
			hazard = r.Hazard
			fmt.Fprintf(&b, "\n## %s\n\n| case | published | ours | tolerance | verdict | source |\n|---|---|---|---|---|---|\n", strings.ToUpper(hazard[:1])+hazard[1:])
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", cell(r.Case), cell(r.Published), cell(r.Ours), cell(r.Tolerance), r.Verdict, cell(r.Source))
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

// Write puts the document into a file.
func Write(m *impact.Method, rows []Row, name string) error {
	if err := os.WriteFile(name, []byte(Document(m, rows)), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
