package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"watchfire.dev/internal/portfolio"
)

const utf8BOM = "\xef\xbb\xbf"

// readCSV reads the combined table of docs/portfolio.md. Row numbers are the lines of the
// file on which a row begins.
func (im *importer) readCSV(r io.Reader) {
	data, ok := im.readLimited(r, MaxCSV)
	if !ok {
		return
	}
	data, err := toUTF8(data)
	if err != nil {
		im.addf(portfolio.Where{}, "%s", err.Error())
		return
	}
	rows := NewRows(data)
	rows.in.ReuseRecord = true
	var t *table
	for {
		cells, line, err := rows.Next()
		if err == io.EOF {
			return
		}
		if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
			im.addf(portfolio.Where{Row: line},
				"quotation marks do not match (%v): put a cell that holds one into quotation marks and double it; nothing after this row was read", parse.Err)
			return
		} else if err != nil {
			im.addf(portfolio.Where{}, "the file cannot be read: %v", err)
			return
		}
		switch {
		case t == nil:
			if strings.TrimSpace(strings.Join(cells, "")) == "" {
				continue
			}
			if t = im.header("", line, "", cells); t == nil {
				return
			}
		case !im.row(t, line, cells):
			return
		}
	}
}

// readLimited reads at most limit bytes and reports a longer file as a problem.
func (im *importer) readLimited(r io.Reader, limit int64) ([]byte, bool) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		im.addf(portfolio.Where{}, "the file cannot be read: %v", err)
	case int64(len(data)) > limit:
		im.addf(portfolio.Where{}, "the file is larger than %d MB: split it", limit>>20)
	default:
		return data, true
	}
	return nil, false
}

// toUTF8 finds the encoding of a text: UTF-8, or UTF-16 by its mark, else Windows-1252
// (which holds Latin-1). Text that is neither, such as a Chinese or Cyrillic code page, is
// refused: decoding it wrongly would put garbage into names without anybody noticing.
func toUTF8(data []byte) ([]byte, error) {
	var decoder *encoding.Decoder
	switch {
	case bytes.HasPrefix(data, []byte(utf8BOM)):
		data = data[len(utf8BOM):]
		if !utf8.Valid(data) {
			return nil, wrong("the file says that it is UTF-8 and is not: save it again as \"CSV UTF-8\"")
		}
		return data, nil
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		decoder = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
	case utf8.Valid(data):
		return data, nil
	case !looksWestern(data):
		return nil, wrong("the encoding of the file is neither UTF-8 nor Windows-1252: save it as \"CSV UTF-8\"")
	default:
		decoder = charmap.Windows1252.NewDecoder()
	}
	out, err := decoder.Bytes(data)
	if err != nil {
		return nil, wrong(fmt.Sprintf("the encoding of the file is broken (%v): save it as \"CSV UTF-8\"", err))
	}
	return out, nil
}

// looksWestern tells whether bytes above 127 stand alone or in short runs, as accented
// letters do. Whole words in another script give runs of four and more.
func looksWestern(data []byte) bool {
	run := 0
	for _, b := range data {
		switch {
		case b == 0x81 || b == 0x8d || b == 0x8f || b == 0x90 || b == 0x9d || b == 0:
			return false // not in Windows-1252
		case b < 0x80:
			run = 0
		default:
			if run++; run >= 4 {
				return false
			}
		}
	}
	return true
}

// separatorOf chooses comma, semicolon or tab: whichever the header has most of. Excel's
// own first line "sep=;" is obeyed and skipped; skipped is the number of such lines.
func separatorOf(data []byte) (separator rune, rest []byte, skipped int) {
	line, after, _ := bytes.Cut(data, []byte("\n"))
	if name, value, ok := strings.Cut(strings.TrimRight(string(line[:min(len(line), 16)]), "\r"), "="); ok &&
		strings.EqualFold(name, "sep") && len(value) == 1 && strings.Contains(",;\t", value) {
		return rune(value[0]), after, 1
	}
	best := 0
	separator = ','
	for _, c := range ",;\t" {
		if n := bytes.Count(line, []byte(string(c))); n > best {
			separator, best = c, n
		}
	}
	return separator, data, 0
}

// writeCSV writes the combined table. Spreadsheets take a file for UTF-8 only when it
// begins with a mark, so one is written when there is more than ASCII in it.
func writeCSV(out io.Writer, p portfolio.Portfolio) error {
	var buffer bytes.Buffer
	w := csv.NewWriter(&buffer)
	columns := Columns()
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = c.Name
	}
	if err := w.Write(header); err != nil {
		return err
	}
	rows := &rowWriter{columns: columns, cells: make([]string, len(columns)), put: w.Write}
	if err := writeAll(p, rows.write, rows.write, rows.write); err != nil {
		return err
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	if bytes.ContainsFunc(buffer.Bytes(), func(r rune) bool { return r > 127 }) {
		if _, err := io.WriteString(out, utf8BOM); err != nil {
			return err
		}
	}
	_, err := out.Write(buffer.Bytes())
	return err
}
