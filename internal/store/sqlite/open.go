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
	if err := prepare(ctx, path, write); err != nil {
		return engine.Database{}, errors.Join(err, read.Close(), write.Close())
	}
	return engine.Database{Engine: ours(), Name: path, Write: write, Read: read, Jobs: write}, nil
}

func ours() *engine.Engine {
	return &engine.Engine{Name: "sqlite", Snapshot: sql.TxOptions{ReadOnly: true}, Meaning: meaning, Keys: keys}
}

// keys leaves out the tables of goose and of the job queue.
const keys = `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
	WHERE m.type = 'table' AND c.pk > 0 AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%' AND m.name NOT LIKE 'river_%'
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
	writerCache = 8 << 10
	readerCache = 2 << 10
)

func dsn(path, sync string, cacheKiB int) string {
	q := url.Values{}
	for _, p := range []string{
		"busy_timeout(15000)", "journal_mode(WAL)", "synchronous(" + sync + ")", "foreign_keys(1)",
		"temp_store(MEMORY)", fmt.Sprintf("cache_size(-%d)", cacheKiB), "mmap_size(0)", "wal_autocheckpoint(4000)",
	} {
		q.Add("_pragma", p)
	}
	q.Add("_txlock", "immediate")
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func prepare(ctx context.Context, path string, write *sql.DB) error {
	var ok string
	if err := write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&ok); err != nil {
		return fmt.Errorf("check %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	if ok != "ok" {
		return fmt.Errorf("check %s: damaged file: %s: %w", path, ok, fault.ErrUnavailable)
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, write, dir, goose.WithVerbose(false), goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	return nil
}
