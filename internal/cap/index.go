package cap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"watchfire.dev/internal/fault"
)

// Index is an Atom or RSS feed that lists alerts and points to their documents.
type Index struct {
	// ID is the feed's Atom id, empty for RSS.
	ID    string
	Title string
	// Updated is the feed's own time of change, zero when not given.
	Updated time.Time
	Entries []Entry
	// Problems tell what departed from the standards and what could not be read, with
	// the number of entries lost behind a fault.
	Problems []Problem
}

// Entry is one line of an index.
type Entry struct {
	// Path is the place in the feed, such as /feed/entry[3].
	Path    string
	ID      string
	Title   string
	Summary string
	Author  string
	// Link leads to the CAP document: the best of Links, empty when there is none.
	Link      string
	Links     []Link
	Updated   time.Time
	Published time.Time

	// Partial holds what the entry itself tells in cap: elements, as one Info with one
	// Area; nothing is filled in, so missing grades are empty and missing times zero.
	// A geocode value that lists many codes (NWS) is split into one pair each.
	Partial Alert
	// HasCAP tells that at least one cap: element was there.
	HasCAP bool
	// Embedded tells that the entry carries a whole alert: read the feed with ParseAll.
	Embedded bool
}

// Link is one link of an entry.
type Link struct {
	URL  string
	Rel  string
	Type string
}

// ParseIndex reads an Atom or RSS index of alerts. A feed that is not well-formed gives
// the entries before the fault and a Problem with the number of those behind it. The
// error wraps fault.ErrInvalid when no feed, or no entry before a fault, could be read or
// a DOCTYPE is present, and fault.ErrTooLarge above 32 MiB.
func ParseIndex(data []byte) (*Index, error) {
	opt := containerLimits()
	t := &trail{}
	data, err := toUTF8(data, opt.MaxBytes, t)
	if err != nil {
		return nil, fmt.Errorf("parse index: %w", err)
	}
	r := &indexReader{parser: newParser(data, opt, t), index: &Index{}}
	if err := r.read(); err != nil {
		return nil, fmt.Errorf("parse index: %w", err)
	}
	r.index.Problems = t.problems
	return r.index, nil
}

type indexReader struct {
	*parser
	index *Index
	// open names the open elements that may hold entries.
	open   []string
	rooted bool
}

// read walks feed, rss/channel or RDF. Entries are read where they stand: beside the
// channel in RSS 1.0, inside it in 2.0.
func (r *indexReader) read() error {
	for {
		tok, err := r.next()
		if err == io.EOF {
			if !r.rooted {
				return fmt.Errorf("%w: no element found", fault.ErrInvalid)
			}
			return nil
		}
		if err == nil {
			switch tok.kind {
			case endTag:
				r.leave()
			case startTag:
				err = r.element(tok)
			}
		}
		if err != nil {
			return r.broken(err)
		}
	}
}

func (r *indexReader) leave() {
	r.pop()
	r.open = r.open[:len(r.open)-1]
}

func (r *indexReader) element(tok *token) error {
	name := tok.name
	if len(r.open) == 0 {
		r.rooted = true
		switch name {
		case "feed", "rss", "RDF":
		default:
			return fmt.Errorf("%w: root is %s, not feed, rss or RDF", fault.ErrInvalid, excerpt(name))
		}
	}
	switch name {
	case "feed", "rss", "RDF", "channel":
		r.push(name, 0)
		r.open = append(r.open, name)
		return nil
	case "entry", "item":
		r.push(name, len(r.index.Entries)+1)
		defer r.pop()
		e, err := r.entry()
		if err != nil {
			return err
		}
		r.index.Entries = append(r.index.Entries, e)
		return nil
	}
	r.push(name, 0)
	defer r.pop()
	return r.metadata(name)
}

func (r *indexReader) metadata(name string) error {
	switch name {
	case "id", "title", "updated", "lastBuildDate", "pubDate":
	default:
		return r.skip()
	}
	text, err := r.text()
	if err != nil {
		return err
	}
	switch name {
	case "id":
		r.index.ID = string(text)
	case "title":
		r.index.Title = string(text)
	case "updated", "lastBuildDate":
		r.index.Updated = r.feedTime(string(text))
	case "pubDate":
		if r.index.Updated.IsZero() {
			r.index.Updated = r.feedTime(string(text))
		}
	}
	return nil
}

// broken ends the reading at a fault and counts what it cost.
func (r *indexReader) broken(err error) error {
	if errors.Is(err, errRefused) || len(r.index.Entries) == 0 {
		return err
	}
	rest := r.data[r.good:]
	lost := len(openings(rest, "entry")) + len(openings(rest, "item"))
	r.note("reading ended: %v; the entry here and %d behind it are lost", err, lost)
	return nil
}

// lookFor tells whether the element just entered holds an alert, and reads to its end.
func (p *parser) lookFor() (found bool, err error) {
	for inner := 0; ; {
		tok, err := p.inside()
		if err != nil {
			return found, err
		}
		switch tok.kind {
		case startTag:
			inner++
			found = found || tok.name == "alert"
		case charData:
			found = found || (bytes.Contains(tok.data, []byte("alert")) && len(openings(tok.data, "alert")) > 0)
		case endTag:
			if inner == 0 {
				return found, nil
			}
			inner--
		}
	}
}
