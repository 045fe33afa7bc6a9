package nws

import (
	"os"
	"testing"
)

func FuzzParse(f *testing.F) {
	seed, err := os.ReadFile("testdata/alerts.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"@graph":[{"geometry":"POLYGON((1 1,2 2,3 1,1 1))","event":"x","status":"Test","messageType":"Alert"}]}`))
	f.Add([]byte(`[{"properties":{"event":"a","status":"b"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		res, err := Parse(input(body))
		if err == nil && res.Items != len(res.Signals)+len(res.Quarantined) {
			t.Errorf("%d items, %d signals, %d quarantined", res.Items, len(res.Signals), len(res.Quarantined))
		}
	})
}
