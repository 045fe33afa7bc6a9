package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/engine"
	"watchfire.dev/internal/store/sqlite"
)

// TestNobodyWaitsForAWriterThatGaveUp: what is asked of it afterwards is refused by the reason
// and not by the caller's patience, which kept a process for a minute from ending.
func TestNobodyWaitsForAWriterThatGaveUp(t *testing.T) {
	t.Parallel()
	d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "w.db"))
	if err != nil {
		t.Fatal(err)
	}
	disk := errors.New("the disk is gone")
	broken, meaning := *d.Engine, d.Engine.Meaning
	broken.Meaning = func(err error) engine.Meaning {
		if errors.Is(err, disk) {
			return engine.Broken
		}
		return meaning(err)
	}
	d.Engine = &broken
	db := store.New(d)
	defer db.Close() //nolint:errcheck // a temporary folder
	ended := make(chan error, 1)
	go func() { ended <- db.Run(t.Context()) }()
	now := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	lease, err := db.TakeLease(t.Context(), "watch", "rep_a", now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.MakeParts(t.Context(), 2, now); err != nil {
		t.Fatal(err)
	}
	parts, err := db.TakeParts(t.Context(), "rep_a", []int{0, 1}, now, time.Minute)
	if err != nil || len(parts) != 2 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	if err := db.Do(t.Context(), func(context.Context, *store.Tx) error { return disk }); !errors.Is(err, disk) {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, disk) {
		t.Fatalf("the writer ended with %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	err = db.Do(ctx, func(context.Context, *store.Tx) error { return nil })
	if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), "given up") {
		t.Errorf("refused by %v", err)
	}
	// What it holds is given back all the same: whoever comes next need not wait for its end.
	if err := db.ReleaseLease(ctx, lease, now); err != nil {
		t.Error(err)
	}
	if held, err := db.LeaseHolder(ctx, "watch"); err != nil || held.Until.After(now) {
		t.Errorf("the lease is held until %s: %v", held.Until, err)
	}
	if err := db.ReleaseParts(ctx, "rep_a", parts, now); err != nil {
		t.Error(err)
	}
	all, err := db.Parts(ctx)
	for _, p := range all {
		if p.Until.After(now) {
			t.Errorf("part %d is held until %s", p.N, p.Until)
		}
	}
	if err != nil || len(all) != 2 {
		t.Errorf("%d parts, %v", len(all), err)
	}
}

// TestWhoGoesAwayGetsNothing: of a caller who stops waiting the piece may be at work still, so
// that nothing of what it would give back is looked at. The race detector sees it if it is.
func TestWhoGoesAwayGetsNothing(t *testing.T) {
	t.Parallel()
	d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "w.db"))
	if err != nil {
		t.Fatal(err)
	}
	db := store.New(d)
	defer db.Close() //nolint:errcheck // a temporary folder
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- db.Run(running) }()
	now := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	if _, err := db.MakeParts(t.Context(), 64, now); err != nil {
		t.Fatal(err)
	}
	all := make([]int, 64)
	for i := range all {
		all[i] = i
	}
	for i := range 300 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*3*time.Microsecond)
		parts, err := db.TakeParts(ctx, "rep_a", all, now.Add(time.Duration(i)*time.Hour), time.Minute)
		if cancel(); err != nil && len(parts) > 0 {
			t.Errorf("%d parts beside %v", len(parts), err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
