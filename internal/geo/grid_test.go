package geo

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"watchfire.dev/internal/fault"
)

var nan = math.NaN()

// drawn is a grid of one layer whose values are given in rows from north to south.
func drawn(west, north, step float64, rows ...[]float64) *Grid {
	var all []float64
	for _, r := range rows {
		all = append(all, r...)
	}
	return &Grid{West: west, North: north, StepLon: step, StepLat: step, Cols: len(rows[0]), Rows: len(rows), Layers: []GridLayer{Pack("mmi", "MMI", 0.01, all)}}
}

func TestGridRoundTrip(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 2))
	for _, values := range [][]float64{
		{0}, {nan}, {nan, nan, nan, 1}, {5.25, 5.25, 5.25, 5.25, nan, nan, 5.25, -3}, {1e12, -1e12}, {0, 0, 0, 0, 0, 0},
	} {
		checkRoundTrip(t, values)
	}
	for range 200 {
		values := make([]float64, 1+rng.IntN(300))
		for i := range values {
			switch rng.IntN(4) {
			case 0:
				values[i] = nan
			case 1:
				values[i] = float64(rng.IntN(40)) / 4
			case 2:
				values[i] = values[max(0, i-1)]
			default:
				values[i] = math.Round(1e6*(rng.Float64()-0.5)) / 4
			}
		}
		checkRoundTrip(t, values)
	}
}

func checkRoundTrip(t *testing.T, values []float64) {
	t.Helper()
	g := &Grid{StepLon: 0.001, StepLat: 0.001, Cols: len(values), Rows: 1, Layers: []GridLayer{Pack("x", "", 0.25, values)}}
	raw, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var back Grid
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	got, err := back.Values("x")
	if err != nil {
		t.Fatalf("%v: %v", values, err)
	}
	for i, v := range values {
		const limit = 0.25 * most
		if v = math.Min(math.Max(v, -limit), limit); got[i] != v && !(math.IsNaN(v) && math.IsNaN(got[i])) {
			t.Fatalf("%v became %v", values, got)
		}
	}
}

func TestRasterSamples(t *testing.T) {
	t.Parallel()
	g := drawn(10, 3, 1, []float64{1, 2, 3}, []float64{4, nan, 6}, []float64{7, 8, 9})
	over := drawn(179, 1, 1, []float64{1, 2}, []float64{3, 4})
	around := drawn(-180, 90, 90, []float64{1, 2, 3, 4}, []float64{5, 6, 7, 8})
	tests := []struct {
		name string
		g    *Grid
		p    Point
		want float64 // NaN = none
	}{
		{"north-west", g, Point{2.9, 10.1}, 1},
		{"middle without a value", g, Point{1.5, 11.5}, nan},
		{"south-east corner", g, Point{0, 13}, 9},
		{"north of it", g, Point{3.01, 10.5}, nan},
		{"west of it", g, Point{1, 9.99}, nan},
		{"east of it", g, Point{1, 13.01}, nan},
		{"antimeridian, west", over, Point{0.5, 179.5}, 1},
		{"antimeridian, east", over, Point{0.5, -179.5}, 2},
		{"antimeridian itself", over, Point{-0.5, 180}, 4},
		{"whole earth", around, Point{45, -100}, 1},
		{"whole earth, 180", around, Point{-45, 180}, 5},
		{"pole", around, Point{-90, 100}, 8},
	}
	for _, tt := range tests {
		r, err := tt.g.Open("mmi")
		if err != nil {
			t.Fatal(err)
		}
		s, ok := r.At(tt.p)
		if ok == math.IsNaN(tt.want) || ok && math.Abs(s.Value-tt.want) > 1e-9 {
			t.Errorf("%s: %v %v, want %v", tt.name, s, ok, tt.want)
		}
	}
}

// TestMostAgainstEveryCell holds the search in windows against a look at every cell.
func TestMostAgainstEveryCell(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 7))
	values := make([]float64, 60*40)
	for _, corner := range []Point{{20, 60}, {65, 178.5}, {-60, -179}, {89.8, 0}} {
		for i := range values {
			values[i] = float64(rng.IntN(10_000)) / 100
		}
		g := &Grid{West: corner.Lon, North: corner.Lat, StepLon: 0.05, StepLat: 0.04, Cols: 60, Rows: 40, Layers: []GridLayer{Pack("mmi", "MMI", 0.01, values)}}
		raster, err := g.Open("mmi")
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			p := Point{corner.Lat - rng.Float64()*1.6, math.Remainder(corner.Lon+rng.Float64()*3, 360)}
			for _, s := range []Shape{Circle(p.Lat, p.Lon, 1+20*rng.Float64()), Area(Polygon{star(rng, p, 12, 2, 30)}), At(p.Lat, p.Lon, 0)} {
				r := prepared(t, s)
				pad := 1e-9 + 5*rng.Float64()
				got, ok := raster.Most(r, pad)
				want, found := -1.0, false
				for i, v := range values {
					c := Point{corner.Lat - (float64(i/60)+0.5)*0.04, math.Remainder(corner.Lon+(float64(i%60)+0.5)*0.05, 360)}
					if v > want && r.DistanceKM(c) <= pad+20 && g.touches(i/60, i%60, r, pad) {
						want, found = v, true
					}
				}
				if ok != found || ok && math.Abs(got.Value-want) > 1e-9 {
					t.Fatalf("%v at %v, %v km: %v %v, want %v %v", s.Kind, p, pad, got, ok, want, found)
				}
			}
		}
	}
}

func TestStretchesOfAGrid(t *testing.T) {
	t.Parallel()
	row := []float64{2, 2, 6, 6, 2, 7, 2, 2, nan, 6}
	r, err := drawn(0, 0.5, 1, row).Open("mmi")
	if err != nil {
		t.Fatal(err)
	}
	perDegree := math.Pi / 180 * EarthRadiusKM
	got := r.Stretches(Line([]Point{{0, 0.2}, {0, 4.4}, {0, 9.6}}, 0), func(s Sample) bool { return s.Value >= 5 })
	want := []Stretch{{1.8 * perDegree, 3.8 * perDegree}, {4.8 * perDegree, 5.8 * perDegree}, {8.8 * perDegree, 9.4 * perDegree}}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if math.Abs(got[i].FromKM-want[i].FromKM) > 0.1 || math.Abs(got[i].ToKM-want[i].ToKM) > 0.1 {
			t.Errorf("stretch %d: %v, want %v", i, got[i], want[i])
		}
	}
	if s, ok := r.Most(prepared(t, Line([]Point{{0, 0.2}, {0, 9.6}}, 0)), 0); !ok || s.Value != 7 {
		t.Errorf("most along the line is %v %v", s, ok)
	}
}

func TestExtentHoldsTheCells(t *testing.T) {
	t.Parallel()
	for _, g := range []*Grid{
		drawn(-125.4, 39.4, 3, []float64{1, 2}, []float64{3, 4}), drawn(178, -14, 1, []float64{1, 2, 3, 4}),
		drawn(-180, 90, 90, []float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}), drawn(-0.5, 90.5, 1, make([]float64, 360), make([]float64, 360)),
		drawn(350, 10, 5, []float64{1, 2, 3, 4}),
	} {
		if err := g.Check(); err != nil {
			t.Fatal(err)
		}
		s := g.Extent()
		r := prepared(t, s)
		for _, p := range s.Polygons {
			for _, q := range p[0] {
				if !q.Valid() || math.Abs(q.Lon-p[0][0].Lon) > 90+1e-9 {
					t.Fatalf("%v in %v", q, p[0])
				}
			}
		}
		raster, err := g.Open("mmi")
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(2, 2))
		for range 2000 {
			p := Point{180*rng.Float64() - 90, 360*rng.Float64() - 180}
			_, in := raster.At(p)
			if d := r.DistanceKM(p); in && d > 1.5 {
				t.Fatalf("%v has a value and is %v km outside of the extent", p, d)
			}
		}
	}
}

func TestHostileGrids(t *testing.T) {
	t.Parallel()
	good := *drawn(0, 1, 1, []float64{1, 2, 3})
	for name, spoil := range map[string]func(*Grid){
		"no cells":             func(g *Grid) { g.Cols = 0 },
		"too many cells":       func(g *Grid) { g.Cols, g.Rows = 1<<20, 2 },
		"overflow":             func(g *Grid) { g.Cols, g.Rows = 1<<40, 1<<40 },
		"no step":              func(g *Grid) { g.StepLat = 0 },
		"not a number":         func(g *Grid) { g.West = nan },
		"twice round":          func(g *Grid) { g.StepLon = 300 },
		"beyond the pole":      func(g *Grid) { g.North = 92.5 },
		"no layer":             func(g *Grid) { g.Layers = nil },
		"a layer twice":        func(g *Grid) { g.Layers = append(g.Layers, g.Layers[0]) },
		"no quantum":           func(g *Grid) { g.Layers[0].Quantum = 0 },
		"infinite sigma":       func(g *Grid) { g.Layers[0].Sigma = math.Inf(1) },
		"too few values":       func(g *Grid) { g.Cols = 4 },
		"too many values":      func(g *Grid) { g.Cols = 2 },
		"no base64":            func(g *Grid) { g.Layers[0].Cells = "*" },
		"a run past the end":   func(g *Grid) { g.Layers[0].Cells = "AP///////////wE=" },
		"a run of none":        func(g *Grid) { g.Layers[0].Cells = "AAA=" },
		"an endless varint":    func(g *Grid) { g.Layers[0].Cells = "/////////////////w==" },
		"a tremendous value":   func(g *Grid) { g.Layers[0].Cells = "/////////38A" },
		"nothing":              func(g *Grid) { g.Layers[0].Cells = "" },
		"a name that is empty": func(g *Grid) { g.Layers[0].Name = "" },
	} {
		g := good
		g.Layers = append([]GridLayer{}, good.Layers...)
		spoil(&g)
		if err := g.Check(); !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := g.Open("mmi"); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	if _, err := good.Open("pga"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a layer that is not there: %v", err)
	}
}

func FuzzGrid(f *testing.F) {
	for _, g := range []*Grid{drawn(179, 1, 1, []float64{1, 2, nan}), drawn(-180, 90, 90, []float64{1, 2, 3, 4}, []float64{5, 6, nan, 8})} {
		raw, _ := json.Marshal(g)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var g Grid
		if len(data) > 4096 || json.Unmarshal(data, &g) != nil || g.Check() != nil || g.Cols*g.Rows > 10_000 {
			return
		}
		r, err := g.Open(g.Layers[0].Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := Prepare(g.Extent()); err != nil && g.StepLon*float64(g.Cols) > 1e-4 && g.StepLat*float64(g.Rows) > 1e-4 && g.North > -89.99 && g.south() < 89.99 {
			t.Fatalf("extent of %+v: %v", g, err)
		}
		line := Line([]Point{{0, 0}, {1, 179}, {80, -170}}, 0)
		for _, s := range []Shape{At(0, 180, 0), Circle(89, 0, 500), line} {
			region, _, err := Prepare(s)
			if err != nil {
				t.Fatal(err)
			}
			r.Most(region, 3)
		}
		r.Stretches(line, func(s Sample) bool { return s.Value > 0 })
	})
}
