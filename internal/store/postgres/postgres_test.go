package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/engine"
	"watchfire.dev/internal/store/pgtest"
	"watchfire.dev/internal/store/postgres"
	"watchfire.dev/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, empty)
}

// TestAStoppedProcessHoldsNobodyUp: one that stands still in a transaction loses its locks before
// its leases end, and does the work again when it goes on.
func TestAStoppedProcessHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t, ready)
	ctx, end := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer end()
	start := func() *store.DB {
		d, err := postgres.Open(ctx, address)
		if err != nil {
			t.Fatal(err)
		}
		db := store.New(d)
		running.Go(func() {
			if err := db.Run(ctx); err != nil {
				t.Error(err)
			}
			db.Close() //nolint:errcheck // the test is over
		})
		return db
	}
	write := func(ctx context.Context, tx *store.Tx, by string) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES ('who', ?) ON CONFLICT (name) DO UPDATE SET value = setting.value || excluded.value", by)
		return err
	}
	one, other := start(), start()
	holds, goesOn, first := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	tries := 0
	go func() {
		first <- one.Do(ctx, func(ctx context.Context, tx *store.Tx) error {
			err := write(ctx, tx, "a")
			if tries++; tries == 1 {
				close(holds)
				<-goesOn // as if the process were stopped here
			}
			if err != nil {
				return err
			}
			return tx.QueryRowContext(ctx, "SELECT 1").Err()
		})
	}()
	<-holds
	began := time.Now()
	if err := other.Do(ctx, func(ctx context.Context, tx *store.Tx) error { return write(ctx, tx, "b") }); err != nil {
		t.Error(err)
	}
	if waited := time.Since(began); waited < 5*time.Second || waited > 20*time.Second {
		t.Errorf("the other waited %s", waited)
	}
	close(goesOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
	var who string
	if err := other.Reader().QueryRowContext(ctx, "SELECT value FROM setting WHERE name = 'who'").Scan(&who); err != nil || who != "ba" {
		t.Errorf("%q, %v: want the other's writing, then the one's", who, err)
	}
}

func empty(t *testing.T) storetest.Place {
	address := pgtest.Database(t, ready)
	return storetest.Place{
		Database: func(ctx context.Context) (engine.Database, error) { return postgres.Open(ctx, address) },
		Bytes:    func(t *testing.T) []byte { return dump(t, address) },
	}
}

func ready(ctx context.Context, address string) error {
	d, err := postgres.Open(ctx, address)
	if err != nil {
		return err
	}
	return store.New(d).Close()
}

// dump is every row of every table as text.
func dump(t *testing.T, address string) []byte {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // reading only
	rows, err := conn.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatal(tables, err)
	}
	var all []byte
	for _, table := range tables {
		rows, err := conn.Query(t.Context(), "SELECT t::text FROM "+pgx.Identifier{table}.Sanitize()+" t")
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		all = fmt.Append(all, lines)
	}
	return all
}
