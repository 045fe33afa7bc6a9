package assessment

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// bruteShapley is the definition: the mean marginal over all orders.
func bruteShapley(n int, worth []float64) []float64 {
	out := make([]float64, n)
	orders := 0.0
	var walk func(set int, seq []int)
	walk = func(set int, seq []int) {
		if len(seq) == n {
			orders++
			at := 0
			for _, i := range seq {
				out[i] += worth[at|1<<i] - worth[at]
				at |= 1 << i
			}
			return
		}
		for i := range n {
			if set&(1<<i) == 0 {
				walk(set|1<<i, append(slices.Clone(seq), i))
			}
		}
	}
	walk(0, nil)
	for i := range out {
		out[i] /= orders
	}
	return out
}

func TestShapley(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "n")
		worth := rapid.SliceOfN(rapid.Float64Range(-10, 10), 1<<n, 1<<n).Draw(t, "worth")
		got, want := shapley(n, worth), bruteShapley(n, worth)
		for i := range got {
			if math.Abs(got[i]-want[i]) > 1e-9 {
				t.Fatalf("player %d of %v: %v, want %v", i, worth, got[i], want[i])
			}
		}
	})
}

func TestJoin(t *testing.T) {
	t.Parallel()
	even := []float64{1, 1, 1}
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{0, 0, 0}, 0},
		{[]float64{10, 10, 10}, 10},
		{[]float64{4, 4, 4}, 4},
		{[]float64{10, 0, 0}, (10 - math.Cbrt(100)) / 0.9},
	} {
		if got := join(c.values, even); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("join %v = %v, want %v", c.values, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // never below the arithmetic mean, never above the worst
		v := rapid.SliceOfN(rapid.Float64Range(0, 10), 3, 3).Draw(t, "v")
		got := join(v, even)
		if mean := (v[0] + v[1] + v[2]) / 3; got < mean-1e-9 || got > slices.Max(v)+1e-9 {
			t.Fatalf("join %v = %v", v, got)
		}
		more := slices.Clone(v)
		more[0] = min(10, more[0]+1)
		if join(more, even) < got-1e-12 {
			t.Fatalf("a worse component of %v lowers the whole", v)
		}
	})
}

func TestOverall(t *testing.T) {
	t.Parallel()
	m := Default()
	got, mean := overall(m, powerMean, []float64{9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, slices.Repeat([]float64{1}, 11))
	if math.Abs(got-7.5) > 1e-9 || mean > 5 {
		t.Errorf("one dimension of 9 gives %v (mean %v), want 7.5", got, mean)
	}
	if got, _ := overall(m, powerMean, []float64{4, 4}, []float64{3, 1}); math.Abs(got-4) > 1e-9 {
		t.Errorf("equal dimensions give %v", got)
	}
}

func TestClassEdges(t *testing.T) {
	t.Parallel()
	for score, want := range map[float64]string{0: "very_low", 1.99: "very_low", 2: "low", 3.49: "low", 3.5: "medium", 5: "high", 6.49: "high", 6.5: "very_high", 10: "very_high"} {
		if got := Default().ClassOf(score); got != want {
			t.Errorf("%v is %s, want %s", score, got, want)
		}
	}
}

// TestMannKendall holds the exact test against published values (Kendall 1970, table of S).
func TestMannKendall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s, n int
		want float64
	}{{6, 4, 2 * 0.042}, {10, 5, 2 * 0.0083}, {15, 6, 2 * 0.0014}, {3, 3, 2 * 0.167}} {
		if got := mannKendall(c.s, c.n, nil); math.Abs(got-c.want) > 0.001 {
			t.Errorf("S %d of %d: p %v, want %v", c.s, c.n, got, c.want)
		}
	}
	m := Default()
	var rise, flat []Point
	for i := range 6 {
		at := asOf.AddDate(0, 0, -60*(6-i))
		rise, flat = append(rise, Point{at, 3 + 0.3*float64(i)}), append(flat, Point{at, 4 + 0.01*float64(i)})
	}
	if got := trendOf(m, rise, asOf, 4.9, 365); got.Verb != "deteriorated" || math.Abs(got.Delta-0.3*365/60) > 0.05 {
		t.Errorf("a steady rise: %+v", got)
	}
	if got := trendOf(m, flat, asOf, 4.1, 365); got.Verb != "unchanged" {
		t.Errorf("a small rise: %+v", got)
	}
	if got := trendOf(m, rise[4:], asOf, 4.9, 365); got.Verb != "unknown" {
		t.Errorf("three values: %+v", got)
	}
}

// TestReference: the three ways to normalise agree on the direction, and raw undoes min-max.
func TestReference(t *testing.T) {
	t.Parallel()
	m := Default()
	for i, in := range m.Indicators {
		r := m.reference[i]
		lo, hi := r.undo(r.low), r.undo(r.high)
		if in.Better == "high" {
			lo, hi = hi, lo
		}
		best, worst := r.all(lo), r.all(hi)
		for w := range best {
			if best[w] > worst[w] {
				t.Errorf("%s, way %d: the good end gives %v, the bad end %v", in.ID, w, best[w], worst[w])
			}
		}
		for _, y := range []float64{0.5, 3, 7.25} {
			if got := r.minmax(r.raw(y)); math.Abs(got-y) > 1e-6 {
				t.Errorf("%s: %v comes back as %v", in.ID, y, got)
			}
		}
	}
}

func FuzzLoad(f *testing.F) {
	method, reference := Files()
	f.Add(method, reference)
	f.Add([]byte("version: x"), []byte("a\tb"))
	f.Fuzz(func(t *testing.T, method, reference []byte) {
		if m, err := Load(method, reference); err == nil && m.Version == "" {
			t.Error("a method without a version")
		}
	})
}

func FuzzReadSnapshot(f *testing.F) {
	f.Add([]byte(`{"version":1,"units":[{"id":"country:KE","kind":"country"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := ReadSnapshot(raw); err == nil {
			_, _ = s.Canonical(Default())
		}
	})
}
