package app

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/watch"
)

func TestALeaseThatIsNotRenewedIsOverWhateverEndItNames(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	held := store.Lease{Name: "watch", Owner: "fast", Epoch: 3, Until: noon.Add(time.Hour)} // its holder's clock is an hour ahead
	w := watched{length: leaseLength}
	for s := time.Duration(0); s < leaseLength; s += time.Second {
		if from := w.over(held.Epoch, held.Until, noon.Add(s)); !from.IsZero() {
			t.Fatalf("taken after %s, before its length is over", s)
		}
	}
	if from := w.over(held.Epoch, held.Until, noon.Add(leaseLength)); !from.Equal(held.Until) {
		t.Errorf("not renewed for its whole length, and may be taken from %s; want its own end, so that a renewal refuses it", from)
	}
	held.Until = held.Until.Add(leaseRenew)
	if from := w.over(held.Epoch, held.Until, noon.Add(leaseLength+time.Second)); !from.IsZero() {
		t.Error("a lease that was renewed was taken")
	}
	if now := held.Until.Add(time.Second); !w.over(held.Epoch, held.Until, now).Equal(now) {
		t.Error("a lease whose time is over cannot be taken")
	}
}

// TestATakeoverKeepsTheTimeOfTheDead: a process whose clock was forty minutes ahead set timers by
// it, renewed for the last time and died. Who takes its parts goes on where its clock stood, not
// where it wrote last: those timers are not late by what lies between.
func TestATakeoverKeepsTheTimeOfTheDead(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64 // of the process that lives, and of its machine's clock
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	since := func() time.Duration { return time.Duration(passed.Load()) }
	steady := clock.NewSteady(func() time.Time { return noon.Add(since()) }, since)
	a := opened(t, onPostgres(t), Options{Now: steady.Now, reached: steady.Reach})
	const ahead = 40 * time.Minute
	renewed := noon.Add(ahead)
	f, ctx := newFleet(a), t.Context()
	f.roles, f.decider = []string{config.Decide}, watch.NewDecider(a.watch)
	var deciding sync.WaitGroup
	inner, stop := context.WithCancel(ctx)
	deciding.Go(func() {
		if err := f.decider.Run(inner); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(deciding.Wait)
	t.Cleanup(stop)
	n, err := a.db.MakeParts(ctx, a.parts, noon)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	holds, err := a.db.TakeParts(ctx, "rep_dead", all, noon, partLength)
	if err != nil || len(holds) != n {
		t.Fatal(holds, err)
	}
	if err := a.db.RenewParts(ctx, "rep_dead", holds, renewed, partLength); err != nil {
		t.Fatal(err)
	}
	takes := func(want int) {
		t.Helper()
		if err := f.balance(ctx, steady.Now()); err != nil {
			t.Fatal(err)
		}
		if got := f.held(); len(got) != want {
			t.Fatalf("%d parts were taken, want %d", len(got), want)
		}
	}
	takes(0)
	passed.Add(int64(partLength + time.Second))
	takes(n)
	if got, want := steady.Now(), renewed.Add(partLength+time.Second); got.Before(want) {
		t.Errorf("the clock is at %s after the takeover; that of the dead stood at %s", got, want)
	}
}

// opened is an installation in a folder of its own, on a database ("" = the embedded one), whose
// writer works until the test ends.
func opened(t *testing.T, database config.Secret, o Options) *App {
	t.Helper()
	cfg, err := config.Load("", func(name string) string { return map[string]string{"WATCHFIRE_DATA": t.TempDir()}[name] })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Database = database
	a, err := Open(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	writing(t, a)
	return a
}

// writing lets the writer of an installation work until the test ends.
func writing(t *testing.T, a *App) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var disk sync.WaitGroup
	disk.Go(func() {
		if err := a.db.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(disk.Wait)
	t.Cleanup(stop)
}

// TestOneClock: each process keeps to the clock of the one that is ahead of all.
func TestOneClock(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	steady := clock.NewSteady(clock.Fixed(noon), func() time.Duration { return 0 })
	a := opened(t, onPostgres(t), Options{Now: steady.Now, reached: steady.Reach})
	ahead := noon.Add(time.Hour)
	if err := errors.Join(a.db.Beat(t.Context(), store.Replica{ID: "rep_other", Started: ahead, Seen: ahead}), a.alive(t.Context(), noon)); err != nil {
		t.Fatal(err)
	}
	if got := steady.Now(); got.Before(ahead) {
		t.Errorf("the clock is at %s, another's at %s: what that one sets to be done would wait", got, ahead)
	}
}

// TestNotBesideASoleDecider: where a process of an earlier version decides everything, none
// decides beside it.
func TestNotBesideASoleDecider(t *testing.T) {
	t.Parallel()
	a := opened(t, onPostgres(t), Options{})
	if _, err := a.db.TakeLease(t.Context(), soleLease, "rep_earlier", a.opts.Now(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := newFleet(a).begin(t.Context()); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("it decides beside one that decides everything: %v", err)
	}
}

// TestAClockFarAheadDoesNotJoin: a process whose clock is an hour ahead is refused while
// another, by the database's clock, is alive; with nobody to say who is right it serves.
func TestAClockFarAheadDoesNotJoin(t *testing.T) {
	t.Parallel()
	a := opened(t, onPostgres(t), Options{Now: func() time.Time { return clock.System().Add(time.Hour) }})
	other := func(seen time.Time) error {
		return errors.Join(a.db.Beat(t.Context(), store.Replica{ID: "rep_other", Started: seen, Seen: seen}), a.joins(t.Context()))
	}
	if err := a.joins(t.Context()); err != nil {
		t.Errorf("nobody else is there: %v", err)
	}
	if err := other(clock.System()); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("another is alive by the database's clock: %v", err)
	}
	if err := other(clock.System().Add(time.Hour)); err != nil {
		t.Errorf("the other one's clock agrees with ours: %v", err)
	}
	if err := other(clock.System().Add(-10 * time.Minute)); err != nil {
		t.Errorf("the other one is long dead: %v", err)
	}
	off, known := a.self.clockOff(t.Context())
	if !known || off < 59*time.Minute {
		t.Errorf("the clock is said to be %s ahead (%v)", off, known)
	}
}
