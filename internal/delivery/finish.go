package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// writeAgain is how long after a failed write what attempts came to is written again.
const writeAgain = 500 * time.Millisecond

// finish stores what attempts came to, many in one transaction, until there are no more.
func (d *Dispatcher) finish(ctx context.Context) {
	for {
		var again <-chan time.Time
		if d.inDebt() {
			again = time.After(writeAgain)
		}
		select {
		case o, ok := <-d.done:
			if !ok {
				d.store(ctx, nil)
				return
			}
			d.store(ctx, d.gather(o))
		case <-d.indebted: // the watchdog could not write
		case <-again:
			d.store(ctx, nil)
		}
	}
}

// gather waits a moment for others that end at the same time.
func (d *Dispatcher) gather(o Outcome) []Outcome {
	list := []Outcome{o}
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for len(list) < finishBatch {
		select {
		case o, ok := <-d.done:
			if !ok {
				return list
			}
			list = append(list, o)
		case <-timer.C:
			return list
		}
	}
	return list
}

// store writes outcomes, and before them those that could not be written. What the store does
// not take now is owed: it is written again, and meanwhile not sent again.
func (d *Dispatcher) store(ctx context.Context, fresh []Outcome) {
	d.mu.Lock()
	list := slices.Concat(d.debts, fresh)
	if len(d.debts) > 0 { // what was claimed anew meanwhile is given back first: then the earlier attempt counts
		slices.SortStableFunc(list, func(a, b Outcome) int { return order(b.Unsent) - order(a.Unsent) })
	}
	d.debts = nil
	d.mu.Unlock()
	for part := range slices.Chunk(list, finishBatch) {
		err := d.write(ctx, part)
		switch {
		case err == nil:
			d.paid(part)
		case len(part) == 1 || away(err):
			d.owe(part, err)
		default: // one of them may be to blame, and must not take the others with it
			for i := range part {
				if err := d.write(ctx, part[i:i+1]); err != nil {
					d.owe(part[i:i+1], err)
				} else {
					d.paid(part[i : i+1])
				}
			}
		}
	}
}

func order(first bool) int {
	if first {
		return 1
	}
	return 0
}

// away tells whether nothing can be written now, whatever it is.
func away(err error) bool {
	return errors.Is(err, fault.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
}

// owe keeps what could not be written. It is given up when its lease is over and something
// else could be written since: then it is sent again, with the same key.
func (d *Dispatcher) owe(list []Outcome, err error) {
	now := d.cfg.Now()
	fresh, lost := 0, 0
	d.mu.Lock()
	for _, o := range list {
		known := d.unwritten[attemptOf(o)]
		if !away(err) && !now.Before(o.lease) && d.wrote.After(o.Ended) {
			delete(d.unwritten, attemptOf(o))
			lost++
			continue
		}
		if !known {
			fresh++
			d.unwritten[attemptOf(o)] = true
		}
		d.debts = append(d.debts, o)
	}
	d.mu.Unlock()
	if fresh > 0 {
		d.cfg.Log.Error("store attempts: they are written again, and not sent again meanwhile", "count", fresh, "error", err)
	}
	if lost > 0 {
		d.cfg.Log.Error("store attempts: given up, they are made again with the same keys", "count", lost, "error", err)
	}
	select {
	case d.indebted <- struct{}{}:
	default:
	}
}

func (d *Dispatcher) paid(list []Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrote = d.cfg.Now()
	if len(d.unwritten) == 0 {
		return
	}
	for _, o := range list {
		delete(d.unwritten, attemptOf(o))
	}
}

func (d *Dispatcher) inDebt() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.debts) > 0
}

// attempted names one attempt.
type attempted struct {
	notification string
	try          int
	unsent       bool
}

func attemptOf(o Outcome) attempted { return attempted{o.Notification, o.Try, o.Unsent} }

// owing tells whether an attempt of ours to any of them has been made and is not written yet;
// the lock is held.
func (d *Dispatcher) owing(list []Claimed) bool {
	if len(d.unwritten) == 0 {
		return false
	}
	return slices.ContainsFunc(list, func(c Claimed) bool {
		for try := 1; try <= c.Tries; try++ {
			if d.unwritten[attempted{c.ID, try, false}] {
				return true
			}
		}
		return false
	})
}

// write stores outcomes in one transaction and tells whom they concern.
func (d *Dispatcher) write(ctx context.Context, list []Outcome) error {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Lease)
	defer cancel()
	unreached, err := d.cfg.Store.Finish(ctx, list)
	if err != nil {
		return err
	}
	d.cfg.Failpoint("receipt-stored")
	told := map[string]bool{}
	for _, o := range list {
		if !told[o.Org] {
			told[o.Org] = true
			d.cfg.Changed(o.Org)
		}
		if o.State == response.Failed {
			d.cfg.Failed(o)
		}
		if !o.Unsent {
			d.cfg.Observed(o)
		}
	}
	for _, u := range unreached {
		d.cfg.Unreached(ctx, u)
	}
	return nil
}
