package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"watchfire.dev/internal/store/engine"
	"watchfire.dev/internal/store/sqlite"
	"watchfire.dev/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, fresh)
}

func fresh(t *testing.T) storetest.Place {
	path := filepath.Join(t.TempDir(), "w.db")
	return storetest.Place{
		Database: func(ctx context.Context) (engine.Database, error) { return sqlite.Open(ctx, path) },
		Bytes: func(t *testing.T) []byte {
			t.Helper()
			var all []byte
			for _, suffix := range []string{"", "-wal"} {
				raw, err := os.ReadFile(path + suffix)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, raw...)
			}
			return all
		},
	}
}
