// Package gdacs reads the Global Disaster Alert and Coordination System: its RSS feed in
// the forms of 2016 to 2026 and its GeoJSON event map, where the centroid, the areas and
// the tracks of one event are features of their own. It promises one signal per event and
// episode with all its footprints, and that an item which cannot be read or attached is
// quarantined while the rest of the record is kept. Alert colours and scores are carried as
// measures and never as our level: they speak of whole societies. Absence of an event from
// the feed is no message here.
package gdacs

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// report is what both forms say of one episode of one event, still in the source's words.
type report struct {
	kind, event, episode     string
	title, description, name string
	level, score             string // of the event: the highest so far
	episodeLevel             string // of this episode
	episodeScore             string
	severity                 amount
	population, vulnerable   amount
	iso3, glide              string
	countries                []string // names
	codes                    []string // ISO 3166-1 alpha-2, where the source gives them
	from, to                 string
	modified, published      string
	lat, lon                 string
	current, temporary       string
	origin, originID         string // network behind an earthquake, and its id there
	links                    []string
}

// hazards of GDACS by its two letters.
func hazard(kind string) event.Hazard {
	switch kind {
	case "EQ":
		return event.Earthquake
	case "TC":
		return event.Cyclone
	case "FL":
		return event.Flood
	case "VO":
		return event.Volcano
	case "DR":
		return event.Drought
	case "WF":
		return event.Wildfire
	case "TS":
		return event.Tsunami
	default:
		return event.Other
	}
}

// signal makes the signal of a report. Its only footprint is the centre; the form with
// areas adds them afterwards.
func (r report) signal() (event.Signal, error) {
	s := event.Signal{Act: event.Report, Hazard: hazard(r.kind), Type: r.kind}
	if !digits(r.event) || len(r.kind) != 2 {
		return s, fmt.Errorf("event type %q and id %q: %w", r.kind, r.event, fault.ErrInvalid)
	}
	s.Key = "gdacs:" + r.kind + ":" + r.event
	if err := r.times(&s); err != nil {
		return s, err
	}
	if err := r.centre(&s); err != nil {
		return s, err
	}
	if err := r.measures(&s); err != nil {
		return s, err
	}
	s.Places = places(r.iso3, r.codes, r.countries)
	s.Aliases = r.aliases()
	s.Texts = []event.Text{{
		Language: "en", Headline: scan.Text(r.title), Description: scan.Text(r.description),
		Area: scan.Text(strings.Join(r.countries, ", ")),
	}}
	for _, link := range r.links {
		if strings.HasPrefix(link, "http://") || strings.HasPrefix(link, "https://") {
			s.Links = append(s.Links, strings.TrimSpace(link))
		}
	}
	if strings.EqualFold(r.current, "false") {
		s.Notes = append(s.Notes, "no longer current at its source")
	}
	if strings.EqualFold(r.temporary, "true") {
		s.Notes = append(s.Notes, "temporary at its source")
	}
	return s, nil
}

// times sets the times, the version and the order. Without a time of change (the event map
// has none, the 2019 feed repeats the start) the episode and what can change are part of
// the version, and episodes of one instant keep their order by a few milliseconds.
func (r report) times(s *event.Signal) error {
	from, err := optional("fromdate", r.from)
	if err != nil {
		return err
	}
	to, err := optional("todate", r.to)
	if err != nil {
		return err
	}
	published, err := optional("pubDate", r.published)
	if err != nil {
		return err
	}
	modified, err := optional("datemodified", r.modified)
	if err != nil {
		return err
	}
	s.Occurred, s.Published = from, published
	if modified.After(published) {
		s.Published = modified
	}
	latest := s.Published
	if latest.IsZero() {
		latest = to
	}
	if latest.IsZero() {
		latest = from
	}
	if latest.IsZero() {
		return fmt.Errorf("no date at all: %w", fault.ErrInvalid)
	}
	s.Order = latest.UnixMilli()
	if modified.IsZero() {
		s.Order += min(episodeNumber(r.episode), int64(time.Hour/time.Millisecond))
	}
	s.Version = strings.Join([]string{r.episode, stamp(s.Published), stamp(to), scan.Fingerprint(
		r.level, r.score, r.episodeLevel, r.episodeScore, r.severity.Value, r.severity.Text, r.population.Value,
		r.lat, r.lon, strings.Join(r.countries, ","), r.glide, r.current)}, "/")
	return nil
}

func episodeNumber(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("20060102T150405")
}

// centre sets the place. The uncertainty is our own proposal per hazard, in kilometres:
// the point of a flood or a drought is somewhere in the affected country.
func (r report) centre(s *event.Signal) error {
	lat, latErr := number(r.lat)
	lon, lonErr := number(r.lon)
	if latErr != nil || lonErr != nil {
		return fmt.Errorf("no point: latitude %q, longitude %q: %w", r.lat, r.lon, fault.ErrInvalid)
	}
	km := map[string]float64{"EQ": 10, "TC": 30, "VO": 5, "WF": 5, "TS": 50, "FL": 50, "DR": 200}[r.kind]
	shape := geo.At(lat, lon, km)
	if err := shape.Check(); err != nil {
		return fmt.Errorf("point: %w", err)
	}
	s.Footprints = []event.Footprint{{Shape: shape, Role: event.Centre}}
	return nil
}

// aliases are the GLIDE number and the id of the network that measured an earthquake.
// "0" stands for no GLIDE number in the 2019 feed.
func (r report) aliases() []string {
	var out []string
	if g := strings.TrimSpace(r.glide); len(g) > 4 && len(g) < 40 {
		out = append(out, "glide:"+strings.ToUpper(g))
	}
	if r.kind == "EQ" && strings.EqualFold(r.origin, "NEIC") && len(r.originID) > 4 && len(r.originID) < 40 {
		out = append(out, "usgs:"+r.originID)
	}
	return out
}

// number reads a finite number.
func number(s string) (float64, error) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !scan.Finite(f) {
		return 0, fmt.Errorf("%q is no number: %w", scan.Printable([]byte(s)), fault.ErrInvalid)
	}
	return f, nil
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != "" && len(s) < 20
}

// optional reads a date that may be missing but must be one if it is there.
func optional(name, s string) (time.Time, error) {
	if strings.TrimSpace(s) == "" {
		return time.Time{}, nil
	}
	t, err := scan.Time(s, layouts()...)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// layouts are the forms in which GDACS has written dates: RSS, event map of 2026 and of
// 2021, the event service, and the US 12-hour form of its comments. All are UTC, except the
// comments, which nobody needs.
func layouts() []string {
	return []string{
		"Mon, 2 Jan 2006 15:04:05 GMT", time.RFC1123Z, "2 Jan 2006 15:04:05", "2/Jan/2006 15:04:05",
		"2006-01-02T15:04:05", time.RFC3339Nano, "1/2/2006 3:04:05 PM", "2 Jan 2006", "2006-01-02",
	}
}

func round(f float64) float64 { return math.Round(f*100) / 100 }
