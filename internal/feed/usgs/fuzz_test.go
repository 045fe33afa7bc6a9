package usgs_test

import (
	"os"
	"path/filepath"
	"testing"

	"watchfire.dev/internal/feed/usgs"
)

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.[jc]s*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if body, err := os.ReadFile(file); err == nil {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		usgs.Sniff(body)
		r, err := usgs.Parse(input(body))
		if err != nil {
			return
		}
		if r.Items > len(r.Signals)+len(r.Quarantined) {
			t.Fatalf("lost: %d items, %d signals, %d quarantined", r.Items, len(r.Signals), len(r.Quarantined))
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
