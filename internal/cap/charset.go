package cap

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"watchfire.dev/internal/fault"
)

// toUTF8 checks the size, then brings a document to UTF-8 without byte order mark. The
// mark wins over the declaration (XML 1.0 appendix F). Text before the first "<" is cut
// off and noted: alerts are pasted from browsers with the browser's remark on top.
func toUTF8(data []byte, limit int, t *trail) ([]byte, error) {
	if len(data) > limit {
		return nil, fmt.Errorf("read document of %d bytes: %w: at most %d", len(data), fault.ErrTooLarge, limit)
	}
	out, err := transcode(data, t)
	if err != nil {
		return nil, err
	}
	out = mendUTF8(out, t)
	return cutLeadingText(out, t), nil
}

func transcode(data []byte, t *trail) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		return data[3:], nil
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("<\x00")):
		return decode(data, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16LE")
	case bytes.HasPrefix(data, []byte("\xFE\xFF")), bytes.HasPrefix(data, []byte("\x00<")):
		return decode(data, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "UTF-16BE")
	}
	label := declaredEncoding(data)
	if label == "" {
		return data, nil
	}
	enc, name := charset.Lookup(label)
	switch {
	case enc == nil, enc == encoding.Replacement:
		return nil, fmt.Errorf("read document: %w: encoding %s is not supported", fault.ErrInvalid, excerpt(label))
	case name == "utf-8":
		return data, nil
	case name == "utf-16le", name == "utf-16be":
		// The declaration could be read as single bytes, so it cannot be true.
		t.note("declared as %s but written in single bytes; read as UTF-8", label)
		return data, nil
	}
	return decode(data, enc, name)
}

func decode(data []byte, enc encoding.Encoding, name string) ([]byte, error) {
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w: %w", name, fault.ErrInvalid, err)
	}
	return out, nil
}

// declaredEncoding reads the encoding out of an XML declaration near the start.
func declaredEncoding(data []byte) string {
	head := data[:min(len(data), 512)]
	start := bytes.Index(head, []byte("<?xml"))
	if start < 0 {
		return ""
	}
	head = head[start:]
	if end := bytes.Index(head, []byte("?>")); end >= 0 {
		head = head[:end]
	}
	_, rest, ok := bytes.Cut(head, []byte("encoding"))
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, " \t\r\n=")
	if len(rest) == 0 || (rest[0] != '"' && rest[0] != '\'') {
		return ""
	}
	label, _, ok := bytes.Cut(rest[1:], rest[:1])
	if !ok {
		return ""
	}
	return string(label)
}

// mendUTF8 reads bytes that are not UTF-8 as Windows-1252, one by one. The Canadian NAADS
// feed of 2014 declares UTF-8 and writes Latin-1: its alerts are readable this way, and
// the identifiers, codes and coordinates of any alert are ASCII.
func mendUTF8(data []byte, t *trail) []byte {
	if utf8.Valid(data) {
		return data
	}
	out := make([]byte, 0, len(data)+len(data)/8)
	wrong, first := 0, 0
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r != utf8.RuneError || n > 1 {
			out = append(out, data[i:i+n]...)
			i += n
			continue
		}
		if wrong == 0 {
			first = i
		}
		wrong++
		// The five bytes Windows-1252 leaves unassigned become U+FFFD.
		out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(data[i]))
		i++
	}
	t.note("%d bytes are not UTF-8, the first at offset %d; read as Windows-1252", wrong, first)
	return out
}

func cutLeadingText(data []byte, t *trail) []byte {
	start := bytes.IndexByte(data, '<')
	if start <= 0 || looksLikeJSON(data) {
		return data
	}
	lead := bytes.TrimSpace(data[:start])
	if len(lead) > 0 {
		t.note("text before the document: %s", excerpt(string(lead)))
	}
	return data[start:]
}

// looksLikeJSON tells whether the first character that is not white space opens a JSON value.
func looksLikeJSON(data []byte) bool {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	return len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[')
}
