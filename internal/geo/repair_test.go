package geo

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
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
		{"unclosed", Polygon{{{0, 0}, {0, 2}, {2, 2}, {2, 0}}}, "", []Point{{1, 1}}, []Point{{3, 1}}},
		{"closed twice", Polygon{{{0, 0}, {0, 2}, {2, 2}, {2, 0}, {0, 0}, {0, 0}}}, "", []Point{{1, 1}}, []Point{{3, 1}}},
		{"hole of two points", Polygon{square, {{1, 1}, {1, 1.5}}}, "no area", []Point{{1, 1.2}}, []Point{{3, 1}}},
		{"empty hole", Polygon{square, {}}, "no area", []Point{{1, 1}}, nil},
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
		"no polygon":     {Kind: PolygonKind},
		"no ring":        Area(Polygon{}),
		"empty ring":     Area(Polygon{{}}),
		"two points":     Area(Polygon{{{1, 1}, {2, 2}}}),
		"empty line":     Line(nil, 1),
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

// TestHalvesAreJoined: what was cut at 180° is one area again, whichever way the halves wind;
// s2 says that nothing was lost or added.
func TestHalvesAreJoined(t *testing.T) {
	t.Parallel()
	west := Ring{{-20, 177}, {-20, 180}, {-15, 180}, {-15, 177}}
	east := Ring{{-20, -180}, {-20, -178}, {-15, -178}, {-15, -180}}
	reversed := func(r Ring) Ring {
		r = slices.Clone(r)
		slices.Reverse(r)
		return r
	}
	hole := Ring{{-18, 178}, {-18, 179}, {-17, 179}, {-17, 178}}
	for name, c := range map[string]struct {
		polygons []Polygon
		parts    int
	}{
		"two halves":              {[]Polygon{{west}, {east}}, 1},
		"the other order":         {[]Polygon{{east}, {west}}, 1},
		"one winds the other way": {[]Polygon{{west}, {reversed(east)}}, 1},
		"both do":                 {[]Polygon{{reversed(west)}, {reversed(east)}}, 1},
		"a third part elsewhere":  {[]Polygon{{{{0, 0}, {0, 1}, {1, 1}}}, {west}, {east}}, 2},
		"with a hole":             {[]Polygon{{west, hole}, {east}}, 1},
		"edges that do not match": {[]Polygon{{west}, {{{-20, -180}, {-20, -178}, {-16, -178}, {-16, -180}}}}, 2},
	} {
		whole := prepared(t, Area(c.polygons...))
		if len(whole.parts) != c.parts {
			t.Errorf("%s: %d parts, want %d", name, len(whole.parts), c.parts)
		}
		apart := make([]*Region, len(c.polygons))
		for i, p := range c.polygons {
			apart[i] = prepared(t, Area(p))
		}
		rng := rand.New(rand.NewPCG(3, 9))
		for range 2000 {
			p := Point{-22 + 9*rng.Float64(), turned(175 + 9*rng.Float64())}
			want := slices.ContainsFunc(apart, func(r *Region) bool { return r.Contains(p) })
			if got := whole.Contains(p); got != want {
				t.Fatalf("%s: %v is inside = %v", name, p, got)
			}
		}
		if !whole.Contains(Point{-17.5, 180}) || !whole.Contains(Point{-17.5, -180}) {
			t.Errorf("%s: the joint is outside", name)
		}
	}
}

func TestAxesAndTurns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"type":"Point","coordinates":[30,120]}`:                                      "exchanged it would fit",
		`{"type":"Polygon","coordinates":[[[30,120],[31,120],[31,121],[30,120]]]}`:     "exchanged it would fit",
		`{"type":"LineString","coordinates":[[100,120],[30,190]]}`:                     "out of range: invalid",
		`{"type":"Point","coordinates":[400,10]}`:                                      "out of range: invalid",
		`{"type":"Point","coordinates":[190,10]}`:                                      "",
		`{"type":"Polygon","coordinates":[[[178,0],[182,0],[182,2],[178,2],[178,0]]]}`: "",
		`{"type":"Polygon","coordinates":[]}`:                                          "no ring",
		`{"type":"MultiPolygon","coordinates":[]}`:                                     "no polygon",
		`{"type":"MultiPolygon","coordinates":[[],[[[0,0],[1,0],[1,1],[0,0]]]]}`:       "",
	} {
		shapes, err := ParseGeoJSON([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		for _, s := range shapes {
			if r := prepared(t, s); s.Kind == PolygonKind && !r.Contains(Point{1, 180}) && !r.Contains(Point{0.2, 0.5}) {
				t.Errorf("%s: %+v", text, s)
			}
		}
	}
	s := Area(Polygon{{{30, 120}, {31, 120}, {31, 121}}})
	if back := s.Exchanged().Exchanged(); back.Polygons[0][0][2] != s.Polygons[0][0][2] || s.Exchanged().Polygons[0][0][0] != (Point{120, 30}) {
		t.Errorf("%+v", s.Exchanged())
	}
}

// TestFiveThousandVertices: drawings as large as sources send pass in one piece, sound or not,
// and answer as the plain test of every edge does.
func TestFiveThousandVertices(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 5))
	centre := Point{30, 67}
	ring := star(rng, centre, 5000, 95, 100)
	r := prepared(t, Area(Polygon{ring}))
	for range 500 {
		p := move(centre, 360*rng.Float64(), 120*rng.Float64())
		if got, want := r.Contains(p), inRing(centre, ring, p); got != want {
			t.Fatalf("%v: inside = %v", p, got)
		}
	}
	crossed := slices.Clone(ring)
	crossed[10], crossed[2500] = crossed[2500], crossed[10]
	hull, notes, err := Prepare(Area(Polygon{crossed}))
	if err != nil || len(notes) != 1 || !hull.Contains(centre) {
		t.Errorf("crossed: %v %v", notes, err)
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
