package sheet

import (
	"fmt"
	"slices"
	"strings"

	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// table is a header that has been understood: which column of the file feeds which of ours.
type table struct {
	sheet   string
	thing   string // what rows are when the file has no thing column
	from    []int  // place in the file → place in Columns, -1 = no header
	has     []bool
	letters []string
	cells   []string // of the current row, used again for the next
}

// header reads a header row. Column names count without regard to capitals, spaces, dots,
// hyphens and underscores. It returns nil when rows below it could not be understood.
func (im *importer) header(sheet string, row int, thing string, header []string) *table {
	n := len(im.columns)
	t := &table{sheet: sheet, thing: thing, has: make([]bool, n), letters: make([]string, n), cells: make([]string, n)}
	names := columnIndex(im.columns)
	ok := true
	report := func(i int, format string, args ...any) {
		ok = false
		im.addf(portfolio.Where{Sheet: sheet, Row: row, Column: letter(i)}, format, args...)
	}
	if len(header) > MaxColumns {
		report(len(header)-1, "%d columns, at most %d", len(header), MaxColumns)
		return nil
	}
	for i, name := range header {
		at, known := names[key(Unquote(name))]
		switch {
		case strings.TrimSpace(name) == "":
			at = -1
		case !known:
			report(i, "there is no column %s: known are %s", portfolio.Quote(name), im.columnNames())
		case t.has[at]:
			report(i, "column %s stands twice: also in column %s", portfolio.Quote(name), t.letters[at])
		default:
			t.has[at], t.letters[at] = true, letter(i)
			im.letters[[2]string{sheet, im.columns[at].Name}] = letter(i)
		}
		t.from = append(t.from, at)
	}
	where := portfolio.Where{Sheet: sheet, Row: row}
	if !t.has[im.at["code"]] && ok {
		ok = false
		im.addf(where, "the first row has no column \"code\": it should hold column names such as %s", im.columnNames())
	}
	if !t.has[im.at["thing"]] && thing == "" && ok {
		ok = false
		im.addf(where, "the first row has no column \"thing\", which says what each row is")
	}
	if !ok {
		return nil
	}
	return t
}

func (im *importer) columnNames() string {
	var names []string
	for _, c := range im.columns {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// row takes one row under a header; false means that no more are taken.
func (im *importer) row(t *table, number int, cells []string) bool {
	clear(t.cells)
	for i, cell := range cells {
		if i < len(t.from) && t.from[i] >= 0 {
			t.cells[t.from[i]] = Unquote(strings.TrimSpace(cell))
		} else if strings.TrimSpace(cell) != "" {
			im.addf(portfolio.Where{Sheet: t.sheet, Row: number, Column: letter(i)},
				"%s stands in a column without a name in the first row", portfolio.Quote(cell))
			return true
		}
	}
	return im.add(record{sheet: t.sheet, row: number, thing: t.thing, cells: t.cells, has: t.has, letters: t.letters})
}

// letter is the spreadsheet's name of a column counted from 0: A … Z, AA …
func letter(i int) string {
	var out []byte
	for i++; i > 0; i = (i - 1) / 26 {
		out = append(out, byte('A'+(i-1)%26))
	}
	slices.Reverse(out)
	return string(out)
}

// rowWriter puts things into cells in the order of the chosen columns.
type rowWriter struct {
	columns []Column
	cells   []string
	put     func(cells []string) error
}

func (w *rowWriter) write(fields []portfolio.Field, _ geo.Shape) error {
	clear(w.cells)
	for _, f := range fields {
		for i := range w.columns {
			if w.columns[i].Name == f.Name {
				w.cells[i] = f.Value
				if !w.columns[i].Number {
					w.cells[i] = Quote(f.Value)
				}
			}
		}
	}
	return w.put(w.cells)
}

// A put writes one thing, given as cells and as its geometry.
type put func([]portfolio.Field, geo.Shape) error

// writeAll writes every thing in reading order.
func writeAll(p portfolio.Portfolio, project, asset, contact put) error {
	projects, assets, contacts, codes := things(p)
	for _, x := range projects {
		if err := project(projectFields(x), geo.Shape{}); err != nil {
			return fmt.Errorf("project %s: %w", x.Code, err)
		}
	}
	for _, x := range assets {
		if err := asset(assetFields(x, codes), x.Shape); err != nil {
			return fmt.Errorf("asset %s/%s: %w", codes[x.Project], x.Code, err)
		}
	}
	for _, x := range contacts {
		if err := contact(contactFields(x, codes), geo.Shape{}); err != nil {
			return fmt.Errorf("contact %s: %w", x.Code, err)
		}
	}
	return nil
}
