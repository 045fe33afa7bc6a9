package cap

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text reads the text before the next tag.
func (l *lexer) text() error {
	end := bytes.IndexByte(l.data[l.pos:], '<')
	if end < 0 {
		end = len(l.data) - l.pos
	}
	raw := l.data[l.pos : l.pos+end]
	// What comes first is what is wrong: a bad reference, or the end of a CDATA section
	// where none is.
	l.turn = 1 - l.turn
	room := &l.texts[l.turn]
	if isPlain(raw) {
		l.pos += end
		l.tok.kind, l.tok.data = charData, raw
		return nil
	}
	stop := bytes.Index(raw, []byte("]]>"))
	if stop < 0 {
		l.tok.kind = charData
		var err error
		l.tok.data, err = l.resolved(raw, l.pos, room)
		return err
	}
	if _, err := l.resolved(raw[:stop], l.pos, room); err != nil {
		return err
	}
	l.pos += 3
	return errors.New("unescaped ]]> not in CDATA section")
}

// isPlain tells of a short text that it is as it stands: most are, and many are white space
// between two tags.
func isPlain(raw []byte) bool {
	if len(raw) > 64 {
		return false
	}
	for _, c := range raw {
		if c < 0x20 && c != '\n' && c != '\t' || c == '&' || c == ']' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// quoted reads the value of an attribute to its closing quote.
func (l *lexer) quoted(quote byte) ([]byte, error) {
	rest := l.data[l.pos:]
	end := bytes.IndexByte(rest, quote)
	tag := bytes.IndexByte(rest[:max(end, 0)], '<')
	if end < 0 {
		tag = bytes.IndexByte(rest, '<')
	}
	switch {
	case tag >= 0:
		if _, err := l.resolved(rest[:tag], l.pos, &l.quotes); err != nil {
			return nil, err
		}
		return nil, errors.New("unescaped < inside quoted string")
	case end < 0:
		// The decoder of encoding/xml takes what is there and finds the end behind it.
		if _, err := l.resolved(rest, l.pos, &l.quotes); err != nil {
			return nil, err
		}
		return nil, errEnd
	}
	value, err := l.resolved(rest[:end], l.pos, &l.quotes)
	l.pos++ // the quote
	return value, err
}

// resolved gives text with its references replaced and its line ends made \n (XML 1.0
// §2.11), and moves behind it. It is a part of the document when there is nothing to do.
func (l *lexer) resolved(raw []byte, at int, room *[]byte) ([]byte, error) {
	l.pos = at + len(raw)
	if bytes.IndexByte(raw, '&') < 0 {
		return l.checked(lines(raw, room))
	}
	out := (*room)[:0]
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '&':
			r, n, err := reference(l.data[at+i:], len(raw)-i)
			if err != nil {
				l.pos = at + i
				return nil, err
			}
			out = utf8.AppendRune(out, r)
			if !isXMLChar(r) {
				l.pos = at + i
				return nil, fmt.Errorf("illegal character code %U", r)
			}
			i += n - 1
		case c == '\r':
			out = append(out, '\n')
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
		default:
			out = append(out, c)
		}
	}
	*room = out
	return l.checked(out)
}

// lines makes each end of line \n.
func lines(raw []byte, room *[]byte) []byte {
	if bytes.IndexByte(raw, '\r') < 0 {
		return raw
	}
	out := (*room)[:0]
	for i, c := range raw {
		switch {
		case c == '\r':
			out = append(out, '\n')
		case c == '\n' && i > 0 && raw[i-1] == '\r':
		default:
			out = append(out, c)
		}
	}
	*room = out
	return out
}

// checked refuses characters that XML cannot carry.
func (l *lexer) checked(text []byte) ([]byte, error) {
	if !l.odd {
		return text, nil
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return nil, errors.New("invalid UTF-8")
		}
		if !isXMLChar(r) {
			return nil, fmt.Errorf("illegal character code %U", r)
		}
		i += n
	}
	return text, nil
}

// reference reads what begins with "&" and returns its character and length. Only the five
// entities of XML 1.0 §4.6 are known: there is no document type to declare others. Most
// bytes from s belong to the text; a reference that runs out of them is broken.
func reference(s []byte, most int) (rune, int, error) {
	end := 1
	if end < len(s) && s[end] == '#' {
		end++
		base := 10
		if end < len(s) && s[end] == 'x' {
			end, base = end+1, 16
		}
		from := end
		for end < len(s) && isDigit(s[end], base) {
			end++
		}
		if end >= len(s) {
			return 0, 0, errEnd
		}
		n, err := strconv.ParseUint(string(s[from:end]), base, 64)
		if s[end] != ';' || end >= most || err != nil || n > unicode.MaxRune {
			return 0, 0, badReference(s[:end], s[end] == ';')
		}
		r := rune(n)
		if !utf8.ValidRune(r) {
			r = utf8.RuneError // a surrogate, as string(rune) has it
		}
		return r, end + 1, nil
	}
	for end < len(s) && isNameByte(s[end]) {
		end++
	}
	if end >= len(s) {
		return 0, 0, errEnd
	}
	if s[end] == ';' && end < most {
		switch string(s[1:end]) {
		case "lt":
			return '<', end + 1, nil
		case "gt":
			return '>', end + 1, nil
		case "amp":
			return '&', end + 1, nil
		case "apos":
			return '\'', end + 1, nil
		case "quot":
			return '"', end + 1, nil
		}
	}
	return 0, 0, badReference(s[:end], s[end] == ';')
}

func isDigit(c byte, base int) bool {
	return '0' <= c && c <= '9' || base == 16 && ('a' <= c && c <= 'f' || 'A' <= c && c <= 'F')
}

func badReference(ref []byte, closed bool) error {
	if closed {
		return fmt.Errorf("invalid character entity %s;", ref)
	}
	return fmt.Errorf("invalid character entity %s (no semicolon)", ref)
}

// exclamation reads a comment, a CDATA section or a directive.
func (l *lexer) exclamation() error {
	rest := l.data[l.pos+2:]
	switch {
	case len(rest) == 0:
		return l.cut()
	case rest[0] == '-':
		return l.comment()
	case rest[0] == '[':
		return l.cdata()
	}
	l.pos += 2
	return l.directive()
}

// cut ends the reading at the end of the document.
func (l *lexer) cut() error {
	l.pos = len(l.data)
	return errEnd
}

func (l *lexer) comment() error {
	rest := l.data[l.pos+3:]
	if len(rest) == 0 {
		return l.cut()
	}
	if rest[0] != '-' {
		return errors.New("invalid sequence <!- not part of <!--")
	}
	dashes := bytes.Index(rest[1:], []byte("--"))
	if dashes < 0 || dashes+3 >= len(rest) {
		return l.cut()
	}
	l.pos += 3 + dashes + 4
	if rest[dashes+3] != '>' {
		return errors.New(`invalid sequence "--" not allowed in comments`)
	}
	l.tok.kind = remark
	return nil
}

func (l *lexer) cdata() error {
	const opening = "<![CDATA["
	if rest := l.data[l.pos:]; !bytes.HasPrefix(rest, []byte(opening)) {
		if strings.HasPrefix(opening, string(rest[:min(len(rest), len(opening))])) {
			return l.cut()
		}
		return errors.New("invalid <![ sequence")
	}
	l.pos += len(opening)
	end := bytes.Index(l.data[l.pos:], []byte("]]>"))
	if end < 0 {
		l.pos = len(l.data)
		return errEndOfCDATA
	}
	raw := l.data[l.pos : l.pos+end]
	l.pos += end + 3
	l.turn = 1 - l.turn
	l.tok.kind = charData
	var err error
	l.tok.data, err = l.checked(lines(raw, &l.texts[l.turn]))
	return err
}

// directive reads <!NAME …> with what is nested in it: the caller refuses it, but a broken
// one is a broken document.
func (l *lexer) directive() error {
	depth, quote := 0, byte(0)
	for i := l.pos + 1; i < len(l.data); i++ { // the first byte counts for nothing
		switch c := l.data[i]; {
		case quote == 0 && c == '>' && depth == 0:
			l.pos = i + 1
			l.tok.kind = directive
			return nil
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			depth--
		case c == '<' && bytes.HasPrefix(l.data[i+1:], []byte("!--")):
			end := bytes.Index(l.data[i+4:], []byte("-->"))
			if end < 0 {
				return l.cut()
			}
			i += 4 + end + 2
		case c == '<':
			depth++
		}
	}
	return l.cut()
}

// instruction reads <?target data?>. An XML declaration of another version is refused.
func (l *lexer) instruction() error {
	l.pos += 2
	target, _, err := l.whole("expected target name after <?")
	if err != nil {
		return err
	}
	l.space()
	end := bytes.Index(l.data[l.pos:], []byte("?>"))
	if end < 0 {
		return l.cut()
	}
	content := l.data[l.pos : l.pos+end]
	l.pos += end + 2
	if string(target) == "xml" {
		if version := declared(string(content), "version"); version != "" && version != "1.0" {
			return fmt.Errorf("unsupported version %q; only version 1.0 is supported", version)
		}
	}
	l.tok.kind = remark
	return nil
}

// declared finds name="value" in an XML declaration, loosely.
func declared(content, name string) string {
	for {
		_, rest, found := strings.Cut(content, name+"=")
		if !found || rest == "" {
			return ""
		}
		if rest[0] == '"' || rest[0] == '\'' {
			value, _, closed := strings.Cut(rest[1:], rest[:1])
			if !closed {
				return ""
			}
			return value
		}
		content = rest[1:]
	}
}
