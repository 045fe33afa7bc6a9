package main

import "testing"

// TestGrowth grows small heaps far and large ones little.
func TestGrowth(t *testing.T) {
	t.Parallel()
	for alive, want := range map[uint64]int{0: 800, 20 << 20: 800, 64 << 20: 200, 128 << 20: 50, 192 << 20: dear, 2 << 30: dear} {
		if got := growth(alive); got != want {
			t.Errorf("%d MiB alive: %d %%, want %d", alive>>20, got, want)
		}
	}
}
