package eonet

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// item is one item of the record that speaks of an event.
type item struct {
	where string
	raw   []byte
}

// fix is one observation that could be read.
type fix struct {
	at     time.Time
	shapes []geo.Shape
	value  *float64
	unit   string
}

// report is everything a record says of one event.
type report struct {
	about
	items []item
	fixes []fix
	line  []geo.Shape // the way so far, drawn by the source
	last  time.Time   // newest date of the line
	notes []string
}

// observe adds one observation of the events form.
func (r *report) observe(raw json.RawMessage) error {
	var o observation
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	return r.fix(o, raw)
}

// add adds one feature of the GeoJSON form.
func (r *report) add(f feature) error {
	p := f.Properties
	if p.Date != "" || len(p.Dates) == 0 {
		return r.fix(p.observation, f.Geometry)
	}
	shapes, err := geo.ParseGeoJSON(f.Geometry)
	if err != nil {
		return err
	}
	for _, d := range p.Dates {
		at, err := date(d)
		if err != nil {
			return fmt.Errorf("geometryDates: %w", err)
		}
		if at.After(r.last) {
			r.last = at
		}
	}
	r.line = append(r.line, shapes...)
	return nil
}

func (r *report) fix(o observation, geometry json.RawMessage) error {
	at, err := date(o.Date)
	if err != nil {
		return fmt.Errorf("date: %w", err)
	}
	shapes, err := geo.ParseGeoJSON(geometry)
	if err != nil {
		return err
	}
	if len(shapes) == 0 {
		return fmt.Errorf("no geometry: %w", fault.ErrInvalid)
	}
	f := fix{at: at, shapes: shapes, value: o.Value}
	if o.Unit != nil {
		f.unit = *o.Unit
	}
	r.fixes = append(r.fixes, f)
	return nil
}

func date(s string) (time.Time, error) {
	return scan.Time(s, time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02")
}

// signal makes the signal of an event.
func (r *report) signal() (event.Signal, error) {
	s := event.Signal{Act: event.Report, Notes: r.notes}
	if !strings.HasPrefix(r.ID, "EONET_") || len(r.ID) > 40 {
		return s, fmt.Errorf("event id %q: %w", scan.Printable([]byte(r.ID)), fault.ErrInvalid)
	}
	s.Key = "eonet:" + r.ID
	if len(r.fixes) == 0 && len(r.line) == 0 {
		return s, fmt.Errorf("no observation: %w", fault.ErrInvalid)
	}
	s.Hazard, s.Type = r.hazard()
	sort.SliceStable(r.fixes, func(i, j int) bool { return r.fixes[i].at.Before(r.fixes[j].at) })
	if err := r.times(&s); err != nil {
		return s, err
	}
	if err := r.draw(&s); err != nil {
		return s, err
	}
	s.Texts = []event.Text{{Language: "en", Headline: scan.Text(r.Title)}}
	if r.Description != nil {
		s.Texts[0].Description = scan.Text(*r.Description)
	}
	s.Aliases = aliases(r.Sources, s.Hazard)
	if strings.HasPrefix(r.Link, "http") {
		s.Links = append(s.Links, r.Link)
	}
	for _, src := range r.Sources {
		if u := unescape(src.URL); strings.HasPrefix(u, "http") {
			s.Links = append(s.Links, u)
		}
	}
	return s, nil
}

// times sets the times, the act, the order and the version. EONET states no time of update:
// the newest observation stands for it, and the version changes with what can be corrected.
func (r *report) times(s *event.Signal) error {
	latest := r.last
	if n := len(r.fixes); n > 0 {
		s.Occurred = r.fixes[0].at
		if r.fixes[n-1].at.After(latest) {
			latest = r.fixes[n-1].at
		}
	}
	parts := []string{r.Title, fmt.Sprint(len(r.fixes), len(r.line))}
	for _, f := range r.fixes {
		parts = append(parts, fmt.Sprint(f.at.Unix(), f.shapes[0].Points, f.shapes[0].Vertices(), f.unit))
		if f.value != nil {
			parts = append(parts, fmt.Sprint(*f.value))
		}
	}
	for _, src := range r.Sources {
		parts = append(parts, src.ID, src.URL)
	}
	s.Published = latest
	if r.Closed != nil && strings.TrimSpace(*r.Closed) != "" {
		closed, err := date(*r.Closed)
		if err != nil {
			return fmt.Errorf("closed: %w", err)
		}
		s.Act, s.Ends = event.End, closed
		if closed.After(latest) {
			s.Published = closed
		}
		parts = append(parts, "closed")
	}
	s.Order = s.Published.UnixMilli()
	if s.Act == event.End {
		s.Order++ // closed at the time of the newest observation: still after it
	}
	s.Version = s.Published.Format(time.RFC3339) + "/" + scan.Fingerprint(parts...)
	return nil
}

// draw sets footprints, track and measures. Points of one event are fixes of one moving or
// standing thing, so the older ones are its past.
func (r *report) draw(s *event.Signal) error {
	var past []geo.Point
	for i, f := range r.fixes {
		newest := i == len(r.fixes)-1
		for _, shape := range f.shapes {
			role := event.Past
			if newest && shape.Kind == geo.PolygonKind {
				role = event.Affected
			} else if newest {
				role = event.Centre
			}
			if shape.Kind == geo.PointKind {
				past = append(past, shape.Points[0])
				r.track(s, f, shape.Points[0])
				if !newest {
					continue
				}
			}
			s.Footprints = append(s.Footprints, event.Footprint{Shape: shape, Role: role, From: f.at})
		}
	}
	switch {
	case len(r.line) > 0:
		for _, l := range r.line {
			s.Footprints = append(s.Footprints, event.Footprint{Shape: l, Role: event.Past})
		}
		if len(r.fixes) == 0 { // the line is all there is: its end is the newest place
			if points := r.line[len(r.line)-1].Points; len(points) > 0 {
				end := points[len(points)-1]
				s.Footprints = append(s.Footprints, event.Footprint{Shape: geo.At(end.Lat, end.Lon, 0), Role: event.Centre, From: r.last})
			}
		}
	case len(past) > 1:
		s.Footprints = append(s.Footprints, event.Footprint{Shape: geo.Line(past, 0), Role: event.Past})
	}
	if n := len(r.fixes); n > 0 && r.fixes[n-1].value != nil {
		return measure(s, *r.fixes[n-1].value, r.fixes[n-1].unit)
	}
	return nil
}

func (r *report) track(s *event.Signal, f fix, p geo.Point) {
	if s.Hazard != event.Cyclone {
		return
	}
	t := event.TrackPoint{At: f.at, Place: p}
	if f.value != nil && isKnots(f.unit) && *f.value > 0 && *f.value < 300 {
		t.WindKT = *f.value
	}
	s.Track = append(s.Track, t)
}

func isKnots(unit string) bool {
	u := strings.ToLower(strings.TrimSpace(unit))
	return u == "kts" || u == "kt" || u == "knots"
}

// measure names the magnitude by its unit. Areas come in hectares: an acre is 0.40468564224
// ha (international), a square nautical mile 342.99 ha (1852 m squared).
func measure(s *event.Signal, v float64, unit string) error {
	m := event.Measure{Name: "size", Value: v, Unit: unit}
	u := strings.ToLower(strings.TrimSpace(unit))
	switch {
	case isKnots(unit):
		m.Name, m.Unit = "wind", "kt"
	case u == "acres" || u == "acre":
		m = event.Measure{Name: "area", Value: v * 0.40468564224, Unit: "ha"}
	case u == "hectare" || u == "hectares" || u == "ha":
		m = event.Measure{Name: "area", Value: v, Unit: "ha"}
	case u == "nm^2":
		m = event.Measure{Name: "area", Value: v * 342.9904, Unit: "ha"}
	case u == "km^2":
		m = event.Measure{Name: "area", Value: v * 100, Unit: "ha"}
	case s.Hazard == event.Earthquake:
		m.Name, m.Unit = "magnitude", ""
	}
	limit := map[string]float64{"wind": 300, "magnitude": 11}[m.Name]
	if v < 0 || limit > 0 && v > limit || m.Value > 1e12 {
		return fmt.Errorf("%s %v %s: %w", m.Name, v, unit, fault.ErrInvalid)
	}
	s.Measures = append(s.Measures, m)
	return nil
}
