// Package usgs reads what the USGS says of earthquakes: GeoJSON summaries and catalogue
// (FDSN) answers, their GeoJSONP and CSV forms, detail documents with products, and
// re-published summaries that lost the feature ids. It promises one signal or one
// quarantined piece per feature, with every id of the event as an alias, because the
// preferred id moves between networks. It estimates no shaking, fetches no product and
// takes the absence of an event from a list for nothing at all.
package usgs

import (
	"fmt"
	"strconv"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// adapt turns one feature into a signal that Fill still has to complete.
func adapt(f feature, raw []byte) (event.Signal, error) {
	p := f.Properties
	id := preferred(f)
	if id == "" {
		return event.Signal{}, fmt.Errorf("no event id in id, url, detail, net and code: %w", fault.ErrInvalid)
	}
	s := event.Signal{
		Key: "usgs:" + id, Aliases: aliases(id, p.IDs), Act: event.Report,
		Type: p.Type, Hazard: hazard(p.Type), Instrument: true,
	}
	status := strings.ToLower(p.Status)
	switch status {
	case "reviewed":
		s.Grade.Credibility, s.Certainty = 1, "Observed"
	case "automatic":
		s.Grade.Credibility, s.Certainty = 2, "Likely"
	case "deleted":
		s.Act = event.Cancel
	}
	if p.Net == "" { // re-published feeds: an id begins with its network
		p.Net = id[:2]
		f.Properties.Net = p.Net
	}
	if err := times(&s, p, raw); err != nil {
		return event.Signal{}, err
	}
	if err := place(&s, f, status); err != nil {
		return event.Signal{}, err
	}
	if err := measures(&s, p); err != nil {
		return event.Signal{}, err
	}
	s.Texts = []event.Text{{Language: "en", Headline: title(p, id), Area: scan.Text(p.Place)}}
	for _, link := range []string{p.URL, p.Detail} {
		if strings.HasPrefix(link, "http") {
			s.Links = append(s.Links, link)
		}
	}
	return s, nil
}

// preferred returns the id of the event: the feature's own, else the last part of its
// page or detail address (re-published feeds keep only those), else network and code.
func preferred(f feature) string {
	p := f.Properties
	for _, candidate := range []string{f.ID, lastPart(p.URL), lastPart(p.Detail), p.Net + p.Code} {
		if validID(candidate) {
			return candidate
		}
	}
	return ""
}

// lastPart takes the id out of ".../eventpage/ci40974863", ".../detail/ci40974863.geojson"
// and "...query?eventid=us7000pv32&format=geojson".
func lastPart(link string) string {
	if _, after, ok := strings.Cut(link, "eventid="); ok {
		id, _, _ := strings.Cut(after, "&")
		return id
	}
	link, _, _ = strings.Cut(link, "?")
	link = link[strings.LastIndexByte(link, '/')+1:]
	return strings.TrimSuffix(strings.TrimSuffix(link, ".geojson"), ".json")
}

func validID(id string) bool {
	if len(id) < 3 || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// aliases returns the other ids of the event as keys, in the order of the list, which
// begins and ends with a comma.
func aliases(preferred, ids string) []string {
	var out []string
	seen := map[string]bool{preferred: true}
	for _, id := range strings.Split(ids, ",") {
		if id = strings.TrimSpace(id); validID(id) && !seen[id] {
			seen[id] = true
			out = append(out, "usgs:"+id)
		}
	}
	return out
}

// hazard maps the source's word for the cause. Networks write "quarry", "quarry_blast" and
// "quarry blast"; blasts shake sensors and people but follow other rules.
func hazard(word string) event.Hazard {
	w := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(word)), "_", " ")
	switch {
	case w == "", w == "earthquake", w == "induced or triggered event":
		return event.Earthquake
	case strings.Contains(w, "quarry"), strings.Contains(w, "explosion"), strings.Contains(w, "blast"),
		strings.Contains(w, "mine"), strings.Contains(w, "mining"), w == "rock burst", w == "accidental":
		return event.Industrial
	case strings.Contains(w, "landslide"), w == "rockslide", w == "avalanche":
		return event.Landslide
	case strings.HasPrefix(w, "volcan"):
		return event.Volcano
	default:
		return event.Other
	}
}

func times(s *event.Signal, p properties, raw []byte) (err error) {
	if p.Time != nil {
		if s.Occurred, err = scan.Millis(*p.Time); err != nil {
			return fmt.Errorf("properties.time: %w", err)
		}
	} else if s.Act != event.Cancel {
		return fmt.Errorf("properties.time is missing: %w", fault.ErrInvalid)
	}
	if p.Updated == nil {
		s.Version, s.Order = scan.Fingerprint(string(raw)), s.Occurred.UnixMilli()
		s.Notes = append(s.Notes, "no time of update: versions are told apart by content")
		return nil
	}
	if s.Published, err = scan.Millis(*p.Updated); err != nil {
		return fmt.Errorf("properties.updated: %w", err)
	}
	s.Order = s.Published.UnixMilli()
	s.Version = strconv.FormatInt(s.Order, 10)
	if p.Products != nil {
		// A detail document says more than the summary of the same minute: it is a
		// revision of its own and comes after it.
		s.Version += "+detail"
		s.Order++
	}
	return nil
}

// place sets the epicentre and the depth. A withdrawn event needs neither.
func place(s *event.Signal, f feature, status string) error {
	if f.Geometry == nil || len(f.Geometry.Coordinates) < 2 || f.Geometry.Coordinates[0] == nil || f.Geometry.Coordinates[1] == nil {
		if s.Act == event.Cancel {
			return nil
		}
		return fmt.Errorf("geometry has no longitude and latitude: %w", fault.ErrInvalid)
	}
	c := f.Geometry.Coordinates
	shape := geo.At(*c[1], *c[0], uncertaintyKM(f.Properties, status))
	if err := shape.Check(); err != nil {
		return fmt.Errorf("geometry: %w", err)
	}
	s.Footprints = []event.Footprint{{Shape: shape, Role: event.Centre}}
	s.Measures = append(s.Measures, event.Measure{Name: "sigma_km", Value: shape.RadiusKM, Unit: "km"})
	if len(c) < 3 || c[2] == nil {
		s.Notes = append(s.Notes, "no depth")
		return nil
	}
	// Above sea level is negative, down to the height of the highest mountains.
	if depth := *c[2]; depth < -10 || depth > 1000 {
		return fmt.Errorf("depth %v km: %w", depth, fault.ErrInvalid)
	}
	s.Measures = append(s.Measures, event.Measure{Name: "depth", Value: *c[2], Unit: "km", Sigma: f.Properties.depthError})
	return nil
}

// uncertaintyKM is the source's horizontal error in kilometres where it states one. The
// defaults are our own proposal: dense regional networks place their events within a few
// kilometres, worldwide solutions within ten to fifteen, and unreviewed ones half as well.
func uncertaintyKM(p properties, status string) float64 {
	if p.horizontalKM > 0 && p.horizontalKM < 1000 {
		return p.horizontalKM
	}
	km := 10.0
	switch strings.ToLower(p.Net) {
	case "ci", "nc", "nn", "uw", "uu", "hv", "mb", "nm", "se", "pr", "ak", "av", "ok", "tx":
		km = 3
	default:
		if p.Mag == nil || *p.Mag < 4.5 {
			km = 15
		}
	}
	if status != "reviewed" {
		km *= 2
	}
	return km
}

func measures(s *event.Signal, p properties) error {
	add := func(name string, value *float64, unit string, low, high float64) error {
		if value == nil {
			return nil
		}
		if !(*value >= low && *value <= high) {
			return fmt.Errorf("%s %v: %w", name, *value, fault.ErrInvalid)
		}
		s.Measures = append(s.Measures, event.Measure{Name: name, Value: *value, Unit: unit})
		return nil
	}
	if p.Mag == nil && s.Act != event.Cancel {
		s.Notes = append(s.Notes, "no magnitude")
	}
	if err := add("magnitude", p.Mag, "", -5, 11); err != nil {
		return err
	}
	if p.Mag != nil {
		s.Measures[len(s.Measures)-1].Sigma = p.magError
	}
	for _, m := range []struct {
		name  string
		value *float64
		high  float64
	}{{"mmi", p.MMI, 12}, {"cdi", p.CDI, 12}, {"felt", p.Felt, 1e9}} {
		if err := add(m.name, m.value, "", 0, m.high); err != nil {
			return err
		}
	}
	if p.Tsunami != 0 { // says "look at the tsunami centres", not "there is a tsunami"
		s.Measures = append(s.Measures, event.Measure{Name: "tsunami", Value: 1})
	}
	if level := pager(p.Alert); level > 0 {
		s.Measures = append(s.Measures, event.Measure{Name: "pager_level", Value: level})
	}
	return nil
}

// pager numbers the PAGER colours 1 to 4; 0 = none. They speak of whole societies.
func pager(colour string) float64 {
	switch strings.ToLower(colour) {
	case "green":
		return 1
	case "yellow":
		return 2
	case "orange":
		return 3
	case "red":
		return 4
	}
	return 0
}

func title(p properties, id string) string {
	if t := scan.Text(p.Title); t != "" {
		return t
	}
	where := scan.Text(p.Place)
	if where == "" {
		where = id
	}
	if p.Mag == nil {
		return "M ? - " + where
	}
	return fmt.Sprintf("M %.1f - %s", *p.Mag, where)
}
