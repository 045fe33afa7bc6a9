package sim

import (
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
)

// TestMain lets garbage pile up, as tools/sim does: worlds are small and soon gone.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}

// part is how many seeds run with the tests, and brief how many where they are short (with
// the race detector); `make sim` runs more.
const (
	part  = 1000
	brief = 60
)

func TestSeedsHoldThePromises(t *testing.T) {
	t.Parallel()
	list := Found()
	for s := uint64(1); s <= part && (s <= brief || !testing.Short()); s++ {
		list = append(list, s)
	}
	var mu sync.Mutex
	reds, crashes, sent := 0, 0, 0
	var group sync.WaitGroup
	for shares := runtime.GOMAXPROCS(0); shares > 0; shares-- {
		group.Go(func() {
			for i := shares - 1; i < len(list); i += runtime.GOMAXPROCS(0) {
				r := Run(Options{Seed: list[i]})
				if r.Failed() {
					t.Errorf("%s\nreplay: make sim SEED=%d", r, list[i])
				}
				mu.Lock()
				reds, crashes, sent = reds+r.Reds, crashes+r.Crashes, sent+r.Sent
				mu.Unlock()
			}
		})
	}
	group.Wait()
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

// TestPlantedBugsAreFound shows that the checks can fail.
func TestPlantedBugsAreFound(t *testing.T) {
	t.Parallel()
	for _, p := range Plants() {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			if by := FoundBy(p, 1000); by == 0 {
				t.Error("not found within 1,000 seeds")
			}
		})
	}
}
