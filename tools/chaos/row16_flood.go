package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"watchfire.dev/tools/outside"
)

// flooded: 10,000 events a minute, for six seconds. memoryCap is the same under a limit.
var (
	flooded   = row{n: 16, name: "flood of 10,000 events a minute", must: "every one is told, the queue empties", play: func(l *lab) error { return playFlood(l, nil) }}
	memoryCap = row{n: 23, name: "memory cap of 512 MB", must: "peak < 480 MB in the flood", play: func(l *lab) error { return playFlood(l, []string{"GOMEMLIMIT=400MiB"}) }}
)

func playFlood(l *lab, env []string) error {
	const n = 1000
	if err := l.setUp(n, ""); err != nil {
		return err
	}
	if env != nil {
		l.desk.Stop()
		l.desk.Env = env
		if err := l.desk.Start(); err != nil {
			return err
		}
	}
	var mu sync.Mutex
	err := outside.Pace(0, n, 10_000/60, func(ctx context.Context, i int) error {
		key := fmt.Sprintf("chaos-%d", i)
		body, err := outside.Signal(key, i)
		if err == nil {
			err = outside.Post(ctx, l.desk.Client, l.desk.Base+"/api/v1/signals", body)
		}
		if err == nil {
			mu.Lock()
			l.yes[key] = true
			mu.Unlock()
		}
		return err
	})
	if err != nil {
		return err
	}
	began := time.Now()
	if err := l.wait(n, 120*time.Second); err != nil {
		return err
	}
	mb, err := l.desk.ResidentMB()
	if err != nil {
		return err
	}
	l.note("the last was told %.1f s after the last came; peak %.0f MB", time.Since(began).Seconds(), mb)
	if env != nil && mb >= 480 {
		return fmt.Errorf("peak %.0f MB", mb)
	}
	return l.judge()
}
