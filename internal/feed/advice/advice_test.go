package advice

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
)

var update = flag.Bool("update", false, "renew the golden files")

func parse(t testing.TB, kind string, body []byte) (feed.Result, error) {
	t.Helper()
	for _, f := range Formats() {
		if f.Kind == kind {
			return f.Parse(feed.Input{
				Source: feed.Source{ID: kind, Kind: kind, Reliability: "B", Credibility: 2}, Record: "record",
				Received: time.Date(2026, 8, 22, 8, 0, 0, 0, time.UTC), Body: body,
			})
		}
	}
	t.Fatalf("no kind %q", kind)
	return feed.Result{}, nil
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, kind                        string
		signals, quarantined, links, item int
	}{
		{"us.rss", "advice-us", 3, 1, 0, 4},
		{"us-list.json", "advice-us", 4, 5, 0, 9},
		{"uk.json", "advice-uk", 1, 0, 0, 1},
		{"uk-index.json", "advice-uk", 0, 1, 1, 1},
		{"canada.json", "advice-canada", 3, 3, 0, 6},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile("testdata/" + c.file)
			if err != nil {
				t.Fatal(err)
			}
			res, err := parse(t, c.kind, body)
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Signals) != c.signals || len(res.Quarantined) != c.quarantined || len(res.Links) != c.links || res.Items != c.item {
				t.Errorf("%d signals, %d quarantined, %d links, %d items", len(res.Signals), len(res.Quarantined), len(res.Links), res.Items)
			}
			golden(t, "testdata/"+c.file+".golden.json", res)
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

func level(t *testing.T, s event.Signal) float64 {
	t.Helper()
	v, ok := s.Measures.Get("advice_level")
	if !ok || v < 1 || v > 4 {
		t.Errorf("%s: advice_level %v, %v", s.Key, v, ok)
	}
	return v
}

func TestLevelWords(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]int{
		"Level 4: Do Not Travel": 4, "AVOID ALL TRAVEL; see also regional advisories.": 4, "AVOID NON-ESSENTIAL TRAVEL": 3,
		"Reconsider your need to travel": 3, "Exercise a high degree of caution (with regional advisories)": 2,
		"Exercise Increased Caution": 2, "Take normal security precautions": 1, "Exercise normal safety precautions": 1,
		"No summary found": 0, "Other": 0, "": 0, "Level 12": 0, "level 5": 0, "Level 1": 1,
	} {
		if got := levelOf(words); got != want {
			t.Errorf("%q is level %d, want %d", words, got, want)
		}
	}
}

func TestUKAlertStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]float64{
		`[]`: 1, `["avoid_all_travel_to_parts"]`: 2, `["avoid_all_but_essential_travel_to_parts"]`: 2,
		`["avoid_all_but_essential_travel_to_whole_country","avoid_all_travel_to_parts"]`: 3,
		`["avoid_all_travel_to_whole_country"]`:                                           4, `["something_new"]`: 2,
	} {
		res, err := parse(t, "advice-uk", []byte(`{"base_path":"/foreign-travel-advice/mali","schema_name":"travel_advice","details":{"country":{"name":"Mali"},"alert_status":`+status+`}}`))
		if err != nil || len(res.Signals) != 1 {
			t.Fatalf("%s: %v %+v", status, err, res)
		}
		if got := level(t, res.Signals[0]); got != want {
			t.Errorf("%s is %v, want %v", status, got, want)
		}
	}
	res, err := parse(t, "advice-uk", []byte(`{"base_path":"/x","schema_name":"travel_advice","details":{"country":{"name":"Mali"}}}`))
	if err != nil || len(res.Quarantined) != 1 {
		t.Errorf("no alert_status: %v %+v", err, res)
	}
}

func TestChangeOfLevelIsANewVersionOfTheSameKey(t *testing.T) {
	t.Parallel()
	read := func(level, date string) event.Signal {
		res, err := parse(t, "advice-us", []byte(`[{"country":"Mali","level":`+level+`,"date":"`+date+`"}]`))
		if err != nil || len(res.Signals) != 1 {
			t.Fatal(err, res)
		}
		return res.Signals[0]
	}
	a, b, again := read("3", "Fri, 21 Aug 2026"), read("4", "Sat, 22 Aug 2026"), read("3", "Fri, 21 Aug 2026")
	if a.Key != "advice-us:ML" || a.Key != b.Key || a.Version == b.Version || a.ID == b.ID || a.Order >= b.Order || b.Act != event.Report {
		t.Errorf("%+v\n%+v", a, b)
	}
	if a.ID != again.ID {
		t.Error("the same row gives another signal")
	}
}

func TestDoubledRowsDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rows := []string{
		`{"country":"Mali","level":2,"date":"Fri, 21 Aug 2026"}`, `{"country":"Mali","level":4,"date":"Fri, 21 Aug 2026"}`,
		`{"country":"Mali","level":3,"date":"Fri, 14 Aug 2026"}`,
	}
	for range 2 {
		slices.Reverse(rows)
		res, err := parse(t, "advice-us", []byte("["+strings.Join(rows, ",")+"]"))
		if err != nil || len(res.Signals) != 1 || len(res.Quarantined) != 2 || level(t, res.Signals[0]) != 4 {
			t.Errorf("%v %+v", err, res)
		}
	}
}

func TestPartsNeverStandForTheWhole(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/us.rss")
	if err != nil {
		t.Fatal(err)
	}
	res, err := parse(t, "advice-us", body)
	if err != nil {
		t.Fatal(err)
	}
	s := res.Signals[1]
	if level(t, s) != 3 || len(s.Places) != 3 || s.Places[1].Admin1 != "Afar region" || s.Places[2].Admin1 != "Border with Kenya" {
		t.Errorf("Ethiopia: level %v, places %+v", level(t, s), s.Places)
	}
	for _, p := range s.Places {
		if p.Country != "ET" {
			t.Errorf("place %+v", p)
		}
	}
}

func TestNotOurs(t *testing.T) {
	t.Parallel()
	for _, f := range Formats() {
		for _, body := range []string{"", "{}", "<html></html>", `{"data":7}`, strings.Repeat("[", 4000), "<!DOCTYPE rss><rss/>", `{"base_path":"/a","schema_name":"email_alert_signup","details":{}}`} {
			if _, err := parse(t, f.Kind, []byte(body)); !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) {
				t.Errorf("%s %.30q: error %v", f.Kind, body, err)
			}
		}
	}
}

// TestDocumentWithoutAStep: a document of its own is kept for what it says; a line of a list
// that states nothing is not.
func TestDocumentWithoutAStep(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body    string
		signals int
	}{
		"GOV.UK before alert_status": {`{"schema_name":"travel_advice","base_path":"/foreign-travel-advice/mali","title":"Mali travel advice",
			"public_updated_at":"2015-04-28T17:11:23+01:00","details":{"country":{"name":"Mali"},"summary":"<p>The FCO advise against travel to Kidal.</p>"}}`, 1},
		"GOV.UK without words": {`{"schema_name":"travel_advice","base_path":"/foreign-travel-advice/mali","details":{"country":{"name":"Mali"}}}`, 0},
		"one country, scraped": {`{"name":"Kenya","update_date":"2026-08-21T13:25:00","update_reason":"Advisory for Eastleigh removed"}`, 1},
		"a list":               {`[{"name":"Kenya","update_date":"2026-08-21T13:25:00","update_reason":"Advisory for Eastleigh removed"}]`, 0},
	} {
		res, err := parse(t, "advice-uk", []byte(tc.body))
		if err != nil || len(res.Signals) != tc.signals || len(res.Signals)+len(res.Quarantined) != 1 || res.Items != 1 {
			t.Errorf("%s: %d signals, %+v, %v", name, len(res.Signals), res.Quarantined, err)
			continue
		}
		for _, s := range res.Signals {
			if _, stated := s.Measures.Get("advice_level"); stated || s.Texts[0].Description == "" || !strings.Contains(strings.Join(s.Notes, " "), "no step") {
				t.Errorf("%s: %+v", name, s)
			}
		}
	}
}

// TestTitleNamesTheCountry: a scraper that cuts names in two must not hide a country.
func TestTitleNamesTheCountry(t *testing.T) {
	t.Parallel()
	res, err := parse(t, "advice-us", []byte(`[{"country":"Guinea","level":2,"full_title":"Guinea - Level 2: Exercise Increased Caution"},
		{"country":"Guinea","level":3,"full_title":"Guinea-Bissau - Level 3: Reconsider Travel"}]`))
	if err != nil || len(res.Signals) != 2 || res.Signals[0].Key != "advice-us:GN" || res.Signals[1].Key != "advice-us:GW" {
		t.Errorf("%+v, %v", res, err)
	}
}
