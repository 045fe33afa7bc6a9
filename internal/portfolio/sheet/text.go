package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
)

// Text returns the text of a table in UTF-8 without a mark, whatever spreadsheets wrote it:
// UTF-8, UTF-16 by its mark, or Windows-1252. Anything else is refused, with words for who
// made the file: decoding it wrongly would put garbage into names unnoticed.
func Text(raw []byte) ([]byte, error) { return toUTF8(raw) }

// Rows reads the rows of a text. Each may have any number of cells.
type Rows struct {
	in      *csv.Reader
	skipped int // lines before what in reads
}

// NewRows begins to read a text, with the separator that its first line uses (comma, semicolon
// or tab; Excel's own line "sep=;" is obeyed).
func NewRows(text []byte) *Rows {
	separator, rest, skipped := separatorOf(text)
	r := &Rows{csv.NewReader(bytes.NewReader(rest)), skipped}
	r.in.Comma, r.in.FieldsPerRecord = separator, -1
	return r
}

// Next returns the next row and the line of the file on which it begins. After the last one the
// error is io.EOF; where quotation marks do not match it is a *csv.ParseError, and line is where
// that row begins.
func (r *Rows) Next() (cells []string, line int, err error) {
	cells, err = r.in.Read()
	if parse := (*csv.ParseError)(nil); errors.As(err, &parse) { // of such a row no cell may be there
		return nil, parse.StartLine + r.skipped, err
	}
	if err != nil {
		return nil, 0, err
	}
	line, _ = r.in.FieldPos(0)
	return cells, line + r.skipped, nil
}
