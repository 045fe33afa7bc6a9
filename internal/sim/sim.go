// Package sim plays the way of a warning, from signals to answers, in a made-up world: a
// virtual clock, a virtual network, one to three replicas that share one store, providers
// and receivers, all drawn from one seed. It runs the real decision and delivery code, one
// move at a time, breaks the world while it runs, and checks the promises of delivery after
// every step and at the end. One seed has one schedule, so that a failure can be played
// again. It is no test of a database: the store is a model with its promises.
package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A Plant is a bug that is put in on purpose, to show that the checks can fail.
type Plant string

// The planted bugs.
const (
	None            Plant = ""
	LeaseUnchecked  Plant = "lease-unchecked"  // a notification is claimed though another has it in hand
	ReceiptReversed Plant = "receipt-reversed" // the last receipt counts, not what all say together
	AnswerIgnored   Plant = "answer-ignored"   // the escalation goes on after an acknowledgement
	TornCommit      Plant = "torn-commit"      // a crash loses the notifications of a commit
	YesTooEarly     Plant = "yes-too-early"    // a signal is acknowledged though its commit failed
	Unfenced        Plant = "unfenced"         // who has lost the lease may still commit
	LeftForgotten   Plant = "left-forgotten"   // what a crash left of an observation's decisions is not decided
)

// Plants lists the planted bugs.
func Plants() []Plant {
	return []Plant{LeaseUnchecked, ReceiptReversed, AnswerIgnored, TornCommit, YesTooEarly, Unfenced, LeftForgotten}
}

// Options say how a seed is played.
type Options struct {
	Seed  uint64
	Plant Plant
	Trace bool // keep what happened, for people to read
}

// A Result is what a seed came to.
type Result struct {
	Seed     uint64
	Failures []string // broken promises, in the order in which they were seen
	Trace    []string // when asked for
	Events   int      // moves that were made
	Sent     int      // messages that providers took
	Reds     int      // reds that were told
	Crashes  int
	Warnings int
	Jumped   bool // a clock was wrong
}

// Failed tells whether a promise was broken.
func (r Result) Failed() bool { return len(r.Failures) > 0 }

// String is one line.
func (r Result) String() string {
	out := fmt.Sprintf("seed %d: %d moves, %d crashes, %d warnings, %d messages, %d reds, jumps %v", r.Seed, r.Events, r.Crashes, r.Warnings, r.Sent, r.Reds, r.Jumped)
	if r.Failed() {
		out += "\n  " + strings.Join(r.Failures, "\n  ")
	}
	return out
}

// mostFailures bounds what one seed reports.
const mostFailures = 5

// Run plays one seed.
func Run(o Options) Result {
	w := newWorld(o)
	w.play()
	w.settle()
	w.result.Jumped = w.jumps
	r := w.result
	if o.Plant == None {
		r.Failures = append(r.Failures, replayOrder(o.Seed)...)
	}
	return r
}

// dice is the seeded chance of one part of the world: parts do not disturb one another.
func dice(seed uint64, part string) *rand.Rand {
	var h uint64 = 14695981039346656037
	for _, c := range []byte(part) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, h))
}

func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)+1))
}

func oneIn(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// FoundBy is the first seed, up to most, at which a planted bug is found though the same seed
// is clean without it; 0 = none.
func FoundBy(p Plant, most uint64) uint64 {
	for s := uint64(1); s <= most; s++ {
		if Run(Options{Seed: s, Plant: p}).Failed() && !Run(Options{Seed: s}).Failed() {
			return s
		}
	}
	return 0
}
