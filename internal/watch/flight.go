package watch

import (
	"context"
	"fmt"

	"watchfire.dev/internal/crew"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// flight is a pass on its way to the disk. The next one is decided meanwhile; it is committed
// after it, and void when it fails.
type flight struct {
	*turn
	list     []request
	outcomes []error
	err      error // of the commit; read it when it has landed
	landed   chan struct{}
}

// fly commits the pass, hands over what may go out now and tells the callers.
func (f *flight) fly() {
	defer close(f.landed)
	f.err = f.commit(func(b *Batch) {
		if len(b.Notifications) > 0 {
			f.cfg.Dispatch(b.Notifications)
		}
	})
	if f.err == nil {
		for org := range f.dirty {
			f.cfg.Changed(org)
		}
	}
	f.done(f.err)
}

// commit writes the batches of the pass, the first of which is ready. Each other is made so
// while the one before it is written, and who has written that helps.
func (t *turn) commit(landed func(*Batch)) error {
	list := t.batches()
	for i, b := range list {
		last := i+1 == len(list)
		var next *crew.Work
		if !last {
			next = t.readying(list[i+1])
			go next.Help()
		}
		err := t.write(b)
		if err == nil {
			step := "portion"
			if last {
				step = "committed"
			}
			t.cfg.Failpoint(step)
			landed(b)
		}
		if !last {
			next.Finish()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ready makes of a batch what can be made before its turn to be written comes.
func (t *turn) ready(b *Batch, workers int) {
	b.encode(workers)
	if p, ok := t.cfg.Store.(preparer); ok {
		crew.Spread(workers, len(b.Decisions), func(i int) { p.Prepare(&b.Decisions[i]) })
	}
}

// A preparer is a store that has work of its own to do on what was decided, encoded already,
// before it is committed. It is called on any goroutine, on several for several decisions.
type preparer interface{ Prepare(d *OrgDecision) }

// readying is ready for whoever has time for it, decision by decision.
func (t *turn) readying(b *Batch) *crew.Work {
	p, _ := t.cfg.Store.(preparer)
	return crew.Begin(len(b.Decisions), func(i int) {
		b.encodeOne(i)
		if p != nil {
			p.Prepare(&b.Decisions[i])
		}
	})
}

func (t *turn) write(b *Batch) error {
	if b.Empty() {
		return nil
	}
	t.claim(b)
	t.cfg.Failpoint("before-commit")
	ctx, end := t.cfg.Trace.Begin(t.ctx, "commit")
	err := t.cfg.Store.Commit(ctx, b)
	end(err)
	return err
}

// claim takes the first alarms of a batch for this process: what is new to everybody, so that
// nothing has to be looked up about it.
func (t *turn) claim(b *Batch) {
	if t.cfg.Claim == nil || len(b.Notifications) == 0 {
		return
	}
	left, seen := t.cfg.Claim(), map[string]bool{}
	for i := range b.Notifications {
		n := &b.Notifications[i]
		first := n.Revision == 1 && n.Purpose == response.Alarm && n.State == response.Pending && !n.Due.After(t.now)
		if first && left > 0 && !seen[n.ID] {
			n.State = response.Sending
			left--
		}
		seen[n.ID] = true
	}
}

// done tells each caller what became of its request; err is that of the commit.
func (f *flight) done(err error) {
	for i, r := range f.list {
		if err != nil {
			f.outcomes[i] = fmt.Errorf("repeat with the same Idempotency-Key: %w: %w", fault.ErrUnavailable, err)
		}
		r.done <- f.outcomes[i]
	}
}

// landing is closed when the pass that flies has landed; nil = none flies.
func (s *Service) landing() <-chan struct{} {
	if s.flying == nil {
		return nil
	}
	return s.flying.landed
}

// land waits for the pass that flies and returns the error of its commit.
func (s *Service) land() error {
	f := s.flying
	if f == nil {
		return s.failed
	}
	<-f.landed
	s.flying = nil
	if f.err != nil {
		s.failed = f.err
	}
	return s.failed
}

// settle waits until what was decided before is in the store, for whoever reads it there. That
// it failed is met at the end of the pass.
func (t *turn) settle() {
	if t.inline == nil {
		_ = t.land()
	}
}

// look asks at once which signals of a pass's requests are known: on disk, or on their way to
// it. It is asked at the beginning, because what flies then may have landed when its turn comes.
func (t *turn) look(list []request) {
	var ids []string
	for _, r := range list {
		ids = append(ids, r.signals...)
	}
	if len(ids) == 0 {
		return
	}
	if t.known, t.unknown = t.cfg.Store.Known(t.ctx, ids); t.unknown != nil {
		t.known, t.unknown = map[string]bool{}, fmt.Errorf("look signals up: %w", t.unknown)
	}
	if t.flying == nil {
		return
	}
	for _, b := range t.flying.batches() {
		for _, signal := range b.Signals {
			t.known[signal.ID] = true
		}
	}
}

// knows tells which signals are known, with those that this pass has taken. Whoever takes one
// notes it there.
func (t *turn) knows(ids []string) (map[string]bool, error) {
	if t.known != nil {
		return t.known, t.unknown
	}
	known, err := t.cfg.Store.Known(t.ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("look signals up: %w", err)
	}
	for _, b := range t.batches() {
		for _, signal := range b.Signals {
			known[signal.ID] = true
		}
	}
	return known, nil
}

// again builds the cores from the store after a commit that failed. Its error means that the
// store cannot be trusted any more.
func (s *Service) again(ctx context.Context, failed error) error {
	s.failed = nil
	if failed == nil || ctx.Err() != nil {
		return nil
	}
	s.cfg.Log.Error("commit refused; the cores are built again from the store", "error", failed)
	s.resumeIn = resumeAgain
	if err := s.Load(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("commit: %w; then load: %w", failed, err)
	}
	return nil
}
