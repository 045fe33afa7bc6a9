package cap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"watchfire.dev/internal/fault"
)

// Piece is one alert found in a document: Alert with its Problems, or Err.
type Piece struct {
	Alert    *Alert
	Problems []Problem
	// Err tells why this alert cannot be used; it wraps a sentinel of package fault.
	Err error
	// Path is the place of the alert, such as /feed/entry[3]/content/alert. Entries,
	// items, content objects and alerts are counted from one within their parent.
	Path string
}

// ParseAll finds every alert of a document: a single alert, an EDXL-DE distribution, an
// Atom or RSS feed that embeds alerts (as elements, as CDATA or as escaped text), a list
// or a bare row of alerts, or the JSON of MeteoAlarm. Each opening of an alert gives one
// Piece. When the XML breaks, the alert it breaks in and every one behind it become
// pieces with an error. A feed without alerts gives none: see ParseIndex. The error is
// for the document as a whole (fault.ErrInvalid, fault.ErrTooLarge) and excludes pieces.
func ParseAll(data []byte) ([]Piece, error) {
	opt := containerLimits()
	t := &trail{}
	data, err := toUTF8(data, opt.MaxBytes, t)
	if err != nil {
		return nil, fmt.Errorf("parse alerts: %w", err)
	}
	if looksLikeJSON(data) {
		return parseWarnings(data, t.problems)
	}
	pieces, err := collect(data, opt, t, false)
	if err != nil {
		return nil, fmt.Errorf("parse alerts: %w", err)
	}
	return pieces, nil
}

// collector walks a container and gathers its alerts.
type collector struct {
	*parser
	// common are the problems of the document, which hold for every piece.
	common []Problem
	pieces []Piece
	// counts numbers the counted elements, one set for each open element.
	counts []counted
	root   string
	nested bool
}

type counted [4]int

// collect reads one document. nested tells that it stood as text inside another one,
// whose text is then not looked into again.
func collect(data []byte, opt Options, t *trail, nested bool) ([]Piece, error) {
	c := &collector{parser: newParser(data, opt, t), common: t.problems, counts: make([]counted, 1), nested: nested}
	t.problems = nil
	for {
		tok, err := c.next()
		if err == io.EOF {
			return c.pieces, c.checkRoot()
		}
		if err != nil {
			return c.broken(err)
		}
		switch tok.kind {
		case startTag:
			if c.root == "" {
				c.root = tok.name
			}
			c.enter(tok.name)
			if tok.name == "alert" {
				if err := c.take(tok.space); err != nil {
					return c.broken(err)
				}
				c.leave()
			}
		case endTag:
			c.leave()
		case charData:
			c.lookInto(tok.data)
		}
	}
}

func (c *collector) enter(name string) {
	index := 0
	if slot := slices.Index([]string{"entry", "item", "contentObject", "alert"}, name); slot >= 0 {
		parent := &c.counts[len(c.counts)-1]
		parent[slot]++
		if index = parent[slot]; name == "alert" && index == 1 {
			index = 0
		}
	}
	c.push(name, index)
	c.counts = append(c.counts, counted{})
}

func (c *collector) leave() {
	c.pop()
	c.counts = c.counts[:len(c.counts)-1]
}

// take reads the alert whose start tag was just taken and returns only faults that end
// the reading of the document.
func (c *collector) take(space string) error {
	piece := Piece{Path: c.where()}
	depth := len(c.steps)
	a, err := c.alert(space)
	// A fault leaves the trail at the place where it happened.
	c.steps = c.steps[:depth]
	piece.Alert, piece.Err = a, err
	if err != nil {
		piece.Alert = nil
		piece.Err = fmt.Errorf("parse alert at %s: %w", piece.Path, err)
	}
	piece.Problems = slices.Concat(c.common, c.problems)
	c.problems = nil
	c.pieces = append(c.pieces, piece)
	if err != nil && !errors.Is(err, errUnusable) {
		return err
	}
	return nil
}

// lookInto reads alerts that stand as text: RSS carries them in CDATA or escaped.
func (c *collector) lookInto(text []byte) {
	if c.nested || !bytes.Contains(text, []byte("alert")) || len(openings(text, "alert")) == 0 {
		return
	}
	inner := &trail{steps: slices.Clone(c.steps)}
	pieces, err := collect(cutLeadingText(bytes.Clone(text), inner), c.opt, inner, true)
	if err != nil {
		pieces = append(pieces, Piece{Path: c.where(), Err: fmt.Errorf("parse text at %s: %w", c.where(), err)})
	}
	for i := range pieces {
		pieces[i].Problems = slices.Concat(c.common, pieces[i].Problems)
	}
	c.pieces = append(c.pieces, pieces...)
}

// broken ends the reading at a fault. What lies behind it is not read, but counted.
func (c *collector) broken(err error) ([]Piece, error) {
	if errors.Is(err, errRefused) {
		return nil, err
	}
	lost := openings(c.data[c.good:], "alert")
	if len(c.pieces) == 0 && len(lost) == 0 {
		return nil, err
	}
	broke := len(c.pieces) > 0 && errors.Is(c.pieces[len(c.pieces)-1].Err, err)
	if len(lost) == 0 && !broke {
		c.pieces = append(c.pieces, Piece{Path: c.where(), Err: fmt.Errorf("read on from %s: %w", c.where(), err)})
	}
	for i, at := range lost {
		where := fmt.Sprintf("byte %d", int(c.good)+at)
		if i == maxLostPieces {
			c.pieces = append(c.pieces, Piece{Path: where, Err: fmt.Errorf("%d more alerts not read: %w", len(lost)-i, err)})
			break
		}
		c.pieces = append(c.pieces, Piece{Path: where, Err: fmt.Errorf("alert at %s not read: %w", where, err)})
	}
	return c.pieces, nil
}

// checkRoot tells a container without alerts from a document of another kind.
func (c *collector) checkRoot() error {
	if len(c.pieces) > 0 {
		return nil
	}
	switch c.root {
	case "feed", "rss", "RDF", "EDXLDistribution", "alerts":
		return nil
	case "":
		return fmt.Errorf("%w: no element found", fault.ErrInvalid)
	}
	return fmt.Errorf("%w: no alert in %s", fault.ErrInvalid, excerpt(c.root))
}

// openings finds the offsets of the start tags with a local name, whatever the prefix, by
// looking at bytes only; it is for text that the XML reader cannot read. Comments are
// passed over.
func openings(data []byte, local string) []int {
	var out []int
	for i := 0; ; {
		next := bytes.IndexByte(data[i:], '<')
		if next < 0 {
			return out
		}
		i += next
		if bytes.HasPrefix(data[i:], []byte("<!--")) {
			end := bytes.Index(data[i:], []byte("-->"))
			if end < 0 {
				return out
			}
			i += end
			continue
		}
		name := data[i+1 : min(len(data), i+1+80)]
		if end := bytes.IndexAny(name, " \t\r\n/><"); end >= 0 {
			name = name[:end]
		} else if len(name) == 80 {
			name = nil
		}
		if colon := bytes.IndexByte(name, ':'); colon > 0 {
			name = name[colon+1:]
		}
		if string(name) == local {
			out = append(out, i)
		}
		i++
	}
}
