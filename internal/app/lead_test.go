package app

import (
	"testing"
	"time"

	"watchfire.dev/internal/store"
)

func TestALeaseThatIsNotRenewedIsOverWhateverEndItNames(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	held := store.Lease{Name: "watch", Owner: "fast", Epoch: 3, Until: noon.Add(time.Hour)} // its holder's clock is an hour ahead
	var w watched
	for s := time.Duration(0); s < leaseLength; s += time.Second {
		if from := w.over(held, noon.Add(s)); !from.IsZero() {
			t.Fatalf("taken after %s, before its length is over", s)
		}
	}
	if from := w.over(held, noon.Add(leaseLength)); !from.Equal(held.Until) {
		t.Errorf("not renewed for its whole length, and may be taken from %s; want its own end, so that a renewal refuses it", from)
	}
	held.Until = held.Until.Add(leaseRenew)
	if from := w.over(held, noon.Add(leaseLength+time.Second)); !from.IsZero() {
		t.Error("a lease that was renewed was taken")
	}
	if now := held.Until.Add(time.Second); !w.over(held, now).Equal(now) {
		t.Error("a lease whose time is over cannot be taken")
	}
}
