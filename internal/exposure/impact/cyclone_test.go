package impact

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
	"watchfire.dev/internal/fault"
)

// Values of climada/entity/impact_funcs/test/test_tc.py at every 5 m/s from 30 m/s.
func TestWindDamageAgainstCLIMADA(t *testing.T) {
	t.Parallel()
	m := Default()
	want := []float64{
		0.0006753419543492556, 0.006790495604105169, 0.02425254393374475, 0.05758706257339458,
		0.10870556455111065, 0.1761433569521351, 0.2553983618763961, 0.34033822528795565,
		0.4249447743109498, 0.5045777092933046, 0.576424302849412, 0.6393091739184916,
		0.6932203123193963, 0.7388256596555696, 0.777104531116526, 0.8091124649261859,
		0.8358522190681132, 0.8582150905529946, 0.8769633232141456,
	}
	for i, w := range want {
		near(t, "damage", m.WindDamage(float64(30+5*i), 74.7), w, 1e-14)
	}
	if got := m.WindDamage(25, 74.7); got != 0 {
		t.Errorf("damage below the threshold: %v", got)
	}
	for _, tt := range []struct {
		region   string
		vHalf    float64
		ms, want float64
	}{
		{"WP4", 190.5, 120, 0.15779133833203},
		{"WP4", 190.5, 75, 0.02607326527808},
		{"WP2", 188.4, 188.4, 0.5},
		{"GLB", 110.1, 110.1, 0.5},
	} {
		v, ok := m.vHalf(tt.region)
		if !ok || v != tt.vHalf {
			t.Errorf("%s: half damage at %v, want %v", tt.region, v, tt.vHalf)
		}
		near(t, tt.region, m.WindDamage(tt.ms, v), tt.want, 1e-9)
	}
	// The catastrophic wind inverts the curve; at the default it lies at the 96 kt of I4.
	near(t, "wind of 10 % damage", m.catastrophicWind(74.7, 1), 95.7, 0.2)
	near(t, "its damage", m.WindDamage(m.catastrophicWind(110.1, 1)*knot, 110.1), 0.1, 1e-12)
}

func even(km float64) Quadrants { return Quadrants{km, km, km, km} }

// A single position with round wind fields has an analytic answer: the chance that a point
// of a two-dimensional Gaussian falls into a circle around its mean.
func TestEnsembleAgainstTheAnalyticCase(t *testing.T) {
	t.Parallel()
	p := TrackPoint{Lat: 15, Lon: 179.9, MaxWindKnots: 80, R34: even(220), R50: even(110), R64: even(60), ErrorKM: 150}
	r, err := Default().Cyclone(CycloneInput{Track: []TrackPoint{p}, Lat: 15, Lon: 179.9, Seed: 7, Draws: 40000})
	if err != nil {
		t.Fatal(err)
	}
	sigma := 150 / coneToSigma
	for k, radius := range map[int]float64{1: 220, 2: 110, 3: 60} {
		near(t, "share", r.P[k], 1-math.Exp(-radius*radius/(2*sigma*sigma)), 0.01)
	}
	near(t, "cone holds two thirds", 1-math.Exp(-coneToSigma*coneToSigma/2), 2.0/3, 1e-12)
	// Away from the mean: numerical integral of the Gaussian over the circle.
	far := CycloneInput{Track: []TrackPoint{p}, Lat: 15, Lon: -178.4, Seed: 7, Draws: 40000}
	r, _ = Default().Cyclone(far)
	d, _ := offset(15, 179.9, 15, -178.4)
	want, h := 0.0, 2.0
	for x := -220.0; x < 220; x += h {
		for y := -220.0; y < 220; y += h {
			if x*x+y*y <= 220*220 {
				want += h * h / (2 * math.Pi * sigma * sigma) * math.Exp(-((x-d)*(x-d)+y*y)/(2*sigma*sigma))
			}
		}
	}
	near(t, "share away from the mean", r.P[1], want, 0.01)
}

func track() []TrackPoint {
	return []TrackPoint{
		{Hours: 0, Lat: 14, Lon: 130, MaxWindKnots: 90, R34: Quadrants{280, 240, 180, 220}, R50: even(120), R64: even(60)},
		{Hours: 24, Lat: 15.2, Lon: 126.5, MaxWindKnots: 105, R34: Quadrants{280, 240, 180, 220}, R50: even(130), R64: even(70), ErrorKM: 70},
		{Hours: 48, Lat: 16.5, Lon: 122.5, MaxWindKnots: 110, R34: Quadrants{280, 240, 180, 220}, R50: even(130), ErrorKM: 130},
		{Hours: 72, Lat: 17.5, Lon: 118.8, MaxWindKnots: 70, R34: Quadrants{220, 200, 150, 180}, ErrorKM: 200},
	}
}

func TestCycloneOnTheTrackAndFarFromIt(t *testing.T) {
	t.Parallel()
	m := Default()
	on, err := m.Cyclone(CycloneInput{Track: track(), Lat: 16.4, Lon: 122.6, Seed: 1, Region: "WP2"})
	if err != nil {
		t.Fatal(err)
	}
	if err := on.P.Valid(); err != nil || on.P[1] < 0.97 || on.P[4] < 0.1 || on.P[4] > 0.9 {
		t.Errorf("on the track: %v %v", on.P, err)
	}
	if on.ETAHours == nil || *on.ETAHours < 30 || *on.ETAHours > 44 {
		t.Errorf("gales arrive after %v, want some ten hours before hour 47", on.ETAHours)
	}
	far, _ := m.Cyclone(CycloneInput{Track: track(), Lat: 30, Lon: 140, Seed: 1})
	if far.P[1] != 0 || far.ETAHours != nil {
		t.Errorf("2,000 km off: %v", far.P)
	}
	soon, _ := m.Cyclone(CycloneInput{Track: track(), Lat: 16.4, Lon: 122.6, Seed: 1, HorizonHours: 12})
	if soon.P[1] != 0 {
		t.Errorf("within 12 hours: %v", soon.P)
	}
}

func TestCycloneIsReproducible(t *testing.T) {
	t.Parallel()
	in := CycloneInput{Track: track(), Lat: 17.4, Lon: 122.6, Seed: 42}
	a, _ := Default().Cyclone(in)
	b, _ := Default().Cyclone(in)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("same seed, %+v and %+v", a, b)
	}
	in.Seed++
	if c, _ := Default().Cyclone(in); c.Intensity == a.Intensity {
		t.Error("another seed gives the same ensemble")
	}
}

func TestProfileGoesThroughItsRadii(t *testing.T) {
	t.Parallel()
	p := newProfile(100, 30, 0.6, [3]float64{250, 120, 65}, [3]bool{true, true, true})
	for km, want := range map[float64]float64{0: 100, 30: 100, 65: 64, 120: 50, 250: 34} {
		near(t, "wind", p.at(km), want, 1e-9)
	}
	weak := newProfile(100, 30, 0.6, [3]float64{100, 0, 0}, [3]bool{true, true, true})
	if v := weak.at(0); v >= 50 {
		t.Errorf("a quadrant without 50 kt has %v", v)
	}
	rapid.Check(t, func(t *rapid.T) {
		top := rapid.Float64Range(20, 180).Draw(t, "top")
		r64 := rapid.Float64Range(0, 100).Draw(t, "r64")
		r50 := rapid.Float64Range(0, 200).Draw(t, "r50")
		r34 := rapid.Float64Range(0, 500).Draw(t, "r34")
		p := newProfile(top, rapid.Float64Range(5, 90).Draw(t, "rmw"), 0.6, [3]float64{r34, r50, r64}, [3]bool{true, true, true})
		last := math.Inf(1)
		for km := 0.0; km < 800; km += 3 {
			v := p.at(km)
			if !(v <= last+1e-9 && v >= 0 && v <= top) {
				t.Fatalf("wind %v at %v km after %v: %+v", v, km, last, p)
			}
			last = v
		}
	})
}

func TestCycloneWind(t *testing.T) {
	t.Parallel()
	m := Default()
	w := 64.0
	r, err := m.CycloneWind(CycloneWindInput{SiteWindKnots: &w, WindSigmaKnots: 10})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p3", r.P[3], 0.5, 1e-12)
	near(t, "p2", r.P[2], phi(1.4), 1e-12)
	near(t, "p4", r.P[4], phi((64-m.catastrophicWind(74.7, 1))/10), 1e-12)
	surge, _ := m.CycloneWind(CycloneWindInput{SiteWindKnots: &w, WindSigmaKnots: 10, SurgeM: 2.5})
	near(t, "surge of 2.5 m", surge.P[4], 0.5, 1e-12)
	last := math.Inf(1)
	for d := 0.0; d < 600; d += 20 {
		r, err := m.CycloneWind(CycloneWindInput{MaxWindKnots: 110, DistanceKM: d, Latitude: 18, DistanceSigma: 30})
		if err != nil || r.P.Valid() != nil || r.Intensity.Value > last {
			t.Fatalf("at %v km: %+v %v", d, r, err)
		}
		last = r.Intensity.Value
	}
	near(t, "radius of maximum wind", m.RadiusMaxWind(100, 20), 46.4*math.Exp(-0.0155*51.4444+0.338), 1e-9)
}

func TestCycloneRefusesNonsense(t *testing.T) {
	t.Parallel()
	back := track()
	back[2].Hours = 1
	for name, in := range map[string]CycloneInput{
		"no track":   {},
		"backwards":  {Track: back},
		"region":     {Track: track(), Region: "MARS"},
		"latitude":   {Track: track(), Lat: 91},
		"draws":      {Track: track(), Draws: 1 << 30},
		"not number": {Track: []TrackPoint{{MaxWindKnots: math.NaN()}}},
	} {
		if _, err := Default().Cyclone(in); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s passed: %v", name, err)
		}
	}
}

func TestOffset(t *testing.T) {
	t.Parallel()
	e, n := offset(0, 179, 0, -179)
	near(t, "east over the antimeridian", e, earthKM*2*math.Pi/180, 1e-6)
	near(t, "north", n, 0, 1e-6)
	e, n = offset(89, 0, 89, 180)
	near(t, "over the pole", math.Hypot(e, n), earthKM*2*math.Pi/180, 1e-6)
	near(t, "north over the pole", n, earthKM*2*math.Pi/180, 1e-6)
	if got := wrap(359); got != -1 {
		t.Errorf("wrap(359) = %v", got)
	}
}

func BenchmarkCyclone(b *testing.B) {
	in := CycloneInput{Track: track(), Lat: 16.4, Lon: 122.6, Seed: 1}
	for b.Loop() {
		if _, err := Default().Cyclone(in); err != nil {
			b.Fatal(err)
		}
	}
}
