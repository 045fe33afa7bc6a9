package delivery

import (
	"context"
	"sync"
	"time"

	"watchfire.dev/internal/level"
)

// A Watchdog looks for overdue reds in every process, beside the dispatcher's loop and the
// job queue: should either hang, a red still leaves (TRUST.md, promise 6). It claims by the
// same conditional update, so that it never sends what another has in hand, and it tells
// when it last looked, so that its own death is seen.
type Watchdog struct {
	Dispatcher *Dispatcher
	Every      time.Duration // 0 = 5 s
	// Late is told of a red that was due longer ago than a minute; it must not block. It is
	// told once for each.
	Late func(c Claimed, by time.Duration)

	mu   sync.Mutex
	last time.Time
	told map[string]bool
}

const (
	overdue   = 5 * time.Second // the dispatcher has had its chance
	tooLate   = time.Minute     // of a red: an alarm
	dogBatch  = 32
	toldAtAll = 10_000
)

// Last is when the watchdog looked last; zero = never.
func (w *Watchdog) Last() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// Run looks until ctx ends, then waits for what it has begun.
func (w *Watchdog) Run(ctx context.Context) error {
	tick := time.NewTicker(or(w.Every, 5*time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		w.Look(ctx)
	}
}

// Look sends what is overdue now and returns how many reds that were. It waits for their
// attempts: a hanging channel costs it one attempt's time.
func (w *Watchdog) Look(ctx context.Context) int {
	d := w.Dispatcher
	now := d.cfg.Now()
	// What the dispatcher holds for its provider's rate has a lease and is not overdue.
	list, err := d.cfg.Store.TakeDue(ctx, Pick{Least: level.Red, Before: now.Add(-overdue), Limit: dogBatch}, d.claim())
	if err != nil {
		d.cfg.Log.Error("the watchdog cannot look for overdue reds", "error", err)
		return 0
	}
	w.mu.Lock()
	w.last = now
	w.mu.Unlock()
	var sending sync.WaitGroup
	for _, c := range list {
		w.note(c, now)
		d.mu.Lock()
		flying := d.flying([]Claimed{c}) || d.owing([]Claimed{c})
		d.mu.Unlock()
		if flying {
			d.store(ctx, []Outcome{putOff(c, now, now.Add(landing), "")})
			continue
		}
		if d.cfg.Stepped != nil {
			d.cfg.Stepped.Go(func() { w.send(context.WithoutCancel(ctx), c) })
			continue
		}
		sending.Go(func() { w.send(context.WithoutCancel(ctx), c) })
	}
	sending.Wait()
	return len(list)
}

// note tells once of a red that nobody tried for longer than a minute.
func (w *Watchdog) note(c Claimed, now time.Time) {
	by := now.Sub(c.Due) // Due is still what it was before the claim
	w.mu.Lock()
	if w.told == nil || len(w.told) > toldAtAll {
		w.told = map[string]bool{}
	}
	fresh := !w.told[c.ID]
	if by > tooLate {
		w.told[c.ID] = true
	}
	w.mu.Unlock()
	if by > tooLate && fresh && w.Late != nil {
		w.Late(c, by)
	}
}

// send makes one attempt and stores it, without the lanes and the finishing loop.
func (w *Watchdog) send(ctx context.Context, c Claimed) {
	d := w.Dispatcher
	began := d.cfg.Now()
	if !d.mine(c, began) {
		return
	}
	defer d.fly([]Claimed{c})()
	ctx, cancel := context.WithTimeout(ctx, AttemptTime(c.Level))
	defer cancel()
	receipt, _, err := d.send(ctx, unit{list: []Claimed{c}})
	o := outcomeOf(c, began)
	o.Ended, o.State, o.Remote, o.Detail = d.cfg.Now(), receipt.State, receipt.Remote, receipt.Detail
	if err != nil {
		o = judge(o, c, err)
	}
	d.store(context.WithoutCancel(ctx), []Outcome{o})
}
