package push

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
)

var update = flag.Bool("update", false, "renew the golden files")

func input(body string) feed.Input {
	return feed.Input{
		Source: feed.Source{ID: "partner", Kind: Kind, Reliability: "C", Credibility: 3, Org: "org1", TLP: "GREEN"},
		Record: "record", Received: time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC), Body: []byte(body),
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/delivery.json")
	if err != nil {
		t.Fatal(err)
	}
	res, err := Parse(input(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	if res.Items != 5 || len(res.Signals) != 3 || len(res.Quarantined) != 2 {
		t.Errorf("%d items, %d signals, %d quarantined", res.Items, len(res.Signals), len(res.Quarantined))
	}
	got, err := json.MarshalIndent(res, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/delivery.golden.json"
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

const good = `{"hazard":"flood","texts":[{"language":"en","headline":"Flood"}],"places":[{"country":"ML"}],"published":"2026-03-02T02:00:00Z"}`

func TestForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body           string
		signals, wrong int
	}{
		"one":                {good, 1, 0},
		"array":              {"[" + good + "," + good + "]", 2, 0},
		"empty array":        {"[]", 0, 0},
		"envelope":           {`{"signals":[` + good + `]}`, 1, 0},
		"lines":              {good + "\n" + good + "\r\n\n" + good + "\n", 3, 0},
		"one bad line":       {good + "\n{broken\n" + good, 2, 1},
		"first line bad":     {"{broken\n" + good, 1, 1},
		"byte order mark":    {"\ufeff" + good, 1, 0},
		"array breaks off":   {"[" + good + "," + good[:40], 1, 1},
		"bad one in array":   {"[" + good + ",7," + good + "]", 2, 1},
		"pretty and one":     {strings.ReplaceAll(good, ",", ",\n"), 1, 0},
		"NaN spoils one":     {"[" + good + `,{"hazard":NaN},` + good + "]", 2, 1},
		"trailing comma":     {"[" + good + ",]", 1, 0},
		"object after value": {"[" + strings.Replace(good, `"flood"`, `"flood" "x"`, 1) + "]", 0, 1},
	} {
		res, err := Parse(input(c.body))
		if err != nil || len(res.Signals) != c.signals || len(res.Quarantined) != c.wrong || res.Items != c.signals+c.wrong {
			t.Errorf("%s: %v, %d signals, %+v", name, err, len(res.Signals), res.Quarantined)
		}
	}
}

func TestNotOurs(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "7", "null", "{", "{broken", `{"signals":7}`, `{"signals":[],"more":1}`, "[]x", "[" + strings.Repeat("["+good+"],", 3),
		"[" + strings.Repeat(good+",", MaxSignals) + good + "]", strings.Repeat(good+"\n", MaxSignals+1), strings.Repeat("[", 100),
	} {
		res, err := Parse(input(body))
		if !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) && len(res.Quarantined) == 0 {
			t.Errorf("%.40q: error %v, %d signals", body, err, len(res.Signals))
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	t.Parallel()
	change := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	for body, want := range map[string]string{
		change(`"flood"`, `"deluge"`):                                                                                 `signals[0].hazard: "deluge" is none of the hazards`,
		change(`"hazard"`, `"Hazard"`):                                                                                `signals[0].Hazard: unknown field`,
		change(`"hazard"`, `"colour":"red","hazard"`):                                                                 `signals[0].colour: unknown field`,
		change(`"hazard"`, `"hazard":"fire","hazard"`):                                                                `signals[0].hazard: stands twice`,
		change(`"hazard"`, `"id":"sig_1","hazard"`):                                                                   `signals[0].id: set by the receiver, leave it out`,
		change(`"hazard"`, `"org":"other","hazard"`):                                                                  `signals[0].org: set by the receiver, leave it out`,
		change(`"hazard"`, `"grade":{"reliability":"A"},"hazard"`):                                                    `signals[0].grade: set by the receiver, leave it out`,
		change(`"hazard"`, `"act":"shout","hazard"`):                                                                  `signals[0].act: "shout" is none of report, update, cancel, error, end`,
		change(`"hazard"`, `"order":"1","hazard"`):                                                                    `signals[0].order: a string where a int64 is wanted`,
		change(`"hazard"`, `"order":9999999999999,"hazard"`):                                                          `signals[0].order: lies in the future (Unix milliseconds are wanted)`,
		change(`"2026-03-02T02:00:00Z"`, `"2026-03-02"`):                                                              `signals[0].published: "2026-03-02" is no time as in RFC 3339 with an offset`,
		change(`"2026-03-02T02:00:00Z"`, `"2027-03-02T02:00:00Z"`):                                                    `signals[0].published: lies in the future`,
		change(`"ML"`, `"Mali"`):                                                                                      `signals[0].places[0].country: "Mali" is no code of ISO 3166-1 alpha-2`,
		change(`[{"country":"ML"}]`, `[]`):                                                                            `signals[0].footprints: no footprint, place or track says where`,
		change(`"headline":"Flood"`, `"headline":"<i></i>"`):                                                          `signals[0].texts[0].headline: empty`,
		change(`"headline":"Flood"`, `"headline":7`):                                                                  `signals[0].texts[0].headline: a number where a string is wanted`,
		change(`"language":"en",`, ``):                                                                                `signals[0].texts[0].language: no language tag (BCP 47)`,
		change(`[{"language":"en","headline":"Flood"}]`, `[]`):                                                        `signals[0].texts: at least one text is wanted`,
		change(`"hazard"`, `"links":["javascript:alert(1)"],"hazard"`):                                                `signals[0].links[0]: no address of the web`,
		change(`"hazard"`, `"footprints":[{"role":"centre"}],"hazard"`):                                               `signals[0].footprints[0].shape: no geometry`,
		change(`"hazard"`, `"footprints":[{"shape":{"type":"Point","coordinates":[1,99]},"role":"centre"}],"hazard"`): `signals[0].footprints[0].shape: point point 0: lat 99 lon 1 out of range; with latitude and longitude exchanged it would fit`,
		change(`"hazard"`, `"footprints":[{"shape":{"type":"Point","coordinates":[1,9]},"role":"middle"}],"hazard"`):  `signals[0].footprints[0].role: "middle" is none of centre, affected, forecast, cone, past`,
		change(`"hazard"`, `"track":[{"at":"2026-03-02T02:00:00Z","place":{"lat":1,"long":2}}],"hazard"`):             `signals[0].track[0].place.long: unknown field`,
		change(`"hazard"`, `"measures":[{"name":"","value":1}],"hazard"`):                                             `signals[0].measures[0]: a measure needs a name and a number`,
		`{"hazard":"flood","act":"cancel","texts":[{"language":"en","headline":"x"}]}`:                                `signals[0].key: a signal that withdraws or ends needs a key or references`,
	} {
		res, err := Parse(input(body))
		if err != nil || len(res.Quarantined) != 1 {
			t.Errorf("%s: %v, %d signals", body, err, len(res.Signals))
			continue
		}
		if q := res.Quarantined[0]; q.Place+": "+q.Reason != want {
			t.Errorf("got  %s: %s\nwant %s", q.Place, q.Reason, want)
		}
	}
}

func TestTooManyVertices(t *testing.T) {
	t.Parallel()
	var ring strings.Builder
	for i := range 200_001 {
		fmt.Fprintf(&ring, "[%d.%05d,1],", i/100_000, i%100_000)
	}
	body := strings.Replace(good, `"places"`, `"footprints":[{"role":"affected","shape":{"type":"Polygon","coordinates":[[`+ring.String()+`[0,2],[0,1]]]}}],"places"`, 1)
	res, err := Parse(input(body))
	if err != nil || len(res.Quarantined) != 1 || !strings.HasSuffix(res.Quarantined[0].Place, "footprints[0].shape") {
		t.Errorf("%v %d signals %+v", err, len(res.Signals), res.Quarantined)
	}
}

func TestKeysAreTheSendersOwn(t *testing.T) {
	t.Parallel()
	body := `{"key":"cap:other,1,2026","act":"cancel","references":["usgs:us7000","push:partner:mine"],"hazard":"flood","texts":[{"language":"en","headline":"x"}]}`
	res, err := Parse(input(body))
	if err != nil || len(res.Signals) != 1 {
		t.Fatalf("%v %+v", err, res)
	}
	s := res.Signals[0]
	if s.Key != "push:partner:cap:other,1,2026" || s.References[0] != "push:partner:usgs:us7000" || s.References[1] != "push:partner:mine" {
		t.Errorf("key %q, references %q", s.Key, s.References)
	}
	if s.Org != "org1" || s.Source != "partner" || s.Grade.Reliability != "C" {
		t.Errorf("%+v", s)
	}
}

func TestRepeatIsHarmlessAndEditIsARevision(t *testing.T) {
	t.Parallel()
	parse := func(body string) event.Signal {
		res, err := Parse(input(body))
		if err != nil || len(res.Signals) != 1 {
			t.Fatalf("%v %+v", err, res)
		}
		return res.Signals[0]
	}
	a, b := parse(good), parse(good)
	c := parse(strings.Replace(good, `"Flood"`, `"Great flood"`, 1))
	if a.ID != b.ID || a.Key != c.Key || a.ID == c.ID {
		t.Errorf("%s %s %s / %s %s", a.ID, b.ID, c.ID, a.Key, c.Key)
	}
}

// TestSchemaIsInStep compares the published schema with the types that read it.
func TestSchemaIsInStep(t *testing.T) {
	t.Parallel()
	var doc struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Enum     []string `json:"enum"`
				MaxItems int      `json:"maxItems"`
			} `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	types := schemaTypes()
	for name, fields := range types {
		properties := doc.Defs[name].Properties
		for f := range fields {
			if _, ok := properties[f]; !ok {
				t.Errorf("%s.%s is not in the schema", name, f)
			}
		}
		for p := range properties {
			if _, ok := fields[p]; !ok {
				t.Errorf("%s.%s is in the schema only", name, p)
			}
		}
	}
	var hazards []string
	for _, h := range event.Hazards() {
		hazards = append(hazards, string(h))
	}
	signal := doc.Defs["signal"].Properties
	for field, want := range map[string][]string{
		"hazard": hazards, "act": acts(), "status": statuses(), "severity": severities(), "certainty": certainties(), "urgency": urgencies(), "tlp": event.TLPs(),
	} {
		if got := signal[field].Enum; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", field, got, want)
		}
	}
	for field, want := range map[string]int{
		"texts": maxTexts, "footprints": maxFootprints, "places": maxPlaces, "track": maxTrack, "measures": maxMeasures,
		"aliases": maxNames, "references": maxNames, "links": maxLinks, "notes": maxNotes,
	} {
		if signal[field].MaxItems != want {
			t.Errorf("%s: at most %d, want %d", field, signal[field].MaxItems, want)
		}
	}
	if got := doc.Defs["footprint"].Properties["role"].Enum; fmt.Sprint(got) != fmt.Sprint(roles()) {
		t.Errorf("roles %v", got)
	}
}

func TestEncodeIsReadBack(t *testing.T) {
	t.Parallel()
	res, err := Parse(input(good))
	if err != nil {
		t.Fatal(err)
	}
	body, err := Encode(res.Signals...)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(input(string(body)))
	if err != nil || len(again.Signals) != 1 || again.Signals[0].ID != res.Signals[0].ID {
		t.Errorf("%v %+v\n%s", err, again, body)
	}
	if bytes.Contains(body, []byte(`"source"`)) {
		t.Errorf("%s", body)
	}
}
