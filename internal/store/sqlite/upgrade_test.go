package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/engine"
	"watchfire.dev/internal/store/sqlite"
	"watchfire.dev/internal/store/storetest"
)

func TestUpgrade(t *testing.T) {
	t.Parallel()
	files, err := sqlite.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	l := storetest.Ladder{At: func(t *testing.T, version int64) (*store.DB, storetest.Place) {
		where := filepath.Join(t.TempDir(), "w.db")
		d, err := sqlite.OpenAt(t.Context(), where, version)
		if err != nil {
			t.Fatal(err)
		}
		return storetest.Opened(t, d), storetest.Place{
			Database: func(ctx context.Context) (engine.Database, error) { return sqlite.Open(ctx, where) },
		}
	}}
	l.Versions, l.Texts = storetest.Rungs(t, files)
	storetest.Upgrade(t, l, fresh)
}
