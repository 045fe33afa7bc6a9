package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// A record is one row or feature: a cell per column of Columns. The slices belong to the
// caller and are read before add returns.
type record struct {
	sheet   string
	row     int
	thing   string     // what the row is when it has no thing column: "project", "asset", "contact"
	cells   []string   // by place in Columns
	has     []bool     // whether the file has the column
	letters []string   // spreadsheet letter of the column, "" = none
	shape   *geo.Shape // geometry member of a GeoJSON feature; nil = the feature has none
}

// importer turns records into edits and gathers problems.
type importer struct {
	options  Reader
	base     portfolio.Portfolio
	index    *portfolio.Index
	columns  []Column
	at       map[string]int // column name → place in columns
	edits    []portfolio.Edit
	rows     int
	problems []portfolio.Problem
	more     int // problems beyond MaxProblems
	bad      map[cellKey]bool
	letters  map[[2]string]string // sheet, field → letter
	notes    map[noteKey]string   // where filled fields come from
}

// cellKey names a cell whose text could not be read, so that what follows from that is
// not reported a second time.
type cellKey struct {
	sheet string
	row   int
	field string
}

func newImporter(o Reader, base portfolio.Portfolio) *importer {
	im := &importer{
		options: o, base: base, index: base.Index(), columns: Columns(),
		at: map[string]int{}, bad: map[cellKey]bool{}, letters: map[[2]string]string{},
		notes: map[noteKey]string{},
	}
	for i, c := range im.columns {
		im.at[c.Name] = i
	}
	return im
}

func (im *importer) addf(where portfolio.Where, format string, args ...any) {
	if len(im.problems) >= MaxProblems {
		im.more++
		return
	}
	im.problems = append(im.problems, portfolio.Problem{Where: where, Message: fmt.Sprintf(format, args...)})
}

// cellf reports a problem of one cell of a record.
func (im *importer) cellf(r record, field, format string, args ...any) {
	where := portfolio.Where{Sheet: r.sheet, Row: r.row, Field: field}
	if i, ok := im.at[field]; ok && r.letters != nil {
		where.Column = r.letters[i]
	}
	im.bad[cellKey{r.sheet, r.row, group(field)}] = true
	im.addf(where, format, args...)
}

// group gives the columns that together make a place one name.
func group(field string) string {
	switch field {
	case "lat", "lon", "radius_km":
		return "geometry"
	}
	return field
}

// get returns a cell of a record, "" when the file has no such column.
func (im *importer) get(r record, field string) string { return r.cells[im.at[field]] }

func (im *importer) has(r record, field string) bool { return r.has[im.at[field]] }

// add takes one record. It reports false when no more rows are taken.
func (im *importer) add(r record) bool {
	empty := r.shape == nil
	for i, cell := range r.cells {
		r.cells[i] = strings.TrimSpace(cell)
		empty = empty && r.cells[i] == ""
	}
	if empty {
		return true
	}
	if im.rows++; im.rows > MaxRows {
		im.addf(portfolio.Where{Sheet: r.sheet, Row: r.row}, "more than %d rows: split the file", MaxRows)
		return false
	}
	edit := portfolio.Edit{
		Where:       portfolio.Where{Sheet: r.sheet, Row: r.row},
		ProjectCode: im.get(r, "project"),
	}
	switch action := strings.ToLower(im.get(r, "action")); action {
	case "":
	case "remove", "delete":
		edit.Remove = true
	default:
		im.cellf(r, "action", "%s is not an action: leave it empty, or write remove", portfolio.Quote(action))
	}
	im.thing(r, &edit)
	return true
}

// thing reads the record as what its thing column says and keeps the edit.
func (im *importer) thing(r record, edit *portfolio.Edit) {
	thing := strings.ToLower(im.get(r, "thing"))
	switch {
	case thing == "":
		thing = r.thing
	case thing == "people" || thing == "team" || thing == "convoy":
		thing = string(portfolio.Person)
	case thing == "authority" || thing == "office" || thing == "partner" || thing == "client":
		thing = string(portfolio.Counterparty)
	}
	switch {
	case thing == "project":
		edit.Project = im.project(r, edit)
	case thing == "contact":
		edit.Contact = im.contact(r, edit)
	case thing == "asset" || slices.Contains(portfolio.Kinds(), portfolio.Kind(thing)):
		edit.Asset = im.asset(r, edit, thing)
	case thing == "":
		im.cellf(r, "thing", "is empty: write project, site, route, person, supplier, counterparty or contact")
		return
	default:
		im.cellf(r, "thing", "%s is not known: write project, site, route, person, supplier, counterparty or contact", portfolio.Quote(thing))
		return
	}
	im.edits = append(im.edits, *edit)
}

// cells runs a setter over every column that the file has. A removal reads codes only.
func (im *importer) cells(r record, remove bool, kind string, set func(c *Column) func(string) error) {
	for i := range im.columns {
		c := &im.columns[i]
		if !r.has[i] || slices.Contains([]string{"thing", "action", "project", "lat", "lon", "geometry", "radius_km"}, c.Name) {
			continue
		}
		if remove && c.Name != "code" {
			continue
		}
		setter := set(c)
		if setter == nil {
			if r.cells[i] != "" {
				im.cellf(r, c.Name, "%s stands at a %s, which has no %s: clear the cell", portfolio.Quote(r.cells[i]), kind, c.Name)
			}
			continue
		}
		if err := setter(r.cells[i]); err != nil {
			im.cellf(r, c.Name, "%s", err.Error())
		}
	}
}

func (im *importer) project(r record, edit *portfolio.Edit) *portfolio.Project {
	p, _ := im.index.ProjectByCode(im.get(r, "code"))
	im.cells(r, edit.Remove, "project", func(c *Column) func(string) error {
		if c.project == nil {
			return nil
		}
		return func(s string) error { return c.project(&p, s) }
	})
	if edit.ProjectCode != "" && edit.ProjectCode != p.Code {
		im.cellf(r, "project", "%s stands at a project: its own code goes into the column code", portfolio.Quote(edit.ProjectCode))
	}
	im.noPlace(r, "project")
	return &p
}

func (im *importer) contact(r record, edit *portfolio.Edit) *portfolio.Contact {
	c, known := im.index.ContactByCode(im.get(r, "code"))
	if !known {
		c.Step = 1
	} else if !im.has(r, "project") {
		p, _ := im.index.Project(c.Project)
		edit.ProjectCode = p.Code
	}
	im.cells(r, edit.Remove, "contact", func(col *Column) func(string) error {
		if col.contact == nil {
			return nil
		}
		return func(s string) error { return col.contact(&c, s) }
	})
	im.noPlace(r, "contact")
	return &c
}

func (im *importer) asset(r record, edit *portfolio.Edit, thing string) *portfolio.Asset {
	p, _ := im.index.ProjectByCode(edit.ProjectCode)
	a, known := im.index.AssetByCode(p.ID, im.get(r, "code"))
	switch {
	case thing != "asset":
		a.Kind = portfolio.Kind(thing)
	case !known && !edit.Remove:
		im.cellf(r, "thing", "a new asset needs its kind: write site, route, person, supplier or counterparty")
	}
	im.cells(r, edit.Remove, string(cmp.Or(a.Kind, "asset")), func(c *Column) func(string) error {
		if c.asset == nil {
			return nil
		}
		return func(s string) error { return c.asset(&a, s) }
	})
	if before := a; !edit.Remove {
		im.place(r, &a)
		if !known {
			before = portfolio.Asset{}
		}
		im.fill(r, edit.ProjectCode, &a, before)
	}
	return &a
}

// finish applies the edits, unless a file could not be understood at all.
func (im *importer) finish() (portfolio.Portfolio, []portfolio.Change, []portfolio.Problem) {
	if len(im.edits) == 0 {
		if len(im.problems) == 0 {
			im.addf(portfolio.Where{}, "the file holds a header but no rows")
		}
		return im.base, nil, im.list()
	}
	next, changes, problems := portfolio.Apply(im.base, im.edits)
	for _, p := range problems {
		if im.bad[cellKey{p.Where.Sheet, p.Where.Row, group(p.Where.Field)}] {
			continue
		}
		p.Where.Column = im.letters[[2]string{p.Where.Sheet, p.Where.Field}]
		if p.Where.Column == "" && p.Where.Field == "geometry" { // a point is drawn by lat and lon
			p.Where.Column = im.letters[[2]string{p.Where.Sheet, "lat"}]
		}
		im.addf(p.Where, "%s", p.Message)
	}
	if len(im.problems) > 0 {
		return im.base, nil, im.list()
	}
	im.annotate(changes)
	return next, changes, nil
}

// list returns the problems in the order of the file; those of sheets read first come first.
func (im *importer) list() []portfolio.Problem {
	order := map[string]int{}
	for _, p := range im.problems {
		if _, ok := order[p.Where.Sheet]; !ok {
			order[p.Where.Sheet] = len(order)
		}
	}
	slices.SortStableFunc(im.problems, func(a, b portfolio.Problem) int {
		return cmp.Or(cmp.Compare(order[a.Where.Sheet], order[b.Where.Sheet]), cmp.Compare(a.Where.Row, b.Where.Row),
			cmp.Compare(len(a.Where.Column), len(b.Where.Column)), strings.Compare(a.Where.Column, b.Where.Column))
	})
	if im.more > 0 {
		im.problems = append(im.problems, portfolio.Problem{Message: fmt.Sprintf("%d more problems are not listed", im.more)})
	}
	return im.problems
}
