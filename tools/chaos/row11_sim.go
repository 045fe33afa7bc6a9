package main

import (
	"fmt"

	"watchfire.dev/internal/sim"
)

// worlds and orders are rows of the simulation, where a clock can be turned and a signal held
// back for a day; the real program plays its part of both rows too.
var (
	worlds = row{n: 11, name: "clocks of replicas an hour off, simulated", must: "0 escalations missed or doubled", play: func(l *lab) error { return l.worlds(func(r sim.Result) bool { return r.Jumped }) }}
	orders = row{n: 17, name: "doubled, reordered, dropped, simulated", must: "the same final cell, 0 reds lost", play: func(l *lab) error { return l.worlds(func(sim.Result) bool { return true }) }}
)

// worlds plays seeds until as many of the wanted kind were clean.
func (l *lab) worlds(kind func(sim.Result) bool) error {
	want := 100
	if l.whole {
		want = 1000
	}
	first := uint64(l.chance.IntN(1_000_000)) + 1
	n := 0
	for s := first; n < want; s++ {
		if s > first+uint64(want)*40 {
			return fmt.Errorf("only %d worlds of this kind from seed %d on", n, first)
		}
		r := sim.Run(sim.Options{Seed: s})
		if r.Failed() {
			l.tally.lost++
			return fmt.Errorf("%s", r)
		}
		if kind(r) {
			n++
		}
	}
	l.note("%d worlds from seed %d on", n, first)
	return nil
}
