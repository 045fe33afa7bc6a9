package assessment

import (
	"math"
	"slices"
	"time"

	"watchfire.dev/internal/quantile"
)

// A Trend is the change of a score over a window of days.
type Trend struct {
	Days  float64 `json:"days"`
	N     int     `json:"n"`     // scores in the window, this one included
	Delta float64 `json:"delta"` // points over the window, by the Theil–Sen slope
	P     float64 `json:"p"`     // two-sided, Mann–Kendall; 1 where there is too little
	Verb  string  `json:"verb"`  // deteriorated, improved, unchanged, unknown, alert
}

// trendOf reckons the median of the slopes between all pairs (Theil 1950, Sen 1968) and the
// Mann–Kendall test. An arrow needs both: a change of some size and a small p.
func trendOf(m *Method, history []Point, asOf time.Time, score, days float64) Trend {
	list := []Point{}
	for _, p := range history {
		if d := asOf.Sub(p.At).Hours() / 24; d > 0 && d <= days {
			list = append(list, p)
		}
	}
	list = append(list, Point{asOf, score})
	t := Trend{Days: days, N: len(list), P: 1, Verb: "unknown"}
	if len(list) < 2 {
		return t
	}
	var slopes []float64
	s := 0
	for i := range list {
		for j := i + 1; j < len(list); j++ {
			gap := list[j].At.Sub(list[i].At).Hours() / 24
			diff := list[j].Score - list[i].Score
			if gap <= 0 {
				continue
			}
			slopes = append(slopes, diff/gap)
			switch {
			case diff > 1e-9:
				s++
			case diff < -1e-9:
				s--
			}
		}
	}
	if len(slopes) == 0 {
		return t
	}
	slices.Sort(slopes)
	t.Delta = round(quantile.Of(slopes, 0.5) * days)
	t.P = round(mannKendall(s, len(list), ties(list)))
	switch {
	case t.P >= m.Trend.P || math.Abs(t.Delta) < m.Trend.Least:
		if t.Verb = "unchanged"; len(list) < 4 {
			t.Verb = "unknown" // three values can never reach p < 0.1
		}
	case t.Delta > 0:
		t.Verb = "deteriorated"
	default:
		t.Verb = "improved"
	}
	return t
}

// ties are the sizes of groups of equal scores.
func ties(list []Point) []int {
	scores := make([]float64, len(list))
	for i, p := range list {
		scores[i] = p.Score
	}
	slices.Sort(scores)
	var out []int
	for i := 0; i < len(scores); {
		j := i + 1
		for j < len(scores) && scores[j]-scores[i] < 1e-9 {
			j++
		}
		if j-i > 1 {
			out = append(out, j-i)
		}
		i = j
	}
	return out
}

// mannKendall is the two-sided p of S for n values: exact up to ten values without ties (by
// the number of permutations with so many inversions), the normal approximation with
// continuity and tie correction beyond.
func mannKendall(s, n int, tied []int) float64 {
	if s < 0 {
		s = -s
	}
	if s == 0 {
		return 1
	}
	if n <= 10 && len(tied) == 0 {
		return min(1, 2*inversionsTail(n, s))
	}
	v := float64(n * (n - 1) * (2*n + 5))
	for _, t := range tied {
		v -= float64(t * (t - 1) * (2*t + 5))
	}
	if v <= 0 {
		return 1
	}
	return 2 * (1 - phi(float64(s-1)/math.Sqrt(v/18)))
}

// inversionsTail is the chance that S ≥ s for a random order of n values.
func inversionsTail(n, s int) float64 {
	count := []float64{1} // permutations of k values by their number of inversions
	for k := 2; k <= n; k++ {
		next := make([]float64, k*(k-1)/2+1)
		for i, c := range count {
			for j := range k {
				next[i+j] += c
			}
		}
		count = next
	}
	pairs, all, tail := n*(n-1)/2, 0.0, 0.0
	for inv, c := range count {
		all += c
		if pairs-2*inv >= s {
			tail += c
		}
	}
	return tail / all
}
