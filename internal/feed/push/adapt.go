// Package push reads signals that partners and field reports send in the published form
// (signal.schema.json): one signal, an array, {"signals": […]}, or one signal a line. It
// promises that a field it does not know is an error, that every error names its place
// ("signals[3].footprints[0].shape"), and that one bad signal does not hold up the others.
// The names that a sender gives its reports live in a space of their own
// ("push:<source>:<key>"), so that nobody can withdraw the report of another source. It
// does not judge who may send: the edge has done so before.
package push

import (
	_ "embed"
	"fmt"
	"reflect"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/id"
)

// Kind is the name of the format in source definitions.
const Kind = "push"

//go:embed signal.schema.json
var schema string

// Schema returns the published form of a pushed signal as JSON Schema 2020-12.
func Schema() []byte { return []byte(schema) }

// Format returns the format of pushed signals.
func Format() feed.Format { return feed.Format{Kind: Kind, Parse: Parse, Sniff: sniff} }

func sniff(body []byte) bool {
	head := string(scan.Trim(body)[:min(len(scan.Trim(body)), 16<<10)])
	return len(head) > 0 && (head[0] == '{' || head[0] == '[') &&
		strings.Contains(head, `"hazard"`) && strings.Contains(head, `"texts"`) && strings.Contains(head, `"headline"`)
}

// Parse reads one delivery. Places in quarantine begin with "signals[i]", i counted from 0,
// also when one signal came alone.
func Parse(in feed.Input) (feed.Result, error) {
	pieces, err := cut(in.Body)
	if err != nil {
		return feed.Result{}, fmt.Errorf("parse delivery to %s: %w", in.Source.ID, err)
	}
	res := feed.Result{Items: len(pieces)}
	for i, p := range pieces {
		path := fmt.Sprintf("signals[%d]", i)
		s, err := one(in, p, path)
		if err != nil {
			place, why, found := strings.Cut(err.Error(), ": ")
			if !found || !strings.HasPrefix(place, path) {
				place, why = path, err.Error()
			}
			why = strings.TrimSuffix(why, ": "+fault.ErrInvalid.Error())
			res.Quarantined = append(res.Quarantined, feed.Quarantine{Place: place, Reason: why, Raw: scan.Raw(p.raw)})
			continue
		}
		res.Signals = append(res.Signals, s)
		for _, t := range []time.Time{s.Published, s.Occurred} {
			if t.After(res.Content) {
				res.Content = t
			}
		}
	}
	return res, nil
}

func one(in feed.Input, p piece, path string) (event.Signal, error) {
	var s event.Signal
	if p.err != nil {
		return s, p.err
	}
	if err := decode(p.raw, reflect.ValueOf(&s).Elem(), path); err != nil {
		return s, err
	}
	clean(&s)
	if err := check(in, &s, path); err != nil {
		return s, err
	}
	if s.Version == "" {
		s.Version = id.Derived("v", string(p.raw))
	}
	identify(in, &s)
	return feed.Fill(in, s), nil
}

// identify puts the sender's names into its own space and derives what was left out. The
// key follows from hazard, kind, time and place, not from the words: a text may be edited.
func identify(in feed.Input, s *event.Signal) {
	space := "push:" + in.Source.ID + ":"
	own := func(key string) string {
		if strings.HasPrefix(key, space) {
			return key
		}
		return space + key
	}
	if s.Key == "" {
		parts := []string{string(s.Hazard), s.Type, s.Occurred.Format(time.RFC3339)}
		if s.Occurred.IsZero() {
			parts = append(parts, s.Published.Format(time.RFC3339))
		}
		for _, f := range s.Footprints {
			raw, err := f.Shape.MarshalJSON()
			if err == nil {
				parts = append(parts, string(raw))
			}
		}
		for _, p := range s.Places {
			parts = append(parts, p.Country, p.Admin1, p.Name)
		}
		if len(s.Footprints)+len(s.Places) == 0 || (s.Occurred.IsZero() && s.Published.IsZero()) {
			parts = append(parts, s.Texts[0].Headline)
		}
		s.Key = id.Derived("key", parts...)
		s.Notes = append(s.Notes, "no key: derived from hazard, time and place")
	}
	s.Key = own(s.Key)
	for i := range s.References {
		s.References[i] = own(s.References[i])
	}
	if s.Order == 0 {
		at := s.Published
		if at.IsZero() {
			at = in.Received
		}
		s.Order = at.UnixMilli()
	}
}
