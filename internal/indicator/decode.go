package indicator

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"watchfire.dev/internal/fault"
)

// limits of a panel.
const (
	maxPanel = 64 << 20 // bytes
	maxRows  = 2_000_000
	maxCell  = 4096
)

// torn stands where bytes are not of the encoding that was promised; a row that holds it is
// put aside.
const torn = utf8.RuneError

// A row is one line of a panel.
type row struct {
	line  int
	cells []string
	// why is set where the row cannot be read at all.
	why error
}

// text turns bytes into UTF-8. A sequence that belongs to another encoding becomes torn: bad
// UTF-8 in a panel of UTF-8, and UTF-8 inside one of single bytes, which would otherwise be
// read as two or three wrong letters.
func text(raw []byte, encoding string) string {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(raw, '\n') < 0 {
		raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n")) // old Macintosh
	}
	var table *charmap.Charmap
	switch encoding {
	case "latin-1":
		table = charmap.ISO8859_1
	case "windows-1252":
		table = charmap.Windows1252
	case "mac-roman":
		table = charmap.Macintosh
	default:
		return strings.ToValidUTF8(string(raw), string(torn))
	}
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		if raw[i] < utf8.RuneSelf {
			b.WriteByte(raw[i])
			i++
			continue
		}
		if r, n := utf8.DecodeRune(raw[i:]); r != utf8.RuneError && n > 1 {
			b.WriteRune(torn)
			i += n
			continue
		}
		b.WriteRune(table.DecodeByte(raw[i]))
		i++
	}
	return b.String()
}

// rows cuts a panel into rows. The error wraps fault.ErrInvalid or fault.ErrTooLarge.
func rows(raw []byte, encoding, comma string) ([]row, error) {
	if len(raw) > maxPanel {
		return nil, fmt.Errorf("panel of %d bytes, at most %d: %w", len(raw), maxPanel, fault.ErrTooLarge)
	}
	r := csv.NewReader(strings.NewReader(text(raw, encoding)))
	r.FieldsPerRecord = -1
	if comma != "" {
		r.Comma = rune(comma[0])
	}
	var out []row
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if len(out) >= maxRows {
			return nil, fmt.Errorf("more than %d rows: %w", maxRows, fault.ErrTooLarge)
		}
		if err != nil {
			var p *csv.ParseError
			if errors.As(err, &p) {
				out = append(out, row{line: p.StartLine, why: refuse(ReasonColumns, "%v", p.Err)})
				continue
			}
			return nil, fmt.Errorf("read the panel: %w: %w", fault.ErrInvalid, err)
		}
		line, _ := r.FieldPos(0)
		next := row{line: line, cells: cells}
		for _, c := range cells {
			if len(c) > maxCell {
				next.why = refuse(ReasonColumns, "a cell of %d bytes", len(c))
			}
			if strings.ContainsRune(c, torn) {
				next.why = refuse(ReasonEncoding, "bytes of another encoding")
			}
		}
		out = append(out, next)
	}
}
