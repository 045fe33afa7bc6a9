package ladder

import (
	"math"

	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/panel"
)

// mix is what a pool gives each part at one level.
type mix struct {
	level float64 // deaths a month: mean of 24 months, half-life 6
	part  [7]float64
}

// mixes are the weights of the level pool: forest, analogues, own 36 months with half-life
// 2, own 120 with 20, negative binomial 24 with 3, negative binomial 36 with 12, own 12.
// Between two levels weights are interpolated along log(1+level). They were found by
// minimising the CRPS of 2002–16 and rounded: below a hundred deaths a month the forest
// knows most, above five hundred the country's own last months do.
func mixes() []mix {
	return []mix{
		{0, [7]float64{.70, 0, 0, .15, 0, .15, 0}},
		{1.5, [7]float64{.40, .20, 0, .15, 0, .25, 0}},
		{15, [7]float64{.50, .20, 0, 0, .15, 0, .15}},
		{100, [7]float64{.45, .20, .20, .10, .05, 0, 0}},
		{500, [7]float64{0, .35, .35, 0, .30, 0, 0}},
	}
}

// weightsAt interpolates the mixes.
func weightsAt(lv float64) []float64 {
	table := mixes()
	at := 0
	for at+1 < len(table)-1 && lv >= table[at+1].level {
		at++
	}
	low, high := table[at], table[at+1]
	t := (math.Log1p(lv) - math.Log1p(low.level)) / (math.Log1p(high.level) - math.Log1p(low.level))
	t = min(1, t)
	out := make([]float64, len(low.part))
	for k := range out {
		out[k] = (1-t)*low.part[k] + t*high.part[k]
	}
	return out
}

// levelPool is L9.
func (s *Shop) levelPool(v panel.View, seed uint64) (Field, error) {
	return s.once("level pool", v, seed, func() (Field, error) {
		trees, err := s.forest(v, seed)
		if err != nil {
			return nil, err
		}
		alike, err := s.analogues(v)
		if err != nil {
			return nil, err
		}
		out := make(Field, v.Len())
		for i := range out {
			series := v.Series(i)
			history := []dist.Grid{aged(36, 2)(series), aged(120, 20)(series), inflated(24, 3)(series), inflated(36, 12)(series), own(12)(series)}
			weights := weightsAt(level(series, 24, 6))
			out[i] = make([]dist.Grid, Horizons)
			for h := range out[i] {
				out[i][h] = dist.Pool(append([]dist.Grid{trees[i][h], alike[i][h]}, history...), weights)
			}
		}
		return out, nil
	})
}

// half is L8.
func half(s *Shop, v panel.View, seed uint64) (Field, error) {
	trees, err := s.forest(v, seed)
	if err != nil {
		return nil, err
	}
	out := make(Field, v.Len())
	for i := range out {
		series := v.Series(i)
		r, w := recent(series), weighted(series)
		out[i] = make([]dist.Grid, Horizons)
		for h := range out[i] {
			out[i][h] = dist.Pool([]dist.Grid{trees[i][h], r, w}, []float64{.5, .25, .25})
		}
	}
	return out, nil
}
