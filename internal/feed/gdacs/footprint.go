package gdacs

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// signal joins the features of an episode. It returns how many of them it used; those it
// could not use have been dropped. An error means that none was.
func (e *episode) signal(drop func(string, error, []byte)) (event.Signal, int, error) {
	base := e.base()
	r := base.report(e)
	s, err := r.signal()
	if err != nil {
		return s, 0, err
	}
	if base.Properties.Class != centroid {
		s.Notes = append(s.Notes, "no centroid feature: the centre is from the properties of another")
	}
	t := track{from: s.Occurred}
	t.last, _ = optional("todate", r.to) // checked by r.signal
	used, prints := 0, make([]string, 0, len(e.members))
	for _, m := range e.members {
		notes, err := m.add(&s, &t)
		if err != nil {
			m.dropped = true
			drop(m.where+".geometry", fmt.Errorf("%s %s: %w", e.id, m.Properties.Class, err), m.raw)
			continue
		}
		s.Notes = append(s.Notes, notes...)
		used++
		prints = append(prints, scan.Fingerprint(string(m.Properties.Class), string(m.Properties.Label), string(m.Geometry)))
	}
	if used == 0 {
		return s, 0, fmt.Errorf("no usable feature: %w", fault.ErrInvalid)
	}
	t.finish(&s)
	// The order of features changes from poll to poll without meaning.
	sort.Strings(prints)
	s.Version += "/" + scan.Fingerprint(prints...)
	return s, used, nil
}

// report brings the properties of a feature into the common form.
func (m *member) report(e *episode) report {
	p := m.Properties
	r := report{
		kind: e.kind, event: e.event, episode: e.number,
		title: string(p.Name), description: string(p.HTML), name: string(p.EventName),
		level: string(p.Level), score: string(p.Score),
		episodeLevel: first(string(p.LevelEpisode), string(p.EpisodeLevel)),
		episodeScore: first(string(p.ScoreEpisode), string(p.EpisodeScore)),
		severity: amount{
			Value: first(string(p.Severity), string(p.SeverityData.Value)),
			Unit:  string(p.SeverityData.Unit), Text: string(p.SeverityData.Text),
		},
		iso3: string(p.ISO3), glide: string(p.GLIDE),
		from: string(p.From), to: string(p.To), modified: string(p.Modified),
		lat: string(p.Lat), lon: string(p.Lon), current: string(p.Current), temporary: string(p.Temporary),
		origin: string(p.Source), originID: string(p.SourceID), links: []string{string(p.Link)},
	}
	r.title = first(r.title, string(p.Description))
	r.countries = names(first(string(p.Countries), string(p.Country)))
	for _, c := range p.Affected {
		r.codes = append(r.codes, first(string(c.ISO2), string(c.ISO3)))
	}
	if p.Class == centroid {
		// The geometry of the centroid is the place; its properties repeat it.
		var g struct{ Coordinates []json.Number }
		if json.Unmarshal(m.Geometry, &g) == nil && len(g.Coordinates) >= 2 {
			r.lon, r.lat = g.Coordinates[0].String(), g.Coordinates[1].String()
		}
	}
	return r
}

// add adds one feature to the signal of its event.
func (m *member) add(s *event.Signal, t *track) ([]string, error) {
	class := string(m.Properties.Class)
	if class == centroid {
		return nil, nil // is the centre already
	}
	if strings.HasPrefix(class, "Poly_WindRadii_") && pointless(m.Geometry) {
		return []string{fmt.Sprintf("no %s kt wind at %s", windOf(class), m.Properties.Label)}, t.calm(class)
	}
	shapes, notes, err := shapes(m.Geometry)
	if err != nil {
		return nil, err
	}
	if len(shapes) == 0 {
		return nil, fmt.Errorf("no geometry: %w", fault.ErrInvalid)
	}
	f := event.Footprint{Role: event.Affected}
	label := string(m.Properties.Label)
	switch {
	case strings.HasPrefix(class, "Poly_WindRadii_"):
		if f, err = t.radii(class, shapes); err != nil {
			return nil, err
		}
	case strings.HasPrefix(class, "Poly_Polygon_Point_"):
		return notes, t.point(label, shapes)
	case strings.HasPrefix(class, "Line_"):
		t.lines = append(t.lines, shapes...)
		return notes, nil
	case class == "Poly_Green", class == "Poly_Orange", class == "Poly_Red":
		f.Role, f.Measures = event.Forecast, zone(class, label)
	case class == "Poly_Cones":
		f.Role = event.Cone
	case class == "Poly_Circle":
		f.Role = event.Past // the circle inside which people are counted: context, not effect
	case class == "Poly_area", class == "Poly_Affected", class == "Poly_Global":
	default:
		notes = append(notes, fmt.Sprintf("feature of unknown class %q taken as affected area", scan.Printable([]byte(class))))
	}
	for _, shape := range shapes {
		f.Shape = shape
		s.Footprints = append(s.Footprints, f)
	}
	return notes, nil
}

// shapes reads a geometry. Near the date line the source counts on beyond 180°; geo brings
// such longitudes back, and the note says so.
func shapes(raw json.RawMessage) ([]geo.Shape, []string, error) {
	out, err := geo.ParseGeoJSON(raw)
	if err != nil || !slices.ContainsFunc(out, nearDateLine) {
		return out, nil, err
	}
	var g struct {
		Coordinates any `json:"coordinates"`
	}
	if json.Unmarshal(raw, &g) != nil || !beyondDateLine(g.Coordinates) {
		return out, nil, nil
	}
	return out, []string{"longitudes beyond 180° brought back into range"}, nil
}

// nearDateLine tells whether a shape is one that may have been counted on beyond 180°.
func nearDateLine(s geo.Shape) bool {
	near := func(points []geo.Point) bool {
		return slices.ContainsFunc(points, func(p geo.Point) bool { return p.Lon > 120 || p.Lon < -120 })
	}
	return near(s.Points) || slices.ContainsFunc(s.Polygons, func(p geo.Polygon) bool {
		return slices.ContainsFunc(p, func(r geo.Ring) bool { return near(r) })
	})
}

// beyondDateLine tells whether a longitude among coordinates lies beyond 180°. Depth is
// limited by the check of the whole document.
func beyondDateLine(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return false
	}
	if lon, ok := list[0].(float64); ok {
		return lon > 180 || lon < -180
	}
	return slices.ContainsFunc(list, beyondDateLine)
}
