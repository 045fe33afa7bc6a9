package fetch

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A watchdog ends an exchange whose body comes in drops: a deadline alone would let a
// hundred such servers hold a hundred workers for the whole of it, poll after poll.
type watchdog struct {
	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
	last    int64
	seen    *atomic.Int64
	limits  Limits
	cancel  context.CancelCauseFunc
}

// watch looks at seen once per Window until stop is called.
func watch(seen *atomic.Int64, l Limits, cancel context.CancelCauseFunc) *watchdog {
	w := &watchdog{seen: seen, last: seen.Load(), limits: l, cancel: cancel}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(l.Window, w.look)
	return w
}

func (w *watchdog) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	now := w.seen.Load()
	if now-w.last < w.limits.Progress {
		w.cancel(errStalled)
		return
	}
	w.last = now
	w.timer.Reset(w.limits.Window)
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}
