package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// TestFailedMigrationLeavesTheOldFile is TRUST.md promise 11: a migration that fails leaves a
// database on which the earlier version runs, even where an earlier one of the same upgrade
// had worked.
func TestFailedMigrationLeavesTheOldFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	open := func() *sql.DB {
		t.Helper()
		db, err := sql.Open("sqlite", dsn(path, "FULL", writerCache))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		return db
	}
	files := fstest.MapFS{"00001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (n INTEGER);\nINSERT INTO a VALUES (7);\n")}}
	db := open()
	if copied, err := upgrade(t.Context(), path, db, files); err != nil || copied != "" {
		t.Fatalf("a new file: %q, %v", copied, err)
	}
	files["00002_b.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nUPDATE a SET n = 8;\n")}
	files["00003_c.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nINSERT INTO nowhere VALUES (1);\n")}
	copied, err := upgrade(t.Context(), path, db, files)
	if err == nil || copied == "" {
		t.Fatalf("the bad one: %q, %v", copied, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := undo(path, copied); err == nil {
		t.Error("the failure is not told")
	}
	delete(files, "00002_b.sql")
	delete(files, "00003_c.sql")
	db = open()
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT n FROM a").Scan(&n); err != nil || n != 7 {
		t.Errorf("after the failure %d, %v", n, err)
	}
	if copied, err := upgrade(t.Context(), path, db, files); err != nil || copied != "" {
		t.Errorf("the earlier version: %q, %v", copied, err)
	}
	if _, err := os.Stat(path + ".failed"); err != nil {
		t.Errorf("what the migration left: %v", err)
	}
}
