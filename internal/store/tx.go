package store

import (
	"context"
	"database/sql"
	"errors"

	"watchfire.dev/internal/store/engine"
)

// A Reader runs queries in the words of the shared SQL, on connections that only read.
type Reader struct {
	db     *sql.DB
	engine *engine.Engine
}

// QueryContext is that of sql.DB.
func (r Reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.db.QueryContext(ctx, r.engine.Query(query), r.engine.Args(args)...)
}

// QueryRowContext is that of sql.DB.
func (r Reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.db.QueryRowContext(ctx, r.engine.Query(query), r.engine.Args(args)...)
}

// snapshot begins a transaction that reads one moment.
func (r Reader) snapshot(ctx context.Context) (*Tx, error) {
	opts := r.engine.Snapshot
	tx, err := r.db.BeginTx(ctx, &opts)
	if err != nil {
		return nil, err
	}
	return &Tx{tx: tx, engine: r.engine}, nil
}

// A Tx is the transaction that a piece of writing runs in. It understands the shared SQL.
type Tx struct {
	tx     *sql.Tx
	conn   *sql.Conn
	engine *engine.Engine
	// drafts are the entries that go to the end of the journal just before the commit.
	drafts *pending
}

// ExecContext is that of sql.Tx.
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, t.engine.Query(query), t.engine.Args(args)...)
}

// QueryContext is that of sql.Tx.
func (t *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, t.engine.Query(query), t.engine.Args(args)...)
}

// QueryRowContext is that of sql.Tx.
func (t *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, t.engine.Query(query), t.engine.Args(args)...)
}

// Native is the transaction as the job queue's driver for the engine wants it.
func (t *Tx) Native() (any, error) {
	if t.engine.Native == nil {
		return t.tx, nil
	}
	if t.conn == nil {
		return nil, errors.New("a transaction that only reads takes no jobs")
	}
	return t.engine.Native(t.conn)
}
