package match

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"watchfire.dev/internal/geo"
)

// walk is a line of n points that wanders from a place.
func walk(rng *rand.Rand, lat, lon float64, n int, degrees float64) []geo.Point {
	out := []geo.Point{{Lat: lat, Lon: lon}}
	course := rng.Float64() * 7
	for len(out) < n {
		p := out[len(out)-1]
		course += rng.NormFloat64() / 2
		sin, cos := math.Sincos(course)
		out = append(out, geo.Point{Lat: clampLat(p.Lat + degrees*cos), Lon: math.Remainder(p.Lon+degrees*sin/max(0.1, math.Cos(p.Lat*math.Pi/180)), 360)})
	}
	return out
}

func TestLinesAgreeWithS2(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	var s Search
	var l Line
	var got []int32
	compared, found := 0, 0
	for _, n := range []int{1, 30, 2000, 4000} {
		places := spots(rng, n)
		at := units(places)
		x := Build(places)
		for range 250 {
			lat, lon := spot(rng)
			shape := geo.Line(walk(rng, lat, lon, 2+rng.IntN(30), math.Pow(10, -2+3.3*rng.Float64())), 50*rng.Float64())
			if rng.IntN(4) == 0 {
				shape = anyArea(rng)
			}
			region, _, err := geo.Prepare(shape)
			if err != nil {
				continue
			}
			reach := radius(rng)
			l.Reset(region, reach)
			want := brute(places, at, l.Holds)
			got = x.Line(&s, &l, got[:0])
			slices.Sort(got)
			if !slices.Equal(got, want) {
				missing, more := differ(want, got)
				t.Fatalf("n %d, reach %v: %d found, s2 %d; missing %v, too many %v; %v", n, reach, len(got), len(want),
					describe(places, missing), describe(places, more), shape.Points)
			}
			compared, found = compared+n, found+len(want)
		}
	}
	if compared < 1_000_000 || found < 100_000 {
		t.Fatalf("only %d pairs with %d matches were compared", compared, found)
	}
}

func BenchmarkTrack(b *testing.B) { benchLine(b, 9, 2.7, 200) }
func BenchmarkRoute(b *testing.B) { benchLine(b, 51, 0.18, 25) }

func benchLine(b *testing.B, n int, degrees, km float64) {
	places := benchPlaces(1_000_000)
	x := Build(places)
	rng := rand.New(rand.NewPCG(3, 4))
	var regions []*geo.Region
	for len(regions) < 64 {
		p := places[rng.IntN(len(places))]
		r, _, err := geo.Prepare(geo.Line(walk(rng, p.Lat, p.Lon, n, degrees), km))
		if err != nil {
			b.Fatal(err)
		}
		regions = append(regions, r)
	}
	var s Search
	var l Line
	var out []int32
	hits, i := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		l.Reset(regions[i&63], 0)
		out = x.Line(&s, &l, out[:0])
		hits += len(out)
		i++
	}
	b.ReportMetric(float64(hits)/float64(b.N), "hits")
}
