package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/watch"
)

// Leases where processes share a database. A holder that cannot renew for the whole length
// stops by itself; one that hangs longer and goes on is refused by the database.
const (
	leaseLength = 15 * time.Second
	leaseRenew  = 5 * time.Second
	leaseLook   = time.Second // how often one who waits looks
	// watchLease is the right to decide.
	watchLease = "watch"
	// houseLease is the right to sign checkpoints and to keep house.
	houseLease = "house"
)

// beatEvery is how often a process says that it is alive, and deadAfter for how long it must
// be silent to be dead: what it had in hand is then free.
const (
	beatEvery = 5 * time.Second
	deadAfter = 20 * time.Second
)

// lead is a lease that this process has; nil = it needs none, since it is alone.
type lead struct{ lease store.Lease }

// takeOnce gets the right to decide at once, or fault.ErrConflict.
func (a *App) takeOnce(ctx context.Context) (*lead, error) {
	if !a.db.Shared() {
		return nil, nil
	}
	l, err := a.db.TakeLease(ctx, watchLease, a.db.Owner, a.opts.Now(), leaseLength)
	if errors.Is(err, fault.ErrConflict) {
		return nil, fmt.Errorf("another watchfire decides on %s (stop it, or talk to it by --url): %w", a.db.Name(), err)
	}
	if err != nil {
		return nil, err
	}
	return a.deciding(l), nil
}

// deciding makes the watch write under a lease and no other.
func (a *App) deciding(l store.Lease) *lead {
	a.db.SetFence(func(*watch.Batch) []store.Lease { return []store.Lease{l} })
	return &lead{l}
}

// takeWaiting waits for the right to decide and answers "standing by" meanwhile.
func (a *App) takeWaiting(listener net.Listener) func(context.Context) (*lead, error) {
	return func(ctx context.Context) (*lead, error) {
		if !a.db.Shared() {
			return nil, nil
		}
		l, err := a.db.TakeLease(ctx, watchLease, a.db.Owner, a.opts.Now(), leaseLength)
		if !errors.Is(err, fault.ErrConflict) {
			if err != nil {
				return nil, err
			}
			return a.deciding(l), nil
		}
		a.opts.Log.Info("standing by: another process decides", "replica", a.db.Owner)
		fmt.Fprintf(a.opts.Out, "Watchfire stands by: another process decides on %s\n", a.db.Name())
		stop := a.standBy(listener)
		l, err = a.await(ctx, watchLease)
		if err = errors.Join(err, stop()); err != nil {
			return nil, err
		}
		return a.deciding(l), nil
	}
}

// await takes a lease as soon as it can be had. Its error is that of ctx.
func (a *App) await(ctx context.Context, name string) (store.Lease, error) {
	tick := time.NewTicker(leaseLook)
	defer tick.Stop()
	var seen watched
	for {
		held, err := a.db.LeaseHolder(ctx, name)
		now := a.opts.Now()
		if from := seen.over(held, now); err != nil || !from.IsZero() { // else there is nothing to be had
			var l store.Lease
			if err != nil {
				from = now
			}
			if l, err = a.db.TakeLease(ctx, name, a.db.Owner, from, leaseLength); err == nil {
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

// watched is a lease of another as it was seen last. Its holder's clock may be wrong: a lease
// that was not renewed for its whole length by our own clock is over, whatever end it names.
type watched struct {
	lease store.Lease
	since time.Time
}

// over tells from which instant on the lease may be taken; zero = it holds.
func (w *watched) over(held store.Lease, now time.Time) time.Time {
	if held.Epoch != w.lease.Epoch || !held.Until.Equal(w.lease.Until) {
		w.lease, w.since = held, now
	}
	switch {
	case !held.Until.After(now):
		return now
	case now.Sub(w.since) >= leaseLength:
		return held.Until // refused when it is renewed after all
	default:
		return time.Time{}
	}
}

// keep renews the lease until ctx ends. Its error says that it is lost.
func (l *lead) keep(ctx context.Context, a *App) error {
	if l == nil {
		return nil
	}
	return a.keep(ctx, l.lease)
}

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

// end signs off and gives the lease back, so that the next need not wait: last of all, when
// nothing is in hand any more. Whoever cannot is found dead, and its lease ends by itself.
func (l *lead) end(a *App) {
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := a.db.Gone(ctx, a.db.Owner); err != nil {
		a.opts.Log.Error("sign off", "error", err)
	}
	a.giveBack(ctx, l.lease)
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
func (a *App) beat(ctx context.Context) error {
	if !a.db.Shared() {
		return nil
	}
	began := a.opts.Now()
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
	if err := a.db.Beat(ctx, store.Replica{ID: a.db.Owner, Started: began, Seen: now, Roles: []string{"all"}}); err != nil {
		return err
	}
	a.life.Beat(now)
	return errors.Join(a.db.ReleaseClaims(ctx, now, now.Add(-deadAfter)), a.freeJobs(ctx, now))
}

// held is a listener whose Close leaves the port open: it only ends the waiting for callers.
type held struct{ *net.TCPListener }

// Close ends Accept.
func (h held) Close() error { return h.SetDeadline(time.Unix(1, 0)) }

// standBy answers every request with 503 until stop is called; the process is well, so its
// liveness check says so.
func (a *App) standBy(listener net.Listener) (stop func() error) {
	tcp, ok := listener.(*net.TCPListener)
	if !ok {
		return func() error { return nil }
	}
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := []byte("standing by: another process serves this installation\n")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if r.URL.Path != "/healthz" {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		w.Write(body) //nolint:errcheck // the caller has gone
	})}
	done := make(chan struct{})
	go func() {
		srv.Serve(held{tcp}) //nolint:errcheck // it ends by stop
		close(done)
	}()
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if srv.Shutdown(ctx) != nil {
			srv.Close() //nolint:errcheck // callers that do not let go are cut off
		}
		<-done
		return tcp.SetDeadline(time.Time{})
	}
}
