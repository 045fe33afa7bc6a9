package cap

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"watchfire.dev/internal/fault"
)

// errRefused marks a document that is refused whole, whatever it held before the fault.
var errRefused = errors.New("document type declaration refused")

// parser pulls tokens out of one document under the limits.
type parser struct {
	*trail
	lex    lexer
	data   []byte
	opt    Options
	tokens int
	depth  int
	// good is the offset behind the last token that was taken without fault.
	good int
	// space is the namespace of the alert being read.
	space string
	buf   []byte
	room  struct { // where short documents keep what is open
		open  [12]openTag
		ns    [4]binding
		attrs [8]attr
		steps [12]step
	}
}

// newParser expects UTF-8, whatever the document declares.
func newParser(data []byte, opt Options, t *trail) *parser {
	p := &parser{trail: t, lex: newLexer(data), data: data, opt: opt}
	p.lex.open, p.lex.ns, p.lex.attrs = p.room.open[:0], p.room.ns[:0], p.room.attrs[:0]
	if len(t.steps) == 0 && cap(t.steps) == 0 {
		t.steps = p.room.steps[:0]
	}
	return p
}

// next gives the next token, or io.EOF at a clean end. Any other error is a fault that
// cannot be read past; it wraps fault.ErrInvalid or fault.ErrTooLarge.
// The token is good until the next call.
func (p *parser) next() (*token, error) {
	if err := p.lex.next(); err != nil {
		if err == io.EOF {
			return nil, io.EOF
		}
		return nil, p.fault(fault.ErrInvalid, err)
	}
	tok := &p.lex.tok
	if p.tokens++; p.tokens > p.opt.MaxTokens {
		return nil, p.fault(fault.ErrTooLarge, fmt.Errorf("more than %d tokens", p.opt.MaxTokens))
	}
	switch tok.kind {
	case startTag:
		if p.depth++; p.depth > p.opt.MaxDepth {
			return nil, p.fault(fault.ErrTooLarge, fmt.Errorf("elements nested deeper than %d", p.opt.MaxDepth))
		}
		if len(tok.attrs) > 1 {
			if err := checkAttributes(tok.attrs); err != nil {
				return nil, p.fault(fault.ErrInvalid, fmt.Errorf("element %s: %w", excerpt(tok.name), err))
			}
		}
	case endTag:
		p.depth--
	case directive:
		// CAP has no DTD, and a DTD is the door to external entities and entity bombs.
		return nil, p.fault(fault.ErrInvalid, errRefused)
	}
	p.good = p.lex.pos
	return tok, nil
}

// fault places an error where the lexer stands: the line, and the byte in it.
func (p *parser) fault(kind, err error) error {
	before := p.data[:min(p.lex.pos, len(p.data))]
	line, column := bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("read XML at line %d column %d: %w: %w", line, column, kind, err)
}

// checkAttributes refuses duplicates, which readers resolve differently (XML 1.0 §3.1,
// Namespaces in XML §6.3).
func checkAttributes(attrs []attr) error {
	if len(attrs) > maxAttributes {
		return fmt.Errorf("more than %d attributes", maxAttributes)
	}
	for i := 1; i < len(attrs); i++ {
		for _, earlier := range attrs[:i] {
			if earlier.name == attrs[i].name && earlier.space == attrs[i].space {
				return fmt.Errorf("attribute %s given twice", excerpt(attrs[i].name))
			}
		}
	}
	return nil
}

// text reads to the end of the present element and returns its text, trimmed. The slice
// is good until the next call.
func (p *parser) text() ([]byte, error) {
	p.buf = p.buf[:0]
	var only []byte // the one piece of text that an element mostly has
	for inner, pieces := 0, 0; ; {
		tok, err := p.inside()
		if err != nil {
			return nil, err
		}
		switch tok.kind {
		case charData:
			switch pieces++; pieces {
			case 1:
				only = tok.data
				continue // good until the text after the next
			case 2:
				p.buf = append(p.buf, only...)
			}
			p.buf = append(p.buf, tok.data...)
		case startTag:
			p.note("element %s inside text; its text is kept", excerpt(tok.name))
			inner++
		case endTag:
			if inner == 0 {
				if pieces <= 1 {
					return bytes.TrimSpace(only), nil
				}
				return bytes.TrimSpace(p.buf), nil
			}
			inner--
		}
	}
}

// skip reads to the end of the present element.
func (p *parser) skip() error {
	for inner := 0; ; {
		tok, err := p.inside()
		if err != nil {
			return err
		}
		switch tok.kind {
		case startTag:
			inner++
		case endTag:
			if inner == 0 {
				return nil
			}
			inner--
		}
	}
}

// inside is next for places where the document must not end.
func (p *parser) inside() (*token, error) {
	tok, err := p.next()
	if err == io.EOF {
		return nil, p.fault(fault.ErrInvalid, io.ErrUnexpectedEOF)
	}
	return tok, err
}
