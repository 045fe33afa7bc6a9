package crew

import (
	"slices"
	"sync/atomic"
	"testing"
)

// Each piece is done once, whoever helps, and all of them before those return who wait for it.
func TestEachOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 7, 1000} {
		want := slices.Repeat([]int32{1}, n)
		for _, workers := range []int{-1, 0, 1, 2, 8} {
			times := make([]int32, n)
			Spread(workers, n, func(i int) { atomic.AddInt32(&times[i], 1) })
			if !slices.Equal(times, want) {
				t.Errorf("%d pieces on %d: %v", n, workers, times)
			}
		}
		times := make([]int32, n)
		w := Begin(n, func(i int) { atomic.AddInt32(&times[i], 1) })
		go w.Help()
		w.Finish()
		if !slices.Equal(times, want) {
			t.Errorf("%d pieces with a helper: %v", n, times)
		}
		w.Finish() // nothing is left, and nothing waits
	}
}

// One worker keeps the order.
func TestAloneInOrder(t *testing.T) {
	t.Parallel()
	var got []int
	Spread(1, 4, func(i int) { got = append(got, i) })
	if !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("%v", got)
	}
}
