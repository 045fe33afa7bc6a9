package sqlite

import (
	"database/sql"
	"path/filepath"
	"testing"
)

// What stands in the log, and how much of it is not home, is read beside the writer; the
// descriptor that is made durable is not the writer's.
func TestLogged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "w.db")
	writer, err := sql.Open("sqlite", dsn(path, "FULL", writerCache))
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close() //nolint:errcheck // a temporary folder
	writer.SetMaxOpenConns(1)
	do := func(db *sql.DB, q string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	do(writer, "CREATE TABLE t (b BLOB)")
	others := descriptors(path)
	beside, err := sql.Open("sqlite", dsn(path, "FULL", readerCache))
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close() //nolint:errcheck // a temporary folder
	beside.SetMaxOpenConns(1)
	do(beside, "PRAGMA wal_checkpoint(PASSIVE)")
	open, ok := own(path, others)
	if !ok {
		t.Fatal("the descriptors were not found")
	}
	if others[open.file] != "" {
		t.Errorf("descriptor %d was there before: %v", open.file, others)
	}
	do(writer, "INSERT INTO t (b) VALUES (zeroblob(400000))") // a hundred pages
	if written, waiting := open.logged(); written < 90 || waiting != written {
		t.Errorf("%d pages in the log, %d not home", written, waiting)
	}
	do(beside, "PRAGMA wal_checkpoint(PASSIVE)")
	if written, waiting := open.logged(); written < 90 || waiting != 0 {
		t.Errorf("after a checkpoint: %d pages in the log, %d not home", written, waiting)
	}
	do(writer, "INSERT INTO t (b) VALUES (x'00')")
	if written, waiting := open.logged(); written > 10 || waiting != written {
		t.Errorf("the log began anew: %d pages in it, %d not home", written, waiting)
	}
}

func TestWorth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                    string
		written, waiting, grown uint32
		want                    bool
	}{
		{"little", 900, 900, 10, false},
		{"enough", 1_000, 1_000, 10, true},
		{"a burst", 3_000, 3_000, 2_500, false},
		{"a burst that goes on", 9_000, 8_500, 2_500, true},
		{"the writer will soon come to it", 30_500, 100, 10, true},
		{"all is home", 31_000, 0, 0, false},
	} {
		if got := worth(c.written, c.waiting, c.grown); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
