package postgres_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/pgtest"
	"watchfire.dev/internal/store/postgres"
	"watchfire.dev/internal/store/sqlite"
)

// TestSameSchema: both engines have the same tables with the same columns in the same order, of
// the same kind, and the same that may be empty: an installation can move.
func TestSameSchema(t *testing.T) {
	t.Parallel()
	p, err := postgres.Open(t.Context(), pgtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	theirs := store.New(p)
	t.Cleanup(func() {
		if err := theirs.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "w.db"))
	if err != nil {
		t.Fatal(err)
	}
	ours := store.New(s)
	t.Cleanup(func() {
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
	})
	a := columns(t, ours, `SELECT m.name, c.name, c.type, CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN 'NO' ELSE 'YES' END
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`)
	b := columns(t, theirs, `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
		WHERE table_schema = 'public' ORDER BY table_name COLLATE "C", ordinal_position`)
	if len(a) < 100 {
		t.Errorf("only %d columns were compared", len(a))
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("a migration of one engine has no counterpart in the other (sqlite -, postgres +):\n%s", d)
	}
}

func columns(t *testing.T, db *store.DB, q string) []string {
	t.Helper()
	rows, err := db.Reader().QueryContext(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var table, column, kind, null string
		if err := rows.Scan(&table, &column, &kind, &null); err != nil {
			t.Fatal(err)
		}
		if table == "goose_db_version" {
			continue
		}
		kind = strings.NewReplacer("bigint", "INTEGER", "text", "TEXT", "bytea", "BLOB").Replace(kind)
		out = append(out, fmt.Sprintf("%s.%s %s null=%s", table, column, kind, null))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
