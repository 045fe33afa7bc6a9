// Package sqlite opens one SQLite file for the store: the embedded default. The file is in
// WAL mode with synchronous=FULL, one connection writes and a few read, and its schema is
// brought up to date when it is opened. The package has no queries of its own: those stand
// in package store, whose SQL this engine understands as it is.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite" // also the driver "sqlite", without cgo
	lib "modernc.org/sqlite/lib"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store/engine"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Open opens or makes the file, brings its schema up to date and checks it. The error wraps
// fault.ErrUnavailable when the file cannot be used.
func Open(ctx context.Context, path string) (engine.Database, error) {
	write, err := sql.Open("sqlite", dsn(path, "FULL", writerCache))
	if err != nil {
		return engine.Database{}, fmt.Errorf("open %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn(path, "FULL", readerCache)+"&_pragma=query_only(1)")
	if err != nil {
		return engine.Database{}, errors.Join(fmt.Errorf("open %s: %w: %w", path, fault.ErrUnavailable, err), write.Close())
	}
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4) // what is opened anew compiles every statement anew
	copied, err := prepare(ctx, path, write)
	if err != nil {
		return engine.Database{}, errors.Join(err, read.Close(), write.Close(), undo(path, copied))
	}
	return engine.Database{Engine: ours(), Name: path, Write: write, Read: read, Jobs: write, Beside: func(ctx context.Context) { checkpoints(ctx, path) }}, nil
}

func ours() *engine.Engine {
	return &engine.Engine{Name: "sqlite", Prepare: true, Snapshot: sql.TxOptions{ReadOnly: true}, Meaning: meaning, Keys: keys}
}

// keys leaves out the tables of goose, of the job queue and of the copy of the log.
const keys = `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
	WHERE m.type = 'table' AND c.pk > 0 AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%' AND m.name NOT LIKE 'river_%'
	AND m.name NOT LIKE '\_litestream%' ESCAPE '\'
	ORDER BY m.name, c.pk`

func meaning(err error) engine.Meaning {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return engine.Other
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_IOERR, lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return engine.Broken
	case lib.SQLITE_FULL:
		return engine.Full
	case lib.SQLITE_BUSY:
		return engine.Again
	case lib.SQLITE_CONSTRAINT:
		switch e.Code() {
		case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
			return engine.Duplicate
		}
	}
	return engine.Other
}

// Page caches in KiB: one writer that reads back what it has just written, and four readers of
// single pages, whose caches together would otherwise be the largest part of our memory.
const (
	writerCache = 24 << 10
	readerCache = 2 << 10
)

func dsn(path, sync string, cacheKiB int) string {
	q := url.Values{}
	for _, p := range []string{
		"busy_timeout(15000)", "journal_mode(WAL)", "synchronous(" + sync + ")", "foreign_keys(1)",
		"temp_store(MEMORY)", fmt.Sprintf("cache_size(-%d)", cacheKiB), "mmap_size(0)", fmt.Sprintf("wal_autocheckpoint(%d)", ownCheckpoint),
	} {
		q.Add("_pragma", p)
	}
	q.Add("_txlock", "immediate")
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// prepare checks the file and brings its schema up to date. copied is the copy from before
// that was made beside it; "" where nothing was to be changed, or nothing was there.
func prepare(ctx context.Context, path string, write *sql.DB) (copied string, err error) {
	if err := check(ctx, path, write); err != nil {
		return "", err
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return "", err
	}
	return upgrade(ctx, path, write, dir)
}

// upgrade runs the migrations of a folder, after a copy of what they change.
func upgrade(ctx context.Context, path string, write *sql.DB, dir fs.FS) (copied string, err error) {
	p, err := goose.NewProvider(goose.DialectSQLite3, write, dir, goose.WithVerbose(false), goose.WithAllowOutofOrder(true))
	if err != nil {
		return "", fmt.Errorf("read the migrations: %w", err)
	}
	at, due, err := p.GetVersions(ctx)
	if err != nil {
		return "", fmt.Errorf("read the version of the schema of %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return "", fmt.Errorf("read which migrations of %s are due: %w: %w", path, fault.ErrUnavailable, err)
	}
	if at > 0 && pending {
		copied = fmt.Sprintf("%s%s%05d", path, before, due)
		if err := os.Remove(copied); err != nil && !errors.Is(err, os.ErrNotExist) { // of an earlier try
			return "", err
		}
		if err := Snapshot(ctx, path, copied); err != nil {
			return "", fmt.Errorf("copy before the migration: %w", err)
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return copied, fmt.Errorf("migrate %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	return copied, nil
}

// before stands between the name of a database and the migration that its copy is from before.
const before = ".before-"

// undo puts the copy from before a migration back, once every connection is closed. What the
// failed migration left is kept beside it.
func undo(path, copied string) error {
	if copied == "" {
		return nil
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("put %s back: %w", copied, err)
		}
	}
	if err := errors.Join(os.Rename(path, path+".failed"), os.Rename(copied, path)); err != nil {
		return fmt.Errorf("put %s back: %w", copied, err)
	}
	return fmt.Errorf("the database is as it was before: the earlier version of the program runs on it; what the migration left is in %s.failed: %w", path, fault.ErrUnavailable)
}

// Before lists the copies that migrations of a database left.
func Before(path string) ([]string, error) { return filepath.Glob(path + before + "*") }
