package match

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/golang/geo/s2"
)

// spot is a random place: many lie at a pole, at the antimeridian, in a cluster, on round
// degrees or exactly where another one lies.
func spot(rng *rand.Rand) (lat, lon float64) {
	switch rng.IntN(11) {
	case 0:
		return 90 - 2*rng.Float64()*rng.Float64(), 360*rng.Float64() - 180
	case 1:
		return -90 + 2*rng.Float64()*rng.Float64(), 360*rng.Float64() - 180
	case 2:
		return 40*rng.Float64() - 20, math.Remainder(180+2*rng.NormFloat64(), 360)
	case 3, 4, 5:
		return 30 + rng.NormFloat64(), 67 + rng.NormFloat64()
	case 6:
		return float64(rng.IntN(37)*5 - 90), float64(rng.IntN(73)*5 - 180)
	case 7:
		return 30 + float64(rng.IntN(100))/100, 67 + float64(rng.IntN(100))/100
	}
	return math.Asin(2*rng.Float64()-1) * 180 / math.Pi, 360*rng.Float64() - 180
}

func spots(rng *rand.Rand, n int) []Place {
	out := make([]Place, n)
	for i := range out {
		lat, lon := spot(rng)
		out[i] = Place{int32(i), lat, lon}
		if i > 0 && rng.IntN(20) == 0 {
			out[i].Lat, out[i].Lon = out[i-1].Lat, out[i-1].Lon
		}
	}
	return out
}

func units(places []Place) []s2.Point {
	out := make([]s2.Point, len(places))
	for i, p := range places {
		out[i] = Unit(p.Lat, p.Lon)
	}
	return out
}

// radius is a random radius: nothing, metres, kilometres, a hemisphere, nearly everything.
func radius(rng *rand.Rand) float64 {
	switch rng.IntN(8) {
	case 0:
		return 0
	case 1:
		return math.Pow(10, -6+6*rng.Float64())
	case 2:
		return 10_007 + rng.NormFloat64()
	case 3:
		return 20_015.1 - math.Pow(10, -8+12*rng.Float64())
	}
	return math.Pow(10, 4.31*rng.Float64())
}

func brute(places []Place, units []s2.Point, holds func(s2.Point) bool) []int32 {
	var out []int32
	for i := range units {
		if holds(units[i]) {
			out = append(out, places[i].ID)
		}
	}
	slices.Sort(out)
	return out
}

func TestCirclesAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var s Search
	var got []int32
	var pairs []Pair
	compared, found := 0, 0
	for _, n := range []int{0, 1, 7, 300, 3000, 20_000} {
		places := spots(rng, n)
		at := units(places)
		x := Build(places)
		for range 400 {
			lat, lon := spot(rng)
			km := radius(rng)
			if n > 0 && rng.IntN(4) == 0 { // the radius that just reaches one of them
				c, p := Unit(lat, lon), at[rng.IntN(n)]
				km = 6371.0088 * float64(s2.ChordAngleBetweenPoints(c, p).Angle())
			}
			c := NewCircle(lat, lon, km)
			centre := Unit(lat, lon)
			want := brute(places, at, func(p s2.Point) bool { return Within(centre, p, km) })
			got = x.Circle(&s, &c, got[:0])
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("n %d, %v km around %v, %v: %d found, brute force %d", n, km, lat, lon, len(got), len(want))
			}
			if c := x.CircleCount(&s, &c); c != len(want) {
				t.Fatalf("n %d, %v km around %v, %v: counts %d, brute force %d", n, km, lat, lon, c, len(want))
			}
			pairs = x.CirclePairs(&s, &c, pairs[:0])
			if len(pairs) != len(want) {
				t.Fatalf("n %d, %v km around %v, %v: %d pairs, brute force %d", n, km, lat, lon, len(pairs), len(want))
			}
			compared, found = compared+n, found+len(want)
		}
	}
	if compared < 5_000_000 || found < 500_000 {
		t.Fatalf("only %d pairs with %d matches were compared", compared, found)
	}
}

func benchPlaces(n int) []Place {
	rng := rand.New(rand.NewPCG(7, 8))
	type spot struct{ lat, lon float64 }
	homes := make([]spot, 200)
	for i := range homes {
		homes[i] = spot{math.Asin(1.8*rng.Float64()-0.9) * 180 / math.Pi, 360*rng.Float64() - 180}
	}
	out := make([]Place, n)
	for i := range out {
		lat, lon := math.Asin(2*rng.Float64()-1)*180/math.Pi, 360*rng.Float64()-180
		if rng.IntN(10) < 7 {
			h := homes[rng.IntN(len(homes))]
			lat = min(max(h.lat+1.5*rng.NormFloat64(), -90), 90)
			lon = math.Remainder(h.lon+1.5*rng.NormFloat64()/math.Cos(lat*math.Pi/180), 360)
		}
		out[i] = Place{int32(i), lat, lon}
	}
	return out
}

func BenchmarkCircle(b *testing.B) {
	places := benchPlaces(1_000_000)
	x := Build(places)
	b.Logf("rows %d", len(x.edge.lat)-1)
	for _, km := range []float64{10, 100, 500, 10_000} {
		b.Run(map[float64]string{10: "10", 100: "100", 500: "500", 10_000: "hemisphere"}[km], func(b *testing.B) {
			rng := rand.New(rand.NewPCG(3, 4))
			cs := make([]Circle, 1024)
			for i := range cs {
				p := places[rng.IntN(len(places))]
				cs[i] = NewCircle(p.Lat, p.Lon, km)
			}
			var s Search
			var out []int32
			hits := 0
			i := 0
			for b.Loop() {
				out = x.Circle(&s, &cs[i&1023], out[:0])
				hits += len(out)
				i++
			}
			b.ReportMetric(float64(hits)/float64(b.N), "hits")
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	places := benchPlaces(1_000_000)
	for b.Loop() {
		Build(places)
	}
}

// TestUnitIsThatOfS2: the judge's places and ours have the same bits.
func TestUnitIsThatOfS2(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(21, 22))
	for range 300_000 {
		lat, lon := spot(rng)
		if got, want := Unit(lat, lon), s2.PointFromLatLng(s2.LatLngFromDegrees(lat, lon)); got != want {
			t.Fatalf("%v, %v: %v, s2 %v", lat, lon, got, want)
		}
	}
}
