package nws

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
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
		Source:   feed.Source{ID: "nws", Kind: Kind, Reliability: "A", Credibility: 2, Owner: "us-nws"},
		Record:   "record",
		Received: time.Date(2026, 3, 2, 5, 0, 30, 0, time.UTC),
		Body:     body,
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/alerts.json")
	if err != nil {
		t.Fatal(err)
	}
	res, err := Parse(input(body))
	if err != nil {
		t.Fatal(err)
	}
	if res.Items != 8 || res.Items != len(res.Signals)+len(res.Quarantined) {
		t.Errorf("%d items, %d signals, %d quarantined", res.Items, len(res.Signals), len(res.Quarantined))
	}
	got, err := json.MarshalIndent(res, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/alerts.golden.json"
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("result differs from %s:\n%s", golden, got)
	}
}

func one(t *testing.T, properties, geometry string) event.Signal {
	t.Helper()
	res, err := Parse(input([]byte(`{"features":[{"geometry":` + geometry + `,"properties":{` + properties + `}}]}`)))
	if err != nil || len(res.Signals) != 1 {
		t.Fatalf("%v, %+v", err, res)
	}
	return res.Signals[0]
}

const plainAlert = `"id":"urn:oid:1","sender":"w-nws.webmaster@noaa.gov","sent":"2026-08-22T07:39:00-04:00","status":"Actual","messageType":"Alert","event":"Flood Warning"`

func TestKeyIsThatOfTheCAPForm(t *testing.T) {
	t.Parallel()
	const want = "cap:w-nws.webmaster@noaa.gov,urn:oid:1,2026-08-22T11:39:00-00:00"
	if got := one(t, plainAlert, "null").Key; got != want {
		t.Errorf("key %q, want %q", got, want)
	}
}

func TestPlacesAreNeverAWholeCountry(t *testing.T) {
	t.Parallel()
	for _, geocode := range []string{`{}`, `{"UGC":["PSZ150","GMZ001","LSZ140"]}`, `{"SAME":["073335"]}`, `{"UGC":["X"]}`} {
		for _, p := range one(t, plainAlert+`,"areaDesc":"Somewhere","geocode":`+geocode, "null").Places {
			if p.Country != "" {
				t.Errorf("%s gives country %q", geocode, p.Country)
			}
		}
	}
	p := one(t, plainAlert+`,"geocode":{"UGC":["TXC001","TXZ002"],"SAME":["048001"]}`, "null").Places
	if len(p) != 1 || p[0].Admin1 != "US-TX" || len(p[0].Codes) != 3 {
		t.Errorf("places %+v", p)
	}
	if p := one(t, plainAlert+`,"geocode":{"UGC":["PRC001"]}`, "null").Places; p[0].Country != "PR" || p[0].Admin1 != "US-PR" {
		t.Errorf("Puerto Rico: %+v", p)
	}
}

func TestFootprintIsLongitudeFirst(t *testing.T) {
	t.Parallel()
	s := one(t, plainAlert, `{"type":"Polygon","coordinates":[[[-82.5,39.9],[-82.4,39.9],[-82.4,40],[-82.5,39.9]]]}`)
	if len(s.Footprints) != 1 || s.Footprints[0].Shape.Polygons[0][0][0].Lat != 39.9 {
		t.Errorf("footprints %+v", s.Footprints)
	}
}

func TestJSONLD(t *testing.T) {
	t.Parallel()
	body := `{"@graph":[{"geometry":"MULTIPOLYGON(((-82 39,-81 39,-81 40,-82 39)),((-70 39,-69 39,-69 40,-70 39),(-69.5 39.2,-69.4 39.2,-69.4 39.3,-69.5 39.2)))",` + plainAlert + `}],"updated":"2026-08-22T12:00:00+00:00"}`
	res, err := Parse(input([]byte(body)))
	if err != nil || len(res.Signals) != 1 {
		t.Fatalf("%v %+v", err, res)
	}
	f := res.Signals[0].Footprints
	if len(f) != 1 || len(f[0].Shape.Polygons) != 2 || len(f[0].Shape.Polygons[1]) != 2 {
		t.Errorf("footprints %+v, notes %v", f, res.Signals[0].Notes)
	}
	if !res.Content.Equal(time.Date(2026, 8, 22, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("content %v", res.Content)
	}
}

func TestHazards(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]event.Hazard{
		"Tornado Warning": event.Storm, "gale  warning": event.Marine, "Red Flag Warning": event.Wildfire, "Typhoon Warning": event.Cyclone,
		"Flash Flood Warning": event.Flood, "Extreme Heat Warning": event.Heat, "Unheard-of Winter Thing": event.Storm, "Fireworks Notice": event.Other, "": event.Other,
	} {
		if got := hazardOf(name); got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
	for name, h := range hazards().names {
		if !h.Known() {
			t.Errorf("%q has the unknown hazard %q", name, h)
		}
	}
}

func TestNotOurs(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{}", "[", `"x"`, `{"features":{}}`, `{"features":[],"features":[]}`, strings.Repeat("[", 5000), "<html>"} {
		if _, err := Parse(input([]byte(body))); !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) && body != "[" {
			t.Errorf("%.20q: error %v", body, err)
		}
	}
}

// TestCorpus counts the alerts of real captures independently of the parser.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	files, _ := filepath.Glob(filepath.Join(root, "feeds/nws/*.json"))
	if len(files) < 10 {
		t.Fatalf("%d files", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { // one after the other: they are timed
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			res, err := Parse(input(body))
			if took := time.Since(start); err != nil || took > 2*time.Second {
				t.Fatalf("%v after %v", err, took)
			}
			check(t, body, res)
			if !sniff(body) {
				t.Error("not recognised")
			}
		})
	}
}

func check(t *testing.T, body []byte, res feed.Result) {
	t.Helper()
	type item struct {
		Properties struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		} `json:"properties"`
	}
	var list []item
	if json.Unmarshal(body, &list) != nil {
		var wrapped struct{ Features []item }
		if err := json.Unmarshal(body, &wrapped); err != nil {
			t.Fatal(err)
		}
		list = wrapped.Features
	}
	doubled, ids := 0, map[string]bool{}
	for _, i := range list {
		if ids[i.Properties.ID] && i.Properties.ID != "" {
			doubled++
		}
		ids[i.Properties.ID] = true
	}
	if res.Items != len(list) || len(res.Signals)+len(res.Quarantined) != len(list) || len(res.Quarantined) != doubled {
		t.Errorf("%d alerts of which %d doubled; %d items, %d signals, %d quarantined", len(list), doubled, res.Items, len(res.Signals), len(res.Quarantined))
	}
	other := 0
	for i, s := range res.Signals {
		if s.Hazard == event.Other && s.Status == event.Actual {
			other++
		}
		if slices.ContainsFunc(res.Signals[:i], func(o event.Signal) bool { return o.ID == s.ID }) {
			t.Errorf("two signals with id %s", s.ID)
		}
	}
	if other*20 > len(res.Signals)+100 {
		t.Errorf("%d of %d signals without a hazard", other, len(res.Signals))
	}
}
