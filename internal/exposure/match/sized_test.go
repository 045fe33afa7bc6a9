package match

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"watchfire.dev/internal/geo"
)

func extents(rng *rand.Rand, n int) []Item {
	var out []Item
	for _, p := range spots(rng, n) {
		km := 0.0
		if rng.IntN(3) > 0 {
			km = math.Pow(10, -3+7.2*rng.Float64()*rng.Float64())
		}
		out = append(out, Item{p, km})
	}
	return out
}

// TestItemsMissNothing: whatever lies within reach is found, once; with patches too.
func TestItemsMissNothing(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	var s Search
	var got []int32
	compared, found, listed := 0, 0, 0
	for range 6 {
		items := extents(rng, 1500)
		x := BuildItems(items[:1000])
		x = x.With(items[:100], items[1000:])
		live := items[100:]
		if x.Len() != len(live) {
			t.Fatalf("%d items, want %d", x.Len(), len(live))
		}
		for range 60 {
			lat, lon := spot(rng)
			shapes := []geo.Shape{
				geo.At(lat, lon, 0), geo.Circle(lat, lon, 300*rng.Float64()), anyArea(rng),
				geo.Line(walk(rng, lat, lon, 4, 3), 10),
			}
			r, _, err := geo.Prepare(shapes[rng.IntN(len(shapes))])
			if err != nil {
				continue
			}
			reach := math.Pow(10, 4*rng.Float64()-1)
			got = x.Near(&s, r, reach, got[:0])
			slices.Sort(got)
			if len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Fatal("an item came twice")
			}
			for _, it := range live {
				if r.DistanceKM(geo.Point{Lat: it.Lat, Lon: it.Lon}) > reach+it.KM {
					continue
				}
				if _, ok := slices.BinarySearch(got, it.ID); !ok {
					t.Fatalf("item %v within %v km of %v is missing", it, reach, r.Kind())
				}
				found++
			}
			compared, listed = compared+len(live), listed+len(got)
		}
	}
	if compared < 100_000 || found < 20_000 || listed > 4*found {
		t.Fatalf("compared %d, found %d, listed %d", compared, found, listed)
	}
}
