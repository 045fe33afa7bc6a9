package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/pgtest"
	"watchfire.dev/internal/store/postgres"
	"watchfire.dev/internal/store/sqlite"
	"watchfire.dev/internal/store/storetest"
)

func opened(t *testing.T, folder string) *store.DB {
	t.Helper()
	d, err := sqlite.Open(t.Context(), filepath.Join(folder, "w.db"))
	if err != nil {
		t.Fatal(err)
	}
	return storetest.Opened(t, d)
}

func put(t *testing.T, db *store.DB, q string, args ...any) {
	t.Helper()
	if err := db.Do(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, q, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestMove: rows go over whole and in an order that no engine chooses, what a text of PostgreSQL
// cannot hold is counted alike on both sides, numbers go on behind what was copied, and a
// target is neither used before it is whole nor filled twice. And all of it back.
func TestMove(t *testing.T) {
	t.Parallel()
	ctx, from := t.Context(), opened(t, t.TempDir())
	odd := "a\x00b\xffc Ä ß z"
	const n = 1000 // several statements a table
	for i := range n {
		put(t, from, "INSERT INTO quarantine (id, source, org, record, at, place, reason, raw) VALUES (?, 's', 'o', 'r', '', ?, ?, ?)",
			fmt.Sprintf("%c%d", "aBÄz_"[i%4], i), odd, []byte("bytes in a text"), []byte(odd))
		put(t, from, "INSERT INTO act (org, at, body) VALUES ('o', '', ?)", "a text in bytes")
	}
	put(t, from, "INSERT INTO setting (name, value) VALUES ('x', '')")

	d, err := postgres.Open(ctx, pgtest.Database(t, ready))
	if err != nil {
		t.Fatal(err)
	}
	to := storetest.Opened(t, d)
	moved, err := store.Move(ctx, from, to, func(store.Moved) {})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, m := range moved {
		rows[m.Table] = m.Rows
	}
	if rows["quarantine"] != n || rows["act"] != n || rows["setting"] != 1 || len(moved) < 30 {
		t.Errorf("moved %v", rows)
	}
	if err := to.Usable(ctx); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("it may be used before it is whole: %v", err)
	}
	if err := to.Whole(ctx); err != nil {
		t.Fatal(err)
	}
	if err := to.Usable(ctx); err != nil {
		t.Error(err)
	}
	if _, err := store.Move(ctx, from, to, func(store.Moved) {}); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("moved into what was there: %v", err)
	}
	put(t, to, "INSERT INTO act (org, at, body) VALUES ('o', '', ?)", []byte("next"))
	var last, count int
	if err := to.Reader().QueryRowContext(ctx, "SELECT max(seq), count(*) FROM act").Scan(&last, &count); err != nil || last != n+1 || count != n+1 {
		t.Errorf("the next has number %d of %d, %v", last, count, err)
	}
	put(t, to, "DELETE FROM act WHERE seq = ?", n+1)

	back := opened(t, t.TempDir())
	again, err := store.Move(ctx, to, back, func(store.Moved) {})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(moved, again); d != "" {
		t.Errorf("there and back is not the same:\n%s", d)
	}
	if err := from.MovedTo(ctx, "elsewhere"); err != nil {
		t.Fatal(err)
	}
	if err := from.Usable(ctx); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("what has moved away may be used: %v", err)
	}
	if err := errors.Join(from.Reopen(ctx), from.Usable(ctx)); err != nil {
		t.Error(err)
	}
}

// TestServerGoesDown: a server that is away refuses what comes and is used again when it is
// back. A commit that it cut off ends the writer, as a failed write to the disk does: what
// became of it is read at the next start.
func TestServerGoesDown(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t) // skips where there is no PostgreSQL
	c, err := pgtest.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	address, err := c.Create(t.Context(), "template0")
	if err != nil {
		t.Fatal(err)
	}
	open := func() *store.DB {
		d, err := postgres.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		return store.New(d)
	}
	db := open()
	done := make(chan error, 1)
	go func() { done <- db.Run(context.Background()) }()
	if err := db.PutSetting(t.Context(), "before", "v"); err != nil {
		t.Fatal(err)
	}
	c.Halt(true)
	if err := db.PutSetting(t.Context(), "away", "v"); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("while it is away: %v", err)
	}
	if err := c.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.PutSetting(t.Context(), "back", "v"); err != nil {
		t.Errorf("when it is back: %v", err)
	}
	db.Failpoint = func(string) { c.Halt(true) } // all is written, the commit is not sent yet
	if err := db.PutSetting(t.Context(), "cut", "v"); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("cut off: %v", err)
	}
	if err := <-done; err == nil {
		t.Error("the writer goes on although it does not know what became of a commit")
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := open()
	defer again.Close()
	for name, want := range map[string]string{"before": "v", "away": "", "back": "v", "cut": ""} {
		if v, err := again.Setting(t.Context(), name); err != nil || v != want {
			t.Errorf("%s: %q, %v; want %q", name, v, err, want)
		}
	}
}
