package news

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
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
		Source: feed.Source{ID: "paper", Kind: Kind, Reliability: "C", Credibility: 3, Owner: "sample-media"},
		Record: "record", Received: time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC), Body: body,
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][2]int{"feed.rss": {3, 2}, "broken.rss": {3, 1}, "feed.atom": {1, 0}, "feed.rdf": {1, 0}} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile("testdata/" + file)
			if err != nil {
				t.Fatal(err)
			}
			res, err := Parse(input(body))
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Signals) != want[0] || len(res.Quarantined) != want[1] || res.Items != want[0]+want[1] {
				t.Errorf("%d items, %d signals, %+v", res.Items, len(res.Signals), res.Quarantined)
			}
			golden(t, "testdata/"+file+".golden.json", res)
		})
	}
}

func golden(t *testing.T, file string, res feed.Result) {
	t.Helper()
	got, err := json.MarshalIndent(res, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("result differs from %s:\n%s", file, got)
	}
}

func TestHazards(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		title, summary, language string
		want                     event.Hazard
	}{
		{"Earthquake hits Nepal", "", "en", event.Earthquake},
		{"Political earthquake in parliament", "", "en", event.Other},
		{"Carolina Hurricanes win", "", "en", event.Other},
		{"Hurricane nears coast", "", "en", event.Cyclone},
		{"Air strikes on the capital", "", "en", event.Conflict},
		{"Airstrike hits camp", "", "en", event.Conflict},
		{"Rail strike: general strike on Friday", "", "en", event.Unrest},
		{"Players strike a deal", "", "en", event.Other},
		{"Manifestations of a disease", "", "en", event.Other},
		{"Manifestations à Dakar", "", "fr", event.Unrest},
		{"Manifestations à Dakar", "", "fr-FR", event.Unrest},
		{"Attentat à Bamako", "", "und", event.Terrorism},
		{"Überschwemmungen in Polen", "", "de", event.Flood},
		{"Secuestro de trabajadores", "", "es", event.Kidnap},
		{"Enchentes e protestos", "", "pt", event.Other}, // two hazards, one each: not plain
		{"Cabinet meets", "Cholera spreads", "en", event.Other},
		{"Cabinet meets", "Cholera spreads; cholera kills", "en", event.Outbreak},
		{"Flooded with requests", "", "en", event.Other},
		{"Firefighters praised", "", "en", event.Other},
		{"", "", "", event.Other},
	} {
		if got := hazardOf(c.title, c.summary, c.language); got != c.want {
			t.Errorf("%q / %q (%s) is %s, want %s", c.title, c.summary, c.language, got, c.want)
		}
	}
	for _, list := range terms() {
		for _, term := range list {
			if term.hazard != "" && !term.hazard.Known() {
				t.Errorf("%v has the unknown hazard %q", term.words, term.hazard)
			}
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Seg, 24 Set 2018 19:42:40 -0300":   "2018-09-24T22:42:40Z",
		"Wed, 31 Jan 2018 20:15:15 GMT":     "2018-01-31T20:15:15Z",
		"03 Apr 02 1500 GMT":                "2002-04-03T15:00:00Z",
		"lun., 2 févr. 2026 04:00:00 +0100": "2026-02-02T03:00:00Z",
		"2026-02-01T17:54:50+01:00":         "2026-02-01T16:54:50Z",
		"someday":                           "",
		"1 Foo 2020 10:00:00 +0000":         "",
		"":                                  "",
	} {
		got, ok := date(text)
		if ok != (want != "") || (ok && got.Format(time.RFC3339) != want) {
			t.Errorf("%q is %v, %v, want %s", text, got, ok, want)
		}
	}
}

func TestNotOurs(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "{}", "<head><title>Document Moved</title></head>\n<body></body>", "<html><body>x</body></html>", "plain",
		`<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>`, strings.Repeat("<rss>", 100), "<rss",
	} {
		if _, err := Parse(input([]byte(body))); !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) {
			t.Errorf("%.40q: error %v", body, err)
		}
	}
}

func TestSniffLeavesAlertsToOthers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`<?xml version="1.0"?><rss version="2.0">`: true,
		`<rdf:RDF xmlns:rdf="x">`:                  true,
		`<feed xmlns="http://www.w3.org/2005/Atom" xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2">`: false,
		`<rss xmlns:gdacs="http://www.gdacs.org">`:                                                    false,
		`<html>`: false,
		`{}`:     false,
	} {
		if got := sniff([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

var itemTag = regexp.MustCompile(`<(item|entry)[\s>]`)

// TestCorpus counts the entries of real feeds by their tags.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	files, _ := filepath.Glob(filepath.Join(root, "feeds/news/*"))
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
			took := time.Since(start)
			if strings.Contains(file, "unrecognized") {
				if !errors.Is(err, fault.ErrInvalid) {
					t.Errorf("error %v", err)
				}
				return
			}
			want := len(itemTag.FindAll(body, -1))
			if err != nil || took > 2*time.Second || res.Items != want || len(res.Signals)+len(res.Quarantined) != want {
				t.Fatalf("%v after %v: %d entries, %d signals, %+v", err, took, want, len(res.Signals), res.Quarantined)
			}
			if len(res.Quarantined) > 0 {
				t.Errorf("quarantined %+v", res.Quarantined[0])
			}
			hazards, dated := map[event.Hazard]int{}, 0
			for _, s := range res.Signals {
				hazards[s.Hazard]++
				if !s.News || strings.ContainsAny(s.Texts[0].Headline, "\uFFFD") {
					t.Errorf("%q", s.Texts[0].Headline)
				}
				if !s.Published.IsZero() {
					dated++
				}
			}
			t.Logf("%v, %d dated, %s, notes %q", hazards, dated, res.Signals[0].Texts[0].Language, res.Signals[0].Notes)
		})
	}
}
