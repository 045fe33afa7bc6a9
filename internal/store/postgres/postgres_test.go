package postgres_test

import (
	"context"
	"fmt"
	"testing"

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
