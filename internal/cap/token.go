package cap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"watchfire.dev/internal/fault"
)

// errRefused marks a document that is refused whole, whatever it held before the fault.
var errRefused = errors.New("document type declaration refused")

// parser pulls tokens out of one document under the limits. Strict is never switched off.
type parser struct {
	*trail
	dec    *xml.Decoder
	data   []byte
	opt    Options
	tokens int
	depth  int
	// good is the offset behind the last token that was taken without fault.
	good int64
	// space is the namespace of the alert being read.
	space string
	buf   []byte
}

// newParser expects UTF-8, so every declared encoding is passed through.
func newParser(data []byte, opt Options, t *trail) *parser {
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.Strict = true
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return &parser{trail: t, dec: dec, data: data, opt: opt}
}

// next gives the next token, or io.EOF at a clean end. Any other error is a fault that
// cannot be read past; it wraps fault.ErrInvalid or fault.ErrTooLarge.
func (p *parser) next() (xml.Token, error) {
	tok, err := p.dec.Token()
	if err == io.EOF {
		return nil, io.EOF
	}
	if err != nil {
		return nil, p.fault(fault.ErrInvalid, err)
	}
	if p.tokens++; p.tokens > p.opt.MaxTokens {
		return nil, p.fault(fault.ErrTooLarge, fmt.Errorf("more than %d tokens", p.opt.MaxTokens))
	}
	switch t := tok.(type) {
	case xml.StartElement:
		if p.depth++; p.depth > p.opt.MaxDepth {
			return nil, p.fault(fault.ErrTooLarge, fmt.Errorf("elements nested deeper than %d", p.opt.MaxDepth))
		}
		if err := checkAttributes(t.Attr); err != nil {
			return nil, p.fault(fault.ErrInvalid, fmt.Errorf("element %s: %w", excerpt(t.Name.Local), err))
		}
	case xml.EndElement:
		p.depth--
	case xml.Directive:
		// CAP has no DTD, and a DTD is the door to external entities and entity bombs.
		return nil, p.fault(fault.ErrInvalid, errRefused)
	}
	p.good = p.dec.InputOffset()
	return tok, nil
}

func (p *parser) fault(kind, err error) error {
	line, column := p.dec.InputPos()
	return fmt.Errorf("read XML at line %d column %d: %w: %w", line, column, kind, err)
}

// checkAttributes refuses duplicates, which the decoder lets pass and readers resolve
// differently (XML 1.0 §3.1, Namespaces in XML §6.3).
func checkAttributes(attrs []xml.Attr) error {
	if len(attrs) > maxAttributes {
		return fmt.Errorf("more than %d attributes", maxAttributes)
	}
	for i := 1; i < len(attrs); i++ {
		for _, earlier := range attrs[:i] {
			if earlier.Name == attrs[i].Name {
				return fmt.Errorf("attribute %s given twice", excerpt(attrs[i].Name.Local))
			}
		}
	}
	return nil
}

// text reads to the end of the present element and returns its text, trimmed. The slice
// is good until the next call.
func (p *parser) text() ([]byte, error) {
	p.buf = p.buf[:0]
	for inner := 0; ; {
		tok, err := p.inside()
		if err != nil {
			return nil, err
		}
		switch t := tok.(type) {
		case xml.CharData:
			p.buf = append(p.buf, t...)
		case xml.StartElement:
			p.note("element %s inside text; its text is kept", excerpt(t.Name.Local))
			inner++
		case xml.EndElement:
			if inner == 0 {
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
		switch tok.(type) {
		case xml.StartElement:
			inner++
		case xml.EndElement:
			if inner == 0 {
				return nil
			}
			inner--
		}
	}
}

// inside is next for places where the document must not end.
func (p *parser) inside() (xml.Token, error) {
	tok, err := p.next()
	if err == io.EOF {
		return nil, p.fault(fault.ErrInvalid, io.ErrUnexpectedEOF)
	}
	return tok, err
}
