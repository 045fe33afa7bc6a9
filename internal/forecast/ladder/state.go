package ladder

import (
	"math"

	"watchfire.dev/internal/forecast/panel"
)

// level is the exponentially weighted mean of the last n values.
func level(s []float64, n int, halfLife float64) float64 {
	m, _, _ := moments(decayed(s, n, halfLife))
	return m
}

func mean(s []float64, n int) float64 {
	t, sum := tail(s, n), 0.0
	for _, x := range t {
		sum += x
	}
	if len(t) == 0 {
		return 0
	}
	return sum / float64(len(t))
}

func share(s []float64, n int, least float64) float64 {
	t, k := tail(s, n), 0
	for _, x := range t {
		if x >= least {
			k++
		}
	}
	if len(t) == 0 {
		return 0
	}
	return float64(k) / float64(len(t))
}

// quiet gives the months since the last death, at most 240.
func quiet(s []float64) float64 {
	n := 0
	for i := len(s) - 1; i >= 0 && s[i] == 0 && n < 240; i-- {
		n++
	}
	return float64(n)
}

func peak(s []float64, n int) float64 {
	top := 0.0
	for _, x := range tail(s, n) {
		top = max(top, x)
	}
	return top
}

// features describes a country at the end of its series.
func features(s []float64, world float64) []float64 {
	m1, m3, m6, m12, m24, m60 := mean(s, 1), mean(s, 3), mean(s, 6), mean(s, 12), mean(s, 24), mean(s, 60)
	lv := level(s, 24, 6)
	_, v, _ := moments(decayed(s, 12, 0))
	return []float64{
		math.Log1p(m1), math.Log1p(m3), math.Log1p(m6), math.Log1p(m12), math.Log1p(m24), math.Log1p(m60),
		share(s, 6, 1), share(s, 24, 1), math.Log1p(quiet(s)), math.Log1p(peak(s, 36)), world,
		math.Log((m3 + 3) / (m12 + 3)), math.Log((m1 + 3) / (lv + 3)), math.Log((m12 + 3) / (m60 + 3)),
		math.Sqrt(v) / (m12 + 3), math.Log1p(lv), share(s, 120, 1), math.Log1p(mean(s, 120)),
		share(s, 12, 25),
	}
}

// world is the logarithm of all deaths of the last year.
func world(v panel.View) float64 {
	sum := 0.0
	for i := range v.Len() {
		sum += mean(v.Series(i), 12)
	}
	return math.Log1p(sum)
}

// around describes the neighbours of a country: how deadly the worst is, how deadly they
// are together, how many are at war, and whether that is new.
func around(v panel.View, near []int) []float64 {
	worst, sum, before, wars := 0.0, 0.0, 0.0, 0.0
	for _, j := range near {
		s := v.Series(j)
		m := mean(s, 6)
		worst = max(worst, m)
		sum += m
		before += mean(s, 36)
		if mean(s, 12) >= alarming {
			wars++
		}
	}
	return []float64{math.Log1p(worst), math.Log1p(sum), wars, math.Log((sum + 3) / (before + 3))}
}

// alarming is the mean of deaths a month from which a neighbour counts as at war.
const alarming = 25
