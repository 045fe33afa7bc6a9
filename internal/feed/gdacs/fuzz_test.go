package gdacs

import (
	"os"
	"testing"

	"watchfire.dev/internal/feed"
)

func check(t *testing.T, r feed.Result) {
	for _, s := range r.Signals {
		if s.Key == "" || s.Version == "" {
			t.Fatalf("incomplete: %+v", s)
		}
		for _, fp := range s.Footprints {
			if err := fp.Shape.Check(); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range s.Track {
			if !p.Place.Valid() {
				t.Fatalf("track %+v", p)
			}
		}
	}
}

func FuzzGeoJSON(f *testing.F) {
	body, err := os.ReadFile("testdata/map.geojson")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		SniffGeoJSON(body)
		r, used, err := parseGeoJSON(input(body))
		if err != nil {
			return
		}
		if used+len(r.Quarantined) < r.Items {
			t.Fatalf("lost: %d items, %d used, %d quarantined", r.Items, used, len(r.Quarantined))
		}
		check(t, r)
	})
}

func FuzzRSS(f *testing.F) {
	for _, name := range []string{"testdata/feed.xml", "testdata/cut.xml"} {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		SniffRSS(body)
		r, err := ParseRSS(input(body))
		if err != nil {
			return
		}
		if len(r.Signals)+len(r.Quarantined) < r.Items {
			t.Fatalf("lost: %d items, %d signals, %d quarantined", r.Items, len(r.Signals), len(r.Quarantined))
		}
		check(t, r)
	})
}
