package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

// places are centres around which the random shapes are drawn: poles, antimeridian, equator
// and ordinary ground.
var places = []Point{
	{90, 0}, {-90, 0}, {89.2, 77}, {-88, -179.9}, {0, 180}, {-17, -179.95}, {65, 179.8}, {0, 0}, {30.2, 67}, {-45, -71}, {51.5, -0.1}, {1, 103.8},
}

func prepared(t testing.TB, s Shape) *Region {
	t.Helper()
	r, _, err := Prepare(s)
	if err != nil {
		t.Fatalf("prepare %+v: %v", s, err)
	}
	return r
}

// move goes km kilometres from p on an initial bearing in degrees, from a pole too.
func move(p Point, bearing, km float64) Point {
	const rad = math.Pi / 180
	sinLat, cosLat := math.Sincos(p.Lat * rad)
	sinLon, cosLon := math.Sincos(p.Lon * rad)
	sinB, cosB := math.Sincos(bearing * rad)
	sinD, cosD := math.Sincos(km / EarthRadiusKM)
	east := r3.Vector{X: -sinLon, Y: cosLon}
	north := r3.Vector{X: -sinLat * cosLon, Y: -sinLat * sinLon, Z: cosLat}
	up := r3.Vector{X: cosLat * cosLon, Y: cosLat * sinLon, Z: sinLat}
	return fromS2(s2.Point{Vector: up.Mul(cosD).Add(north.Mul(sinD * cosB)).Add(east.Mul(sinD * sinB))})
}

// star draws a ring of n points around c, each between low and high kilometres away.
func star(rng *rand.Rand, c Point, n int, low, high float64) Ring {
	var out Ring
	for i := range n {
		out = append(out, move(c, 360*float64(i)/float64(n), low+(high-low)*rng.Float64()))
	}
	return out
}

// planar is the gnomonic projection around c, in which great circles are straight.
func planar(c, p Point) (x, y float64, ok bool) {
	const rad = math.Pi / 180
	dl := (p.Lon - c.Lon) * rad
	s1, c1, s, k := math.Sin(c.Lat*rad), math.Cos(c.Lat*rad), math.Sin(p.Lat*rad), math.Cos(p.Lat*rad)
	cos := s1*s + c1*k*math.Cos(dl)
	return k * math.Sin(dl) / cos, (c1*s - s1*k*math.Cos(dl)) / cos, cos > 0.01
}

// inRing is the even–odd rule on the plane: the brute force against which s2 is held.
func inRing(c Point, r Ring, p Point) bool {
	px, py, ok := planar(c, p)
	inside := false
	for i := range r {
		ax, ay, _ := planar(c, r[i])
		bx, by, _ := planar(c, r[(i+1)%len(r)])
		if (ay > py) != (by > py) && px < ax+(py-ay)/(by-ay)*(bx-ax) {
			inside = !inside
		}
	}
	return ok && inside
}

// sampled is the least distance to points every step along the lines, and the step.
func sampled(lines [][]Point, closed bool, p Point) (best, step float64) {
	best = math.Inf(1)
	for _, l := range lines {
		n := len(l) - 1
		if closed {
			n++
		}
		for i := range n {
			a, b := toS2(l[i]), toS2(l[(i+1)%len(l)])
			const pieces = 24
			step = math.Max(step, DistanceKM(l[i], l[(i+1)%len(l)])/pieces)
			for j := 0; j <= pieces; j++ {
				f := float64(j) / pieces
				q := fromS2(s2.Point{Vector: a.Vector.Mul(1 - f).Add(b.Vector.Mul(f)).Normalize()})
				best = math.Min(best, DistanceKM(p, q))
			}
		}
	}
	return best, step
}

func TestPolygonsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range places {
		for _, size := range []float64{0.5, 40, 900, 4000} {
			outer := star(rng, c, 5+rng.IntN(60), size/2, size)
			hole := star(rng, c, 3+rng.IntN(8), size/8, size/5)
			r := prepared(t, Area(Polygon{outer, hole}))
			for range 60 {
				p := move(c, 360*rng.Float64(), 2*size*rng.Float64())
				want := inRing(c, outer, p) && !inRing(c, hole, p)
				got := r.DistanceKM(p)
				if (got == 0) != want || r.Contains(p) != want {
					t.Fatalf("centre %v size %v: %v inside = %v, brute force %v", c, size, p, got == 0, want)
				}
				best, step := sampled([][]Point{outer, hole}, true, p)
				if !want && (got > best+1e-6 || got < best-step-1e-6) {
					t.Fatalf("centre %v size %v: distance of %v = %v, sampled %v ± %v", c, size, p, got, best, step)
				}
				if w := r.Window(got); !w.Holds(p) {
					t.Fatalf("centre %v: window %+v misses %v at %v km", c, w, p, got)
				}
				if mid, radius := r.Bound(); got == 0 && DistanceKM(mid, p) > radius+1e-6 {
					t.Fatalf("bound %v %v misses %v", mid, radius, p)
				}
			}
		}
	}
}

func TestLinesCirclesAndPointsAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range places {
		for range 20 {
			var line []Point
			for range 2 + rng.IntN(30) {
				line = append(line, move(c, 360*rng.Float64(), 600*rng.Float64()))
			}
			half := 20 * rng.Float64()
			bare, wide := prepared(t, Line(line, 0)), prepared(t, Line(line, half))
			circle, point := prepared(t, Circle(c.Lat, c.Lon, half)), prepared(t, At(c.Lat, c.Lon, half))
			for range 20 {
				p := move(c, 360*rng.Float64(), 1500*rng.Float64())
				best, step := sampled([][]Point{line}, false, p)
				if got := bare.DistanceKM(p); got > best+1e-6 || got < best-step-1e-6 {
					t.Fatalf("line at %v: %v, sampled %v ± %v", c, got, best, step)
				}
				near(t, wide.DistanceKM(p), math.Max(0, bare.DistanceKM(p)-half), "half width")
				near(t, point.DistanceKM(p), DistanceKM(c, p), "point: its radius is uncertainty")
				near(t, circle.DistanceKM(p), math.Max(0, DistanceKM(c, p)-half), "circle")
				for _, r := range []*Region{bare, wide, circle, point} {
					if w := r.Window(r.DistanceKM(p)); !w.Holds(p) {
						t.Fatalf("%s at %v: window %+v misses %v", r.Kind(), c, w, p)
					}
				}
			}
		}
	}
}

func near(t *testing.T, got, want float64, what string) {
	t.Helper()
	if math.Abs(got-want) > 1e-5*math.Max(1, want/1000) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func TestDistanceBetweenShapes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	box := func(c Point, km float64) Shape {
		return Area(Polygon{{move(c, 45, km), move(c, 135, km), move(c, 225, km), move(c, 315, km)}})
	}
	for _, c := range places {
		hollow := Area(Polygon{star(rng, c, 12, 300, 300), star(rng, c, 12, 100, 100)})
		r := prepared(t, hollow)
		inHole, inRing := prepared(t, box(c, 20)), prepared(t, box(move(c, 70, 200), 5))
		if d := r.DistanceToKM(inHole); d < 60 || d > 80 {
			t.Errorf("%v: box in the hole is %v km away, want about 77 (edge at 97, box 20)", c, d)
		}
		if d := r.DistanceToKM(inRing); d != 0 {
			t.Errorf("%v: box in the ring is %v km away", c, d)
		}
		if d := inRing.DistanceToKM(r); d != 0 {
			t.Errorf("%v: seen from the box: %v km", c, d)
		}
		through := prepared(t, Line([]Point{move(c, 90, 400), move(c, 270, 400)}, 0))
		if d := r.DistanceToKM(through); d != 0 {
			t.Errorf("%v: line through is %v km away", c, d)
		}
		for range 30 {
			a := prepared(t, Line([]Point{move(c, 360*rng.Float64(), 500), move(c, 360*rng.Float64(), 800)}, 0))
			p := move(c, 360*rng.Float64(), 900*rng.Float64())
			b := prepared(t, At(p.Lat, p.Lon, 0))
			near(t, a.DistanceToKM(b), a.DistanceKM(p), "line to point")
			near(t, b.DistanceToKM(r), r.DistanceKM(p), "point to polygon")
			near(t, a.DistanceToKM(r), r.DistanceToKM(a), "symmetry")
			line := []Point{move(c, 360*rng.Float64(), 900), move(c, 360*rng.Float64(), 1500)}
			got, least := r.DistanceToKM(prepared(t, Line(line, 0))), math.Inf(1)
			va, vb := toS2(line[0]), toS2(line[1])
			for j := range 2001 {
				f := float64(j) / 2000
				least = math.Min(least, r.distance(s2.Point{Vector: va.Vector.Mul(1 - f).Add(vb.Vector.Mul(f)).Normalize()}))
			}
			if got > least+1e-6 || got < least-DistanceKM(line[0], line[1])/1000-1e-6 {
				t.Fatalf("%v: line to ring %v, sampled %v", c, got, least)
			}
		}
	}
}

func TestAffectedChainage(t *testing.T) {
	t.Parallel()
	// One degree of latitude is 111.195 km; the line runs north along 10° E.
	line := Line([]Point{{0, 10}, {1, 10}, {4, 10}}, 0)
	tests := []struct {
		name  string
		shape Shape
		reach float64
		want  string
	}{
		{"circle in the middle", Circle(2, 10, 50), 0, "172.4-272.4"},
		{"point with reach", At(2, 10, 7), 20, "202.4-242.4"},
		{"beside the line", At(2, 10.5, 0), 20, ""},
		{"at the start", Circle(0, 10, 30), 0, "0.0-30.0"},
		{"two crossings", Line([]Point{{0.5, 9}, {0.5, 11}, {3, 11}, {3, 9}}, 10), 0, "45.6-65.6 323.6-343.6"},
		{"everything", Circle(2, 10, 1000), 0, "0.0-444.8"},
		{"far away", Circle(2, -170, 100), 50, ""},
	}
	for _, tt := range tests {
		var got []string
		for _, s := range prepared(t, tt.shape).AffectedChainage(line, tt.reach) {
			got = append(got, fmt.Sprintf("%.1f-%.1f", s.FromKM, s.ToKM))
		}
		if !close1(strings.Join(got, " "), tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, strings.Join(got, " "), tt.want)
		}
	}
	if got := prepared(t, Circle(0, 0, 10)).AffectedChainage(At(0, 0, 0), 1); got != nil {
		t.Errorf("a point has chainage %v", got)
	}
}

// close1 compares lists of stretches to 0.15 km.
func close1(got, want string) bool {
	g, w := strings.FieldsFunc(got, func(r rune) bool { return r == ' ' || r == '-' }), strings.FieldsFunc(want, func(r rune) bool { return r == ' ' || r == '-' })
	if len(g) != len(w) {
		return false
	}
	for i := range g {
		var a, b float64
		fmt.Sscan(g[i], &a)
		fmt.Sscan(w[i], &b)
		if math.Abs(a-b) > 0.15 {
			return false
		}
	}
	return true
}

func TestChainageOverTheAntimeridianAgreesWithSampling(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	for _, c := range places {
		var points []Point
		for i := range 8 {
			points = append(points, move(c, 20*rng.Float64()+40, -400+100*float64(i)))
		}
		r := prepared(t, Area(Polygon{star(rng, c, 9, 60, 150)}))
		line := Line(points, 0)
		stretches := r.AffectedChainage(line, 15)
		if len(stretches) == 0 {
			t.Fatalf("%v: nothing affected", c)
		}
		at := 0.0
		for i := 1; i < len(points); i++ {
			km := DistanceKM(points[i-1], points[i])
			for j := range 100 {
				f := (float64(j) + 0.5) / 100
				a, b := toS2(points[i-1]), toS2(points[i])
				theta := km / EarthRadiusKM
				p := s2.Point{Vector: a.Vector.Mul(math.Sin((1 - f) * theta)).Add(b.Vector.Mul(math.Sin(f * theta))).Normalize()}
				d, in := r.distance(p), false
				for _, s := range stretches {
					in = in || at+f*km >= s.FromKM && at+f*km <= s.ToKM
				}
				if math.Abs(d-15) > 0.2 && in != (d < 15) {
					t.Fatalf("%v: km %.2f is %v km away, affected = %v", c, at+f*km, d, in)
				}
			}
			at += km
		}
	}
}
