// Package sheet reads and writes portfolios as CSV, XLSX and GeoJSON, all three with the
// one set of columns of docs/portfolio.md. Read gives a preview: either the whole next
// portfolio with its changes, or every problem found with its place and how to mend it;
// it never takes half a file and never passes over a cell it does not understand. Write
// gives files that Read turns back into the same portfolio, and keeps text from acting as
// a formula. The package opens no files, stores nothing and decides no warning.
package sheet

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/gazetteer"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// Format names a file format.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	XLSX    Format = "xlsx"
	GeoJSON Format = "geojson"
)

// WorkbookType is the content type of XLSX.
const WorkbookType = typeBase + "sheet"

// Formats lists the formats in the order of screens.
func Formats() []Format { return []Format{CSV, XLSX, GeoJSON} }

// Limits on what is read (TRUST.md S2 and S3).
const (
	MaxCSV      = 256 << 20 // bytes
	MaxXLSX     = 64 << 20  // bytes as packed
	MaxGeoJSON  = 32 << 20  // bytes
	MaxUnpacked = 256 << 20 // bytes of all files in a workbook
	MaxRatio    = 100       // unpacked to packed, of a file above 1 MB
	MaxFiles    = 10_000    // files in a workbook
	MaxDepth    = 64        // nesting of JSON and XML
	MaxRows     = 1_000_000
	MaxColumns  = 256
	MaxProblems = 500 // listed; more are counted
)

// FormatOf recognises a format by the first bytes of a file and, when they say nothing,
// by its name (or the bare word "csv", "xlsx", "geojson"). CSV is what is left.
func FormatOf(name string, head []byte) Format {
	switch trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte(utf8BOM)), " \t\r\n"); {
	case bytes.HasPrefix(head, []byte("PK")):
		return XLSX
	case bytes.HasPrefix(trimmed, []byte("{")):
		return GeoJSON
	case len(trimmed) > 0:
		return CSV
	}
	name = strings.ToLower(name)
	switch name = name[strings.LastIndex(name, ".")+1:]; name {
	case "xlsx":
		return XLSX
	case "geojson", "json":
		return GeoJSON
	}
	return CSV
}

// A Reader reads files. The zero Reader is ready for use and knows no countries.
type Reader struct {
	// Locate tells in which country (ISO 3166-1 alpha-2) and first-level division a place lies;
	// no country when that is not known or at sea, several where it is disputed. When set,
	// a new or moved asset whose country or division is empty gets the one in which it lies,
	// with a note in the change.
	Locate func(geo.Point) gazetteer.Location
	// Holds tells whether a place lies in a country or near it. When set, a place outside of
	// its declared country that would lie inside with latitude and longitude exchanged is a
	// problem.
	Holds func(iso2 string, p geo.Point) bool
}

// Read is Reader.Read with the countries and divisions of the gazetteer.
func Read(r io.Reader, name string, base portfolio.Portfolio) (portfolio.Portfolio, []portfolio.Change, []portfolio.Problem) {
	return Reader{Locate: gazetteer.Locate, Holds: gazetteer.Holds}.Read(r, name, base)
}

// Read reads a file as a set of edits to the base and returns what would come of them:
// the next portfolio (at Version+1, or the base when nothing changes) and its changes; or,
// if anything is wrong, the base, no changes and the problems in the order of the file.
//
// Rows are found by code. A column that the file has replaces the value, even by nothing;
// a column that the file has not leaves it as it was. A row whose action is "remove"
// removes. What the file does not name stays.
func (o Reader) Read(r io.Reader, name string, base portfolio.Portfolio) (portfolio.Portfolio, []portfolio.Change, []portfolio.Problem) {
	base = base.Normal()
	im := newImporter(o, base)
	head := make([]byte, 4096)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		im.addf(portfolio.Where{}, "the file cannot be read: %v", err)
		return base, nil, im.list()
	}
	all := io.MultiReader(bytes.NewReader(head[:n]), r)
	switch format := FormatOf(name, head[:n]); {
	case n == 0:
		im.addf(portfolio.Where{}, "the file is empty")
	case bytes.HasPrefix(head[:n], []byte{0xd0, 0xcf, 0x11, 0xe0}):
		im.addf(portfolio.Where{}, "this is an Excel file of the old kind (.xls) or one with a password: save it as .xlsx without a password")
	case format == XLSX:
		im.readXLSX(all)
	case format == GeoJSON:
		im.readGeoJSON(all)
	default:
		im.readCSV(all)
	}
	return im.finish()
}

// Write writes the whole portfolio in a format. It fails, wrapping fault.ErrTooLarge,
// when a text is longer than a spreadsheet's cell can be; CSV and GeoJSON have no such
// limit. Reading the file back into an empty portfolio of the same organisation, by a Reader
// that fills nothing in, gives the same portfolio, provided that it passes portfolio.Check and its ids follow from its codes.
// Equal portfolios give equal bytes.
func Write(w io.Writer, p portfolio.Portfolio, format Format) error {
	p = p.Normal()
	var err error
	switch format {
	case CSV:
		err = writeCSV(w, p)
	case XLSX:
		err = writeXLSX(w, p)
	case GeoJSON:
		err = writeGeoJSON(w, p)
	default:
		err = fmt.Errorf("format %q: %w", format, fault.ErrInvalid)
	}
	if err != nil {
		return fmt.Errorf("write portfolio as %s: %w", format, err)
	}
	return nil
}

// Template writes an empty file with the header row; in XLSX also a sheet of notes that
// says what goes into each column.
func Template(w io.Writer, format Format) error {
	return Write(w, portfolio.Portfolio{}, format)
}

// things lists everything in the order in which people read it: projects by code, assets
// by project and kind, contacts by project and step.
func things(p portfolio.Portfolio) (projects []portfolio.Project, assets []portfolio.Asset, contacts []portfolio.Contact, codes map[string]string) {
	projects, assets, contacts = slices.Clone(p.Projects), slices.Clone(p.Assets), slices.Clone(p.Contacts)
	codes = make(map[string]string, len(projects))
	for _, x := range projects {
		codes[x.ID] = x.Code
	}
	kinds := portfolio.Kinds()
	slices.SortStableFunc(projects, func(a, b portfolio.Project) int { return strings.Compare(a.Code, b.Code) })
	slices.SortStableFunc(assets, func(a, b portfolio.Asset) int {
		return cmp.Or(strings.Compare(codes[a.Project], codes[b.Project]),
			cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), strings.Compare(a.Code, b.Code))
	})
	slices.SortStableFunc(contacts, func(a, b portfolio.Contact) int {
		return cmp.Or(strings.Compare(codes[a.Project], codes[b.Project]),
			cmp.Compare(a.Step, b.Step), strings.Compare(a.Code, b.Code))
	})
	return projects, assets, contacts, codes
}
