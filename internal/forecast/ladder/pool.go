package ladder

import (
	"fmt"
	"math"

	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/panel"
)

// mix is what a pool gives each part at one level.
type mix struct {
	level float64 // deaths a month: mean of 24 months, half-life 6
	part  [7]float64
}

// mixes are the weights of the level pool below its top: forest, analogues, own 36 months
// with half-life 2, own 120 with 20, negative binomial 24 with 3, negative binomial 36 with
// 12, own 12. Between two levels weights are interpolated along log(1+level). They were found
// by minimising the CRPS of the years to 2016 and rounded: below a hundred deaths a month
// the forest knows most, above five hundred too few wars are alike for it.
func mixes() []mix {
	return []mix{
		{0, [7]float64{.70, 0, 0, .15, 0, .15, 0}},
		{1.5, [7]float64{.40, .20, 0, .15, 0, .25, 0}},
		{15, [7]float64{.50, .20, 0, 0, .15, 0, .15}},
		{100, [7]float64{.45, .20, .20, .10, .05, 0, 0}},
	}
}

// topLevel is the level from which the mix depends on the trend alone.
const topLevel = 500

// top is the mix of the largest wars, by trend from −1, falling, to 1, rising. Of 1994–2016:
// what falls goes on falling, what stands scatters around its year, and a leap is more often
// a spike than a new level.
func top(trend float64) mix {
	falling, steady, rising := [7]float64{0, .30, .50, .20, 0, 0, 0}, [7]float64{0, .30, .25, 0, .25, 0, .20}, [7]float64{0, .35, .25, 0, .15, 0, .25}
	if trend < 0 {
		return mix{topLevel, between(steady, falling, -trend)}
	}
	return mix{topLevel, between(steady, rising, trend)}
}

// trendOf compares the last quarter with the last year: ±1 from a factor of one and a half.
func trendOf(s []float64) float64 {
	ratio := math.Log((mean(s, 3) + analogueOffset) / (mean(s, 12) + analogueOffset))
	return max(-1, min(1, ratio/math.Log(1.5)))
}

func between(a, b [7]float64, t float64) (out [7]float64) {
	for k := range out {
		out[k] = (1-t)*a[k] + t*b[k]
	}
	return out
}

// weightsAt interpolates the mixes.
func weightsAt(lv, trend float64) []float64 {
	table := append(mixes(), top(trend))
	at := 0
	for at+1 < len(table)-1 && lv >= table[at+1].level {
		at++
	}
	low, high := table[at], table[at+1]
	t := (math.Log1p(lv) - math.Log1p(low.level)) / (math.Log1p(high.level) - math.Log1p(low.level))
	out := between(low.part, high.part, min(1, t))
	return out[:]
}

// shipped is the level pool whose forest sees each country alone: neighbours did not make it
// better on 2010–16.
func (s *Shop) shipped(v panel.View, seed uint64) (Field, error) { return s.levelPool(v, seed, false) }

// neighbourly is L9.
func (s *Shop) neighbourly(v panel.View, seed uint64) (Field, error) {
	return s.levelPool(v, seed, true)
}

// levelPool mixes the forest, the analogues and the country's own history by its level.
func (s *Shop) levelPool(v panel.View, seed uint64, near bool) (Field, error) {
	return s.once(fmt.Sprint("level pool ", near), v, seed, func() (Field, error) {
		trees, err := s.trees(v, seed, near)
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
			weights := weightsAt(level(series, 24, 6), trendOf(series))
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
