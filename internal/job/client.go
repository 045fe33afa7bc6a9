package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// client is what a Queue needs of the library's client, whatever kind of transaction its
// driver works with.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
	insertWithin(ctx context.Context, native any, params []river.InsertManyParams) error
}

// typed is the client of one kind of transaction.
type typed[TTx any] struct{ *river.Client[TTx] }

func (c typed[TTx]) insertWithin(ctx context.Context, native any, params []river.InsertManyParams) error {
	tx, ok := native.(TTx)
	if !ok {
		return fmt.Errorf("the job queue cannot work in a %T", native)
	}
	_, err := c.InsertManyTx(ctx, tx, params)
	return err
}

// alone keeps other processes from the schema of the jobs while do works on it.
func alone(ctx context.Context, pool *pgxpool.Pool, do func() error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(7235417003)"); err != nil {
		return fmt.Errorf("wait for the schema: %w", err)
	}
	return errors.Join(do(), unlock(context.WithoutCancel(ctx), conn))
}

// unlock lets the next process in; a connection that cannot is thrown away with its lock.
func unlock(ctx context.Context, conn *pgxpool.Conn) error {
	_, err := conn.Exec(ctx, "SELECT pg_advisory_unlock(7235417003)")
	if err != nil {
		return errors.Join(err, conn.Conn().Close(ctx))
	}
	return nil
}
