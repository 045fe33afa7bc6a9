package eonet

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
		Source: feed.Source{ID: "eonet", Owner: "NASA", Reliability: "B", Credibility: 3},
		Record: "record", Received: time.Date(2026, 5, 1, 1, 0, 0, 0, time.UTC), Body: body,
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
	for _, name := range []string{"events.json", "features.geojson"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := read(t, name)
			if !Sniff(body) {
				t.Error("not recognised")
			}
			r, used, err := parse(input(body))
			if err != nil {
				t.Fatal(err)
			}
			if used+len(r.Quarantined) != r.Items {
				t.Errorf("%d items, %d used, %d quarantined", r.Items, used, len(r.Quarantined))
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

func signals(t *testing.T, body string) map[string]event.Signal {
	t.Helper()
	r, err := Parse(input([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]event.Signal{}
	for _, s := range r.Signals {
		out[s.Key] = s
	}
	return out
}

func TestTraps(t *testing.T) {
	t.Parallel()
	all := signals(t, string(read(t, "events.json")))
	storm := all["eonet:EONET_9001"]
	if storm.Hazard != event.Cyclone || strings.Join(storm.Aliases, " ") != "gdacs:TC:1009001 jtwc:wp022026" {
		t.Errorf("storm: %s %v", storm.Hazard, storm.Aliases)
	}
	// The list may be in any order: the newest observation is the place and the wind.
	if w, _ := storm.Measures.Get("wind"); w != 95 || storm.Footprints[0].Shape.Points[0].Lon != 179.9 || storm.Track[0].WindKT != 35 {
		t.Errorf("newest observation: wind %v, %+v", w, storm.Footprints[0])
	}
	fire := all["eonet:EONET_9002"]
	if a, _ := fire.Measures.Get("area"); fire.Act != event.End || fire.Ends.IsZero() || a < 404 || a > 405 {
		t.Errorf("closed fire: %s, area %v ha", fire.Act, a)
	}
	if v := all["eonet:EONET_9003"]; v.Hazard != event.Volcano || v.Act != event.Report || len(v.Notes) != 1 {
		t.Errorf("volcano of version 2.1: %+v", v)
	}
	features := signals(t, string(read(t, "features.geojson")))
	if ice := features["eonet:EONET_9101"]; ice.Hazard != event.Marine || len(ice.Footprints) != 2 || ice.Track != nil {
		t.Errorf("iceberg: %+v", ice)
	}
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	body := string(read(t, "events.json"))
	get := func(old, new string) event.Signal {
		return signals(t, strings.Replace(body, old, new, 1))["eonet:EONET_9001"]
	}
	a, again := get("", ""), get("", "")
	corrected := get(`"magnitudeValue":95.0`, `"magnitudeValue":100.0`)
	closed := get(`"closed":null`, `"closed":"2026-04-15T00:00:00Z"`)
	if a.ID != again.ID || corrected.ID == a.ID || closed.ID == a.ID || closed.Order <= a.Order {
		t.Errorf("%s, %s, corrected %s, closed %s %d after %d", a.ID, again.ID, corrected.ID, closed.ID, closed.Order, a.Order)
	}
}

func TestWholeRecord(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html/>", `{"title":"EONET"}`, `{"events":{}}`, strings.Repeat("[", 70)} {
		if _, err := Parse(input([]byte(body))); !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) {
			t.Errorf("%.20s: %v", body, err)
		}
	}
}

func TestBreaksOff(t *testing.T) {
	t.Parallel()
	body := string(read(t, "events.json"))
	r, used, err := parse(input([]byte(body[:strings.Index(body, `"Old Form Volcano"`)])))
	if err != nil || r.Items != 3 || used != 2 || len(r.Quarantined) != 1 || r.Quarantined[0].Place != "events[2]" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestCorpus reads every stored sample, counted independently of the parser.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(root, "feeds", "eonet", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", root, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct{ Events, Features []any }
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r, used, err := parse(input(body))
		if took := time.Since(start); err != nil || took > 2*time.Second || !Sniff(body) {
			t.Errorf("%s: %v after %v", filepath.Base(file), err, took)
		}
		if want := len(doc.Events) + len(doc.Features); r.Items != want || used != want || len(r.Quarantined) != 0 || r.Content.IsZero() {
			t.Errorf("%s: %d items, %d used, quarantined %+v; counted %d", filepath.Base(file), r.Items, used, r.Quarantined, want)
		}
		for _, s := range r.Signals {
			if s.Hazard == event.Other || len(s.Footprints) == 0 || s.Order == 0 || s.Texts[0].Headline == "" || len(s.Notes) > 0 {
				t.Errorf("incomplete: %+v", s)
			}
		}
	}
}
