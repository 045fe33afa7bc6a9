package geo

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"watchfire.dev/internal/fault"
)

func TestRepairs(t *testing.T) {
	t.Parallel()
	square := Ring{{0, 0}, {0, 2}, {2, 2}, {2, 0}}
	clockwise := Ring{{0, 0}, {2, 0}, {2, 2}, {0, 2}}
	small := Ring{{0.5, 0.5}, {0.5, 1}, {1, 1}, {1, 0.5}}
	tests := []struct {
		name    string
		polygon Polygon
		note    string // part of the only note; "" = none
		in, out []Point
	}{
		{"counter-clockwise", Polygon{square}, "", []Point{{1, 1}}, []Point{{3, 3}, {-1, 1}, {0, 180}}},
		{"clockwise", Polygon{clockwise}, "", []Point{{1, 1}}, []Point{{3, 3}, {0, 180}}},
		{"hole of either winding", Polygon{square, small}, "", []Point{{1.5, 1.5}}, []Point{{0.7, 0.7}}},
		{"hole clockwise", Polygon{clockwise, {small[3], small[2], small[1], small[0]}}, "", []Point{{1.5, 1.5}}, []Point{{0.7, 0.7}}},
		{"repeats", Polygon{{{0, 0}, {0, 0}, {0, 2}, {2, 2}, {2, 2}, {2, 0}, {0, 0}}}, "", []Point{{1, 1}}, []Point{{3, 1}}},
		{"spur", Polygon{{{0, 0}, {0, 2}, {0, 5}, {0, 2}, {2, 2}, {2, 0}}}, "2 repeated", []Point{{1, 1}}, []Point{{0.01, 4}}},
		{"bow tie becomes its hull", Polygon{{{0, 0}, {2, 2}, {0, 2}, {2, 0}}, small}, "crosses itself", []Point{{1, 0.1}, {0.1, 1}, {0.7, 0.7}}, []Point{{3, 1}}},
		{"hole over the edge", Polygon{square, {{1, 1}, {1, 3}, {1.5, 3}, {1.5, 1}}}, "a hole crosses", []Point{{1.2, 1.5}}, []Point{{1.2, 2.5}}},
		{"hole outside", Polygon{square, {{5, 5}, {5, 6}, {6, 6}}}, "does not lie in", []Point{{1, 1}}, []Point{{5.5, 5.9}}},
		{"hole in a hole", Polygon{square, {{0.2, 0.2}, {0.2, 1.8}, {1.8, 1.8}, {1.8, 0.2}}, small}, "another hole", []Point{{0.1, 0.1}}, []Point{{0.7, 0.7}, {1.5, 1.5}}},
		{"hole without area", Polygon{square, {{1, 1}, {1, 1.5}, {1, 1}}}, "no area", []Point{{1, 1.2}}, nil},
		{"touching itself", Polygon{{{0, 0}, {0, 2}, {1, 1}, {2, 2}, {2, 0}, {1, 1}}}, "", []Point{{0.5, 1}, {1.5, 1}}, []Point{{1, 1.5}, {1, 0.2}}},
	}
	for _, tt := range tests {
		r, notes, err := Prepare(Shape{Kind: PolygonKind, Polygons: []Polygon{tt.polygon}})
		if err != nil {
			if tt.name == "hole without area" && strings.Contains(err.Error(), "distinct") {
				continue // refused by Check already
			}
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if text := strings.Join(notes, "; "); (tt.note == "") != (text == "") || !strings.Contains(text, tt.note) {
			t.Errorf("%s: notes %q, want %q", tt.name, notes, tt.note)
		}
		for _, p := range tt.in {
			if !r.Contains(p) {
				t.Errorf("%s: %v is outside by %v km", tt.name, p, r.DistanceKM(p))
			}
		}
		for _, p := range tt.out {
			if r.Contains(p) {
				t.Errorf("%s: %v is inside", tt.name, p)
			}
		}
	}
}

func TestPolarAndDatelinePolygons(t *testing.T) {
	t.Parallel()
	cap80 := prepared(t, Area(Polygon{{{80, 0}, {80, 90}, {80, 180}, {80, -90}}}))
	fiji := prepared(t, Area(Polygon{{{-20, 177}, {-20, -178}, {-15, -178}, {-15, 177}}}))
	tests := []struct {
		r    *Region
		p    Point
		want bool
	}{
		{cap80, Point{90, 0}, true},
		{cap80, Point{85, 45}, true},
		{cap80, Point{75, 45}, false},
		{fiji, Point{-17, 180}, true},
		{fiji, Point{-17, -180}, true},
		{fiji, Point{-17, 178}, true},
		{fiji, Point{-17, -179}, true},
		{fiji, Point{-17, 170}, false},
		{fiji, Point{-17, 0}, false},
	}
	for _, tt := range tests {
		if got := tt.r.Contains(tt.p); got != tt.want {
			t.Errorf("%v: inside = %v", tt.p, got)
		}
	}
}

func TestWhatCannotBeRepaired(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Shape{
		"nothing":        {},
		"flat ring":      Area(Polygon{{{0, 0}, {0, 1}, {0, 2}}}),
		"world as a box": Area(Polygon{{{-90, -180}, {-90, 180}, {90, 180}, {90, -180}}}),
		"opposite ends":  Line([]Point{{0, 0}, {0, 180}}, 1),
		"tiny ring":      Area(Polygon{{{1, 1}, {1, 1.0000000001}, {1.0000000001, 1}}}),
		"not a number":   At(math.NaN(), 0, 0),
	} {
		if _, _, err := Prepare(s); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, notes, err := Prepare(Area(Polygon{{{0, 0}, {0, 1}, {0, 2}}}, Polygon{{{5, 5}, {5, 6}, {6, 6}}}))
	if err != nil || len(notes) != 1 || !r.Contains(Point{5.1, 5.5}) {
		t.Errorf("one good polygon of two: %v %v", notes, err)
	}
}

// A zigzag that makes every pair of edges meet in the sweep must not take long.
func TestHostileRingsAreCutShort(t *testing.T) {
	t.Parallel()
	var ring Ring
	for i := range 20_000 {
		lat := 40.0
		if i%2 == 0 {
			lat = -40
		}
		ring = append(ring, Point{lat, 1e-6 * float64(i)})
	}
	if _, notes, err := Prepare(Area(Polygon{ring})); err == nil && len(notes) == 0 {
		t.Error("taken without a note")
	}
}

func FuzzPrepare(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]],[[0.5,0.5],[1,0.5],[1,1],[0.5,0.5]]]}`))
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[0,0],[2,2],[0,2],[2,0],[0,0]]]}`))
	f.Add([]byte(`{"type":"MultiPolygon","coordinates":[[[[179,1],[-179,1],[-179,-1],[179,-1]]],[[[0,89],[120,89],[-120,89]]]]}`))
	f.Add([]byte(`{"type":"LineString","coordinates":[[180,0],[-180,0],[0,90],[5,90]],"radius_km":10}`))
	f.Add([]byte(`{"type":"Point","coordinates":[180,-90],"radius_km":20038,"form":"circle"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		shapes, err := ParseGeoJSON(data)
		if err != nil {
			return
		}
		for _, s := range shapes {
			r, _, err := Prepare(s)
			if err != nil {
				continue
			}
			for _, p := range []Point{{0, 0}, {90, 0}, {-90, 0}, {12, 180}, {45, -97}} {
				d := r.DistanceKM(p)
				if !(d >= 0 && d <= 20_038) {
					t.Fatalf("distance %v from %v", d, p)
				}
				if !r.Window(d).Holds(p) {
					t.Fatalf("window %+v of %v km misses %v", r.Window(d), d, p)
				}
				if mid, radius := r.Bound(); DistanceKM(mid, p) > radius+d+1 {
					t.Fatalf("bound %v %v is too small for %v at %v", mid, radius, p, d)
				}
			}
			if d := r.DistanceToKM(r); d != 0 {
				t.Fatalf("%v km to itself", d)
			}
			r.AffectedChainage(Line([]Point{{0, 0}, {1, 1}}, 0), 5)
		}
	})
}

func BenchmarkPreparePolygon50(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := Area(Polygon{star(rng, Point{30, 67}, 50, 50, 100)})
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Prepare(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPreparePolygon5000(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := Area(Polygon{star(rng, Point{30, 67}, 5000, 95, 100)})
	for b.Loop() {
		if _, _, err := Prepare(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDistancePolygon50(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	r := prepared(b, Area(Polygon{star(rng, Point{30, 67}, 50, 50, 100)}))
	p := move(Point{30, 67}, 12, 130)
	for b.Loop() {
		r.DistanceKM(p)
	}
}
