package nhc

import (
	"os"
	"testing"

	"watchfire.dev/internal/feed"
)

func check(t *testing.T, r feed.Result, used int) {
	if used+len(r.Quarantined) != r.Items {
		t.Fatalf("%d items, %d used, %d quarantined", r.Items, used, len(r.Quarantined))
	}
	for _, s := range r.Signals {
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

func FuzzStorms(f *testing.F) {
	body, err := os.ReadFile("testdata/storms.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		Sniff(body)
		if r, err := Parse(input(body)); err == nil {
			check(t, r, len(r.Signals))
		}
	})
}

func FuzzDeck(f *testing.F) {
	body, err := os.ReadFile("testdata/deck.dat")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		SniffATCF(body)
		if r, used, err := parseDeck(input(body)); err == nil {
			check(t, r, used)
		}
	})
}
