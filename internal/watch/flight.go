package watch

import (
	"context"
	"fmt"

	"watchfire.dev/internal/fault"
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
