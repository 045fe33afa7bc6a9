// Package postgres opens a PostgreSQL database for the store: the engine of installations
// with more than one process. It brings the schema up to date under a lock, so that any
// number of processes may start at once, and says how the shared queries are put into
// PostgreSQL's words. The schema is that of SQLite table by table and column by column, with
// times as the same texts, so that an installation can move from one to the other. Texts are
// compared byte by byte whatever the database's own collation is.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store/engine"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Connections of one process: the writer and whoever asks what became of its commit, the
// readers, and the job queue with its listener.
const (
	writers = 2
	readers = 6
	workers = 7 // the job queue's six, and one that listens
)

// oldest is the first version whose json_array_elements_text, FILTER and pg_xact_status do
// what the queries want, and that is still maintained.
const oldest = 140000

// locks are the numbers of the advisory locks, the same in every process of an installation.
const (
	lockSchema  = 7_235_417_001
	lockJournal = "SELECT pg_advisory_xact_lock(7235417002)"
)

// Open connects to the database of a URL and brings its schema up to date. The error wraps
// fault.ErrUnavailable when it cannot be reached or used, and never holds the password.
func Open(ctx context.Context, url string) (d engine.Database, err error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil { // its text may repeat the URL with all that is in it
		return d, fmt.Errorf("the address of the database cannot be read (postgres://user@host:port/name): %w", fault.ErrInvalid)
	}
	name := address(cfg.ConnConfig)
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open %s: %w", name, err), closed(d))
			d = engine.Database{}
		}
	}()
	var write, read, jobs *pgxpool.Pool
	for _, p := range []struct {
		pool **pgxpool.Pool
		max  int32
		own  map[string]string
	}{
		{&write, writers, map[string]string{"synchronous_commit": "on"}},
		{&read, readers, map[string]string{"default_transaction_read_only": "on", "idle_in_transaction_session_timeout": "30s"}}, // who reads holds nobody up
		{&jobs, workers, map[string]string{"synchronous_commit": "on"}},
	} {
		if *p.pool, err = connect(ctx, cfg, p.max, p.own); err != nil {
			return d, err
		}
		switch p.pool {
		case &write:
			d.Write = stdlib.OpenDBFromPool(write)
			d.Write.SetMaxOpenConns(writers)
		case &read:
			d.Read = stdlib.OpenDBFromPool(read)
		}
	}
	d.Engine, d.Name = ours(), name
	d.Jobs = &Jobs{Pool: jobs, beside: []*pgxpool.Pool{write, read}}
	return d, prepare(ctx, jobs, d.Write)
}

// Jobs is the pool of the job queue. Closing it closes the others too, which database/sql
// leaves open.
type Jobs struct {
	*pgxpool.Pool
	beside []*pgxpool.Pool
}

// Close closes all pools.
func (j *Jobs) Close() {
	for _, p := range append([]*pgxpool.Pool{j.Pool}, j.beside...) {
		if p != nil {
			p.Close()
		}
	}
}

// Pgx is the pool itself, for the job queue's driver.
func (j *Jobs) Pgx() *pgxpool.Pool { return j.Pool }

func closed(d engine.Database) error {
	var errs []error
	for _, p := range []*sql.DB{d.Read, d.Write} {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	if j, ok := d.Jobs.(*Jobs); ok {
		j.Close()
	}
	return errors.Join(errs...)
}

// address names the database for people: no password, no options.
func address(c *pgx.ConnConfig) string {
	return fmt.Sprintf("postgres://%s@%s:%d/%s", c.User, c.Host, c.Port, c.Database)
}

func connect(ctx context.Context, base *pgxpool.Config, limit int32, own map[string]string) (*pgxpool.Pool, error) {
	cfg := base.Copy()
	cfg.MaxConns, cfg.MinConns = limit, 0
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	params := map[string]string{
		"application_name": "watchfire", "timezone": "UTC", "client_encoding": "UTF8",
		// A process that stands still in a transaction must not hold its locks for longer than its
		// leases: whoever takes over would wait for them.
		"idle_in_transaction_session_timeout": "10s", "lock_timeout": "20s",
	}
	maps.Copy(params, cfg.ConnConfig.RuntimeParams)
	maps.Copy(params, own)
	cfg.ConnConfig.RuntimeParams = params
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.ErrUnavailable, err)
	}
	return pool, nil
}

// prepare brings the schema up to date, one process at a time.
func prepare(ctx context.Context, pool *pgxpool.Pool, write *sql.DB) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w: %w", fault.ErrUnavailable, err)
	}
	defer conn.Release()
	var version int
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return fmt.Errorf("ask its version: %w: %w", fault.ErrUnavailable, err)
	}
	if version < oldest {
		return fmt.Errorf("PostgreSQL %d is too old, %d is needed: %w", version/10000, oldest/10000, fault.ErrInvalid)
	}
	if _, err := conn.Exec(ctx, "SET lock_timeout = 0"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(lockSchema)); err != nil {
		return fmt.Errorf("wait for the schema: %w: %w", fault.ErrUnavailable, err)
	}
	defer unlock(context.WithoutCancel(ctx), conn)
	p, err := provider(write)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w: %w", fault.ErrUnavailable, err)
	}
	return nil
}

// unlock lets the next process at the schema. The connection is thrown away if that fails, and
// the lock goes with it.
func unlock(ctx context.Context, conn *pgxpool.Conn) {
	_, err := conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", int64(lockSchema))
	if err == nil {
		_, err = conn.Exec(ctx, "RESET lock_timeout")
	}
	if err != nil {
		conn.Conn().Close(ctx) //nolint:errcheck // it is broken already
	}
}

func provider(write *sql.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, write, dir, goose.WithVerbose(false), goose.WithAllowOutofOrder(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}
