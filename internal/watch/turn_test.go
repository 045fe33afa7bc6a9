package watch

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Batches that are merged ahead and assessed in any order decide what the live core decides,
// and so does a core that assesses on several goroutines.
func TestAssessedAheadDecidesAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		live, early, wide := newRun(), newRun(), newRun()
		for _, r := range []*run{early, wide} {
			r.core.use(&flat{settled: true})
			r.settled = true
		}
		wide.core.Parallel(4)
		most := rapid.IntRange(1, 6).Draw(t, "ahead")
		var turns []*Turn
		flush := func() {
			for _, i := range rapid.Permutation(indices(len(turns))).Draw(t, "order") {
				turns[i].Assess()
			}
			for _, turn := range turns {
				early.keep(early.core.Decide(turn))
			}
			turns = nil
		}
		for _, in := range history(t) {
			live.apply(in)
			wide.apply(in)
			if in.act != nil || in.rules != nil || in.sites != nil {
				flush()
				early.apply(in)
				continue
			}
			if turns = append(turns, early.core.Merge(in.at, in.signals)); len(turns) == most {
				flush()
			}
		}
		flush()
		if want := live.bytes(t); !bytes.Equal(early.bytes(t), want) || !bytes.Equal(wide.bytes(t), want) {
			t.Fatal("another log")
		}
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
