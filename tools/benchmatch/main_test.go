package main

import (
	"slices"
	"testing"

	"watchfire.dev/internal/exposure/match"
)

// TestContestantsAgree: ours, the scan and the R-tree find the same, at the antimeridian and
// the poles too; otherwise the figures would compare different work.
func TestContestantsAgree(t *testing.T) {
	t.Parallel()
	places := assets(4000)
	for i := range 400 { // near the edges of the chart, so that queries start there
		places[i].Lat, places[i].Lon = 85+float64(i%50)/10, float64(i*37%360-180)
		if i%2 == 0 {
			places[i].Lat = -places[i].Lat
		}
		if i%3 == 0 {
			places[i].Lat, places[i].Lon = float64(i%40), 179.9
		}
	}
	ours := &own{x: match.Build(places)}
	others := []contestant{newScan(places), newTree(places)}
	for _, shape := range shapes() {
		qs, err := queries(shape, places[:400])
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for i := range qs {
			if shape == "poly5000" && i == 10 {
				break
			}
			want, err := ours.ask(t.Context(), &qs[i])
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(want)
			found += len(want)
			for _, c := range others {
				got, err := c.ask(t.Context(), &qs[i])
				if err != nil {
					t.Fatal(err)
				}
				slices.Sort(got)
				if d := difference(want, got); d != 0 {
					t.Errorf("%s %d around %v: ours finds %d, %s %d, %d differ", shape, i, qs[i].centre, len(want), c.name(), len(got), d)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s: nothing found", shape)
		}
	}
}
