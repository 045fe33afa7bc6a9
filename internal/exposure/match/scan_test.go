package match

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// TestCosineIsBounded: a scan trusts the bounds of a circle's cosine.
func TestCosineIsBounded(t *testing.T) {
	t.Parallel()
	for i := range 100_001 {
		angle := float64(i) / 100_000 * math.Pi
		low, high := cosine(angle)
		if c := math.Cos(angle); c-low < 1e-14 || high-c < 1e-14 || angle < 1.6 && high-low > 1e-6 {
			t.Fatalf("cosine of %v is %v, bounds %v, %v", angle, c, low, high)
		}
	}
}

// TestQuickTestsAgreeWithS2: where the quick test of an arc is sure, s2 says the same, on the
// rim, at the ends of an arc and behind the Earth as well; and it is sure as a rule.
func TestQuickTestsAgreeWithS2(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	tests, sures, nears := 0, 0, 0
	var l Line
	for range 4000 {
		lat, lon := spot(rng)
		region, _, err := geo.Prepare(geo.Line(walk(rng, lat, lon, 2+rng.IntN(3), math.Pow(10, -5+6.5*rng.Float64())), 0))
		if err != nil {
			continue
		}
		from, to := region.Arcs()
		for range 20 {
			p := Unit(spot(rng))
			km := radius(rng)
			i := rng.IntN(len(from))
			switch rng.IntN(3) {
			case 0: // near the arc, and as far from it as the line reaches
				p = s2.Interpolate(2*rng.Float64()-0.5, from[i], to[i])
				p = s2.Point{Vector: p.Add(Unit(spot(rng)).Mul(math.Pow(10, -9+9*rng.Float64()))).Normalize()}
				d, _ := s2.UpdateMinDistance(p, from[i], to[i], s1.InfChordAngle())
				km = d.Angle().Radians() * geo.EarthRadiusKM
			case 1:
				p = s2.Interpolate(2*rng.Float64()-0.5, from[i], to[i])
			}
			l.Reset(region, km)
			l.prepareArcs()
			v := vectorOf(p)
			d, _ := s2.UpdateMinDistance(p, from[i], to[i], s1.InfChordAngle())
			near, sure := l.quick(&v, i)
			if want := d <= l.limit; sure && near != want {
				t.Fatalf("%v from the arc %v, %v, reach %v km: near %v, s2 %v", p, from[i], to[i], km, near, want)
			}
			tests++
			if sure {
				sures++
			}
			if near {
				nears++
			}
		}
	}
	if tests < 50_000 || sures < tests/4 || nears < tests/20 {
		t.Fatalf("%d tests, %d sure, %d near", tests, sures, nears)
	}
}

// TestFewPointsAgreeWithBruteForce: the paths for a handful of assets, packed and changed.
func TestFewPointsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 14))
	var s Search
	var l Line
	var a Area
	var got []int32
	found := 0
	for round := range 150 {
		places := spots(rng, 1+rng.IntN(2*fewPoints))
		x := Build(places)
		if round%2 == 0 {
			for range 1 + rng.IntN(8) {
				i := rng.IntN(len(places))
				was := places[i]
				places[i].Lat, places[i].Lon = spot(rng)
				x = x.With([]Place{was}, []Place{places[i]})
			}
		}
		at := units(places)
		check := func(what string, holds func(s2.Point) bool) {
			want := brute(places, at, holds)
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Fatalf("%s, %d points: %d found, brute force %d", what, len(places), len(got), len(want))
			}
			found += len(want)
		}
		for range 20 {
			lat, lon := spot(rng)
			km := radius(rng)
			c, centre := NewCircle(lat, lon, km), Unit(lat, lon)
			got = x.Circle(&s, &c, got[:0])
			check("circle", func(p s2.Point) bool { return Within(centre, p, km) })
			line, _, err := geo.Prepare(geo.Line(walk(rng, lat, lon, 2+rng.IntN(30), math.Pow(10, -2+3.3*rng.Float64())), 50*rng.Float64()))
			if err == nil {
				l.Reset(line, km)
				got = x.Line(&s, &l, got[:0])
				check("line", l.Holds)
			}
			area, _, err := geo.Prepare(anyArea(rng))
			if err == nil {
				a.Reset(area)
				got = x.Area(&s, &a, got[:0])
				check("area", a.slowly)
			}
		}
	}
	if found < 10_000 {
		t.Fatalf("only %d found", found)
	}
}

// slowly asks s2 about a place.
func (a *Area) slowly(p s2.Point) bool {
	v := vectorOf(p)
	return a.slow(&v)
}
