package ladder

import (
	"errors"
	"math"
	"slices"
	"testing"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/panel"
)

func TestMixesSumToOne(t *testing.T) {
	t.Parallel()
	for _, lv := range []float64{0, .1, 1.5, 8, 15, 60, 100, 300, 500, 9000} {
		for _, trend := range []float64{-1, -.4, 0, .3, 1} {
			sum := 0.0
			for _, w := range weightsAt(lv, trend) {
				if w < 0 {
					t.Errorf("level %v, trend %v: weight %v", lv, trend, w)
				}
				sum += w
			}
			if math.Abs(sum-1) > 1e-12 {
				t.Errorf("level %v, trend %v: weights sum to %v", lv, trend, sum)
			}
		}
	}
	if low, high := weightsAt(499.999, 1), weightsAt(500.001, 1); math.Abs(low[1]-high[1]) > 1e-4 {
		t.Error("the weights leap where the table ends")
	}
}

func TestTrend(t *testing.T) {
	t.Parallel()
	flat := slices.Repeat([]float64{50}, 24)
	if got := trendOf(flat); got != 0 {
		t.Errorf("flat: %v", got)
	}
	up := append(slices.Clone(flat), 400, 400, 400)
	if got := trendOf(up); got != 1 {
		t.Errorf("a leap: %v", got)
	}
	down := append(slices.Clone(flat), 0, 0, 0)
	if got := trendOf(down); got != -1 {
		t.Errorf("an end: %v", got)
	}
}

func TestZinbKeepsMeanAndZeros(t *testing.T) {
	t.Parallel()
	var s []float64
	for i := range 24 {
		s = append(s, float64(i%4*30)) // 0, 30, 60, 90
	}
	g := inflated(24, 0)(s)
	if m := g.Mean(); math.Abs(m-45) > 1.5 {
		t.Errorf("mean %v, want 45", m)
	}
	if zero := 1 - g.Exceeds(.5); math.Abs(zero-.25) > .02 {
		t.Errorf("share of zeros %v, want .25", zero)
	}
	if weighted(make([]float64, 24)) != nil {
		t.Error("two quiet years forecast something")
	}
}

func TestLogisticFindsTheChance(t *testing.T) {
	t.Parallel()
	var rows [][]float64
	var hit []bool
	for i := range 4000 {
		x := float64(i % 2)
		rows = append(rows, []float64{1, x})
		hit = append(hit, i/2%10 < 2+int(x)*6) // 20 % or 80 %
	}
	b := logistic(rows, hit)
	for x, want := range []float64{.2, .8} {
		if p := 1 / (1 + math.Exp(-b[0]-b[1]*float64(x))); math.Abs(p-want) > .01 {
			t.Errorf("x = %d: chance %v, want %v", x, p, want)
		}
	}
}

func TestRemapWidensWhatWasTooNarrow(t *testing.T) {
	t.Parallel()
	g := make(dist.Grid, dist.Size)
	for i := range g {
		g[i] = float64(i)
	}
	even := slices.Repeat([]float64{5}, pastKnots)
	for q, x := range remap(g, even) {
		if math.Abs(x-g[q]) > 1.5 {
			t.Fatalf("outcomes as expected move quantile %d from %v to %v", q, g[q], x)
		}
	}
	tails := slices.Clone(even)
	tails[0], tails[pastKnots-1] = 20, 20
	wide := remap(g, tails)
	if wide[200] >= g[200] || wide[800] <= g[800] {
		t.Errorf("outcomes in the tails: %v to %v, was %v to %v", wide[200], wide[800], g[200], g[800])
	}
}

func TestPlaceSpreadsTies(t *testing.T) {
	t.Parallel()
	ranks := make([]float64, pastKnots)
	place(nil, 0, ranks) // a certain zero that came could be anywhere
	for k, r := range ranks {
		if math.Abs(r-1./pastKnots) > 1e-12 {
			t.Errorf("rank %d holds %v", k, r)
		}
	}
	clear(ranks)
	place(nil, 5, ranks)
	if ranks[pastKnots-1] != 1 {
		t.Errorf("a death that was ruled out: %v", ranks)
	}
}

func TestEveryYoungPanelIsForecast(t *testing.T) {
	t.Parallel()
	var cells []panel.Cell
	for m := range 5 {
		cells = append(cells, panel.Cell{Unit: 1, Month: panel.Month(400 + m), Value: float64(m)})
	}
	p, err := panel.New([]panel.Unit{{ID: 1, Name: "A"}, {ID: 2, Name: "B"}}, cells)
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.At(404)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Rungs() {
		field, err := NewShop(1).Forecast(r, v, 1)
		if err != nil || len(field) != 2 || len(field[0]) != Horizons {
			t.Errorf("%s: %v", r.Name, err)
		}
	}
}

func TestFindNamesTheLadder(t *testing.T) {
	t.Parallel()
	if _, err := Find("oracle"); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, r := range Rungs() {
		if seen[r.Name] || r.About == "" {
			t.Errorf("%q twice, or without a line about it", r.Name)
		}
		seen[r.Name] = true
	}
}

func TestNeighboursGoBothWays(t *testing.T) {
	t.Parallel()
	p, err := panel.New([]panel.Unit{{ID: 50, Name: "Mali"}, {ID: 78, Name: "Niger"}, {ID: 1, Name: "Guyana"}}, []panel.Cell{{Unit: 50, Month: 400, Value: 1}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.At(400)
	if err != nil {
		t.Fatal(err)
	}
	near := v.Neighbours() // by id: Guyana, Mali, Niger
	if len(near[0]) != 0 || !slices.Equal(near[1], []int{2}) || !slices.Equal(near[2], []int{1}) {
		t.Errorf("neighbours %v", near)
	}
}
