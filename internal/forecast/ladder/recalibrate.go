package ladder

import (
	"math"
	"slices"

	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/panel"
)

// How L10 learns from L9's past.
const (
	pastYears    = 4    // origins looked back at, one a year
	pastKnots    = 20   // of the map between levels
	pastIdentity = 2000 // country-months that the identity counts as
)

// bandOf sorts countries by level: quiet, low, middle, high.
func bandOf(lv float64) int {
	for b, edge := range []float64{.3, 5, 50} {
		if lv < edge {
			return b
		}
	}
	return 3
}

// recalibrated is L10: where the outcomes of the last years fell in L9's distributions of
// then tells, per band of level, which quantile of today's distribution to show for which.
func recalibrated(s *Shop, v panel.View, seed uint64) (Field, error) {
	now, err := s.neighbourly(v, seed)
	if err != nil {
		return nil, err
	}
	var ranks [4][pastKnots]float64 // mass of outcomes by their place in the distribution
	for b := range ranks {
		for k := range ranks[b] {
			ranks[b][k] = pastIdentity / pastKnots
		}
	}
	for y := 1; y <= pastYears; y++ {
		origin := v.Origin() - panel.Month(12*y)
		if origin < v.First()+2*forestWarmUp {
			break
		}
		then, err := v.Earlier(origin)
		if err != nil {
			return nil, err
		}
		field, err := s.neighbourly(then, seed)
		if err != nil {
			return nil, err
		}
		for i := range field {
			b := bandOf(level(then.Series(i), 24, 6))
			for h, y := range tail(v.Series(i), 12*y)[:12] {
				place(field[i][h], y, ranks[b][:])
			}
		}
	}
	out := make(Field, v.Len())
	for i := range out {
		knots := ranks[bandOf(level(v.Series(i), 24, 6))]
		out[i] = make([]dist.Grid, Horizons)
		for h := range out[i] {
			out[i][h] = remap(now[i][h], knots[:])
		}
	}
	return out, nil
}

// place adds the probability integral transform of y, spread over the ranks that tie with it.
func place(g dist.Grid, y float64, ranks []float64) {
	low, high := 1-g.Exceeds(y), 1-g.Exceeds(math.Nextafter(y, math.Inf(1)))
	n := float64(len(ranks))
	if high <= low {
		ranks[min(int(low*n), len(ranks)-1)]++
		return
	}
	for k := range ranks {
		a, b := max(low, float64(k)/n), min(high, float64(k+1)/n)
		if b > a {
			ranks[k] += (b - a) / (high - low)
		}
	}
}

// remap shows at level p the quantile at the level that held p of the past outcomes.
func remap(g dist.Grid, ranks []float64) dist.Grid {
	if g == nil {
		return nil
	}
	total := 0.0
	for _, r := range ranks {
		total += r
	}
	out := make(dist.Grid, dist.Size)
	k, sum := 0, 0.0
	for q := range out {
		p := (float64(q) + .5) / dist.Size * total
		for k < len(ranks)-1 && sum+ranks[k] < p {
			sum += ranks[k]
			k++
		}
		at := (float64(k) + (p-sum)/ranks[k]) / float64(len(ranks))
		out[q] = g[min(int(at*dist.Size), dist.Size-1)]
	}
	slices.Sort(out)
	if out[dist.Size-1] <= 0 {
		return nil
	}
	return out
}
