package sheet

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
)

// errStop ends a walk over a sheet early.
var errStop = errors.New("stop")

// notesSheet is the sheet of explanations that Write adds and Read passes over.
const notesSheet = "notes"

// readXLSX reads the sheets projects, assets and contacts, and no others; a workbook with
// one sheet of any name is read as the combined table. Another sheet is a problem, since
// passing over it could lose what somebody meant to import.
func (im *importer) readXLSX(r io.Reader) {
	data, ok := im.readLimited(r, MaxXLSX)
	if !ok {
		return
	}
	book, err := openWorkbook(data)
	if err != nil {
		im.addf(portfolio.Where{}, "%v", err)
		return
	}
	tables := 0
	for _, s := range book.sheets {
		if !strings.EqualFold(s.name, notesSheet) {
			tables++
		}
	}
	for _, s := range book.sheets {
		thing, known := sheetThing(s.name)
		switch {
		case strings.EqualFold(s.name, notesSheet):
			continue
		case !known && tables > 1:
			im.addf(portfolio.Where{Sheet: s.name}, "this sheet is not known: name it projects, assets or contacts, or delete it")
			continue
		}
		if err := im.readSheet(book, s, thing); err != nil {
			im.addf(portfolio.Where{Sheet: s.name}, "the sheet cannot be read: %v", err)
		}
	}
}

func (im *importer) readSheet(book *workbook, s sheetPart, thing string) error {
	var t *table
	return book.rows(s.path, func(number int, cells []string) bool {
		if t == nil {
			if strings.TrimSpace(strings.Join(cells, "")) == "" {
				return true
			}
			t = im.header(s.name, number, thing, cells)
			return t != nil
		}
		return im.row(t, number, cells)
	})
}

// rowParser gathers the cells of one row after another from the tokens of a sheet.
type rowParser struct {
	strings []string
	each    func(number int, cells []string) bool

	inData, inValue, phonetic bool
	number, column            int // of the current row and cell, from 1 and 0
	kind                      string
	text                      strings.Builder
	cells                     []string
}

func (p *rowParser) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return p.start(t)
	case xml.CharData:
		if p.inValue && !p.phonetic {
			p.text.Write(t)
		}
	case xml.EndElement:
		return p.end(t.Name.Local)
	}
	return nil
}

func (p *rowParser) start(t xml.StartElement) (err error) {
	switch t.Name.Local {
	case "sheetData":
		p.inData = true
	case "row":
		p.number++
		p.column, p.cells = -1, p.cells[:0]
		if r := attribute(t, "r"); r != "" {
			n, err := strconv.Atoi(r)
			if err != nil || n < p.number {
				return fmt.Errorf("row number %s after row %d: %w", portfolio.Quote(r), p.number-1, fault.ErrInvalid)
			}
			p.number = n
		}
	case "c":
		p.column++
		p.kind = attribute(t, "t")
		p.text.Reset()
		if r := attribute(t, "r"); r != "" {
			p.column, err = columnOf(r)
		}
		if err == nil && (p.column >= MaxColumns || p.column < 0) {
			err = fmt.Errorf("row %d has more than %d columns: %w", p.number, MaxColumns, fault.ErrTooLarge)
		}
	case "v", "t":
		p.inValue = p.inData
	case "rPh":
		p.phonetic = true
	}
	return err
}

func (p *rowParser) end(name string) error {
	switch name {
	case "v", "t":
		p.inValue = false
	case "rPh":
		p.phonetic = false
	case "c":
		return p.cell()
	case "row":
		if p.inData && !p.each(p.number, p.cells) {
			return errStop
		}
	case "sheetData":
		p.inData = false
	}
	return nil
}

// cell ends a cell: shared strings are looked up, truth values become words.
func (p *rowParser) cell() error {
	text := p.text.String()
	switch p.kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || i < 0 || i >= len(p.strings) {
			return fmt.Errorf("row %d names shared string %s of %d: %w", p.number, portfolio.Quote(text), len(p.strings), fault.ErrInvalid)
		}
		text = p.strings[i]
	case "inlineStr", "str":
		text = unescape(text)
	case "b":
		text = map[string]string{"1": "TRUE", "0": "FALSE"}[text]
	}
	if text == "" {
		return nil
	}
	for len(p.cells) <= p.column {
		p.cells = append(p.cells, "")
	}
	p.cells[p.column] = text
	return nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// columnOf is the place, from 0, of the column of a cell name such as "AB12".
func columnOf(cell string) (int, error) {
	n := 0
	for i := 0; i < len(cell) && i < 4; i++ {
		switch c := cell[i] &^ 0x20; {
		case c >= 'A' && c <= 'Z':
			n = n*26 + int(c-'A') + 1
		case i > 0:
			return n - 1, nil
		}
	}
	return 0, fmt.Errorf("cell name %s: %w", portfolio.Quote(cell), fault.ErrInvalid)
}
