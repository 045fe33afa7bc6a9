package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/watch"
)

// length is how long the leases of these tests last.
const length = 15 * time.Second

// TestLeases: one has it; its end, or giving it back, lets the next have it with a higher
// epoch; and who had it before can neither renew it nor write under it.
func TestLeases(t *testing.T, empty Maker) {
	place, ctx := empty(t), t.Context()
	a, b := run(t, place), run(t, place)
	first, err := a.TakeLease(ctx, "watch", "a", began(), length)
	if err != nil || first.Epoch != 1 {
		t.Fatal(first, err)
	}
	a.SetFence(func(*watch.Batch) []store.Lease { return []store.Lease{first} })
	if err := a.Commit(ctx, queued(1)); err != nil {
		t.Fatalf("the holder cannot write: %v", err)
	}
	if _, err := b.TakeLease(ctx, "watch", "b", began().Add(length-time.Second), length); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("another took it before its end: %v", err)
	}
	if first, err = a.RenewLease(ctx, first, began().Add(10*time.Second), length); err != nil {
		t.Fatal(err)
	}
	if _, err := b.TakeLease(ctx, "watch", "b", began().Add(length), length); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("another took it although it was renewed: %v", err)
	}
	second, err := b.TakeLease(ctx, "watch", "b", began().Add(10*time.Second+length), length)
	if err != nil || second.Epoch <= first.Epoch {
		t.Fatal(second, err)
	}
	if _, err := a.RenewLease(ctx, first, began().Add(26*time.Second), length); !errors.Is(err, store.ErrFenced) {
		t.Errorf("renewed what another has: %v", err)
	}
	before, err := b.Size(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Commit(ctx, queued(2)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("wrote under another's lease: %v", err)
	}
	if after, err := b.Size(ctx); err != nil || after != before {
		t.Errorf("the refused batch left %d entries, %v", after-before, err)
	}
	if err := a.ReleaseLease(ctx, first, began()); err != nil {
		t.Error(err)
	}
	if l, err := a.LeaseHolder(ctx, "watch"); err != nil || l.Owner != "b" || l.Epoch != second.Epoch || !l.Until.Equal(second.Until) {
		t.Errorf("holder %+v, %v", l, err)
	}
	if err := b.ReleaseLease(ctx, second, began().Add(30*time.Second)); err != nil {
		t.Fatal(err)
	}
	if third, err := a.TakeLease(ctx, "watch", "a", began().Add(30*time.Second), length); err != nil || third.Epoch <= second.Epoch {
		t.Errorf("after it was given back: %+v, %v", third, err)
	}
	if _, err := b.TakeLease(ctx, "other", "b", began(), length); err != nil {
		t.Errorf("another name: %v", err)
	}
	if _, err := a.LeaseHolder(ctx, "nobody"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("holder of what nobody had: %v", err)
	}
}

// TestOneOfManyTakes: of many that want a lease at once one gets it.
func TestOneOfManyTakes(t *testing.T, empty Maker) {
	place := empty(t)
	dbs := []*store.DB{run(t, place), run(t, place), run(t, place)}
	var mu sync.Mutex
	had := 0
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			_, err := dbs[i%3].TakeLease(t.Context(), "watch", fmt.Sprint(i), began(), length)
			switch {
			case err == nil:
				mu.Lock()
				had++
				mu.Unlock()
			case !errors.Is(err, fault.ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if had != 1 {
		t.Errorf("%d have it", had)
	}
}

// TestDeadReplicas: what a process had in hand is free when it was not seen for a while or has
// ended in order; what a living one has in hand stays.
func TestDeadReplicas(t *testing.T, empty Maker) {
	place, ctx := empty(t), t.Context()
	names := []string{"alive", "dead", "ended", "own"}
	var dbs []*store.DB
	for i, name := range names {
		db := run(t, place)
		db.Owner = name
		dbs = append(dbs, db)
		if i == 0 {
			if err := db.Commit(ctx, queued(len(names))); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Beat(ctx, store.Replica{ID: name, Started: began().Add(time.Duration(i) * time.Second), Seen: began(), Roles: []string{"web", "poll"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Take(ctx, []string{fmt.Sprintf("ntf_%03d", i)}, claimAt(began())); err != nil {
			t.Fatal(err)
		}
	}
	now := began().Add(20 * time.Second)
	if err := dbs[0].Beat(ctx, store.Replica{ID: "alive", Started: began(), Seen: now, Roles: []string{"web"}}); err != nil {
		t.Fatal(err)
	}
	if err := dbs[2].Gone(ctx, "ended"); err != nil {
		t.Fatal(err)
	}
	if err := dbs[3].ReleaseClaims(ctx, now, now.Add(-15*time.Second)); err != nil {
		t.Fatal(err)
	}
	free, err := dbs[3].TakeDue(ctx, delivery.Pick{Before: now, Limit: 10}, claimAt(now))
	var due []string
	for _, c := range free {
		due = append(due, c.ID)
	}
	slices.Sort(due)
	if err != nil || !slices.Equal(due, []string{"ntf_001", "ntf_002"}) {
		t.Errorf("free: %v, %v; want those of the dead and of the one that ended", due, err)
	}
	replicas, err := dbs[0].Replicas(ctx)
	if err != nil || len(replicas) != 3 || replicas[0].ID != "alive" || !replicas[0].Seen.Equal(now) || len(replicas[0].Roles) != 1 {
		t.Errorf("replicas %+v, %v", replicas, err)
	}
}

// TestLeftRecords: a stored record is in the hands of the process that took it. Another takes it
// when that one is dead or has had it for too long, and of several that ask one gets it.
func TestLeftRecords(t *testing.T, empty Maker) {
	place, ctx := empty(t), t.Context()
	a, b, c := run(t, place), run(t, place), run(t, place)
	a.Owner, b.Owner, c.Owner = "a", "b", "c"
	for _, db := range []*store.DB{a, b} {
		if err := db.Beat(ctx, store.Replica{ID: db.Owner, Started: began(), Seen: began()}); err != nil {
			t.Fatal(err)
		}
	}
	receipt, err := a.Store(ctx, intake.Record{Source: feed.Source{ID: "s"}, Kind: "k", At: began(), Body: []byte("body"), Hash: "hash"})
	if err != nil {
		t.Fatal(err)
	}
	left := func(db *store.DB, after time.Duration, want int) {
		t.Helper()
		now := began().Add(after)
		got, err := db.Left(ctx, now, now.Add(-10*time.Second), now.Add(-time.Minute), 50)
		if err != nil || len(got) != want {
			t.Fatalf("%s was given %d records after %s, %v; want %d", db.Owner, len(got), after, err, want)
		}
		if want > 0 && (got[0].Receipt != receipt || string(got[0].Body) != "body" || !got[0].At.Equal(began())) {
			t.Errorf("%+v", got[0])
		}
	}
	left(a, 5*time.Second, 0)
	left(b, 5*time.Second, 0)
	left(a, 11*time.Second, 0) // its own, however long it has not said that it lives
	left(b, 11*time.Second, 1)
	left(a, 11*time.Second, 1) // b has not been seen either by then
	if err := a.Beat(ctx, store.Replica{ID: "a", Started: began(), Seen: began().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	left(c, 70*time.Second, 0)
	left(c, 72*time.Second, 1)
	left(a, 73*time.Second, 1) // c never said that it lives
	left(c, 74*time.Second, 0)
	if got, err := b.Open(ctx, 50); err != nil || len(got) != 1 || got[0].Tries != 4 {
		t.Errorf("of all that is left %+v, %v; want it with its four tries", got, err)
	}
}
