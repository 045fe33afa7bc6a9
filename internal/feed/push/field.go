package push

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/id"
)

// HelpNeeded is the note on the signal of a field report whose sender asks for help.
const HelpNeeded = "help needed"

// A Form is what somebody at a site has filled in. Either Place is set or Asset is, with
// the asset's Shape and AssetName looked up by the caller. Zone is the zone of the
// project, for a When without an offset; Now is the time of the report.
type Form struct {
	Project   string
	Asset     string
	AssetName string
	Shape     geo.Shape
	Place     *geo.Point
	Hazard    event.Hazard
	What      string
	When      string // RFC 3339, or local: "2006-01-02T15:04"; "" = now
	Severity  string // CAP word; "" = Unknown
	Help      bool
	Language  string // BCP 47; "" = und
	Zone      *time.Location
	Now       time.Time
}

// FieldReport makes the signal of a form. It has no source yet: Encode it and store it as
// a record, and Parse gives it one, like everything that is pushed. The same form sent
// twice gives the same key and version. Errors wrap fault.ErrInvalid and name the field.
func FieldReport(f Form) (event.Signal, error) {
	bad := func(field, format string, args ...any) (event.Signal, error) {
		return event.Signal{}, fmt.Errorf("%s: %s: %w", field, fmt.Sprintf(format, args...), fault.ErrInvalid)
	}
	what := words(f.What, maxWords)
	switch {
	case !f.Hazard.Known():
		return bad("hazard", "%q is none of the hazards", plain(string(f.Hazard), 40))
	case what == "":
		return bad("what", "empty")
	case f.Severity != "" && !slices.Contains(severities(), f.Severity):
		return bad("severity", "%q is none of %s", plain(f.Severity, 40), strings.Join(severities(), ", "))
	}
	footprint, err := f.footprint()
	if err != nil {
		return bad("place", "%s", err.Error())
	}
	at, err := f.when()
	if err != nil {
		return bad("when", "%s", err.Error())
	}
	s := event.Signal{
		Act: event.Report, Status: event.Actual, Hazard: f.Hazard, Type: "field report", Published: f.Now.UTC(), Occurred: at,
		Severity: f.Severity, Certainty: "Observed", Footprints: []event.Footprint{footprint},
		Texts: []event.Text{{Language: f.Language, Headline: headline(what), Description: what, Area: words(f.AssetName, maxName)}},
	}
	if s.Texts[0].Language == "" {
		s.Texts[0].Language = "und"
	}
	if f.Help {
		s.Urgency, s.Notes = "Immediate", []string{HelpNeeded}
	}
	if name := words(f.AssetName, maxName); name != "" {
		s.Places = []event.Place{{Name: name}}
	}
	// A form without a time means "now": a second tap a moment later must be the same report.
	s.Key = id.Derived("field", f.Project, f.Asset, fmt.Sprint(f.Place), string(f.Hazard), what, f.When, f.Now.UTC().Truncate(time.Hour).Format(time.RFC3339))
	s.Version = id.Derived("v", s.Key, f.Severity, fmt.Sprint(f.Help))
	return s, nil
}

// footprint draws the place: a point is as good as a telephone's position, an asset is
// affected as a whole.
func (f Form) footprint() (event.Footprint, error) {
	const phoneKM = 0.1
	switch {
	case f.Place != nil && !f.Place.Valid():
		return event.Footprint{}, fmt.Errorf("lat %v, lon %v is out of range", f.Place.Lat, f.Place.Lon)
	case f.Place != nil:
		return event.Footprint{Shape: geo.At(f.Place.Lat, f.Place.Lon, phoneKM), Role: event.Centre}, nil
	case f.Asset == "":
		return event.Footprint{}, fmt.Errorf("neither an asset nor a position")
	case f.Shape.IsZero():
		return event.Footprint{}, fmt.Errorf("asset %q has no place", plain(f.Asset, 80))
	}
	if err := f.Shape.Check(); err != nil {
		return event.Footprint{}, err
	}
	if f.Shape.Kind == geo.PointKind {
		return event.Footprint{Shape: f.Shape, Role: event.Centre}, nil
	}
	return event.Footprint{Shape: f.Shape, Role: event.Affected}, nil
}

func (f Form) when() (time.Time, error) {
	text := strings.TrimSpace(f.When)
	if text == "" {
		return f.Now.UTC(), nil
	}
	zone := f.Zone
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		at, err := time.ParseInLocation(layout, text, zone)
		switch {
		case err != nil:
		case at.After(f.Now.Add(time.Hour)):
			return time.Time{}, fmt.Errorf("%s lies in the future", at.Format(time.RFC3339))
		case at.Before(f.Now.AddDate(-1, 0, 0)):
			return time.Time{}, fmt.Errorf("%s is more than a year ago", at.Format(time.RFC3339))
		default:
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither RFC 3339 nor a local time like 2006-01-02T15:04", plain(text, 60))
}

// headline is the first sentence or line, at most 120 characters, cut at a word.
func headline(what string) string {
	first, _, _ := strings.Cut(what, "\n")
	if at := strings.Index(first, ". "); at > 0 {
		first = first[:at]
	}
	runes := []rune(first)
	if len(runes) <= 120 {
		return first
	}
	cut := string(runes[:120])
	if at := strings.LastIndex(cut, " "); at > 60 {
		cut = cut[:at]
	}
	return cut + "…"
}

// Encode writes signals in the published form, as {"signals": […]}: what the receiver sets
// is left out.
func Encode(signals ...event.Signal) ([]byte, error) {
	list := make([]map[string]json.RawMessage, 0, len(signals))
	for i, s := range signals {
		raw, err := json.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("encode signals[%d]: %w", i, err)
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, fmt.Errorf("encode signals[%d]: %w", i, err)
		}
		for _, name := range ours() {
			delete(members, name)
		}
		for _, name := range []string{"key", "version", "order", "act", "status", "texts"} {
			if v := string(members[name]); v == `""` || v == "0" || v == "null" {
				delete(members, name)
			}
		}
		list = append(list, members)
	}
	out, err := json.MarshalIndent(map[string]any{"signals": list}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode delivery: %w", err)
	}
	return out, nil
}
