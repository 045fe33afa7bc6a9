package gdacs

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
)

var update = flag.Bool("update", false, "renew the golden files")

func input(body []byte) feed.Input {
	return feed.Input{
		Source: feed.Source{ID: "gdacs", Owner: "GDACS", Reliability: "B", Credibility: 2},
		Record: "record", Received: time.Date(2026, 6, 1, 1, 0, 0, 0, time.UTC), Body: body,
	}
}

// lines writes a result as JSON lines: a head, the signals, the quarantined pieces.
func lines(t *testing.T, r feed.Result) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	put := func(v any) {
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	put(map[string]any{"items": r.Items, "content": r.Content})
	for _, s := range r.Signals {
		put(s)
	}
	for _, q := range r.Quarantined {
		put(q)
	}
	return out.Bytes()
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestGolden(t *testing.T) {
	t.Parallel()
	formats := Formats()
	for name, format := range map[string]feed.Format{"feed.xml": formats[0], "cut.xml": formats[0], "map.geojson": formats[1]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := read(t, name)
			for _, f := range formats {
				if f.Sniff(body) != (f.Kind == format.Kind) {
					t.Errorf("%s: recognised %v", f.Kind, f.Sniff(body))
				}
			}
			r, err := format.Parse(input(body))
			if err != nil {
				t.Fatal(err)
			}
			got, golden := lines(t, r), filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, name+".golden"); !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// find returns the signal of a key in the event map of testdata.
func find(t *testing.T, key string) event.Signal {
	t.Helper()
	r, err := ParseGeoJSON(input(read(t, "map.geojson")))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Signals {
		if s.Key == key {
			return s
		}
	}
	t.Fatalf("no signal %s", key)
	return event.Signal{}
}

func TestCyclone(t *testing.T) {
	t.Parallel()
	s := find(t, "gdacs:TC:1009001")
	if w, _ := s.Measures.Get("wind"); w != 94.99 {
		t.Errorf("wind %v kt, want 175.9248 km/h as knots", w)
	}
	roles := map[event.Role]int{}
	for _, f := range s.Footprints {
		roles[f.Role]++
	}
	if roles[event.Centre] != 1 || roles[event.Affected] != 1 || roles[event.Forecast] != 2 || roles[event.Cone] != 1 || roles[event.Past] != 1 {
		t.Errorf("roles %v", roles)
	}
	if len(s.Track) != 3 || !s.Track[2].Forecast || s.Track[1].Forecast {
		t.Fatalf("track %+v", s.Track)
	}
	// The label has no year: after New Year's Eve comes the next one.
	if want := time.Date(2026, 1, 1, 6, 0, 0, 0, time.UTC); !s.Track[2].At.Equal(want) {
		t.Errorf("forecast for %v, want %v", s.Track[2].At, want)
	}
	// The wind field is a circle of one degree: its reach is the same to all sides, and the
	// field beyond the date line reaches half as far again.
	near, far := s.Track[1].Radii[0], s.Track[2].Radii[0]
	for q := range near {
		if near[q] < 100 || near[q] > 113 || far[q] < 150 || far[q] > 170 {
			t.Errorf("quadrant %d: %v and %v km", q, near[q], far[q])
		}
	}
	if s.Track[1].Radii[2] != [4]float64{} {
		t.Errorf("64 kt wind without extent: %v", s.Track[1].Radii[2])
	}
}

func TestOrderOfFeaturesMeansNothing(t *testing.T) {
	t.Parallel()
	body := read(t, "map.geojson")
	var doc struct {
		Type     string            `json:"type"`
		Features []json.RawMessage `json:"features"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	for i, j := 0, len(doc.Features)-1; i < j; i, j = i+1, j-1 {
		doc.Features[i], doc.Features[j] = doc.Features[j], doc.Features[i]
	}
	turned, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	// Marshal writes the geometry without blanks: bring the first copy into the same form.
	doc.Features = nil
	var plain bytes.Buffer
	if err := json.Compact(&plain, body); err != nil {
		t.Fatal(err)
	}
	versions := func(body []byte) map[string]string {
		r, err := ParseGeoJSON(input(body))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, s := range r.Signals {
			out[s.Key] = s.Version
		}
		return out
	}
	a, b := versions(plain.Bytes()), versions(turned)
	for key, version := range a {
		if b[key] != version {
			t.Errorf("%s: %s became %s", key, version, b[key])
		}
	}
}

// An episode of the same day comes after the one before, and a changed area is a revision.
func TestRevisions(t *testing.T) {
	t.Parallel()
	body := string(read(t, "map.geojson"))
	get := func(change ...string) event.Signal {
		r, err := ParseGeoJSON(input([]byte(strings.NewReplacer(change...).Replace(body))))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Signals {
			if s.Key == "gdacs:TC:1009001" {
				return s
			}
		}
		t.Fatal("no cyclone")
		return event.Signal{}
	}
	a, same := get(), get()
	next := get(`"episodeid": "4"`, `"episodeid": "5"`, "episodeid=4", "episodeid=5", "TC10090014", "TC10090015")
	moved := get(`"60 km/h"`, `"70 km/h"`)
	if a.ID != same.ID || a.ID == next.ID || next.Order <= a.Order || moved.ID == a.ID {
		t.Errorf("%s %d, %s, next %s %d, moved %s", a.ID, a.Order, same.ID, next.ID, next.Order, moved.ID)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	want := time.Date(2021, 4, 8, 18, 41, 50, 0, time.UTC)
	for _, s := range []string{
		"Thu, 08 Apr 2021 18:41:50 GMT", "08 Apr 2021 18:41:50", "8 Apr 2021 18:41:50", "08/Apr/2021 18:41:50",
		"2021-04-08T18:41:50", "2021-04-08T20:41:50+02:00", "4/8/2021 6:41:50 PM", "Thu, 08 Apr 2021 20:41:50 +0200",
	} {
		if got, err := optional("date", s); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"08.04.2021", "Thu, 08 Apr 2021 18:41:50 CEST", "31/Feb/2021 00:00:00"} {
		if got, err := optional("date", s); err == nil {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestWholeRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parse feed.Parser
		body  string
	}{
		"rss: nothing":        {ParseRSS, ""},
		"rss: HTML":           {ParseRSS, "<html/>"},
		"rss: DOCTYPE":        {ParseRSS, `<!DOCTYPE rss [<!ENTITY x "y">]><rss><item/></rss>`},
		"geojson: nothing":    {ParseGeoJSON, ""},
		"geojson: no list":    {ParseGeoJSON, `{"type":"FeatureCollection"}`},
		"geojson: bottomless": {ParseGeoJSON, strings.Repeat(`{"features":[`, 40)},
	} {
		if _, err := c.parse(input([]byte(c.body))); !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"USA": "US", "VCT": "VC", "gb": "GB", "XYZ": "", "": "", "001": "", "419": "", "EU": ""} {
		if got := country(code); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
}
