package dist

import (
	"math"
	"slices"
	"testing"
)

func TestFromAtomsGivesWeightedQuantiles(t *testing.T) {
	t.Parallel()
	g := FromAtoms([]Atom{{30, 1}, {0, 2}, {10, 1}})
	if got := []float64{g[0], g[499], g[500], g[749], g[750], g[999]}; !slices.Equal(got, []float64{0, 0, 10, 10, 30, 30}) {
		t.Errorf("quantiles %v", got)
	}
	if g := FromAtoms([]Atom{{0, 5}}); g != nil {
		t.Error("a certain zero must be nil")
	}
	if g := FromAtoms(nil); g != nil {
		t.Error("nothing must be a certain zero")
	}
}

func TestPoolMixesShares(t *testing.T) {
	t.Parallel()
	ten := FromAtoms([]Atom{{10, 1}})
	g := Pool([]Grid{nil, ten}, []float64{.75, .25})
	if got := g.Exceeds(1); got != .25 {
		t.Errorf("share above zero %v, want .25", got)
	}
	if g := Pool([]Grid{nil, ten}, []float64{1, 0}); g != nil {
		t.Error("a part without weight has a say")
	}
}

func TestDistributionsKeepTheirMoments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grid          Grid
		mean, sd, tol float64
	}{
		"poisson":       {Poisson(4), 4, 2, .02},
		"large poisson": {Poisson(20000), 20000, 141, .01},
		"nb":            {NegativeBinomial(50, 2, 0), 50, math.Sqrt(50 + 1250), .03},
		"zinb":          {NegativeBinomial(40, 5, .5), 20, math.Sqrt(.5*(40+320) + .25*1600), .03},
	} {
		mean, square := c.grid.Mean(), 0.0
		for _, x := range c.grid {
			square += (x - mean) * (x - mean) / Size
		}
		if math.Abs(mean/c.mean-1) > c.tol || math.Abs(math.Sqrt(square)/c.sd-1) > 3*c.tol {
			t.Errorf("%s: mean %.2f, sd %.2f; want %.2f, %.2f", name, mean, math.Sqrt(square), c.mean, c.sd)
		}
		if !slices.IsSorted(c.grid) {
			t.Errorf("%s: not ascending", name)
		}
	}
}

func TestQuantileInterpolates(t *testing.T) {
	t.Parallel()
	g := make(Grid, Size)
	for i := range g {
		g[i] = float64(i)
	}
	if got := g.Quantile(.05); math.Abs(got-49.95) > 1e-9 {
		t.Errorf("5 %% quantile %v, want 49.95", got)
	}
	if got := g.Quantile(1); got != 999 {
		t.Errorf("maximum %v", got)
	}
}
