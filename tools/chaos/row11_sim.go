package main

import (
	"fmt"

	"watchfire.dev/internal/sim"
)

// clocks, orders and later are played in the simulation, where clocks can be turned.
var (
	clocks = row{n: 11, name: "clock an hour off", must: "0 escalations missed or doubled", fast: true, play: func(l *lab) error { return l.worlds(func(r sim.Result) bool { return r.Jumped }) }}
	orders = row{n: 17, name: "doubled, reordered, dropped", must: "the same final cell, 0 reds lost", fast: true, play: func(l *lab) error { return l.worlds(func(sim.Result) bool { return true }) }}
	later  = row{n: 19, name: "accepted, fails later", must: "the right end state, in any order", fast: true, play: func(l *lab) error { return l.worlds(func(r sim.Result) bool { return r.Sent > 20 }) }}
)

// worlds plays seeds until fifty of the wanted kind were clean.
func (l *lab) worlds(kind func(sim.Result) bool) error {
	first := uint64(l.chance.IntN(1_000_000)) + 1
	n := 0
	for s := first; n < 50 && s < first+2000; s++ {
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
