package event

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Forget drops what nothing touched since, whatever the order of revisions and restarts, and
// nothing else.
func TestForgetDropsWhatNothingTouched(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := NewMerger("org")
		last := map[string]time.Time{}
		now := t0
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "hours")) * time.Hour)
			key := fmt.Sprintf("usgs:%d", rapid.IntRange(0, 8).Draw(t, "event"))
			for _, e := range m.Observe(now, []Signal{report("usgs", key, i+1, at(30, 67, 10, 6))}) {
				last[e.ID] = now
			}
			if rapid.IntRange(0, 5).Draw(t, "restart") == 0 {
				again := NewMerger("org")
				var held []Event
				m.Each(func(e Event) { held = append(held, e) })
				for _, j := range rapid.Permutation(held).Draw(t, "order") {
					again.Restore(j, nil)
				}
				m = again
			}
			before := now.Add(-time.Duration(rapid.IntRange(1, 100).Draw(t, "kept")) * time.Hour)
			var want, got []string
			for id, at := range last {
				if at.Before(before) {
					want = append(want, id)
					delete(last, id)
				}
			}
			m.Forget(before, func(id string) { got = append(got, id) })
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) || m.Len() != len(last) {
				t.Fatalf("before %s: dropped %v, want %v; %d held, want %d", before, got, want, m.Len(), len(last))
			}
		}
	})
}
