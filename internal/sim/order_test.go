package sim

import (
	"maps"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// TestTheOrderWithinABatchChangesNothing: what arrives at one instant is decided together, so
// that level, cell and floor are the same whatever its order.
func TestTheOrderWithinABatchChangesNothing(t *testing.T) {
	t.Parallel()
	decided := func(list []event.Signal) map[string]ending {
		out := map[string]ending{}
		core := watch.NewCore("o", warning.DefaultPolicy(), sites{}, nil)
		for _, d := range core.Observe(epoch.Add(time.Second), list) {
			if w := d.Warning; w != nil {
				out[w.Project+" "+string(w.Family)] = ending{w.Level, w.Cell, w.Floor}
			}
		}
		return out
	}
	high := 0
	for seed := range uint64(300) {
		r := dice(seed, "batch")
		list := signals(r, 10)
		for i := range list {
			list[i].Published, list[i].Received = epoch, epoch
		}
		one := decided(list)
		for range 3 {
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			if other := decided(list); !maps.Equal(one, other) {
				t.Errorf("seed %d: %v, in another order %v", seed, one, other)
			}
		}
		for _, e := range one {
			if e.level >= level.Orange {
				high++
			}
		}
	}
	if high == 0 {
		t.Error("nothing was above yellow: that proves little")
	}
}

// TestWhatTheOrderOfBatchesMayChange: over time the cell and the floor are the same in any
// order, and the level lies between them; it is the same where they are one, and may depend on
// the way where they are not. Both cases are there, or this would prove nothing.
func TestWhatTheOrderOfBatchesMayChange(t *testing.T) {
	t.Parallel()
	same, differ := 0, 0
	for seed := uint64(1); seed <= 600; seed++ {
		for _, problem := range replayOrder(seed) {
			t.Errorf("seed %d: %s", seed, problem)
		}
		plain, mixed, end := orders(seed)
		one, other := ends(plain, end), ends(mixed, end)
		for _, g := range slices.Sorted(maps.Keys(one)) {
			switch a, b := one[g], other[g]; {
			case a.level == b.level:
				same++
			case a.floor == a.cell:
				t.Errorf("seed %d: %s is %s or %s, and nothing holds it up", seed, g, a.level, b.level)
			default:
				differ++
			}
		}
	}
	if same == 0 || differ == 0 {
		t.Errorf("%d levels are the same and %d depend on the way: want some of both", same, differ)
	}
	t.Logf("%d levels are the same in another order, %d depend on the way", same, differ)
}
