package match

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

func clampLat(lat float64) float64 { return min(max(lat, -90), 90) }

// star is a ring around a place: n vertices at random distances up to degrees, so that it
// never crosses itself; round = on round coordinates.
func star(rng *rand.Rand, lat, lon, degrees float64, n int, depth float64, round bool) geo.Ring {
	centre := Unit(lat, lon)
	frame := s2.Ortho(centre)
	other := s2.Point{Vector: centre.Cross(frame.Vector)}
	var ring geo.Ring
	r := degrees * math.Pi / 180
	wave := rng.Float64() * 7
	rough := 0.4 * min(1, 100/float64(n))
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		angle := float64(i) / float64(n) * 2 * math.Pi
		d := r * (1 - depth*(0.3+0.3*math.Sin(3*angle+wave)*math.Cos(7*angle)+rough*rng.Float64()*rng.Float64()))
		side := frame.Mul(cos).Add(other.Mul(sin))
		p := s2.LatLngFromPoint(s2.Point{Vector: centre.Mul(math.Cos(d)).Add(side.Mul(math.Sin(d)))})
		q := geo.Point{Lat: p.Lat.Degrees(), Lon: p.Lng.Degrees()}
		if round {
			q.Lat, q.Lon = math.Round(q.Lat*10)/10, math.Round(q.Lon*10)/10
		}
		ring = append(ring, q)
	}
	return ring
}

// anyArea is a random polygon or several, with holes, of any size.
func anyArea(rng *rand.Rand) geo.Shape {
	lat, lon := spot(rng)
	if rng.IntN(6) == 0 {
		lat, lon = 90, 0
		if rng.IntN(2) == 0 {
			lat = -90
		}
	}
	degrees := math.Pow(10, -2+3.9*rng.Float64())
	round := rng.IntN(3) == 0
	if rng.IntN(12) == 0 { // a box, whose sides are meridians
		w, h := 0.1+20*rng.Float64(), 0.1+20*rng.Float64()
		if round {
			lat, lon, w, h = math.Round(lat), math.Round(lon), math.Ceil(w), math.Ceil(h)
		}
		e, n := math.Remainder(lon+w, 360), clampLat(lat+h)
		return geo.Area(geo.Polygon{{{Lat: clampLat(lat), Lon: lon}, {Lat: clampLat(lat), Lon: e}, {Lat: n, Lon: e}, {Lat: n, Lon: lon}}})
	}
	if rng.IntN(25) == 0 { // a wedge from the pole, as charts draw it
		s := 90.0
		if rng.IntN(2) == 0 {
			s = -90
		}
		return geo.Area(geo.Polygon{{{Lat: s, Lon: lon}, {Lat: s / 2, Lon: lon}, {Lat: s / 2, Lon: math.Remainder(lon+30, 360)}, {Lat: s, Lon: math.Remainder(lon+30, 360)}}})
	}
	n := []int{3, 4, 6, 12, 50, 500}[rng.IntN(6)]
	polygon := geo.Polygon{star(rng, lat, lon, degrees, n, 0.6, round)}
	if rng.IntN(3) == 0 {
		polygon = append(polygon, star(rng, lat, lon, degrees*0.25, 3+rng.IntN(20), 0.5, round))
	}
	polygons := []geo.Polygon{polygon}
	for rng.IntN(3) == 0 && len(polygons) < 4 {
		polygons = append(polygons, geo.Polygon{star(rng, clampLat(lat+2*degrees*rng.NormFloat64()), math.Remainder(lon+2*degrees*rng.NormFloat64(), 360), degrees, 3+rng.IntN(30), 0.6, round)})
	}
	return geo.Area(polygons...)
}

func TestAreasAgreeWithS2(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var s Search
	var a Area
	var got []int32
	compared, found := 0, 0
	for _, n := range []int{1, 30, 3000, 6000} {
		places := spots(rng, n)
		for range 300 {
			shape := anyArea(rng)
			region, _, err := geo.Prepare(shape)
			if err != nil {
				continue
			}
			for i := range min(n/3, 40) { // some exactly on the boundary
				p := shape.Polygons[rng.IntN(len(shape.Polygons))]
				ring := p[rng.IntN(len(p))]
				v, w := ring[rng.IntN(len(ring))], ring[rng.IntN(len(ring))]
				places[i].Lat, places[i].Lon = v.Lat, v.Lon
				switch rng.IntN(4) {
				case 0:
					places[i].Lat = w.Lat
				case 1:
					m := s2.LatLngFromPoint(s2.Interpolate(rng.Float64(), Unit(v.Lat, v.Lon), Unit(w.Lat, w.Lon)))
					places[i].Lat, places[i].Lon = m.Lat.Degrees(), m.Lng.Degrees()
				}
			}
			at := units(places)
			x := Build(places)
			want := brute(places, at, func(p s2.Point) bool {
				for i := range region.Parts() {
					if region.PartHolds(i, p) {
						return true
					}
				}
				return false
			})
			a.Reset(region)
			got = x.Area(&s, &a, got[:0])
			slices.Sort(got)
			if !slices.Equal(got, want) {
				missing, more := differ(want, got)
				t.Fatalf("n %d, %d found, s2 %d; missing %v, too many %v; polygons %v", n, len(got), len(want), describe(places, missing), describe(places, more), short(shape))
			}
			if n < 100 {
				if again := brute(places, at, a.Holds); !slices.Equal(again, want) {
					t.Fatalf("Holds differs")
				}
			}
			compared, found = compared+n, found+len(want)
		}
	}
	if compared < 1_000_000 || found < 50_000 {
		t.Fatalf("only %d pairs with %d matches were compared", compared, found)
	}
}

func differ(want, got []int32) (missing, more []int32) {
	for _, id := range want {
		if !slices.Contains(got, id) {
			missing = append(missing, id)
		}
	}
	for _, id := range got {
		if !slices.Contains(want, id) {
			more = append(more, id)
		}
	}
	return missing, more
}

func describe(places []Place, ids []int32) []Place {
	var out []Place
	for _, id := range ids[:min(3, len(ids))] {
		out = append(out, places[id])
	}
	return out
}

func short(s geo.Shape) any {
	if s.Vertices() < 30 {
		return s.Polygons
	}
	return s.Vertices()
}

func benchArea(b *testing.B, n int, depth float64) {
	places := benchPlaces(1_000_000)
	x := Build(places)
	rng := rand.New(rand.NewPCG(3, 4))
	var regions []*geo.Region
	for len(regions) < 64 {
		p := places[rng.IntN(len(places))]
		r, _, err := geo.Prepare(geo.Area(geo.Polygon{star(rng, p.Lat, p.Lon, 1.5, n, depth, false)}))
		if err != nil {
			b.Fatal(err)
		}
		regions = append(regions, r)
	}
	var s Search
	var a Area
	var out []int32
	hits, i := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		a.Reset(regions[i&63])
		out = x.Area(&s, &a, out[:0])
		hits += len(out)
		i++
	}
	b.ReportMetric(float64(hits)/float64(b.N), "hits")
}

func BenchmarkArea50(b *testing.B)   { benchArea(b, 50, 0.5) }
func BenchmarkArea500(b *testing.B)  { benchArea(b, 500, 0.5) }
func BenchmarkArea5000(b *testing.B) { benchArea(b, 5000, 0.5) }

// TestEdgeOverThePole: an edge half way around the Earth in longitude is short near a pole,
// and was once cut in two for ever.
func TestEdgeOverThePole(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 14))
	var places []Place
	for i := range 2000 {
		places = append(places, Place{int32(i), math.Copysign(80+10*rng.Float64(), rng.Float64()-0.5), 360*rng.Float64() - 180})
	}
	x, at := Build(places), units(places)
	for range 200 {
		lat, lon := 80+10*rng.Float64(), 180*rng.Float64()
		if rng.IntN(2) == 0 {
			lat = -lat
		}
		region, _, err := geo.Prepare(geo.Area(geo.Polygon{{
			{Lat: lat, Lon: lon}, {Lat: lat, Lon: lon - 180}, {Lat: lat - math.Copysign(5, lat), Lon: math.Remainder(lon+180*rng.Float64(), 360)},
		}}))
		if err != nil {
			continue
		}
		var s Search
		var a Area
		a.Reset(region)
		want := brute(places, at, func(p s2.Point) bool { return region.PartHolds(0, p) })
		compare(t, "area over the pole", want, x.Area(&s, &a, nil))
	}
}
