package watch

import (
	"context"
	"fmt"

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
// while the one before it is written.
func (t *turn) commit(landed func(*Batch)) error {
	list := t.batches()
	for i, b := range list {
		encoded := make(chan struct{})
		if i+1 < len(list) {
			go func() {
				defer close(encoded)
				t.ready(list[i+1], 1)
			}()
		} else {
			close(encoded)
		}
		err := t.write(b)
		<-encoded
		if err != nil {
			return err
		}
		if i+1 < len(list) {
			t.cfg.Failpoint("portion")
		} else {
			t.cfg.Failpoint("committed")
		}
		landed(b)
	}
	return nil
}

// ready makes of a batch what can be made before its turn to be written comes.
func (t *turn) ready(b *Batch, workers int) {
	b.encode(workers)
	if p, ok := t.cfg.Store.(preparer); ok {
		p.Prepare(b)
	}
}

// A preparer is a store that has work of its own to do on an encoded batch before it is
// committed. It is called on any goroutine.
type preparer interface{ Prepare(b *Batch) }

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

// flies tells whether a signal is on its way to the disk.
func (t *turn) flies(known map[string]bool) {
	if t.flying == nil {
		return
	}
	for _, b := range t.flying.batch.Signals {
		known[b.ID] = true
	}
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
