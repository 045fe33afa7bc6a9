package sheet

import (
	"bytes"
	"encoding/csv"
)

// Text returns the text of a table in UTF-8 without a mark, whatever spreadsheets wrote it:
// UTF-8, UTF-16 by its mark, or Windows-1252. Anything else is refused, with words for who
// made the file: decoding it wrongly would put garbage into names unnoticed.
func Text(raw []byte) ([]byte, error) { return toUTF8(raw) }

// Rows returns a reader of the rows of a text, with the separator that its first line uses
// (comma, semicolon or tab; Excel's own line "sep=;" is obeyed), and how many lines stand
// before the first row. Rows may have any number of cells.
func Rows(text []byte) (rows *csv.Reader, skipped int) {
	separator, rest, skipped := separatorOf(text)
	rows = csv.NewReader(bytes.NewReader(rest))
	rows.Comma, rows.FieldsPerRecord = separator, -1
	return rows, skipped
}
