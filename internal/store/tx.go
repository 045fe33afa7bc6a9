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
	stmts  *stmts
}

// QueryContext is that of sql.DB.
func (r Reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	q := r.engine.Query(query)
	if st := r.stmts.of(ctx, q); st != nil {
		return st.QueryContext(ctx, r.engine.Args(args)...)
	}
	return r.db.QueryContext(ctx, q, r.engine.Args(args)...)
}

// QueryRowContext is that of sql.DB.
func (r Reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	q := r.engine.Query(query)
	if st := r.stmts.of(ctx, q); st != nil {
		return st.QueryRowContext(ctx, r.engine.Args(args)...)
	}
	return r.db.QueryRowContext(ctx, q, r.engine.Args(args)...)
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
	stmts  *stmts
	own    map[string]*sql.Stmt // of this transaction
	// drafts are the entries that go to the end of the journal just before the commit.
	drafts *pending
	still  *still          // nil = nothing is kept, or it only reads
	wrote  map[string]bool // tables
}

// stmt returns the statement of a query in this transaction; nil = run it as it is.
func (t *Tx) stmt(ctx context.Context, q string) *sql.Stmt {
	if t.stmts == nil {
		return nil
	}
	if st := t.own[q]; st != nil {
		return st
	}
	st, due := t.stmts.get(q)
	if due { // its connection is ours until the transaction ends
		t.stmts.want(q)
	}
	if st == nil {
		return nil
	}
	if t.own == nil {
		t.own = map[string]*sql.Stmt{}
	}
	st = t.tx.StmtContext(ctx, st)
	t.own[q] = st
	return st
}

// note takes down which tables a statement writes to.
func (t *Tx) note(query string) {
	if t.still == nil {
		return
	}
	for _, name := range t.still.writes(query) {
		if t.wrote == nil {
			t.wrote = map[string]bool{}
		}
		t.wrote[name] = true
	}
}

// ExecContext is that of sql.Tx.
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	t.note(query)
	q := t.engine.Query(query)
	if st := t.stmt(ctx, q); st != nil {
		return st.ExecContext(ctx, t.engine.Args(args)...)
	}
	return t.tx.ExecContext(ctx, q, t.engine.Args(args)...)
}

// QueryContext is that of sql.Tx.
func (t *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	t.note(query)
	q := t.engine.Query(query)
	if st := t.stmt(ctx, q); st != nil {
		return st.QueryContext(ctx, t.engine.Args(args)...)
	}
	return t.tx.QueryContext(ctx, q, t.engine.Args(args)...)
}

// QueryRowContext is that of sql.Tx.
func (t *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	t.note(query)
	q := t.engine.Query(query)
	if st := t.stmt(ctx, q); st != nil {
		return st.QueryRowContext(ctx, t.engine.Args(args)...)
	}
	return t.tx.QueryRowContext(ctx, q, t.engine.Args(args)...)
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
