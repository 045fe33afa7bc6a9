package match

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// TestPatchesAgreeWithBruteForce changes points over and over, far beyond the number from
// which on everything is packed anew, and asks old and new versions alike.
func TestPatchesAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 10))
	live := spots(rng, 400)
	x := Build(live)
	next := int32(len(live))
	var s Search
	var a Area
	var l Line
	var got []int32
	type version struct {
		x    *Points
		live []Place
	}
	old := version{x, slices.Clone(live)}
	compared := 0
	for step := range 700 {
		var remove, add []Place
		for range 1 + rng.IntN(12) {
			switch i := rng.IntN(max(1, len(live))); {
			case step%300 > 220 && len(live) > 0, rng.IntN(4) == 0 && len(live) > 0: // goes
				remove = append(remove, live[i])
				live = slices.Delete(live, i, i+1)
			case rng.IntN(3) == 0 && len(live) > 0: // moves
				if slices.Contains(add, live[i]) {
					continue
				}
				remove = append(remove, live[i])
				lat, lon := spot(rng)
				live[i].Lat, live[i].Lon = lat, lon
				add = append(add, live[i])
			default: // comes
				lat, lon := spot(rng)
				p := Place{next, lat, lon}
				next++
				live, add = append(live, p), append(add, p)
			}
		}
		add = slices.DeleteFunc(add, func(p Place) bool { // came and went in one step
			i := slices.Index(remove, p)
			if i >= 0 {
				remove = slices.Delete(remove, i, i+1)
			}
			return i >= 0
		})
		x = x.With(remove, add)
		if x.Len() != len(live) {
			t.Fatalf("step %d: %d items, want %d", step, x.Len(), len(live))
		}
		if step%5 == 0 {
			for _, v := range []version{{x, live}, old} {
				compared += checkVersion(t, rng, v.x, v.live, &s, &a, &l, &got)
			}
		}
		if step%90 == 0 {
			old = version{x, slices.Clone(live)}
		}
	}
	if compared < 300_000 {
		t.Fatalf("only %d pairs were compared", compared)
	}
}

func checkVersion(t *testing.T, rng *rand.Rand, x *Points, live []Place, s *Search, a *Area, l *Line, got *[]int32) int {
	t.Helper()
	at := units(live)
	lat, lon := spot(rng)
	km := radius(rng)
	c := NewCircle(lat, lon, km)
	compare(t, "circle", brute(live, at, c.Holds), x.Circle(s, &c, (*got)[:0]))
	if r, _, err := geo.Prepare(anyArea(rng)); err == nil {
		a.Reset(r)
		want := brute(live, at, func(p s2.Point) bool {
			return a.slow(&vector{p.X, p.Y, p.Z})
		})
		compare(t, "area", want, x.Area(s, a, (*got)[:0]))
	}
	if r, _, err := geo.Prepare(geo.Line(walk(rng, lat, lon, 5, 2), 0)); err == nil {
		l.Reset(r, km)
		compare(t, "line", brute(live, at, l.Holds), x.Line(s, l, (*got)[:0]))
	}
	return 3 * len(live)
}

func compare(t *testing.T, what string, want, got []int32) {
	t.Helper()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		missing, more := differ(want, got)
		t.Fatalf("%s: %d found, brute force %d; missing %v, too many %v", what, len(got), len(want), missing, more)
	}
}

func BenchmarkPatch(b *testing.B) {
	places := benchPlaces(1_000_000)
	x := Build(places)
	rng := rand.New(rand.NewPCG(3, 4))
	b.ReportAllocs()
	for b.Loop() {
		i := rng.IntN(len(places))
		was := places[i]
		places[i].Lat = clampLat(was.Lat + 0.01)
		x = x.With([]Place{was}, []Place{places[i]})
	}
}
