package sheet

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// maxCell and maxSheetRows are the limits of the spreadsheet programs themselves.
const (
	maxCell      = 32_767
	maxSheetRows = 1_048_576
)

const (
	xmlHead  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainNS   = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relNS    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	partRels = "http://schemas.openxmlformats.org/package/2006/relationships"
	typeBase = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// writeXLSX writes a workbook of four sheets: projects, assets and contacts with the
// columns that apply to each, and notes on every column. Values are inline, which spares a
// table of shared strings; parts bear no time, so equal portfolios give equal bytes.
func writeXLSX(out io.Writer, p portfolio.Portfolio) error {
	archive := zip.NewWriter(out)
	names := []string{"projects", "assets", "contacts", notesSheet}
	for _, part := range fixedParts(names) {
		w, err := archive.Create(part[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, xmlHead+part[1]); err != nil {
			return err
		}
	}
	projects, assets, contacts, codes := things(p)
	sheets := []func(*sheetWriter) error{
		func(s *sheetWriter) error {
			return writeSheet(s, func(c Column) bool { return c.project != nil || c.Name == "action" }, len(projects),
				func(i int) []portfolio.Field { return projectFields(projects[i]) })
		},
		func(s *sheetWriter) error {
			return writeSheet(s, func(c Column) bool { return c.asset != nil || (c.project == nil && c.contact == nil) }, len(assets),
				func(i int) []portfolio.Field { return assetFields(assets[i], codes) })
		},
		func(s *sheetWriter) error {
			return writeSheet(s, func(c Column) bool { return c.contact != nil || c.Name == "action" || c.Name == "project" }, len(contacts),
				func(i int) []portfolio.Field { return contactFields(contacts[i], codes) })
		},
		writeNotes,
	}
	for i, write := range sheets {
		w, err := archive.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1))
		if err != nil {
			return err
		}
		s := &sheetWriter{out: bufio.NewWriter(w)}
		if err := write(s); err != nil {
			return fmt.Errorf("sheet %s: %w", names[i], err)
		}
	}
	return archive.Close()
}

// fixedParts are the parts that do not depend on the portfolio. Style 1 is bold.
func fixedParts(names []string) [][2]string {
	var types, sheets, relations strings.Builder
	for i, name := range names {
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i+1, typeBase)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, name, i+1, i+1)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, relNS, i+1)
	}
	return [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + typeBase + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + typeBase + `styles+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + partRels + `"><Relationship Id="rId1" Type="` + relNS +
			`/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + mainNS + `" xmlns:r="` + relNS + `"><sheets>` + sheets.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + partRels + `">` + relations.String() +
			`<Relationship Id="rId99" Type="` + relNS + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + mainNS + `"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>` +
			`<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>` +
			`<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>` +
			`<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf fontId="1" applyFont="1"/></cellXfs></styleSheet>`},
	}
}

// sheetWriter writes the rows of one sheet.
type sheetWriter struct {
	out *bufio.Writer
	row int
}

func (s *sheetWriter) begin(columns int) {
	s.out.WriteString(xmlHead + `<worksheet xmlns="` + mainNS + `"><sheetViews><sheetView workbookViewId="0">` +
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`)
	fmt.Fprintf(s.out, `<cols><col min="1" max="%d" width="16" customWidth="1"/></cols><sheetData>`, columns)
}

func (s *sheetWriter) end() error {
	s.out.WriteString(`</sheetData></worksheet>`)
	return s.out.Flush()
}

// write writes one row. number says which cells hold numbers; bold is for the header.
func (s *sheetWriter) write(cells []string, number func(i int) bool, bold bool) error {
	if s.row++; s.row > maxSheetRows {
		return fmt.Errorf("more than %d rows: %w", maxSheetRows, fault.ErrTooLarge)
	}
	row := strconv.Itoa(s.row)
	s.out.WriteString(`<row r="` + row + `">`)
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		s.out.WriteString(`<c r="` + letter(i) + row + `"`)
		if bold {
			s.out.WriteString(` s="1"`)
		}
		if number(i) {
			s.out.WriteString(`><v>` + cell + `</v></c>`)
			continue
		}
		if n := units(cell); n > maxCell {
			return fmt.Errorf("a text of %d characters, a cell holds %d; export as CSV or GeoJSON: %w", n, maxCell, fault.ErrTooLarge)
		}
		s.out.WriteString(` t="inlineStr"><is><t xml:space="preserve">`)
		if err := xml.EscapeText(s.out, []byte(escape(cell))); err != nil {
			return err
		}
		s.out.WriteString(`</t></is></c>`)
	}
	_, err := s.out.WriteString("</row>\n")
	return err
}

// units counts as spreadsheets do, in UTF-16.
func units(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

func never(int) bool { return false }

func writeSheet(s *sheetWriter, keep func(Column) bool, n int, fields func(i int) []portfolio.Field) error {
	var columns []Column
	var header []string
	for _, c := range Columns() {
		if keep(c) {
			columns, header = append(columns, c), append(header, c.Name)
		}
	}
	s.begin(len(columns))
	if err := s.write(header, never, true); err != nil {
		return err
	}
	rows := &rowWriter{columns: columns, cells: make([]string, len(columns)), put: func(cells []string) error {
		return s.write(cells, func(i int) bool { return columns[i].Number }, false)
	}}
	for i := range n {
		if err := rows.write(fields(i), geo.Shape{}); err != nil {
			return fmt.Errorf("row %d: %w", i+2, err)
		}
	}
	return s.end()
}

func writeNotes(s *sheetWriter) error {
	s.begin(3)
	if err := s.write([]string{"column", "what goes in", "example"}, never, true); err != nil {
		return err
	}
	for _, c := range Columns() {
		if err := s.write([]string{c.Name, c.Note, Quote(c.Example)}, never, false); err != nil {
			return err
		}
	}
	return s.end()
}
