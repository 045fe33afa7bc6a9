// Package eonet reads NASA's Earth Observatory Natural Event Tracker: lists of events in
// versions 2.1 and 3, and their GeoJSON form, which has one feature per observation. It
// promises one signal per event, with the newest observation as its place, the older ones
// as its past and the reports that EONET builds on as aliases. It takes an event as over
// only when EONET closes it, and it follows no link.
package eonet

import (
	"bytes"
	"encoding/json"
	"fmt"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// Kind is the name of the format in source definitions.
const Kind = "eonet"

// Format returns the format: both forms under one kind.
func Format() feed.Format { return feed.Format{Kind: Kind, Parse: Parse, Sniff: Sniff} }

// Sniff tells whether body looks like one of the forms.
func Sniff(body []byte) bool {
	head := scan.Trim(body)
	head = head[:min(len(head), 16<<10)]
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte("eonet")) &&
		(bytes.Contains(head, []byte(`"events"`)) || bytes.Contains(head, []byte(`"categories"`)))
}

// Parse reads one record of either form.
func Parse(in feed.Input) (feed.Result, error) {
	r, _, err := parse(in)
	return r, err
}

// parse also returns how many items went into signals, so that tests can compare it with
// the number in the file.
func parse(in feed.Input) (feed.Result, int, error) {
	body := scan.Trim(in.Body)
	if err := scan.JSON(body); err != nil {
		return feed.Result{}, 0, fmt.Errorf("read EONET: %w", err)
	}
	place := "events"
	pieces, err := scan.Split(body, place)
	if err != nil {
		place = "features"
		if pieces, err = scan.Split(body, place); err != nil {
			return feed.Result{}, 0, fmt.Errorf("read EONET: neither events nor features: %w", err)
		}
	}
	p := parser{in: in, result: feed.Result{Items: len(pieces.Items)}, byID: make(map[string]*report)}
	for i, raw := range pieces.Items {
		where := fmt.Sprintf("%s[%d]", place, i)
		if place == "events" {
			p.event(where, raw)
		} else {
			p.feature(where, raw)
		}
	}
	p.finish()
	if pieces.Rest != nil {
		p.result.Items++
		p.drop(fmt.Sprintf("%s[%d]", place, len(pieces.Items)), fmt.Errorf("the document breaks off here: %w", fault.ErrInvalid), pieces.Rest)
	}
	return p.result, p.used, nil
}

type parser struct {
	in     feed.Input
	result feed.Result
	used   int // items that are part of a signal
	order  []*report
	byID   map[string]*report
}

func (p *parser) drop(where string, err error, raw []byte) {
	p.result.Quarantined = append(p.result.Quarantined, feed.Quarantine{Place: where, Reason: scan.Text(err.Error()), Raw: scan.Raw(raw)})
}

// event reads one event of the events form. A bad observation is quarantined on its own as
// long as another remains; it is no item of the record, the event is.
func (p *parser) event(where string, raw []byte) {
	var e wireEvent
	if err := json.Unmarshal(raw, &e); err != nil {
		p.drop(where, fmt.Errorf("%w: %w", err, fault.ErrInvalid), raw)
		return
	}
	r := &report{about: e.about, items: []item{{where, raw}}}
	var first error
	bad := 0
	for i, g := range append(e.Geometry, e.Geometries...) {
		if err := r.observe(g); err != nil {
			bad++
			if first == nil {
				first = fmt.Errorf("geometry[%d]: %w", i, err)
			}
		}
	}
	if bad > 0 && len(r.fixes) == 0 {
		p.drop(where, first, raw)
		return
	}
	if bad > 0 {
		r.notes = append(r.notes, fmt.Sprintf("%d unusable observations; %v", bad, first))
	}
	p.order = append(p.order, r)
}

// feature reads one feature of the GeoJSON form and adds it to its event.
func (p *parser) feature(where string, raw []byte) {
	var f feature
	if err := json.Unmarshal(raw, &f); err != nil {
		p.drop(where, fmt.Errorf("%w: %w", err, fault.ErrInvalid), raw)
		return
	}
	id := f.Properties.ID
	r := p.byID[id]
	if r == nil {
		r = &report{about: f.Properties.about}
	}
	if err := r.add(f); err != nil {
		p.drop(where, err, raw)
		return
	}
	if p.byID[id] == nil {
		p.byID[id] = r
		p.order = append(p.order, r)
	}
	if len(r.Sources) == 0 { // the line through all observations names none
		r.Sources = f.Properties.Sources
	}
	r.items = append(r.items, item{where, raw})
}

func (p *parser) finish() {
	for _, r := range p.order {
		s, err := r.signal()
		if err != nil {
			for _, i := range r.items {
				p.drop(i.where, err, i.raw)
			}
			continue
		}
		p.used += len(r.items)
		if s.Published.After(p.result.Content) {
			p.result.Content = s.Published
		}
		p.result.Signals = append(p.result.Signals, feed.Fill(p.in, s))
	}
}
