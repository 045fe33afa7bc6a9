package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
)

// Leases where processes share a database. A holder that cannot renew for the whole length
// stops by itself; one that hangs longer and goes on is refused by the database.
const (
	leaseLength = 15 * time.Second
	leaseRenew  = 5 * time.Second
	leaseLook   = time.Second // how often one who waits looks
	// houseLease is the right to sign checkpoints and to keep house.
	houseLease = "house"
	// heardLease is the right to listen where channels are heard by one process only.
	heardLease = "heard"
)

// beatEvery is how often a process says that it is alive, and deadAfter for how long it must
// be silent to be dead: what it had in hand is then free.
const (
	beatEvery = 3 * time.Second
	deadAfter = 11 * time.Second
)

// await takes a lease as soon as it can be had. Its error is that of ctx.
func (a *App) await(ctx context.Context, name string) (store.Lease, error) {
	tick := time.NewTicker(leaseLook)
	defer tick.Stop()
	seen := watched{length: leaseLength}
	for {
		held, err := a.db.LeaseHolder(ctx, name)
		now := a.opts.Now()
		if from := seen.over(held.Epoch, held.Until, now); err != nil || !from.IsZero() { // else there is nothing to be had
			var l store.Lease
			if err != nil {
				from = now
			}
			if l, err = a.db.TakeLease(ctx, name, a.db.Owner, from, leaseLength); err == nil {
				a.reach(seen.stands(now))
				return l, nil
			}
		}
		if err != nil && !errors.Is(err, fault.ErrConflict) && ctx.Err() == nil {
			a.opts.Log.Error("wait for a lease", "lease", name, "error", err)
		}
		select {
		case <-ctx.Done():
			return store.Lease{}, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// watched is a lease or a part of another as it was seen last. Its holder's clock may be wrong:
// one that was not renewed for its whole length by our own clock is over, whatever end it names.
type watched struct {
	epoch  int64
	until  time.Time
	since  time.Time
	length time.Duration
}

// over tells from which instant on it may be taken, as it stands now; zero = it is held.
func (w *watched) over(epoch int64, until, now time.Time) time.Time {
	if epoch != w.epoch || !until.Equal(w.until) {
		w.epoch, w.until, w.since = epoch, until, now
	}
	switch {
	case !until.After(now):
		return now
	case now.Sub(w.since) >= w.length:
		return until // refused when it is renewed after all
	default:
		return time.Time{}
	}
}

// stands is where the clock of the holder stands at the least: where it stood at its last renewal,
// and what has passed since we saw that.
func (w *watched) stands(now time.Time) time.Time {
	return w.until.Add(now.Sub(w.since) - w.length)
}

// keep renews a lease until ctx ends. Its error says that it is lost.
func (a *App) keep(ctx context.Context, l store.Lease) error {
	tick := time.NewTicker(leaseRenew)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		asking, cancel := context.WithTimeout(ctx, leaseRenew)
		next, err := a.db.RenewLease(asking, l, a.opts.Now(), leaseLength)
		cancel()
		switch {
		case err == nil:
			l = next
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, store.ErrFenced) || !a.opts.Now().Before(l.Until):
			return fmt.Errorf("stop: the lease %q is lost: %w", l.Name, err)
		default:
			a.opts.Log.Error("renew a lease", "lease", l.Name, "error", err)
		}
	}
}

// giveBack is a courtesy: a lease that is not given back ends by itself.
func (a *App) giveBack(ctx context.Context, l store.Lease) {
	if err := a.db.ReleaseLease(ctx, l, a.opts.Now()); err != nil {
		a.opts.Log.Error("give a lease back", "lease", l.Name, "error", err)
	}
}

// alone runs do while this process has a lease, again and again until ctx ends: for work that
// one process does for all. Where there is one process it just runs.
func (a *App) alone(ctx context.Context, name string, do func(context.Context) error) error {
	if !a.db.Shared() {
		return do(ctx)
	}
	for {
		l, err := a.await(ctx, name)
		if err != nil {
			return nil // ctx has ended
		}
		inner, cancel := context.WithCancel(ctx)
		lost := make(chan error, 1)
		go func() {
			lost <- a.keep(inner, l)
			cancel()
		}()
		err = do(inner)
		cancel()
		if gone := <-lost; gone != nil {
			a.opts.Log.Warn("what one process does for all goes to another", "lease", name, "error", gone)
		}
		leaving, done := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		a.giveBack(leaving, l)
		done()
		if err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// beat says that this process is alive, and frees what dead ones had in hand.
func (a *App) beat(ctx context.Context, began time.Time) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := a.alive(ctx, began); err != nil && ctx.Err() == nil {
			a.opts.Log.Error("say that we are alive", "error", err)
		}
	}
}

func (a *App) alive(ctx context.Context, began time.Time) error {
	now := a.opts.Now()
	if err := a.db.Beat(ctx, store.Replica{ID: a.db.Owner, Started: began, Seen: now, Roles: a.fleet.roles}); err != nil {
		return err
	}
	a.life.Beat(now)
	return errors.Join(a.keepUp(ctx), a.db.ReleaseClaims(ctx, now, now.Add(-deadAfter)), a.freeJobs(ctx, now))
}

// keepUp moves our clock to that of the process that is ahead of all, dead ones too: what it set
// to be done is by its clock, and must not wait for ours.
func (a *App) keepUp(ctx context.Context) error {
	if !a.db.Shared() {
		return nil
	}
	replicas, err := a.db.Replicas(ctx)
	for _, r := range replicas {
		a.reach(r.Seen)
	}
	return err
}

func (a *App) reach(t time.Time) {
	if a.opts.reached != nil {
		a.opts.reached(t)
	}
}
