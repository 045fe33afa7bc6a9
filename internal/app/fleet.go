package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/watch"
)

// Where processes share a database, each accepts what enters and those with the role decide
// divide the projects among them. A part is held for partLength and renewed long before: who
// dies is followed by another within that time, who leaves gives back at once, and who hangs
// longer and goes on is refused by the database.
const (
	partLength = 10 * time.Second
	partRenew  = 3 * time.Second
	partLook   = time.Second // how often shares are looked at
)

// soleLease is what one process held, in earlier versions, that decided everything.
const soleLease = "watch"

// command is the role of a process that runs one command: it decides only what nobody else does,
// so that servers need not divide anew for it.
const command = "command"

// fleet is this process among those that share its database.
type fleet struct {
	app     *App
	decider *watch.Decider
	roles   []string

	mu    sync.Mutex
	holds []watch.Hold

	seen map[int]*watched // of share alone
}

// over tells from which instant on a part may be taken; zero = it is held.
func (f *fleet) over(p store.Part, now time.Time) time.Time {
	w := f.seen[p.N]
	if w == nil {
		w = &watched{length: partLength}
		f.seen[p.N] = w
	}
	return w.over(p.Epoch, p.Until, now)
}

func newFleet(a *App) *fleet { return &fleet{app: a, seen: map[int]*watched{}} }

// nudge tells the decider of this process that there is an input.
func (f *fleet) nudge() {
	if d := f.decider; d != nil {
		d.Nudge()
	}
}

// divided is into how many parts the projects of this installation are divided.
func divided(ctx context.Context, db *store.DB) (int, error) {
	if !db.Shared() {
		return 0, nil
	}
	parts, err := db.Parts(ctx)
	if err != nil {
		return 0, fmt.Errorf("how the projects are divided: %w", err)
	}
	return cmp.Or(len(parts), watch.DefaultParts), nil
}

// order is where inputs go; nil where this process is the only one.
func (a *App) order() watch.Order {
	if a.db.Shared() {
		return a.db
	}
	return nil
}

// does tells whether this process has a role.
func (a *App) does(role string) bool { return a.cfg.Does(role) }

// begin divides the projects, if nobody did. Nothing may enter before: what has a number already
// when they are divided is nobody's.
func (f *fleet) begin(ctx context.Context) error {
	a := f.app
	starting := context.WithoutCancel(ctx) // a command may be done before this is
	if held, err := a.db.LeaseHolder(starting, soleLease); err == nil && held.Until.After(a.opts.Now()) {
		return fmt.Errorf("a process of an earlier version decides everything, until %s: end all of them first: %w", held.Until.Format(time.RFC3339), fault.ErrConflict)
	}
	if err := a.joins(starting); err != nil {
		return err
	}
	n, err := a.db.MakeParts(starting, a.parts, a.opts.Now())
	if err != nil || n != a.parts {
		return fmt.Errorf("divide the projects into %d parts (there are %d): %w", a.parts, n, cmp.Or(err, errParts))
	}
	return nil
}

// decide follows the inputs until ctx ends, and gives back then what it holds.
func (f *fleet) decide(ctx context.Context) error {
	a := f.app
	starting := context.WithoutCancel(ctx)
	began := a.opts.Now()
	if err := a.alive(starting, began); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return f.listen(gctx) })
	if slices.Contains(f.roles, config.Decide) || slices.Contains(f.roles, command) {
		g.Go(func() error { return f.decider.Run(gctx) })
		g.Go(func() error { return f.share(gctx, began) })
	} else {
		g.Go(func() error { return a.beat(gctx, began) })
	}
	err := g.Wait()
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if back := a.db.ReleaseParts(leaving, a.db.Owner, f.held(), a.opts.Now()); back != nil {
		a.opts.Log.Error("give back what was decided here", "error", back) // it ends by itself
	}
	if gone := a.db.Gone(leaving, a.db.Owner); gone != nil {
		a.opts.Log.Error("sign off", "error", gone)
	}
	return err
}

var errParts = errors.New("another number")

func (f *fleet) held() []watch.Hold {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.holds)
}

// set makes the decider decide for other parts.
func (f *fleet) set(ctx context.Context, holds []watch.Hold) error {
	f.mu.Lock()
	f.holds = holds
	f.mu.Unlock()
	return f.decider.Hold(ctx, slices.Clone(holds))
}

// share keeps this process's share of the parts: what it holds is renewed, what it has too
// much of is given back, what nobody has is taken.
func (f *fleet) share(ctx context.Context, began time.Time) error {
	a := f.app
	tick := time.NewTicker(partLook)
	defer tick.Stop()
	renewed := a.opts.Now()
	for {
		now := a.opts.Now()
		if now.Sub(renewed) >= partRenew {
			if err := a.alive(ctx, began); err != nil && ctx.Err() == nil {
				a.opts.Log.Error("say that we are alive", "error", err)
			}
			err := a.db.RenewParts(ctx, a.db.Owner, f.held(), now, partLength)
			switch {
			case err == nil:
				renewed = now
			case errors.Is(err, store.ErrFenced) || now.Sub(renewed) >= partLength:
				a.opts.Log.Warn("what was decided here is decided elsewhere now", "error", err)
				if err := f.set(ctx, nil); err != nil && ctx.Err() == nil {
					return err
				}
				renewed = now
			case ctx.Err() == nil:
				a.opts.Log.Error("renew what is decided here", "error", err)
			}
		}
		if err := f.balance(ctx, now); err != nil && ctx.Err() == nil {
			a.opts.Log.Error("divide the projects among the processes", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// balance gives back or takes parts, so that each process that decides has as many as the
// others. What nobody has for longer than it should take is taken by whoever sees it.
func (f *fleet) balance(ctx context.Context, now time.Time) error {
	a := f.app
	parts, err := a.db.Parts(ctx)
	if err != nil {
		return err
	}
	replicas, err := a.db.Replicas(ctx)
	if err != nil {
		return err
	}
	fair := f.fair(len(parts), replicas, now)
	holds := f.held()
	if n := len(holds) - fair; n > 0 {
		back := holds[fair:]
		if err := f.set(ctx, slices.Clone(holds[:fair])); err != nil {
			return err
		}
		return a.db.ReleaseParts(ctx, a.db.Owner, back, now)
	}
	var free []int
	at := now
	for _, p := range parts {
		from := f.over(p, now)
		if from.IsZero() || slices.ContainsFunc(holds, func(h watch.Hold) bool { return h.Part == p.N }) {
			continue
		}
		if len(holds)+len(free) < fair || (now.Sub(p.Until) > 2*partLook || from.After(now)) && !p.Until.IsZero() {
			free = append(free, p.N)
			if from.After(at) {
				at = from
			}
		}
	}
	if len(free) == 0 {
		return nil
	}
	got, err := a.db.TakeParts(ctx, a.db.Owner, free, at, partLength)
	if err != nil || len(got) == 0 {
		return err
	}
	for _, h := range got { // where the clock of who had it stands at the least
		a.reach(f.seen[h.Part].stands(now))
	}
	a.opts.Log.Info("decides for more projects", "parts", len(got), "all", len(holds)+len(got))
	return f.set(ctx, append(holds, got...))
}

// fair is how many of the parts this process should have.
func (f *fleet) fair(parts int, replicas []store.Replica, now time.Time) int {
	me, deciders := f.app.db.Owner, 0
	for _, r := range replicas {
		if r.ID != me && r.Seen.Add(partLength).After(now) && slices.Contains(r.Roles, config.Decide) {
			deciders++
		}
	}
	if slices.Contains(f.roles, command) {
		if deciders > 0 {
			return 0
		}
		return parts
	}
	deciders++
	return (parts + deciders - 1) / deciders
}

// listen hears what the other processes say. Whoever misses something looks by itself.
func (f *fleet) listen(ctx context.Context) error {
	a := f.app
	decided := make(chan struct{}, 1)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-decided:
				if err := a.watch.Decided(ctx); err != nil && ctx.Err() == nil {
					a.opts.Log.Error("ask what was decided", "error", err)
				}
			}
		}
	}()
	for ctx.Err() == nil {
		err := a.db.Listen(ctx, func(what string) {
			switch name, org, _ := strings.Cut(what, " "); name {
			case store.SaidInput:
				f.nudge()
			case store.SaidDone:
				select {
				case decided <- struct{}{}:
				default:
				}
			case store.SaidDeliver:
				if d := a.serving.dispatcher.Load(); d != nil {
					d.Nudge()
				}
			case store.SaidChanged:
				a.hub.tell(org, "queue")
			}
		})
		if ctx.Err() != nil {
			return nil
		}
		a.opts.Log.Error("does not hear the other processes and will again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(partLook):
		}
	}
	return nil
}

// archive is the store of records, which leaves to others what they have in hand.
type archive struct {
	*store.DB
	app *App
}

// Open implements intake.Archive.
func (r archive) Open(ctx context.Context, limit int) ([]intake.Record, error) {
	if !r.Shared() {
		return r.DB.Open(ctx, limit)
	}
	now := r.app.opts.Now()
	return r.Left(ctx, now, now.Add(-deadAfter), now.Add(-inHandAtMost), limit)
}

// inHandAtMost is how long a living process may have a record in hand before another works it
// through.
const inHandAtMost = time.Minute

// leftovers works through what others left that died or could not, until ctx ends.
func (a *App) leftovers(ctx context.Context) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		if err := a.intake.Resume(ctx); err != nil && ctx.Err() == nil {
			a.opts.Log.Error("work through what was left", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
