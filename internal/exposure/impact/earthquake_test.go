package impact

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.9g, want %.9g ± %g", what, got, want, tolerance)
	}
}

// Points of the public verification tables of Allen, Wald and Worden's equation, computed by
// an independent programme (gem/oq-engine, folder a12ipe).
func TestIntensityAgainstPublishedTables(t *testing.T) {
	t.Parallel()
	m := Default()
	tests := []struct {
		mag, r                float64
		hypo, hypoSigma       float64
		rupture, ruptureSigma float64
	}{
		{5, 1, 8.1928149, 1.1892958, 7.7093365, 0.9498849},
		{5, 20, 5.0191197, 1.0298979, 5.1941946, 0.9116361},
		{5, 300, 1.3680280, 0.8221434, 2.2008926, 0.7249953},
		{6, 10, 7.2488079, 1.1307441, 6.8247572, 0.9390376},
		{6, 50, 5.1603881, 0.8841552, 5.0951139, 0.8221680},
		{6, 100, 4.2486195, 0.8384363, 4.3295066, 0.7583028},
		{7, 5, 8.2206291, 1.1731638, 7.9579354, 0.9471578},
		{7, 20, 7.5721877, 1.0298979, 6.9606367, 0.9116361},
		{7, 300, 4.2223319, 0.8221434, 4.0266109, 0.7249953},
	}
	for _, tt := range tests {
		mmi, sigma := m.IntensityHypocentral(tt.mag, tt.r)
		near(t, "hypocentral mean", mmi, tt.hypo, 1e-6)
		near(t, "hypocentral sigma", sigma, tt.hypoSigma, 1e-6)
		mmi, sigma = m.IntensityRupture(tt.mag, tt.r)
		near(t, "rupture mean", mmi, tt.rupture, 1e-6)
		near(t, "rupture sigma", sigma, tt.ruptureSigma, 1e-6)
	}
	mmi, _ := m.IntensityHypocentral(7, 30)
	near(t, "M 7 at 30 km", mmi, 7.2, 0.05)
}

// "1 in N" rates of California and Japan and the deaths of a million people at each of MMI V
// to IX, as printed in usgs/pager notebooks/EarthquakeLosses.ipynb.
func TestFatalityAgainstPAGER(t *testing.T) {
	t.Parallel()
	m := Default()
	tests := []struct {
		country string
		deaths  float64
		oneIn   [5]float64
	}{
		{"XF", 44.8561, [5]float64{98078525, 5971984, 679957, 119392, 28709}},
		{"JP", 3115.9749, [5]float64{0, 148550137280, 12055318, 21578, 325}},
		{"CN", 89743.3535, [5]float64{}},
		{"AF", 101396.0790, [5]float64{}},
		{"IR", 429899.6846, [5]float64{}},
	}
	for _, tt := range tests {
		f, ok := m.Fatality(tt.country)
		if !ok {
			t.Fatalf("no model for %s", tt.country)
		}
		deaths := 0.0
		for i := range 5 {
			rate := m.FatalityRate(f, float64(i+5))
			deaths += 1e6 * rate
			if want := tt.oneIn[i]; want > 0 && math.Abs(1/rate/want-1) > 0.005 {
				t.Errorf("%s at MMI %d: 1 in %.0f, want %.0f", tt.country, i+5, 1/rate, want)
			}
		}
		near(t, tt.country+" deaths", deaths/tt.deaths, 1, 1e-5)
	}
	if f, ok := m.Fatality("ZZ"); ok || f.Theta != 16 || f.Beta != 0.15 {
		t.Errorf("unknown country: %+v %v, want PAGER's default", f, ok)
	}
	if f, _ := m.Fatality("pk"); math.Abs(f.Theta-9.704905) > 1e-9 {
		t.Errorf("lower case code: %+v", f)
	}
	if len(m.fatality) != 252 {
		t.Errorf("%d models, want 252", len(m.fatality))
	}
}

func TestEarthquakeByHand(t *testing.T) {
	t.Parallel()
	r, err := Default().Earthquake(EarthquakeInput{Magnitude: 7, DistanceKM: 18, DepthKM: 24})
	if err != nil {
		t.Fatal(err)
	}
	// 18 and 24 km make 30 km: μ = 7.1584, σ = 0.82 + 0.37/(1 + (30/22.9)²) = 0.95625.
	near(t, "mean", r.Intensity.Value, 7.1584, 5e-4)
	near(t, "sigma", r.Intensity.Sigma, 0.95625, 5e-5)
	for k, want := range map[int]float64{1: 0.98800, 2: 0.88713, 3: 0.56579, 4: 0.08030} {
		near(t, "p", r.P[k], want, 5e-4)
	}
	if l, _ := r.Level(level.Default(), 0); l != level.Orange {
		t.Errorf("level %v, want orange", l)
	}
	if r.ExpectedDeaths != 0 {
		t.Errorf("deaths of nobody: %v", r.ExpectedDeaths)
	}
}

func TestDeathsRaiseTheClass(t *testing.T) {
	t.Parallel()
	m := Default()
	in := EarthquakeInput{Magnitude: 6.8, DepthKM: 12, DistanceKM: 40, Country: "PK"}
	empty, _ := m.Earthquake(in)
	in.Persons = 300
	some, err := m.Earthquake(in)
	if err != nil {
		t.Fatal(err)
	}
	// μ = 6.5063, ν = Φ(ln(6.5063/9.704905)/0.100000) = 3.19e-5: a hundredth of a person.
	near(t, "deaths", some.ExpectedDeaths, 300*3.185e-5, 1e-5)
	if some.P != empty.P {
		t.Errorf("a hundredth of a person moves %v to %v", empty.P, some.P)
	}
	in.Persons, in.Vulnerability = 30000, 3
	many, _ := m.Earthquake(in)
	near(t, "linear in persons and vulnerability", many.ExpectedDeaths/some.ExpectedDeaths, 300, 1e-9)
	near(t, "one death at least", many.P[3], 1-math.Exp(-many.ExpectedDeaths), 1e-12)
	if many.P[1] != empty.P[1] || many.P[4] < empty.P[4] || many.P[2] < many.P[3] {
		t.Errorf("nobody %v, many %v", empty.P, many.P)
	}
	in.Persons = 200000
	lost, _ := m.Earthquake(in)
	if l, _ := lost.Level(level.Default(), 0); l != level.Red || lost.P[4] < 0.9 {
		t.Errorf("%v expected deaths: %v %v, want red", lost.ExpectedDeaths, l, lost.P)
	}
}

func TestUncertaintyWidensSigma(t *testing.T) {
	t.Parallel()
	m := Default()
	base := EarthquakeInput{Magnitude: 6.5, DepthKM: 10}
	r, _ := m.Earthquake(base)
	for name, change := range map[string]func(*EarthquakeInput){
		"magnitude": func(in *EarthquakeInput) { in.MagnitudeSigma = 0.3 },
		"depth":     func(in *EarthquakeInput) { in.DepthSigmaKM = 8 },
		"location":  func(in *EarthquakeInput) { in.DistanceSigmaKM = 15 }, // seen at the epicentre too
	} {
		in := base
		change(&in)
		wide, err := m.Earthquake(in)
		if err != nil || wide.Intensity.Sigma <= r.Intensity.Sigma || wide.Intensity.Value != r.Intensity.Value {
			t.Errorf("%s: %+v %v, without %+v", name, wide.Intensity, err, r.Intensity)
		}
	}
}

func TestMeasuredShakingTakesPrecedence(t *testing.T) {
	t.Parallel()
	r, err := Default().Earthquake(EarthquakeInput{Magnitude: 7, DistanceKM: 5, Shaking: &Measure{Value: 4, Sigma: 0.3}})
	if err != nil || r.Intensity != (Measure{4, "MMI", 0.3}) {
		t.Errorf("%+v %v", r.Intensity, err)
	}
	near(t, "p1", r.P[1], phi(-1/0.3), 1e-12)
}

func TestEarthquakeIsMonotone(t *testing.T) {
	t.Parallel()
	m := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := EarthquakeInput{
			Magnitude:     rapid.Float64Range(3, 9).Draw(t, "mag"),
			DepthKM:       rapid.Float64Range(0, 100).Draw(t, "depth"),
			DistanceKM:    rapid.Float64Range(0, 500).Draw(t, "distance"),
			Persons:       rapid.Float64Range(0, 2000).Draw(t, "persons"),
			Vulnerability: rapid.Float64Range(0.3, 3).Draw(t, "v"),
			Country:       rapid.SampledFrom([]string{"PK", "CL", "NP", ""}).Draw(t, "country"),
		}
		mmi, p, deaths, err := m.EarthquakeVector(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Valid(); err != nil {
			t.Fatal(err)
		}
		bigger := in
		bigger.Magnitude += rapid.Float64Range(0, 1).Draw(t, "more")
		mmi2, p2, deaths2, _ := m.EarthquakeVector(bigger)
		if mmi2.Value < mmi.Value-1e-9 || deaths2 < deaths-1e-9 {
			t.Fatalf("M %v gives %v and %v deaths, M %v gives %v and %v", in.Magnitude, mmi, deaths, bigger.Magnitude, mmi2, deaths2)
		}
		farther := in
		farther.DistanceKM += rapid.Float64Range(0, 100).Draw(t, "farther")
		mmi3, p3, _, _ := m.EarthquakeVector(farther)
		if mmi3.Value > mmi.Value+1e-9 {
			t.Fatalf("farther is stronger: %v, %v", mmi, mmi3)
		}
		more := in
		more.Persons += 100
		_, p4, deaths4, _ := m.EarthquakeVector(more)
		for k := 1; k < len(p); k++ {
			if p2[k] < p[k]-1e-9 || p4[k] < p[k]-1e-12 {
				t.Fatalf("class %d falls with magnitude or persons: %v, %v, %v", k, p, p2, p4)
			}
			// The published sigma shrinks with distance, which can lift a probability that is
			// already high while the mean falls; below one half it never does.
			if p3[k] > p[k]+1e-9 && p[k] < 0.5 {
				t.Fatalf("class %d rises with distance: %v, %v", k, p, p3)
			}
		}
		if deaths4 < deaths {
			t.Fatal("deaths fall with persons")
		}
	})
}

func TestWouldChange(t *testing.T) {
	t.Parallel()
	m, mx := Default(), level.Default()
	in := EarthquakeInput{Magnitude: 6, DepthKM: 10, DistanceKM: 80}
	changes, err := m.EarthquakeChanges(in, mx)
	if err != nil || len(changes) != 3 {
		t.Fatalf("%v %v", changes, err)
	}
	for _, c := range changes {
		at := func(in EarthquakeInput) level.Level {
			r, err := m.Earthquake(in)
			if err != nil {
				t.Fatal(err)
			}
			l, _ := r.Level(mx, 0)
			return l
		}
		trial := in
		trial.Magnitude = *c.MagnitudeFrom
		if got := at(trial); got < c.Level {
			t.Errorf("%v at M %v: %v", c.Level, trial.Magnitude, got)
		}
		trial.Magnitude -= 0.001
		if got := at(trial); got >= c.Level {
			t.Errorf("%v is reached below M %v", c.Level, *c.MagnitudeFrom)
		}
		if c.WithinKM == nil {
			continue
		}
		trial = in
		trial.DistanceKM = *c.WithinKM
		if got := at(trial); got < c.Level {
			t.Errorf("%v at %v km: %v", c.Level, trial.DistanceKM, got)
		}
		trial.DistanceKM += 0.01
		if got := at(trial); got >= c.Level {
			t.Errorf("%v is reached beyond %v km", c.Level, *c.WithinKM)
		}
	}
	mag, ok := m.EarthquakeMagnitudeFor(in, 3, 0.2)
	in.Magnitude = mag
	if r, _ := m.Earthquake(in); !ok || math.Abs(r.P[3]-0.2) > 1e-6 {
		t.Errorf("M %v gives %v, want 0.2", mag, r.P[3])
	}
	km, ok := m.EarthquakeDistanceFor(in, 2, 0.3)
	in.DistanceKM = km
	if r, _ := m.Earthquake(in); !ok || math.Abs(r.P[2]-0.3) > 1e-6 {
		t.Errorf("%v km gives %v, want 0.3", km, r.P[2])
	}
}

func TestEarthquakeRefusesNonsense(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]EarthquakeInput{
		"magnitude":     {Magnitude: 11},
		"not a number":  {Magnitude: math.NaN()},
		"distance":      {Magnitude: 6, DistanceKM: -1},
		"vulnerability": {Magnitude: 6, Vulnerability: 7},
		"persons":       {Magnitude: 6, Persons: math.Inf(1)},
	} {
		if _, err := Default().Earthquake(in); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s passed: %v", name, err)
		}
	}
}

func TestEarthquakeVectorAllocatesNothing(t *testing.T) {
	m := Default()
	in := EarthquakeInput{Magnitude: 6.8, DepthKM: 12, DistanceKM: 40, Persons: 300, Country: "PK", MagnitudeSigma: 0.1}
	if n := testing.AllocsPerRun(100, func() { _, _, _, _ = m.EarthquakeVector(in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEarthquakeVector(b *testing.B) {
	m := Default()
	in := EarthquakeInput{Magnitude: 6.8, DepthKM: 12, DistanceKM: 40, Persons: 300, Country: "PK"}
	for b.Loop() {
		_, _, _, _ = m.EarthquakeVector(in)
	}
}
