package impact

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// slow is the ensemble as it is described: every track, every place on the way, one after the
// other. step is the hours within which the storm's profile stays; 0 = the ensemble's legs.
// early and late are the third and the seventh tenth of the arrivals.
func slow(e *Ensemble, in CycloneInput, step float64) (p [5]float64, mean, sigma, early, late float64) {
	type moment struct {
		hours, east, north, sigma float64
		wind                      [4]windCurve
	}
	m := e.m
	var moments []moment
	pieces := 80 // of a leg
	if step > 0 {
		pieces = 2
	}
	for i := range in.Track[1:] {
		a, b := &in.Track[i], &in.Track[i+1]
		cuts := e.cuts(nil, a, b, 1)
		if step > 0 {
			cuts = nil
			for h := step; h <= b.Hours-a.Hours; h += step {
				cuts = append(cuts, h/(b.Hours-a.Hours))
			}
		}
		from := 0.0
		for _, to := range cuts {
			l := (&Ensemble{m: m, nodes: make([]node, 1)}).leg(a, b, (from+to)/2, 0, 0)
			for j := range pieces + 1 {
				f := from + (to-from)*float64(j)/float64(pieces)
				east, north := offset(a.Lat+f*(b.Lat-a.Lat), a.Lon+f*wrap(b.Lon-a.Lon), in.Lat, in.Lon)
				moments = append(moments, moment{a.Hours + f*(b.Hours-a.Hours), east, north, (a.ErrorKM + f*(b.ErrorKM-a.ErrorKM)) / coneToSigma, l.wind})
			}
			from = to
		}
	}
	rng := rand.New(rand.NewPCG(in.Seed, 0x9e3779b97f4a7c15))
	limits := m.cyclone.ClassKnots
	vHalf, _ := m.vHalf(in.Region)
	limits[3] = math.Min(limits[3], m.catastrophicWind(vHalf, 1))
	var sum, squares float64
	var arrivals []float64
	for range in.Draws {
		zx, zy := rng.NormFloat64(), rng.NormFloat64()
		wind, first := 0.0, math.NaN()
		for i := range moments {
			s := &moments[i]
			east, north := s.east-zx*s.sigma, s.north-zy*s.sigma
			v := math.Exp2(s.wind[quadrant(east, north)].at(powerTables(), east*east+north*north))
			if v >= limits[0] && math.IsNaN(first) {
				first = s.hours
			}
			wind = math.Max(wind, v)
		}
		if wind < limits[0] {
			wind = 0
		} else {
			arrivals = append(arrivals, first)
		}
		for k, limit := range limits {
			if wind >= limit {
				p[k+1]++
			}
		}
		sum, squares = sum+wind, squares+wind*wind
	}
	n := float64(in.Draws)
	for k := range p {
		p[k] /= n
	}
	mean = sum / n
	slices.Sort(arrivals)
	if len(arrivals) > 0 {
		early, late = arrivals[len(arrivals)*3/10], arrivals[len(arrivals)*7/10]
	}
	return p, mean, math.Sqrt(math.Max(0, squares/n-mean*mean)), early, late
}

// randomTrack is a forecast of three days with radii as advisories give them.
func randomTrack(t *rapid.T) []TrackPoint {
	lat, lon := rapid.Float64Range(-25, 25).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")
	wind := rapid.Float64Range(35, 140).Draw(t, "wind")
	heading, speed := rapid.Float64Range(0, 6.28).Draw(t, "heading"), rapid.Float64Range(0.3, 3).Draw(t, "degrees")
	var out []TrackPoint
	for i := range 7 {
		p := TrackPoint{Hours: float64(12 * i), Lat: lat, Lon: lon, MaxWindKnots: wind, ErrorKM: 20 + 30*float64(i)}
		for j, q := range []*Quadrants{&p.R34, &p.R50, &p.R64} {
			for k := range q {
				if kt := radiusKnots[j]; wind >= kt {
					q[k] = (40 + 2*(wind-kt)) * math.Pow(34/kt, 1.5) * []float64{1.15, 1, 0.8, 0.95}[k]
				}
			}
		}
		out = append(out, p)
		heading += rapid.Float64Range(-0.3, 0.3).Draw(t, "turn")
		lat, lon = lat+speed*math.Cos(heading), lon+speed*math.Sin(heading)
		wind = math.Max(30, math.Min(160, wind+rapid.Float64Range(-10, 10).Draw(t, "change")))
	}
	return out
}

// The search over cells of draws gives what asking every track gives, and legs of six hours
// give what legs of half an hour give, but for the storm's change within a leg.
func TestEnsembleIsTheSlowOne(t *testing.T) {
	t.Parallel()
	m := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := CycloneInput{Track: randomTrack(t), Seed: 5, Draws: 150}
		e, err := m.Ensemble(in)
		if err != nil {
			t.Fatal(err)
		}
		at := &in.Track[rapid.IntRange(0, len(in.Track)-1).Draw(t, "near")]
		in.Lat, in.Lon = at.Lat+rapid.Float64Range(-3, 3).Draw(t, "north"), at.Lon+rapid.Float64Range(-3, 3).Draw(t, "east")
		got, err := e.At(in)
		if err != nil {
			t.Fatal(err)
		}
		agree := func(what string, step, share, knots, hours float64) {
			p, mean, sigma, early, late := slow(e, in, step)
			for k := 1; k < len(p); k++ {
				if math.Abs(got.P[k]-p[k]) > share {
					t.Fatalf("P(I%d) = %v, %s %v", k, got.P[k], what, p[k])
				}
			}
			if math.Abs(got.Intensity.Value-mean) > knots || math.Abs(got.Intensity.Sigma-sigma) > 3*knots {
				t.Fatalf("wind %v, %s %v ± %v", got.Intensity, what, mean, sigma)
			}
			// The fast arrival is the median over cells, each of which arrives with one of its
			// draws: where arrivals have a gap around the middle it may stand on the other side.
			if p[1] > 0.3 && (got.ETAHours == nil || *got.ETAHours < early-hours || *got.ETAHours > late+hours) {
				t.Fatalf("arrives at %v, %s between %v and %v", *got.ETAHours, what, early, late)
			}
		}
		agree("one by one", 0, 0.021, 0.6, 3)
		agree("by half hours", 0.5, 0.15, 6, 6)
	})
}

// A storm that passes along a straight line with one sigma and one round wind field has an
// analytic answer: it hits where its line passes within the radius, and a place abreast of
// the middle of a long line sees one normal variable, the offset of the line.
func TestEnsembleAgainstAStraightTrack(t *testing.T) {
	t.Parallel()
	const sigma, radius = 100.0, 150.0
	var line []TrackPoint
	for i := range 9 {
		line = append(line, TrackPoint{Hours: float64(6 * i), Lon: -8 + 2*float64(i), MaxWindKnots: 40, R34: even(radius), ErrorKM: sigma * coneToSigma})
	}
	for _, draws := range []int{1000, 50000} {
		worst := 0.0
		for _, north := range []float64{0, 50, 150, 250} {
			in := CycloneInput{Track: line, Lat: north / (earthKM * math.Pi / 180), Seed: 3, Draws: draws}
			r, err := Default().Cyclone(in)
			if err != nil {
				t.Fatal(err)
			}
			want := phi((radius-north)/sigma) - phi((-radius-north)/sigma)
			worst = math.Max(worst, math.Abs(r.P[1]-want))
		}
		if limit := 2.5 / math.Sqrt(float64(draws)); worst > limit {
			t.Errorf("%d draws: off by %v, want at most %v", draws, worst, limit)
		}
	}
}

func TestPowers(t *testing.T) {
	t.Parallel()
	pw := powerTables()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.OneOf(rapid.Float64Range(1e-9, 1e9), rapid.Float64Range(0.9, 1.1)).Draw(t, "x")
		y := rapid.Float64Range(-60, 60).Draw(t, "y")
		if got, want := pw.log2(x), math.Log2(x); math.Abs(got-want) > 1e-11 {
			t.Fatalf("log2(%v) = %v, want %v", x, got, want)
		}
		if got, want := pw.exp2(y), math.Exp2(y); math.Abs(got/want-1) > 1e-11 {
			t.Fatalf("exp2(%v) = %v, want %v", y, got, want)
		}
	})
}

func BenchmarkEnsemble(b *testing.B) {
	e, err := Default().Ensemble(CycloneInput{Track: track(), Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("draw", func(b *testing.B) {
		for b.Loop() {
			_, _ = Default().Ensemble(CycloneInput{Track: track(), Seed: 1})
		}
	})
	b.Run("place", func(b *testing.B) {
		i := 0
		for b.Loop() {
			i++
			_, _ = e.At(CycloneInput{Lat: 14 + float64(i%37)/8, Lon: 118 + float64(i%101)/8})
		}
	})
}
