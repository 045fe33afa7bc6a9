// Package score measures forecast distributions against what happened. The definitions are
// those of the VIEWS prediction challenge 2023/24: continuous ranked probability score and
// ignorance of a thousand-member ensemble, mean interval score at 90 %; beside them stand
// calibration of the chance of 25 deaths or more, average precision and coverage. Lower is
// better for the first three. Everything is summed in the order given.
package score

import (
	"math"
	"slices"

	"watchfire.dev/internal/forecast/dist"
)

// Bins are the lower edges of the bins in which the ignorance score counts, in deaths. The
// last one is open.
var bins = [...]float64{0, .5, 2.5, 5.5, 10.5, 25.5, 50.5, 100.5, 250.5, 500.5, 1000.5}

// CRPS gives the continuous ranked probability score of an ensemble, in deaths:
// mean |x−y| − ½ mean |x−x'| (Gneiting and Raftery 2007, formula 21).
func CRPS(g dist.Grid, y float64) float64 {
	if g == nil {
		return math.Abs(y)
	}
	n := float64(len(g))
	toY, between := 0.0, 0.0
	for i, x := range g {
		toY += math.Abs(x - y)
		between += (2*float64(i) + 1 - n) * x
	}
	return toY/n - between/(n*n)
}

// Ignorance gives −log2 of the chance that the ensemble gave to the bin of y, in bits. Each
// bin is counted once more than members fell into it, so that the score is finite.
func Ignorance(g dist.Grid, y float64) float64 {
	at := binOf(y)
	count := 0
	if g == nil {
		if at == 0 {
			count = dist.Size
		}
	} else {
		low, _ := slices.BinarySearch(g, bins[at])
		high := len(g)
		if at+1 < len(bins) {
			high, _ = slices.BinarySearch(g, bins[at+1])
		}
		count = high - low
	}
	return -math.Log2(float64(count+1) / float64(dist.Size+len(bins)))
}

func binOf(y float64) int {
	at := 0
	for i, low := range bins {
		if y >= low {
			at = i
		}
	}
	return at
}

// Interval gives the interval score at 90 %: width plus 20 times what the outcome lies
// outside (Gneiting and Raftery 2007, formula 43), in deaths.
func Interval(g dist.Grid, y float64) float64 {
	const alpha = .1
	low, high := g.Quantile(alpha/2), g.Quantile(1-alpha/2)
	return high - low + 2/alpha*(math.Max(0, low-y)+math.Max(0, y-high))
}

// Covered says whether y lies in the central 90 % interval.
func Covered(g dist.Grid, y float64) bool {
	return g.Quantile(.05) <= y && y <= g.Quantile(.95)
}
