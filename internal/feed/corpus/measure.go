package corpus

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/feed"
)

// outcome is one run of a parser.
type outcome struct {
	res      feed.Result
	err      error
	panicked any
	took     time.Duration
	heap     uint64 // bytes of heap above the start, garbage not yet collected included
}

const heapObjects = "/memory/classes/heap/objects:bytes"

func heapNow(sample []metrics.Sample) uint64 {
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// measure runs a parser behind a fence and watches the heap while it runs. The watching is
// by samples a millisecond apart, so a peak between two of them goes unseen.
func measure(parse feed.Parser, in feed.Input) outcome {
	runtime.GC()
	sample := []metrics.Sample{{Name: heapObjects}}
	before := heapNow(sample)
	var peak atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		own := []metrics.Sample{{Name: heapObjects}}
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if now := heapNow(own); now > peak.Load() {
					peak.Store(now)
				}
			}
		}
	}()
	out := fenced(parse, in)
	last := heapNow(sample)
	close(stop)
	<-stopped
	if top := max(peak.Load(), last); top > before {
		out.heap = top - before
	}
	return out
}

func fenced(parse feed.Parser, in feed.Input) (out outcome) {
	start := clock.System()
	defer func() {
		out.took = clock.System().Sub(start)
		out.panicked = recover()
	}()
	out.res, out.err = parse(in)
	return out
}
