// Package store holds what Watchfire keeps and how it is found again: every query, once, for
// both engines. Writes go through one writer in each process that commits what has gathered
// in one transaction, so that "yes" means on disk; reads go beside it and never wait for a
// write. A failed commit is reported as such: the caller's work is undone as a whole. What
// differs between SQLite and PostgreSQL is an engine.Engine, made by store/sqlite and
// store/postgres, which open the database and bring its schema up to date. The package holds
// no rules of the watch: it stores and finds.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/store/engine"
	"watchfire.dev/internal/watch"
)

// A DB is one open database. Run must be running for writes to be done.
type DB struct {
	name     string
	beside   func(context.Context) // see engine.Database
	tended   context.Context       // ends when that has nothing more to do
	leave    func()
	engine   *engine.Engine
	write    *sql.DB
	read     Reader
	stmts    *stmts // of the writer
	native   any
	queue    chan piece
	ended    chan struct{} // closed when the writer gave up
	last     sync.Mutex    // over what is written after that
	frontier journal.Frontier
	wary     int // transactions to come whose pieces are kept apart
	enqueue  atomic.Pointer[Enqueue]
	fence    atomic.Pointer[func(*watch.Batch) []Lease]
	folios   folios
	recent   revisions
	links    links
	promises promises
	mute     atomic.Pointer[Mute]
	books    books
	still    still
	frozen   atomic.Pointer[error]
	// Owner is the id of this process, which stands at what it has in hand. Set it before Run.
	Owner string
	// Failpoint is called inside the writer before and after the commit; nil = never.
	Failpoint func(step string)
}

// Enqueue puts jobs into the job queue inside the writer's transaction.
type Enqueue func(ctx context.Context, tx *Tx, jobs []watch.Job) error

// New makes a DB of an open database.
func New(d engine.Database) *DB {
	db := &DB{name: d.Name, engine: d.Engine, write: d.Write, read: Reader{db: d.Read, engine: d.Engine}, native: d.Jobs, beside: d.Beside, queue: make(chan piece, 1024), ended: make(chan struct{})}
	db.tended, db.leave = context.WithCancel(context.Background())
	if d.Engine.Prepare {
		db.stmts, db.read.stmts = newStmts(d.Write), newStmts(d.Read)
	}
	return db
}

// SetEnqueue says where jobs go. Before it is called none are kept: the sweeps of the next
// server find what is due.
func (db *DB) SetEnqueue(f Enqueue) { db.enqueue.Store(&f) }

func (db *DB) enqueueJobs(ctx context.Context, tx *Tx, jobs []watch.Job) error {
	f := db.enqueue.Load()
	if f == nil {
		return nil
	}
	if jobs = db.promises.missing(jobs); len(jobs) == 0 {
		return nil
	}
	if err := (*f)(ctx, tx, jobs); err != nil {
		return fmt.Errorf("enqueue %d jobs: %w", len(jobs), err)
	}
	return nil
}

// keepJobs notes that the jobs of a transaction stand in the queue.
func (db *DB) keepJobs(jobs []watch.Job) {
	if db.enqueue.Load() != nil {
		db.promises.keep(jobs)
	}
}

// Jobs is what the job queue's driver for the engine works on: it shares the database.
func (db *DB) Jobs() any { return db.native }

// Engine is the engine's name: "sqlite" or "postgres".
func (db *DB) Engine() string { return db.engine.Name }

// Shared tells whether other processes may work on the same database at the same time.
func (db *DB) Shared() bool { return db.engine.LockJournal != "" }

// Name is the file's path or the database's address, without secrets.
func (db *DB) Name() string { return db.name }

// Reader runs queries beside the writer, for tests and tools.
func (db *DB) Reader() Reader { return db.read }

// Close closes the connections. Run must have returned.
func (db *DB) Close() error {
	var errs []error
	db.stmts.close()
	db.read.stmts.close()
	for _, p := range []*sql.DB{db.read.db, db.write} {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	if c, ok := db.native.(interface{ Close() }); ok {
		c.Close()
	}
	return errors.Join(errs...)
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
