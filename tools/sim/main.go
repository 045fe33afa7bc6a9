// Command sim plays seeds of the simulation in internal/sim: first those that once broke a
// promise, then a range of new ones, then each planted bug until it is found. It prints what
// broke, with the line that plays it again, and the figures. With -seed it plays one seed and
// prints everything that happened. It touches neither disk nor network.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/sim"
)

// plantBound is by which seed a planted bug must be found.
const plantBound = 1000

// garbage is how much may pile up beside what is held: worlds are small and soon gone, so
// that collecting seldom costs a few megabytes and spares a tenth of the time.
const garbage = 800

func main() {
	seed := flag.Uint64("seed", 0, "play this seed alone and print what happened")
	first := flag.Uint64("first", 1, "first seed of the range")
	count := flag.Uint64("n", 10_000, "how many seeds")
	plant := flag.String("plant", "", "with -seed: put this bug in")
	plants := flag.Bool("plants", true, "look for the planted bugs as well")
	flag.Parse()
	if *seed > 0 {
		r := sim.Run(sim.Options{Seed: *seed, Plant: sim.Plant(*plant), Trace: true})
		for _, line := range r.Trace {
			fmt.Println(line)
		}
		fmt.Println(r)
		exit(r.Failed())
		return
	}
	debug.SetGCPercent(garbage)
	began := clock.System()
	list := sim.Found()
	for s := range *count {
		list = append(list, *first+s)
	}
	failed := play(list)
	took := clock.System().Sub(began)
	fmt.Printf("sim: %d seeds in %s, %.0f a minute on %d processors, %d failed\n", len(list), took.Round(1e6), float64(len(list))/took.Minutes(), runtime.GOMAXPROCS(0), failed)
	fmt.Printf("figure sim.seeds %d seeds\nfigure sim.failed %d seeds\n", len(list), failed)
	if *plants && !planted() {
		failed++
	}
	exit(failed > 0)
}

func exit(failed bool) {
	if failed {
		os.Exit(1)
	}
}

// play plays seeds on all processors; each is a world of its own.
func play(list []uint64) (failed int) {
	var mu sync.Mutex
	var group sync.WaitGroup
	next := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for s := range next {
				r := sim.Run(sim.Options{Seed: s})
				if !r.Failed() {
					continue
				}
				mu.Lock()
				failed++
				fmt.Printf("%s\n  replay: make sim SEED=%d\n", r, s)
				mu.Unlock()
			}
		})
	}
	for _, s := range list {
		next <- s
	}
	close(next)
	group.Wait()
	return failed
}

// planted looks for each planted bug and tells whether all were found.
func planted() bool {
	worst := uint64(0)
	for _, p := range sim.Plants() {
		by := sim.FoundBy(p, plantBound)
		if by == 0 {
			fmt.Printf("sim: the planted bug %s was not found within %d seeds\n", p, plantBound)
			return false
		}
		fmt.Printf("sim: the planted bug %s is found by seed %d\n", p, by)
		worst = max(worst, by)
	}
	fmt.Printf("figure sim.planted_found_by_seed %d seed\n", worst)
	return true
}
