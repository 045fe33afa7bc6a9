package shakemap

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// Parse reads a ShakeMap's grid.xml or uncertainty.xml. A scenario is an exercise, a map of
// the type TEST a test. A cancelled map withdraws the ones before.
func Parse(in feed.Input) (feed.Result, error) {
	if err := scan.Size(in.Body); err != nil {
		return feed.Result{}, fmt.Errorf("read ShakeMap: %w", err)
	}
	d, err := read(scan.Trim(in.Body))
	if err != nil {
		return feed.Result{}, fmt.Errorf("read ShakeMap: %w", err)
	}
	r := feed.Result{Items: 1}
	s, err := d.signal(in)
	if err != nil {
		r.Quarantined = []feed.Quarantine{{Place: "shakemap_grid", Reason: scan.Text(err.Error()), Raw: scan.Raw(in.Body)}}
		return r, nil
	}
	r.Signals, r.Content = []event.Signal{feed.Fill(in, s)}, s.Published
	return r, nil
}

var stamps = []string{time.RFC3339, "2006-01-02T15:04:05UTC", "2006-01-02T15:04:05GMT", "2006-01-02T15:04:05", "2006-01-02 15:04:05"}

func (d *document) signal(in feed.Input) (event.Signal, error) {
	id := scan.Text(d.EventID)
	if id == "" {
		id = scan.Text(d.Event.ID)
	}
	if !validID(id) {
		return event.Signal{}, fmt.Errorf("event_id %.40q: %w", id, fault.ErrInvalid)
	}
	t, err := d.table()
	if err != nil {
		return event.Signal{}, err
	}
	s := event.Signal{
		Key: "shakemap:" + id, Aliases: d.aliases(in, id), Act: event.Report, Hazard: event.Earthquake,
		Type: "ShakeMap", Instrument: true, Certainty: "Observed",
	}
	if len(t.layers) > 0 && !slices.ContainsFunc(t.layers, func(c column) bool { return c.name == "mmi" }) {
		s.Key += ":uncertainty"
	}
	d.standing(&s)
	if err := d.times(&s, in); err != nil {
		return event.Signal{}, err
	}
	centre, err := d.measures(&s)
	if err != nil {
		return event.Signal{}, err
	}
	for _, l := range t.layers {
		if l.name == "mmi" {
			s.Measures = append(s.Measures, event.Measure{Name: "mmi", Value: l.greatest(), Unit: "MMI"})
		}
	}
	g, notes, err := t.grid()
	if err != nil {
		return event.Signal{}, err
	}
	s.Notes = append(s.Notes, notes...)
	s.Footprints = []event.Footprint{centre, {Shape: g.Extent(), Grid: g, Role: event.Affected}}
	s.Texts = []event.Text{{
		Language: "en", Headline: d.title(id), Area: scan.Text(d.Event.Description),
		Description: fmt.Sprintf("ShakeMap of %s, version %s.", scan.Text(d.Origin), scan.Text(d.Version)),
	}}
	return s, nil
}

func validID(id string) bool {
	return len(id) >= 3 && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-')
	})
}

// aliases are the keys under which the earthquake itself may be known: the map's own id with
// and without the network, and the product's id in the address of a download,
// ".../product/shakemap/us7000abcd/us/1700000000000/download/grid.xml".
func (d *document) aliases(in feed.Input, id string) []string {
	names := []string{id, scan.Text(d.MapID)}
	for _, net := range []string{d.Event.Network, d.Origin} {
		if net = strings.ToLower(scan.Text(net)); net != "" && !strings.HasPrefix(id, net) {
			names = append(names, net+id)
		}
	}
	if _, rest, ok := strings.Cut(in.URL, "/product/shakemap/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		names = append(names, name)
	}
	var out []string
	for _, n := range names {
		if key := "usgs:" + n; validID(n) && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

func (d *document) standing(s *event.Signal) {
	switch strings.ToUpper(d.EventType) {
	case "SCENARIO":
		s.Status = event.Exercise
	case "TEST":
		s.Status = event.Test
	}
	switch strings.ToUpper(d.Status) {
	case "CANCELLED", "CANCELED":
		s.Act = event.Cancel
	case "RELEASED", "REVIEWED":
		s.Grade.Credibility = 2 // of the earthquake itself the network knows more, to which it gives 1 and 2
	default: // AUTOMATIC
		s.Grade.Credibility = 3
	}
}

func (d *document) times(s *event.Signal, in feed.Input) (err error) {
	if s.Occurred, err = scan.Time(d.Event.At, stamps...); err != nil {
		return fmt.Errorf("event_timestamp: %w", err)
	}
	if s.Published, err = scan.Time(d.Processed, stamps...); err != nil {
		return fmt.Errorf("process_timestamp: %w", err)
	}
	if !in.Received.IsZero() && s.Published.After(in.Received.Add(time.Hour)) {
		return fmt.Errorf("process_timestamp %s lies in the future: %w", s.Published.Format(time.RFC3339), fault.ErrInvalid)
	}
	s.Order = s.Published.UnixMilli()
	s.Version = scan.Text(d.Version) + "@" + s.Published.Format(time.RFC3339)
	return nil
}

// measures reads the earthquake; its epicentre is taken as known to ten kilometres, as of
// worldwide solutions.
func (d *document) measures(s *event.Signal) (event.Footprint, error) {
	const doubtKM = 10
	number := func(name, text string, low, high float64) (float64, error) {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || !(v >= low && v <= high) {
			return 0, fmt.Errorf("event %s %.40q: %w", name, text, fault.ErrInvalid)
		}
		return v, nil
	}
	var v [4]float64
	for i, x := range []struct {
		name, text string
		low, high  float64
	}{{"lat", d.Event.Lat, -90, 90}, {"lon", d.Event.Lon, -360, 360}, {"magnitude", d.Event.Magnitude, 0, 10}, {"depth", d.Event.Depth, -10, 1000}} {
		var err error
		if v[i], err = number(x.name, x.text, x.low, x.high); err != nil {
			return event.Footprint{}, err
		}
	}
	s.Measures = append(s.Measures, event.Measure{Name: "magnitude", Value: v[2]}, event.Measure{Name: "depth", Value: v[3], Unit: "km"})
	return event.Footprint{Shape: geo.At(v[0], math.Remainder(v[1], 360), doubtKM), Role: event.Centre}, nil
}

func (d *document) title(id string) string {
	where := scan.Text(d.Event.Description)
	if where == "" {
		where = id
	}
	return fmt.Sprintf("M %s - %s", strings.TrimSpace(d.Event.Magnitude), where)
}
