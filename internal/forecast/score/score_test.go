package score

import (
	"math"
	"testing"

	"watchfire.dev/internal/forecast/dist"
)

func half(x, y float64) dist.Grid {
	return dist.FromAtoms([]dist.Atom{{Value: x, Weight: 1}, {Value: y, Weight: 1}})
}

// TestByHand checks each score against numbers reckoned on paper.
func TestByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"CRPS of a certain zero", CRPS(nil, 7), 7},
		{"CRPS of half 0, half 10, at 0: 5 − ½·5", CRPS(half(0, 10), 0), 2.5},
		{"CRPS of half 0, half 10, at 20: 15 − ½·5", CRPS(half(0, 10), 20), 12.5},
		{"IGN of a certain zero that came", Ignorance(nil, 0), -math.Log2(1001. / 1011)},
		{"IGN of a certain zero that did not", Ignorance(nil, 3), math.Log2(1011)},
		{"IGN of half 0, half 10, at 9: the bin from 5.5", Ignorance(half(0, 10), 9), -math.Log2(501. / 1011)},
		{"IGN beyond the last edge", Ignorance(half(0, 5000), 2000), -math.Log2(501. / 1011)},
		{"IGN at an edge: it belongs to the upper bin", Ignorance(half(0, 10.5), 10.5), -math.Log2(501. / 1011)},
		{"MIS90 inside: the width", Interval(half(0, 10), 4), 10},
		{"MIS90 above: 10 + 20·5", Interval(half(0, 10), 15), 110},
		{"MIS90 below: 5 + 20·10", Interval(half(10, 15), 0), 205},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if !Covered(half(0, 10), 10) || Covered(half(0, 10), 11) {
		t.Error("the interval holds its ends and nothing beyond")
	}
}

func TestCalibration(t *testing.T) {
	t.Parallel()
	calls := []Call{{.9, true}, {.9, true}, {.9, false}, {.1, false}}
	// (3·|.9−2/3| + 1·|.1−0|) / 4
	if got, want := ECE(calls), (3*(.9-2./3)+.1)/4; math.Abs(got-want) > 1e-9 {
		t.Errorf("ECE %v, want %v", got, want)
	}
	ranked := []Call{{.2, true}, {.8, false}, {.9, true}}
	// precision 1 at the first hit, 2/3 at the second
	if got, want := AveragePrecision(ranked), (1+2./3)/2; math.Abs(got-want) > 1e-9 {
		t.Errorf("AP %v, want %v", got, want)
	}
	tied := []Call{{.5, true}, {.5, false}}
	if got := AveragePrecision(tied); got != .5 {
		t.Errorf("AP of a tie %v: the order of equals must not matter", got)
	}
	if AveragePrecision(nil) != 0 || ECE(nil) != 0 {
		t.Error("nothing called scores nothing")
	}
}
