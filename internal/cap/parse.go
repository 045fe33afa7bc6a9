package cap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"watchfire.dev/internal/fault"
)

// Parse reads one alert of CAP 1.0, 1.1 or 1.2 in UTF-8, UTF-16 or a declared single-byte
// encoding. It returns the alert with its departures from the standard. The error wraps
// fault.ErrInvalid when the XML cannot be read, holds a DOCTYPE or another root, or when
// identifier, sender or sent is missing, and fault.ErrTooLarge when a limit is passed;
// the problems found before then come with it.
func Parse(data []byte, opt Options) (*Alert, []Problem, error) {
	opt = opt.orDefaults()
	t := &trail{}
	data, err := toUTF8(data, opt.MaxBytes, t)
	if err != nil {
		return nil, t.problems, fmt.Errorf("parse alert: %w", err)
	}
	p := newParser(data, opt, t)
	a, err := p.document()
	if err != nil {
		return nil, t.problems, fmt.Errorf("parse alert: %w", err)
	}
	return a, t.problems, nil
}

// ParseReader is Parse on a stream; it reads no more than the limit allows.
func ParseReader(r io.Reader, opt Options) (*Alert, []Problem, error) {
	opt = opt.orDefaults()
	data, err := io.ReadAll(io.LimitReader(r, int64(opt.MaxBytes)+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read alert: %w", err)
	}
	return Parse(data, opt)
}

// document reads a document whose root is an alert.
func (p *parser) document() (*Alert, error) {
	for {
		tok, err := p.next()
		if err == io.EOF {
			return nil, fmt.Errorf("%w: no element found", fault.ErrInvalid)
		}
		if err != nil {
			return nil, err
		}
		if tok.kind != startTag {
			continue
		}
		if tok.name != "alert" {
			return nil, fmt.Errorf("%w: root is %s, not alert", fault.ErrInvalid, excerpt(tok.name))
		}
		p.push("alert", 0)
		a, err := p.alert(tok.space)
		p.pop()
		if err != nil {
			return nil, err
		}
		return a, p.rest()
	}
}

// rest looks at what follows the alert. A DOCTYPE there refuses the document like one at
// the front; anything else is noted, for the alert was whole.
func (p *parser) rest() error {
	for {
		tok, err := p.next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, errRefused):
			return err
		case err != nil:
			p.note("after the alert: %v", err)
			return nil
		}
		switch tok.kind {
		case startTag:
			p.note("element %s after the alert was not read", excerpt(tok.name))
			if err := p.skip(); err != nil {
				p.note("after the alert: %v", err)
				return nil
			}
		case charData:
			if stray := bytes.TrimSpace(tok.data); len(stray) > 0 {
				p.note("text after the alert: %s", excerpt(string(stray)))
			}
		}
	}
}

// errUnusable marks an alert that was read to its end but cannot be identified: the
// document can be read on behind it.
var errUnusable = errors.New("not identified")

// alert reads the alert whose start tag was just taken, to its end tag.
func (p *parser) alert(space string) (*Alert, error) {
	version, known := versionOf(space)
	if !known {
		p.note("namespace %s is not of CAP", excerpt(space))
	}
	outer := p.space
	p.space = space
	defer func() { p.space = outer }()

	a := &Alert{Version: version}
	b := &builder{trail: p.trail, version: version, fromXML: true}
	if err := p.fill(b, alertTarget{a}); err != nil {
		return nil, err
	}
	return a, b.finish(a)
}

// finish closes an alert: identified, completed, held against the rules.
func (b *builder) finish(a *Alert) error {
	var missing []string
	if a.Identifier == "" {
		missing = append(missing, "identifier")
	}
	if a.Sender == "" {
		missing = append(missing, "sender")
	}
	if a.Sent.IsZero() {
		missing = append(missing, "sent")
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: %w: without %s", fault.ErrInvalid, errUnusable, strings.Join(missing, ", "))
	}
	for i := range a.Infos {
		b.push("info", i+1)
		b.complete(&a.Infos[i])
		b.pop()
	}
	version := a.Version
	if version == "" {
		version = "1.2"
	}
	validate(a, b.trail, version, b.fromXML)
	return nil
}

// complete gives Unknown to the grades an info does not state.
func (b *builder) complete(in *Info) {
	if in.Urgency == "" {
		b.noteAt("urgency", "required element is missing; read as Unknown")
		in.Urgency = UrgencyUnknown
	}
	if in.Severity == "" {
		b.noteAt("severity", "required element is missing; read as Unknown")
		in.Severity = SeverityUnknown
	}
	if in.Certainty == "" {
		b.noteAt("certainty", "required element is missing; read as Unknown")
		in.Certainty = CertaintyUnknown
	}
}
