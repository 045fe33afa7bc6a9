package sim

import (
	"slices"
	"testing"
)

// part is how many seeds run with the tests; `make sim` runs more.
const part = 60

func TestSeedsHoldThePromises(t *testing.T) {
	t.Parallel()
	list := Found()
	for s := uint64(1); s <= part; s++ {
		list = append(list, s)
	}
	reds, crashes, sent := 0, 0, 0
	for _, s := range list {
		r := Run(Options{Seed: s})
		if r.Failed() {
			t.Errorf("%s\nreplay: make sim SEED=%d", r, s)
		}
		reds, crashes, sent = reds+r.Reds, crashes+r.Crashes, sent+r.Sent
	}
	if reds == 0 || crashes == 0 || sent == 0 {
		t.Errorf("%d reds, %d crashes and %d messages: a world in which nothing happens proves nothing", reds, crashes, sent)
	}
}

func TestOneSeedHasOneSchedule(t *testing.T) {
	t.Parallel()
	for _, s := range []uint64{5, 45, 134} {
		one, other := Run(Options{Seed: s, Trace: true}), Run(Options{Seed: s, Trace: true})
		if !slices.Equal(one.Trace, other.Trace) || one.Events != other.Events {
			for i := range min(len(one.Trace), len(other.Trace)) {
				if one.Trace[i] != other.Trace[i] {
					t.Errorf("seed %d differs at line %d:\n%s\n%s", s, i, one.Trace[i], other.Trace[i])
					break
				}
			}
			t.Errorf("seed %d: %d and %d moves", s, one.Events, other.Events)
		}
	}
}

// TestPlantedBugsAreFound shows that the checks can fail. The rarest plant, Unfenced, is left
// to `make sim`.
func TestPlantedBugsAreFound(t *testing.T) {
	t.Parallel()
	for _, p := range []Plant{LeaseUnchecked, ReceiptReversed, AnswerIgnored, TornCommit, YesTooEarly} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			if by := FoundBy(p, 1000); by == 0 {
				t.Error("not found within 1,000 seeds")
			}
		})
	}
}
