package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// roomy is up to where the heap may grow before it is collected: below it memory is cheap,
	// and a small heap that is collected each time it has grown a little costs a fifth of the
	// processor under load.
	roomy = 192 << 20
	// dear is by how many per cent a larger heap may grow: a desk shares its machine.
	dear = 40
	// collectLook is how often it is looked at how much is alive.
	collectLook = time.Second
)

// collect sets how often memory is collected by how much of it is alive, until ctx ends. Who
// sets GOGC decides that alone.
func collect(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	alive := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := 0
	tick := time.NewTicker(collectLook)
	defer tick.Stop()
	for {
		metrics.Read(alive)
		if want := growth(alive[0].Value.Uint64()); want < set-set/8 || want > set+set/8 {
			set = want
			debug.SetGCPercent(set)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// growth is by how many per cent a heap with so many bytes alive may grow.
func growth(alive uint64) int {
	const least, most = 4 << 20, 800
	return min(most, max(dear, int((roomy-int64(min(alive, roomy)))*100/int64(max(alive, least)))))
}
