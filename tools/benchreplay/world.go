package main

import (
	"iter"
	"math/rand/v2"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/replay"
)

// A world is a portfolio and everything that happens around it.
type world struct {
	portfolio portfolio.Portfolio
	quakes    []quake
	boxes     []string
	storms    []event.Signal
	until     time.Time
}

// seed of the world; one seed is one world, on any machine.
const seed = 20260101

// size says how large a world is.
type size struct {
	quakes, advisories, sites int
	years                     float64
}

// newWorld draws a world of a size.
func newWorld(n size) *world {
	from := time.Date(1996, 1, 1, 0, 0, 0, 0, time.UTC)
	span := time.Duration(n.years * 365.25 * 24 * float64(time.Hour))
	w := &world{until: from.Add(span + 60*24*time.Hour)}
	w.portfolio = sites(rand.New(rand.NewPCG(seed, 1)), n.sites)
	w.quakes, w.boxes = quakes(rand.New(rand.NewPCG(seed, 2)), n.quakes, from, span)
	w.storms = advisories(rand.New(rand.NewPCG(seed, 3)), n.advisories, from, n.years)
	return w
}

// steps gives what arrives, in the order of receipt: one message, one input.
func (w *world) steps() iter.Seq[replay.Step] {
	return func(yield func(replay.Step) bool) {
		storms := w.storms
		for i := range w.quakes {
			q := &w.quakes[i]
			for len(storms) > 0 && storms[0].Received.UnixMilli() < q.received {
				if !yield(replay.Step{At: storms[0].Received, Signals: storms[:1:1]}) {
					return
				}
				storms = storms[1:]
			}
			s := q.signal(i, w.boxes[q.box])
			if !yield(replay.Step{At: s.Received, Signals: []event.Signal{s}}) {
				return
			}
		}
		for i := range storms {
			if !yield(replay.Step{At: storms[i].Received, Signals: storms[i : i+1 : i+1]}) {
				return
			}
		}
	}
}
