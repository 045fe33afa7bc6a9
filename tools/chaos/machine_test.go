package main

import (
	"testing"
	"time"
)

// TestNeighboursStretchABound, and what the run itself uses does not.
func TestNeighboursStretchABound(t *testing.T) {
	t.Parallel()
	from := mark{at: time.Unix(0, 0), all: 2}
	for name, tt := range map[string]struct {
		busy, ours, share float64
	}{
		"a quiet machine":             {1, 1, 0},
		"all of it is ours":           {20, 20, 0},
		"half of it is another's":     {20, 10, .5},
		"others never count for more": {20, 0, mostOthers},
	} {
		now := mark{at: time.Unix(10, 0), all: 2, busy: tt.busy, ours: tt.ours}
		if got := from.others(now); got != tt.share {
			t.Errorf("%s: %.2f, want %.2f", name, got, tt.share)
		}
	}
	if got := takeMark(); got.all > 0 && (got.busy <= 0 || got.ours > got.busy) {
		t.Errorf("%+v", got)
	}
}
