package push

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// check refuses what a machine cannot act on; the error begins with the place.
func check(in feed.Input, s *event.Signal, path string) error {
	bad := func(field, format string, args ...any) error {
		return fmt.Errorf("%s.%s: %s: %w", path, field, fmt.Sprintf(format, args...), fault.ErrInvalid)
	}
	withdraws := s.Act == event.Cancel || s.Act == event.Error || s.Act == event.End
	switch {
	case !s.Hazard.Known():
		return bad("hazard", "%q is none of the hazards", plain(string(s.Hazard), 40))
	case len(s.Texts) == 0:
		return bad("texts", "at least one text is wanted")
	case withdraws && s.Key == "" && len(s.References) == 0:
		return bad("key", "a signal that withdraws or ends needs a key or references")
	case !withdraws && len(s.Footprints)+len(s.Places)+len(s.Track) == 0:
		return bad("footprints", "no footprint, place or track says where")
	case s.Order < 0:
		return bad("order", "%d is negative", s.Order)
	case in.Received.IsZero():
	case s.Published.After(in.Received.Add(time.Hour)):
		return bad("published", "lies in the future")
	case s.Order > in.Received.Add(time.Hour).UnixMilli():
		return bad("order", "lies in the future (Unix milliseconds are wanted)")
	}
	for _, f := range []func(*event.Signal) (string, error){checkWords, checkLists, checkTexts, checkWhere} {
		if field, err := f(s); err != nil {
			return bad(field, "%s", err.Error())
		}
	}
	return nil
}

func checkWords(s *event.Signal) (string, error) {
	for _, w := range []struct {
		field, value string
		words        []string
	}{
		{"act", string(s.Act), acts()},
		{"status", string(s.Status), statuses()},
		{"severity", s.Severity, severities()},
		{"certainty", s.Certainty, certainties()},
		{"urgency", s.Urgency, urgencies()},
		{"tlp", s.TLP, event.TLPs()},
	} {
		if w.value != "" && !slices.Contains(w.words, w.value) {
			return w.field, fmt.Errorf("%q is none of %s", plain(w.value, 40), strings.Join(w.words, ", "))
		}
	}
	return "", nil
}

func acts() []string {
	return []string{string(event.Report), string(event.Update), string(event.Cancel), string(event.Error), string(event.End)}
}

func statuses() []string {
	return []string{string(event.Actual), string(event.Exercise), string(event.System), string(event.Test), string(event.Draft)}
}

func severities() []string  { return []string{"Minor", "Moderate", "Severe", "Extreme", "Unknown"} }
func certainties() []string { return []string{"Observed", "Likely", "Possible", "Unlikely", "Unknown"} }

func urgencies() []string {
	return []string{"Immediate", "Expected", "Future", "Past", "Unknown"}
}

func roles() []string {
	return []string{string(event.Centre), string(event.Affected), string(event.Forecast), string(event.Cone), string(event.Past)}
}

// The largest numbers of members of each list.
const (
	maxTexts      = 50
	maxFootprints = 500
	maxPlaces     = 2000
	maxTrack      = 1000
	maxMeasures   = 50
	maxNames      = 500 // aliases, references
	maxLinks      = 50
	maxNotes      = 100
)

func checkLists(s *event.Signal) (string, error) {
	for _, l := range []struct {
		field    string
		n, limit int
	}{
		{"texts", len(s.Texts), maxTexts},
		{"footprints", len(s.Footprints), maxFootprints},
		{"places", len(s.Places), maxPlaces},
		{"track", len(s.Track), maxTrack},
		{"measures", len(s.Measures), maxMeasures},
		{"aliases", len(s.Aliases), maxNames},
		{"references", len(s.References), maxNames},
		{"links", len(s.Links), maxLinks},
		{"notes", len(s.Notes), maxNotes},
	} {
		if l.n > l.limit {
			return l.field, fmt.Errorf("%d members, at most %d", l.n, l.limit)
		}
	}
	for i, l := range s.Links {
		if u, err := url.Parse(l); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(l) > 2000 {
			return fmt.Sprintf("links[%d]", i), fmt.Errorf("no address of the web")
		}
	}
	return "", nil
}

func checkTexts(s *event.Signal) (string, error) {
	for i, t := range s.Texts {
		if t.Headline == "" {
			return fmt.Sprintf("texts[%d].headline", i), fmt.Errorf("empty")
		}
		if t.Language == "" || len(t.Language) > 35 {
			return fmt.Sprintf("texts[%d].language", i), fmt.Errorf("no language tag (BCP 47)")
		}
	}
	return checkMeasures(s.Measures, "measures")
}

func checkMeasures(m event.Measures, path string) (string, error) {
	for i, x := range m {
		if x.Name == "" || !scan.Finite(x.Value) || !scan.Finite(x.Sigma) || x.Sigma < 0 {
			return fmt.Sprintf("%s[%d]", path, i), fmt.Errorf("a measure needs a name and a number")
		}
	}
	return "", nil
}

func checkWhere(s *event.Signal) (string, error) {
	vertices, cells := 0, 0
	for i := range s.Footprints {
		f := &s.Footprints[i]
		path := fmt.Sprintf("footprints[%d]", i)
		if f.Grid != nil {
			if err := f.Grid.Check(); err != nil {
				return path + ".grid", err
			}
			if cells += f.Grid.Cols * f.Grid.Rows * len(f.Grid.Layers); cells > geo.MaxGridCells {
				return path + ".grid", fmt.Errorf("more than %d values in the grids of one signal", geo.MaxGridCells)
			}
			f.Shape = f.Grid.Extent()
		}
		if f.Shape.IsZero() {
			return path + ".shape", fmt.Errorf("no geometry")
		}
		if vertices += f.Shape.Vertices(); vertices > geo.MaxVertices {
			return path + ".shape", fmt.Errorf("more than %d vertices in one signal", geo.MaxVertices)
		}
		if !slices.Contains(roles(), string(f.Role)) {
			return path + ".role", fmt.Errorf("%q is none of %s", plain(string(f.Role), 40), strings.Join(roles(), ", "))
		}
		if f.Severity != "" && !slices.Contains(severities(), f.Severity) {
			return path + ".severity", fmt.Errorf("%q is none of %s", plain(f.Severity, 40), strings.Join(severities(), ", "))
		}
		if at, err := checkMeasures(f.Measures, path+".measures"); err != nil {
			return at, err
		}
	}
	for i, p := range s.Places {
		if p.Country != "" && !country.Known(p.Country) {
			return fmt.Sprintf("places[%d].country", i), fmt.Errorf("%q is no code of ISO 3166-1 alpha-2", plain(p.Country, 10))
		}
		if p.Country == "" && p.Admin1 == "" && p.Name == "" && len(p.Codes) == 0 {
			return fmt.Sprintf("places[%d]", i), fmt.Errorf("empty")
		}
	}
	for i, t := range s.Track {
		if !t.Place.Valid() || t.At.IsZero() {
			return fmt.Sprintf("track[%d]", i), fmt.Errorf("a fix needs a time and a place in range")
		}
	}
	return "", nil
}
