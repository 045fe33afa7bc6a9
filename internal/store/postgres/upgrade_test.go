package postgres_test

import (
	"context"
	"testing"

	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/engine"
	"watchfire.dev/internal/store/pgtest"
	"watchfire.dev/internal/store/postgres"
	"watchfire.dev/internal/store/storetest"
)

func TestUpgrade(t *testing.T) {
	t.Parallel()
	files, err := postgres.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	l := storetest.Ladder{At: func(t *testing.T, version int64) (*store.DB, storetest.Place) {
		where := pgtest.Empty(t)
		d, err := postgres.OpenAt(t.Context(), where, version)
		if err != nil {
			t.Fatal(err)
		}
		return storetest.Opened(t, d), storetest.Place{
			Database: func(ctx context.Context) (engine.Database, error) { return postgres.Open(ctx, where) },
		}
	}}
	l.Versions, l.Texts = storetest.Rungs(t, files)
	storetest.Upgrade(t, l, empty)
}
