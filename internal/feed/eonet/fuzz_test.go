package eonet

import (
	"os"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/events.json", "testdata/features.geojson"} {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		Sniff(body)
		r, used, err := parse(input(body))
		if err != nil {
			return
		}
		if used+len(r.Quarantined) != r.Items {
			t.Fatalf("%d items, %d used, %d quarantined", r.Items, used, len(r.Quarantined))
		}
		for _, s := range r.Signals {
			for _, fp := range s.Footprints {
				if err := fp.Shape.Check(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
