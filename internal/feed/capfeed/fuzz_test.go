package capfeed

import (
	"os"
	"testing"

	"watchfire.dev/internal/feed"
)

func FuzzParse(f *testing.F) {
	for _, name := range []string{"alert.xml", "green.json", "index.atom", "broken.rss"} {
		seed, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in := input(body)
		in.Source.Follow = true
		for _, format := range Formats() {
			res, err := format.Parse(in)
			if err != nil {
				if len(res.Signals)+len(res.Quarantined) > 0 {
					t.Errorf("%s: an error beside %d signals", format.Kind, len(res.Signals))
				}
				continue
			}
			check(t, format.Kind, res)
		}
	})
}

// check holds a result against the contract: enough pieces for the items, known words,
// shapes that can be used.
func check(t *testing.T, kind string, res feed.Result) {
	t.Helper()
	if len(res.Signals)+len(res.Quarantined)+len(res.Links) == 0 && res.Items > 0 {
		t.Errorf("%s: %d items and nothing of them", kind, res.Items)
	}
	for _, s := range res.Signals {
		if s.Key == "" || s.ID == "" || len(s.Texts) == 0 || !s.Hazard.Known() || s.Order == 0 {
			t.Errorf("%s: incomplete signal %+v", kind, s)
		}
		for _, f := range s.Footprints {
			if err := f.Shape.Check(); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}
