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

// TestCommitInDoubt: the server goes down while commits are under way and comes back: what was
// answered yes is there, what was answered no is not, and the writer never gives up for it.
func TestCommitInDoubt(t *testing.T) {
	t.Parallel()
	c, err := pgtest.Start(t.Context(), "")
	if errors.Is(err, pgtest.ErrNone) {
		pgtest.Shared(t) // skips, or fails where it must not
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	address, err := c.Create(t.Context(), "template0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.Opened(t, d)
	kept := map[string]bool{}
	for round := range 3 {
		cut := make(chan struct{})
		db.Failpoint = func(string) { // everything is written, the commit is not sent yet
			if cut != nil {
				c.Halt(true)
				cut = nil
				go func() {
					if err := c.Begin(context.Background()); err != nil {
						t.Error(err)
					}
				}()
			}
		}
		for i := range 5 {
			name := fmt.Sprintf("%d.%d", round, i)
			err := db.PutSetting(t.Context(), name, "v")
			if err != nil && !errors.Is(err, fault.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
			kept[name] = err == nil
		}
	}
	for name, want := range kept {
		v, err := db.Setting(t.Context(), name)
		for err != nil { // it is still starting
			v, err = db.Setting(t.Context(), name)
		}
		if (v == "v") != want {
			t.Errorf("%s: answered %v, kept %q", name, want, v)
		}
	}
}
