package usgs_test

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
	"watchfire.dev/internal/feed/usgs"
)

var update = flag.Bool("update", false, "renew the golden files")

func input(body []byte) feed.Input {
	return feed.Input{
		Source: feed.Source{ID: "usgs", Owner: "USGS", Reliability: "A", Credibility: 2},
		Record: "record", Received: time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC), Body: body,
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
	put(map[string]any{"items": r.Items, "content": r.Content, "links": r.Links})
	for _, s := range r.Signals {
		put(s)
	}
	for _, q := range r.Quarantined {
		put(q)
	}
	return out.Bytes()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"summary.json", "detail.json", "month.csv", "callback.json"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			if !usgs.Sniff(body) && name != "detail.json" {
				t.Error("not recognised")
			}
			r, err := usgs.Parse(input(body))
			if err != nil {
				t.Fatal(err)
			}
			got, golden := lines(t, r), filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestTraps(t *testing.T) {
	t.Parallel()
	feature := func(properties, coordinates string) string {
		return `{"type":"FeatureCollection","metadata":{},"features":[{"id":"us1abc","properties":{"time":1767222000000,"updated":1767222500000,"mag":5,` +
			properties + `},"geometry":{"type":"Point","coordinates":[` + coordinates + `]}}]}`
	}
	for name, c := range map[string]struct {
		body  string
		check func(event.Signal) bool
		out   string // reason of the quarantine instead
	}{
		"south and west stay negative": {feature(`"x":1`, `-70.5,-33.2,10`), func(s event.Signal) bool {
			p := s.Footprints[0].Shape.Points[0]
			return p.Lat == -33.2 && p.Lon == -70.5
		}, ""},
		"depth is positive down": {feature(`"x":1`, `1,2,33.5`), func(s event.Signal) bool {
			d, ok := s.Measures.Get("depth")
			return ok && d == 33.5
		}, ""},
		"tsunami null is no tsunami": {feature(`"tsunami":null`, `1,2,3`), func(s event.Signal) bool {
			_, ok := s.Measures.Get("tsunami")
			return !ok
		}, ""},
		"withdrawn": {feature(`"status":"deleted"`, `1,2,3`), func(s event.Signal) bool { return s.Act == event.Cancel }, ""},
		"no other alias for the preferred id": {feature(`"ids":",us1abc,,ci2,ci2,"`, `1,2,3`), func(s event.Signal) bool {
			return s.Key == "usgs:us1abc" && strings.Join(s.Aliases, " ") == "usgs:ci2"
		}, ""},
		"tremor of a volcano":   {feature(`"type":"Volcanic Eruption"`, `1,2,3`), func(s event.Signal) bool { return s.Hazard == event.Volcano }, ""},
		"unknown cause":         {feature(`"type":"sonic boom"`, `1,2,3`), func(s event.Signal) bool { return s.Hazard == event.Other }, ""},
		"latitude out of range": {feature(`"x":1`, `1,90.5,3`), nil, "out of range"},
		"depth in metres":       {feature(`"x":1`, `1,2,33000`), nil, "depth"},
		"intensity 99":          {feature(`"mmi":99`, `1,2,3`), nil, "mmi"},
		"text for a number":     {feature(`"felt":"many"`, `1,2,3`), nil, "felt"},
		"coordinates missing":   {feature(`"x":1`, ``), nil, "longitude"},
		"infinite magnitude":    {feature(`"cdi":1e999`, `1,2,3`), nil, "1e999"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := usgs.Parse(input([]byte(c.body)))
			if err != nil || r.Items != 1 || len(r.Signals)+len(r.Quarantined) != 1 {
				t.Fatalf("%+v, %v", r, err)
			}
			if c.out != "" {
				if len(r.Quarantined) != 1 || !strings.Contains(r.Quarantined[0].Reason, c.out) || len(r.Quarantined[0].Raw) == 0 {
					t.Errorf("want a quarantine that says %q: %+v", c.out, r)
				}
				return
			}
			if len(r.Signals) != 1 || !c.check(r.Signals[0]) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestWholeRecord(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing": "", "HTML": "<html></html>", "no features": `{"type":"FeatureCollection"}`,
		"too deep": strings.Repeat("[", 70), "features twice": `{"features":[],"features":[]}`,
	} {
		if _, err := usgs.Parse(input([]byte(body))); !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A document that breaks off keeps what came before and says what was lost.
func TestBreaksOff(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/summary.json")
	if err != nil {
		t.Fatal(err)
	}
	cut := bytes.Index(body, []byte(`"code":"del1"`))
	r, err := usgs.Parse(input(body[:cut]))
	if err != nil || r.Items != 3 || len(r.Signals) != 2 || len(r.Quarantined) != 1 || r.Quarantined[0].Place != "features[2]" {
		t.Errorf("%+v, %v", r, err)
	}
}

// The same event in a second poll: the same id for the same update, another after a change,
// and the detail document comes after the summary of the same update.
func TestRevisions(t *testing.T) {
	t.Parallel()
	parse := func(name string, change ...string) event.Signal {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := usgs.Parse(input([]byte(strings.NewReplacer(change...).Replace(string(body)))))
		if err != nil {
			t.Fatal(err)
		}
		return r.Signals[0]
	}
	first, again := parse("summary.json"), parse("summary.json", `"generated":1767225900000`, `"generated":1767225960000`)
	later := parse("summary.json", `"updated":1767225600040`, `"updated":1767225800000`)
	detail := parse("detail.json")
	if first.ID != again.ID || first.ID == later.ID || first.Key != later.Key || later.Order <= first.Order {
		t.Errorf("first %s %d, again %s, later %s %d", first.ID, first.Order, again.ID, later.ID, later.Order)
	}
	if detail.Key != first.Key || detail.Order <= first.Order || detail.Order >= later.Order {
		t.Errorf("detail %s %d", detail.Key, detail.Order)
	}
}
