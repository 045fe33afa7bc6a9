package advice

import (
	"os"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, file := range []string{"us.rss", "us-list.json", "uk.json", "uk-index.json", "canada.json"} {
		seed, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, format := range Formats() {
			res, err := parse(t, format.Kind, body)
			if err == nil && res.Items != len(res.Signals)+len(res.Quarantined) {
				t.Errorf("%s: %d items, %d signals, %d quarantined", format.Kind, res.Items, len(res.Signals), len(res.Quarantined))
			}
		}
	})
}
