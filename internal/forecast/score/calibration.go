package score

import (
	"cmp"
	"slices"
)

// Call is a chance that was given to an event, and whether it came.
type Call struct {
	P   float64
	Hit bool
}

// Bin is one point of a reliability diagram.
type Bin struct {
	N              int
	Mean, Observed float64 // mean chance given; share that came
}

// Reliability sorts calls into ten equal bins of chance.
func Reliability(calls []Call) [10]Bin {
	var out [10]Bin
	var hits [10]int
	for _, c := range calls {
		i := min(int(c.P*10), 9)
		out[i].N++
		out[i].Mean += c.P
		if c.Hit {
			hits[i]++
		}
	}
	for i := range out {
		if n := float64(out[i].N); n > 0 {
			out[i].Mean /= n
			out[i].Observed = float64(hits[i]) / n
		}
	}
	return out
}

// ECE gives the expected calibration error: the mean distance between chance and share over
// ten bins, weighted by their number of calls.
func ECE(calls []Call) float64 {
	if len(calls) == 0 {
		return 0
	}
	sum := 0.0
	for _, b := range Reliability(calls) {
		sum += float64(b.N) * max(b.Mean-b.Observed, b.Observed-b.Mean)
	}
	return sum / float64(len(calls))
}

// AveragePrecision gives the area under precision over recall, ranked by chance. Calls of
// equal chance are one step. Without a hit it is 0.
func AveragePrecision(calls []Call) float64 {
	ranked := slices.Clone(calls)
	slices.SortStableFunc(ranked, func(a, b Call) int { return cmp.Compare(b.P, a.P) })
	total := 0
	for _, c := range ranked {
		if c.Hit {
			total++
		}
	}
	if total == 0 {
		return 0
	}
	sum, hits := 0.0, 0
	for i := 0; i < len(ranked); {
		j, step := i, 0
		for ; j < len(ranked) && ranked[j].P == ranked[i].P; j++ {
			if ranked[j].Hit {
				step++
			}
		}
		hits += step
		sum += float64(step) / float64(total) * float64(hits) / float64(j)
		i = j
	}
	return sum
}
