package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store/engine"
)

// Snapshot writes one moment of the database to a new file, while others read and write it,
// and returns when the file is on disk. It goes through a connection of its own that only
// reads; what is deleted is not taken along.
func Snapshot(ctx context.Context, path, to string) error {
	from, err := sql.Open("sqlite", reading(path, "mode=ro&_pragma=busy_timeout(15000)"))
	if err != nil {
		return fmt.Errorf("open %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	from.SetMaxOpenConns(1)
	_, err = from.ExecContext(ctx, "VACUUM INTO ?", to)
	if err = errors.Join(err, from.Close()); err != nil {
		return fmt.Errorf("copy %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("bring %s to the disk: %w", to, err)
	}
	return nil
}

// OpenCopy opens a file that nobody writes, without changing it or anything beside it, after
// all of its pages were checked. The error wraps fault.ErrUnavailable when it is damaged.
func OpenCopy(ctx context.Context, path string) (engine.Database, error) {
	if _, err := os.Stat(path); err != nil {
		return engine.Database{}, err
	}
	read, err := sql.Open("sqlite", reading(path, "mode=ro&immutable=1&_pragma=query_only(1)"))
	if err != nil {
		return engine.Database{}, fmt.Errorf("open %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	read.SetMaxOpenConns(2)
	if err := check(ctx, path, read); err != nil {
		return engine.Database{}, errors.Join(err, read.Close())
	}
	return engine.Database{Engine: ours(), Name: path, Read: read}, nil
}

func reading(path, query string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query
}

// ErrDamaged says that a file holds what SQLite never wrote there. It comes with
// fault.ErrUnavailable; only a restore helps.
var ErrDamaged = errors.New("damaged file")

// Check goes through all pages of a database that others read and write, on a connection of
// its own that only reads. Nobody waits for it.
func Check(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", reading(path, "mode=ro&_pragma=busy_timeout(15000)&_pragma=query_only(1)&_pragma=cache_size(-1024)"))
	if err != nil {
		return fmt.Errorf("open %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	db.SetMaxOpenConns(1)
	return errors.Join(check(ctx, path, db), db.Close())
}

// check goes through all pages of a file; it takes about a second for each gigabyte.
func check(ctx context.Context, path string, db *sql.DB) error {
	var ok string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&ok); err != nil {
		var e *sqlite.Error
		if errors.As(err, &e) && (e.Code()&0xff == lib.SQLITE_CORRUPT || e.Code()&0xff == lib.SQLITE_NOTADB) {
			err = errors.Join(ErrDamaged, err)
		}
		return fmt.Errorf("check %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	if ok != "ok" {
		return fmt.Errorf("check %s: %w: %s: %w", path, ErrDamaged, ok, fault.ErrUnavailable)
	}
	return nil
}
