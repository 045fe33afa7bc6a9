// Package nhc reads what the United States hurricane centres publish for machines: the list
// of current storms (CurrentStorms.json) and the a- and b-decks of the Automated Tropical
// Cyclone Forecasting system (ATCF), which also serve the basins of the JTWC. It promises
// one signal per storm, keyed by the storm's own id and never by its reused slot, with winds
// in knots and radii in kilometres. It reads no advisory texts and no drawings; their
// addresses are among the links of the signal. A storm missing from the list is no message.
package nhc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// Kind is the name of the format of the list of current storms.
const Kind = "nhc"

// Format returns the format of the list of current storms.
func Format() feed.Format { return feed.Format{Kind: Kind, Parse: Parse, Sniff: Sniff} }

// Sniff tells whether body looks like the list of current storms.
func Sniff(body []byte) bool {
	head := scan.Trim(body)
	head = head[:min(len(head), 1024)]
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"activeStorms"`))
}

// Parse reads the list of current storms. Without storms the list states no time, so
// Result.Content is then zero.
func Parse(in feed.Input) (feed.Result, error) {
	body := scan.Trim(in.Body)
	if err := scan.JSON(body); err != nil {
		return feed.Result{}, fmt.Errorf("read current storms: %w", err)
	}
	pieces, err := scan.Split(body, "activeStorms")
	if err != nil {
		return feed.Result{}, fmt.Errorf("read current storms: %w", err)
	}
	r := feed.Result{Items: len(pieces.Items)}
	drop := func(i int, err error, raw []byte) {
		r.Quarantined = append(r.Quarantined, feed.Quarantine{
			Place: fmt.Sprintf("activeStorms[%d]", i), Reason: scan.Text(err.Error()), Raw: scan.Raw(raw),
		})
	}
	for i, raw := range pieces.Items {
		var st storm
		if err := json.Unmarshal(raw, &st); err != nil {
			drop(i, fmt.Errorf("%w: %w", err, fault.ErrInvalid), raw)
			continue
		}
		s, err := st.signal()
		if err != nil {
			drop(i, err, raw)
			continue
		}
		if s.Published.After(r.Content) {
			r.Content = s.Published
		}
		r.Signals = append(r.Signals, feed.Fill(in, s))
	}
	if pieces.Rest != nil {
		r.Items++
		drop(len(pieces.Items), fmt.Errorf("the document breaks off here: %w", fault.ErrInvalid), pieces.Rest)
	}
	return r, nil
}

// placeKM is how far an operational fix of the centre may be off, in kilometres: our own
// proposal, about 15 nautical miles.
const placeKM = 30

func (st storm) signal() (event.Signal, error) {
	s := event.Signal{Act: event.Report, Hazard: event.Cyclone, Type: st.Classification, Certainty: "Observed", Instrument: true}
	key, err := stormKey(st.ID)
	if err != nil {
		return s, err
	}
	s.Key = key
	if s.Published, err = scan.Time(st.LastUpdate, time.RFC3339Nano); err != nil {
		return s, fmt.Errorf("lastUpdate: %w", err)
	}
	s.Order = s.Published.UnixMilli()
	s.Version = s.Published.Format(time.RFC3339)
	for _, p := range []*product{st.PublicAdvisory, st.ForecastAdvisory} {
		if p != nil && p.Number != "" {
			s.Version += "/" + p.Number
			break
		}
	}
	if err := st.place(&s); err != nil {
		return s, err
	}
	if err := st.measures(&s); err != nil {
		return s, err
	}
	s.Texts = []event.Text{{Language: "en", Headline: scan.Text(class(st.Classification) + " " + st.Name)}}
	for _, p := range st.products() {
		if p == nil {
			continue
		}
		for _, link := range []string{p.URL, p.KMZ, p.ZIP} {
			if strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://") {
				s.Links = append(s.Links, link)
			}
		}
	}
	return s, nil
}

// stormKey makes the key of a storm id such as "al062023". The basins of the National
// Hurricane Center have their own prefix; the others belong to the JTWC.
func stormKey(id string) (string, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	if len(id) != 8 {
		return "", fmt.Errorf("storm id %q: %w", scan.Printable([]byte(id)), fault.ErrInvalid)
	}
	if _, err := strconv.ParseUint(id[2:], 10, 32); err != nil {
		return "", fmt.Errorf("storm id %q: %w", scan.Printable([]byte(id)), fault.ErrInvalid)
	}
	switch id[:2] {
	case "al", "ep", "cp", "sl":
		return "nhc:" + id, nil
	case "wp", "io", "sh":
		return "jtwc:" + id, nil
	}
	return "", fmt.Errorf("basin of storm id %q: %w", scan.Printable([]byte(id)), fault.ErrInvalid)
}

func (st storm) place(s *event.Signal) error {
	lat, latErr := degrees(st.Latitude, 'N', 'S', 1)
	lon, lonErr := degrees(st.Longitude, 'E', 'W', 1)
	switch {
	case st.Lat != nil && st.Lon != nil:
		if latErr == nil && lonErr == nil && (math.Abs(lat-*st.Lat) > 0.15 || math.Abs(lon-*st.Lon) > 0.15) {
			s.Notes = append(s.Notes, fmt.Sprintf("position as text %s %s differs from the numbers, which are used", st.Latitude, st.Longitude))
		}
		lat, lon = *st.Lat, *st.Lon
	case latErr != nil:
		return fmt.Errorf("latitude: %w", latErr)
	case lonErr != nil:
		return fmt.Errorf("longitude: %w", lonErr)
	}
	shape := geo.At(lat, lon, placeKM)
	if err := shape.Check(); err != nil {
		return fmt.Errorf("position: %w", err)
	}
	s.Footprints = []event.Footprint{{Shape: shape, Role: event.Centre}}
	s.Track = []event.TrackPoint{{At: s.Published, Place: shape.Points[0]}}
	return nil
}

// degrees reads "17.1N", or with scale 10 tenths of degrees as "171N".
func degrees(s string, positive, negative byte, scale float64) (float64, error) {
	s = strings.TrimSpace(s)
	if len(s) < 2 {
		return 0, fmt.Errorf("%q: %w", scan.Printable([]byte(s)), fault.ErrInvalid)
	}
	v, err := strconv.ParseFloat(s[:len(s)-1], 64)
	if err != nil || !(v >= 0 && v <= 360*scale) {
		return 0, fmt.Errorf("%q: %w", scan.Printable([]byte(s)), fault.ErrInvalid)
	}
	switch s[len(s)-1] {
	case positive:
		return v / scale, nil
	case negative:
		return -v / scale, nil
	}
	return 0, fmt.Errorf("hemisphere of %q: %w", scan.Printable([]byte(s)), fault.ErrInvalid)
}

func (st storm) measures(s *event.Signal) error {
	for _, m := range []struct {
		name, unit, value string
		low, high         float64
	}{
		{"wind", "kt", text(st.Intensity), 0, 250},
		{"pressure", "hPa", text(st.Pressure), 800, 1100},
	} {
		if m.value == "" {
			s.Notes = append(s.Notes, "no "+m.name)
			continue
		}
		v, err := strconv.ParseFloat(m.value, 64)
		if err != nil || !(v >= m.low && v <= m.high) {
			return fmt.Errorf("%s %q: %w", m.name, scan.Printable([]byte(m.value)), fault.ErrInvalid)
		}
		s.Measures = append(s.Measures, event.Measure{Name: m.name, Value: v, Unit: m.unit})
	}
	s.Track[0].WindKT, _ = s.Measures.Get("wind")
	if d := st.MovementDir; d != nil && *d >= 0 && *d <= 360 {
		s.Measures = append(s.Measures, event.Measure{Name: "movement_direction", Value: *d, Unit: "°"})
	}
	// The public advisories give the same number in miles per hour.
	if v := st.MovementSpeed; v != nil && *v >= 0 && *v <= 150 {
		s.Measures = append(s.Measures, event.Measure{Name: "movement_speed", Value: *v, Unit: "mph"})
	}
	return nil
}

// class spells out the classification for the headline.
func class(code string) string {
	switch strings.ToUpper(strings.TrimSpace(code)) {
	case "TD":
		return "Tropical Depression"
	case "TS":
		return "Tropical Storm"
	case "HU", "MH":
		return "Hurricane"
	case "TY":
		return "Typhoon"
	case "ST":
		return "Super Typhoon"
	case "SD", "STD":
		return "Subtropical Depression"
	case "SS", "STS":
		return "Subtropical Storm"
	case "PTC":
		return "Potential or Post-Tropical Cyclone"
	case "EX", "ET":
		return "Extratropical Cyclone"
	case "LO", "DB", "WV":
		return "Disturbance"
	}
	return "Cyclone"
}
