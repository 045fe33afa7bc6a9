package cap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// tokenKind tells the tokens of XML apart as far as anybody here asks.
type tokenKind uint8

const (
	startTag  tokenKind = iota
	endTag              // also the second half of <name/>
	charData            // text between tags, or a CDATA section
	remark              // comment or processing instruction
	directive           // <!DOCTYPE …>
)

// token is one piece of a document. Attributes are good until the next start tag, text until
// the text after the next: a reader that meets a second piece still has the first.
type token struct {
	kind  tokenKind
	space string // namespace of a start tag; a prefix that was never declared stands for itself
	name  string // local name of a start tag
	attrs []attr
	data  []byte // text, with references and line ends resolved
}

type attr struct{ space, name, value string }

// lexer cuts a document of UTF-8 into tokens. It takes and refuses exactly what the decoder
// of encoding/xml takes and refuses when strict (a test holds them against one another), in
// a fraction of the time: it looks at bytes where they lie, and copies only text that holds
// references. Nothing is read past the first fault.
type lexer struct {
	data []byte
	pos  int
	err  error
	// open are the open elements, ns what they declare; the innermost stands last.
	open    []openTag
	ns      []binding
	closing bool // the tag just taken was <name/>
	attrs   []attr
	texts   [2][]byte // room for resolved text, used in turns
	turn    int
	quotes  []byte // room for resolved attributes
	common  *[1024]string
	names   map[string]string // names of this document that nobody here knows
	odd     bool              // somewhere stands a byte that XML may not allow
	tok     token
}

// openTag is the name of an element as written, and how many bindings stood before it.
type openTag struct {
	name []byte
	ns   int
}

type binding struct{ prefix, space string }

func newLexer(data []byte) lexer {
	return lexer{data: data, odd: hasOddBytes(data), common: commonNames()}
}

// hasOddBytes tells whether a document may hold a character that XML 1.0 §2.2 forbids:
// control characters, U+FFFE and U+FFFF, or bytes that are not UTF-8. Documents without one
// are not looked at again.
func hasOddBytes(data []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(data); i += 8 {
		// Eight bytes at once: is one of them below a space, or 0xEF? (A borrow may say so
		// wrongly; the bytes are then looked at one by one.)
		x := binary.LittleEndian.Uint64(data[i:])
		y := x ^ 0xEF*ones
		if ((x-0x20*ones)&^x|(y-ones)&^y)&highs != 0 && odd(data, i, i+8) {
			return true
		}
	}
	return odd(data, i, len(data)) || !utf8.Valid(data)
}

func odd(data []byte, from, to int) bool {
	for i := from; i < to; i++ {
		c := data[i]
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0xEF && i+1 < len(data) && data[i+1] == 0xBF {
			return true
		}
	}
	return false
}

var (
	errEnd        = errors.New("unexpected EOF")
	errEndOfCDATA = errors.New("unexpected EOF in CDATA section")
)

// next reads the next token into tok; io.EOF at a clean end.
func (l *lexer) next() error {
	if l.err == nil {
		l.err = l.token()
	}
	return l.err
}

func (l *lexer) token() error {
	switch {
	case l.closing:
		l.closing = false
		l.pop()
		l.tok.kind = endTag
		return nil
	case l.pos >= len(l.data):
		if len(l.open) > 0 {
			return errEnd
		}
		return io.EOF
	case l.data[l.pos] != '<':
		return l.text()
	case l.pos+1 >= len(l.data):
		l.pos++
		return errEnd
	}
	switch l.data[l.pos+1] {
	case '/':
		return l.end()
	case '?':
		return l.instruction()
	case '!':
		return l.exclamation()
	}
	return l.start()
}

func (l *lexer) pop() {
	last := len(l.open) - 1
	l.ns = l.ns[:l.open[last].ns]
	l.open = l.open[:last]
}

// end reads </name>.
func (l *lexer) end() error {
	l.pos += 2
	if n := len(l.open); n > 0 { // nearly always the name that is open, and then ">"
		was := l.open[n-1].name
		if rest := l.data[l.pos:]; len(rest) > len(was) && rest[len(was)] == '>' && bytes.Equal(rest[:len(was)], was) {
			l.pos += len(was) + 1
			l.pop()
			l.tok.kind = endTag
			return nil
		}
	}
	prefix, local, err := l.name("expected element name after </")
	if err != nil {
		return err
	}
	name := l.written(prefix, local)
	l.space()
	if l.pos >= len(l.data) {
		return errEnd
	}
	if l.data[l.pos] != '>' {
		return fmt.Errorf("invalid characters between </%s and >", local)
	}
	l.pos++
	if len(l.open) == 0 {
		return fmt.Errorf("unexpected end element </%s>", local)
	}
	if was := l.open[len(l.open)-1].name; !bytes.Equal(was, name) {
		return fmt.Errorf("element <%s> closed by </%s>", was, name)
	}
	l.pop()
	l.tok.kind = endTag
	return nil
}

// written gives the bytes of a name just read, prefix and all.
func (l *lexer) written(prefix, local []byte) []byte {
	n := len(local)
	if len(prefix) > 0 {
		n += len(prefix) + 1
	}
	return l.data[l.pos-n : l.pos]
}

// start reads <name attribute="value" …> or its empty form.
func (l *lexer) start() error {
	l.pos++
	prefix, local, err := l.name("expected element name after <")
	if err != nil {
		return err
	}
	tag := openTag{name: l.written(prefix, local), ns: len(l.ns)}
	l.attrs = l.attrs[:0]
	if l.data[l.pos] == '>' { // most have no attributes
		l.pos++
		l.open = append(l.open, tag)
		l.resolve(prefix, local)
		return nil
	}
	for {
		l.space()
		if l.pos >= len(l.data) {
			return errEnd
		}
		switch l.data[l.pos] {
		case '>':
			l.pos++
		case '/':
			l.pos++
			if l.pos >= len(l.data) {
				return errEnd
			}
			if l.data[l.pos] != '>' {
				return errors.New("expected /> in element")
			}
			l.pos++
			l.closing = true
		default:
			if err := l.attribute(); err != nil {
				return err
			}
			continue
		}
		l.open = append(l.open, tag)
		l.resolve(prefix, local)
		return nil
	}
}

// attribute reads name="value" and notes what it declares.
func (l *lexer) attribute() error {
	prefix, local, err := l.name("expected attribute name in element")
	if err != nil {
		return err
	}
	l.space()
	if l.pos >= len(l.data) {
		return errEnd
	}
	if l.data[l.pos] != '=' {
		return errors.New("attribute name without = in element")
	}
	l.pos++
	l.space()
	if l.pos >= len(l.data) {
		return errEnd
	}
	quote := l.data[l.pos]
	if quote != '"' && quote != '\'' {
		return errors.New("unquoted or missing attribute value in element")
	}
	l.pos++
	value, err := l.quoted(quote)
	if err != nil {
		return err
	}
	a := attr{space: l.intern(prefix), name: l.intern(local)}
	a.value = l.stringOf(value)
	switch {
	case a.space == "xmlns":
		l.ns = append(l.ns, binding{a.name, a.value})
	case a.space == "" && a.name == "xmlns":
		l.ns = append(l.ns, binding{"", a.value})
	}
	l.attrs = append(l.attrs, a)
	return nil
}

// resolve completes the token of a start tag, its names in their namespaces: an attribute
// without prefix has none (Namespaces in XML §6.2).
func (l *lexer) resolve(prefix, local []byte) {
	for i := range l.attrs {
		if a := &l.attrs[i]; a.space != "" && a.space != "xmlns" {
			a.space = l.spaceOf(a.space)
		}
	}
	t := &l.tok
	t.kind, t.name, t.attrs = startTag, l.intern(local), l.attrs
	switch p := l.intern(prefix); {
	case p == "xmlns", p == "" && t.name == "xmlns":
		t.space = p
	default:
		t.space = l.spaceOf(p)
	}
}

const xmlSpace = "http://www.w3.org/XML/1998/namespace"

func (l *lexer) spaceOf(prefix string) string {
	if prefix == "xml" {
		prefix = xmlSpace // and once more through the declarations, as encoding/xml has it
	}
	for i := len(l.ns) - 1; i >= 0; i-- {
		if l.ns[i].prefix == prefix {
			return l.ns[i].space
		}
	}
	return prefix
}

// stringOf is string(b) that makes no new one of a common word.
func (l *lexer) stringOf(b []byte) string {
	if s := l.common[slot(b)]; s == string(b) {
		return s
	}
	return string(b)
}

// intern gives the string of a name or value without making a new one each time.
func (l *lexer) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s := l.common[slot(b)]; s == string(b) {
		return s
	}
	if s, ok := l.names[string(b)]; ok {
		return s
	}
	if l.names == nil {
		l.names = make(map[string]string)
	}
	s := string(b)
	l.names[s] = s
	return s
}

func (l *lexer) space() {
	for l.pos < len(l.data) {
		switch l.data[l.pos] {
		case ' ', '\r', '\n', '\t':
			l.pos++
		default:
			return
		}
	}
}
