package news

import (
	"os"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, file := range []string{"feed.rss", "broken.rss", "feed.atom", "feed.rdf"} {
		seed, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		res, err := Parse(input(body))
		if err == nil && res.Items != len(res.Signals)+len(res.Quarantined) {
			t.Errorf("%d items, %d signals, %d quarantined", res.Items, len(res.Signals), len(res.Quarantined))
		}
	})
}
