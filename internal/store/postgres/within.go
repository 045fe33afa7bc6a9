package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// within is the writer's open transaction for code that speaks pgx. The writer alone ends it:
// here only savepoints can be made and ended.
type within struct {
	conn  *pgx.Conn
	saved bool
}

var errNotOurs = errors.New("the writer ends its transaction itself")

// Begin makes a savepoint; one inside another has the same name, and the inner one counts.
func (w within) Begin(ctx context.Context) (pgx.Tx, error) {
	_, err := w.conn.Exec(ctx, "SAVEPOINT inside")
	return within{conn: w.conn, saved: true}, err
}

// Commit keeps what was done since the savepoint.
func (w within) Commit(ctx context.Context) error {
	if !w.saved {
		return errNotOurs
	}
	_, err := w.conn.Exec(ctx, "RELEASE SAVEPOINT inside")
	return err
}

// Rollback undoes it.
func (w within) Rollback(ctx context.Context) error {
	if !w.saved {
		return errNotOurs
	}
	_, err := w.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT inside; RELEASE SAVEPOINT inside")
	return err
}

// CopyFrom implements pgx.Tx.
func (w within) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return w.conn.CopyFrom(ctx, table, columns, rows)
}

// SendBatch implements pgx.Tx.
func (w within) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return w.conn.SendBatch(ctx, b)
}

// LargeObjects implements pgx.Tx; nothing of ours has any.
func (w within) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Prepare implements pgx.Tx.
func (w within) Prepare(ctx context.Context, name, query string) (*pgconn.StatementDescription, error) {
	return w.conn.Prepare(ctx, name, query)
}

// Exec implements pgx.Tx.
func (w within) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	return w.conn.Exec(ctx, query, args...)
}

// Query implements pgx.Tx.
func (w within) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return w.conn.Query(ctx, query, args...)
}

// QueryRow implements pgx.Tx.
func (w within) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return w.conn.QueryRow(ctx, query, args...)
}

// Conn implements pgx.Tx.
func (w within) Conn() *pgx.Conn { return w.conn }
