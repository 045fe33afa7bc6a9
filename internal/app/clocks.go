package app

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
)

// mostAhead is how far the clock of a machine may be ahead of the database's and the others'.
// Processes that share a database keep to the clock that is ahead of all, because what that one
// set to be done is by it: a clock that is far ahead would take all of them along, so that what
// is due in the skipped time comes early. That is why such a process does not join. Where they
// agree among themselves and the database's clock is the odd one, nobody is refused.
const mostAhead = time.Minute

// joins refuses a process whose clock is far ahead of the database's while others that live now
// go by the database's.
func (a *App) joins(ctx context.Context) error {
	theirs, known, err := a.db.Clock(ctx)
	if err != nil || !known {
		return err
	}
	off := a.opts.Now().Sub(theirs)
	if off <= mostAhead {
		return nil
	}
	replicas, err := a.db.Replicas(ctx)
	if err != nil {
		return fmt.Errorf("processes: %w: %w", fault.ErrUnavailable, err)
	}
	for _, r := range replicas {
		if alike(r, theirs) && r.ID != a.db.Owner {
			return fmt.Errorf("the clock of this machine is %s ahead of that of %s and of %s, which would have to follow it: set it right (NTP) and start again: %w",
				off.Round(time.Second), a.db.Name(), r.ID, fault.ErrConflict)
		}
	}
	a.opts.Log.Error("the clock of this machine is ahead of the database's, and no other process says which one is right", "ahead", off)
	return nil
}

// alike tells whether a process said lately, by a clock like the database's, that it is alive.
func alike(r store.Replica, theirs time.Time) bool {
	return theirs.Sub(r.Seen).Abs() < 2*deadAfter
}

// clockOff is how far our clock is ahead: of the database's, or of the other end's of the
// heartbeat, whichever is further.
func (s *selfcheck) clockOff(ctx context.Context) (off time.Duration, known bool) {
	if s.beat != nil {
		off, known = s.beat.Offset()
	}
	theirs, is, err := s.app.db.Clock(ctx)
	if err != nil || !is { // that it cannot be asked is another check
		return off, known
	}
	if by := s.app.opts.Now().Sub(theirs); by.Abs() > off.Abs() {
		off = by
	}
	return off, true
}
