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
