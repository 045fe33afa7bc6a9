package assessment

import (
	"math"
	"testing"
)

func TestLnAndExp(t *testing.T) {
	t.Parallel()
	s := newStream(7, 1)
	for range 200_000 {
		x := math.Exp((s.unit() - 0.5) * 60)
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 4e-16*math.Max(1, math.Abs(want)) {
			t.Fatalf("ln %v: %v, want %v", x, got, want)
		}
		y := (s.unit() - 0.5) * 100
		if got, want := exp(y), math.Exp(y); math.Abs(got-want) > 4e-15*want {
			t.Fatalf("exp %v: %v, want %v", y, got, want)
		}
	}
	for _, x := range []float64{1, 2, 10, 0.5, 1e-300, 1e308} {
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 1e-13 {
			t.Errorf("ln %v: %v, want %v", x, got, want)
		}
	}
	if exp(0) != 1 || ln(1) != 0 && math.Abs(ln(1)) > 1e-17 {
		t.Errorf("exp 0 = %v, ln 1 = %v", exp(0), ln(1))
	}
}

func TestPhi(t *testing.T) {
	t.Parallel()
	for z := -6.0; z <= 6; z += 0.1 {
		if got, want := phi(z), 0.5*math.Erfc(-z/math.Sqrt2); math.Abs(got-want) > 8e-8 {
			t.Errorf("phi %v: %v, want %v", z, got, want)
		}
	}
}
