// Package sqlite keeps everything in one SQLite file: the embedded default. Writes go
// through one writer that commits what has gathered in one transaction with
// synchronous=FULL, so that "yes" means on disk; reads go beside it and never wait for a
// write. A failed commit is reported as such: the caller's work is undone as a whole.
// The package holds no rules of the watch: it stores and finds.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite", without cgo

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/watch"
)

//go:embed migrations/*.sql
var migrations embed.FS

// A DB is one open database file. Run must be running for writes to be done.
type DB struct {
	path     string
	write    *sql.DB // one connection: the writer's
	read     *sql.DB
	queue    chan job
	frontier journal.Frontier
	enqueue  atomic.Pointer[Enqueue]
	folios   folios
	// Failpoint is called inside the writer before and after the commit; nil = never.
	Failpoint func(step string)
}

// Enqueue puts jobs into the job queue inside the writer's transaction.
type Enqueue func(ctx context.Context, tx *sql.Tx, jobs []watch.Job) error

// SetEnqueue says where jobs go. Before it is called none are kept: the sweeps of the next
// server find what is due.
func (db *DB) SetEnqueue(f Enqueue) { db.enqueue.Store(&f) }

func (db *DB) enqueueJobs(ctx context.Context, tx *sql.Tx, jobs []watch.Job) error {
	f := db.enqueue.Load()
	if f == nil || len(jobs) == 0 {
		return nil
	}
	if err := (*f)(ctx, tx, jobs); err != nil {
		return fmt.Errorf("enqueue %d jobs: %w", len(jobs), err)
	}
	return nil
}

// Open opens or makes the file, brings its schema up to date and checks it. The error wraps
// fault.ErrUnavailable when the file cannot be used.
func Open(ctx context.Context, path string) (*DB, error) {
	db := &DB{path: path, queue: make(chan job, 1024)}
	var err error
	if db.write, err = sql.Open("sqlite", dsn(path, "FULL", writerCache)); err != nil {
		return nil, fmt.Errorf("open %s: %w: %w", path, fault.ErrUnavailable, err)
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = sql.Open("sqlite", dsn(path, "FULL", readerCache)+"&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w: %w", path, fault.ErrUnavailable, err), db.write.Close())
	}
	db.read.SetMaxOpenConns(4)
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
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

func (db *DB) prepare(ctx context.Context) error {
	var ok string
	if err := db.write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&ok); err != nil {
		return fmt.Errorf("check %s: %w: %w", db.path, fault.ErrUnavailable, err)
	}
	if ok != "ok" {
		return fmt.Errorf("check %s: damaged file: %s: %w", db.path, ok, fault.ErrUnavailable)
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.write, dir, goose.WithVerbose(false))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w: %w", db.path, fault.ErrUnavailable, err)
	}
	return nil
}

// Pool returns the connection pool for writes of the job queue, which shares the file.
func (db *DB) Pool() *sql.DB { return db.write }

// Path is the file's path.
func (db *DB) Path() string { return db.path }

// Close closes the file. Run must have returned.
func (db *DB) Close() error {
	return errors.Join(closeIf(db.read), closeIf(db.write))
}

func closeIf(db *sql.DB) error {
	if db == nil {
		return nil
	}
	return db.Close()
}

// stamp is the form in which times are stored: UTC, microseconds, sorting as text.
const stamp = "2006-01-02T15:04:05.000000Z"

func put(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(stamp)
}

func at(t time.Time) string { return t.UTC().Format(stamp) }

func got(s sql.NullString) time.Time {
	if !s.Valid || s.String == "" {
		return time.Time{}
	}
	t, err := time.Parse(stamp, s.String)
	if err != nil {
		return time.Time{}
	}
	return t
}

func when(s string) time.Time { return got(sql.NullString{String: s, Valid: true}) }
