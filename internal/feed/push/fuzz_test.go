package push

import (
	"os"
	"testing"
)

func FuzzParse(f *testing.F) {
	seed, err := os.ReadFile("testdata/delivery.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(seed))
	f.Add(good)
	f.Add(good + "\n" + good)
	f.Fuzz(func(t *testing.T, body string) {
		res, err := Parse(input(body))
		if err != nil {
			return
		}
		if res.Items != len(res.Signals)+len(res.Quarantined) {
			t.Errorf("%d items, %d signals, %d quarantined", res.Items, len(res.Signals), len(res.Quarantined))
		}
		out, err := Encode(res.Signals...)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(input(string(out)))
		if len(res.Signals) > 0 && (err != nil || len(again.Signals) != len(res.Signals)) {
			t.Errorf("not read back: %v %+v\n%s", err, again.Quarantined, out)
		}
	})
}
