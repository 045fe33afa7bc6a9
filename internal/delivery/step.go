package delivery

import (
	"context"
	"time"
)

// Stepped lets a simulation make every move of a Dispatcher itself, so that one seed has one
// schedule: nothing runs beside the caller. Both fields are required.
type Stepped struct {
	Go    func(attempt func())                  // takes an attempt to run, now or later
	After func(wait time.Duration, wake func()) // calls wake when the time has come
}

// Restore reads what Run reads before its first turn.
func (d *Dispatcher) Restore(ctx context.Context) { d.restore(ctx) }

// Turn is one turn of Run's loop: after a wake, or with tick after the sweep's interval.
func (d *Dispatcher) Turn(ctx context.Context, tick bool) {
	if tick {
		d.Nudge()
		d.digests(ctx)
	}
	select {
	case <-d.wake:
	default:
	}
	d.work(ctx)
}

// Woken tells whether something waits for a turn.
func (d *Dispatcher) Woken() bool { return len(d.wake) > 0 }

// Flush stores what the attempts so far came to, in one transaction, with what could not be
// stored before; it returns how many are new.
func (d *Dispatcher) Flush(ctx context.Context) int {
	var list []Outcome
	for len(d.done) > 0 && len(list) < finishBatch {
		list = append(list, <-d.done)
	}
	if len(list) > 0 || d.inDebt() {
		d.store(ctx, list)
	}
	return len(list)
}

// start runs an attempt beside the caller.
func (d *Dispatcher) start(attempt func()) {
	if d.cfg.Stepped != nil {
		d.cfg.Stepped.Go(attempt)
		return
	}
	d.running.Go(attempt)
}

// after calls wake when the time has come.
func (d *Dispatcher) after(wait time.Duration, wake func()) {
	if d.cfg.Stepped != nil {
		d.cfg.Stepped.After(wait, wake)
		return
	}
	time.AfterFunc(wait, wake)
}
