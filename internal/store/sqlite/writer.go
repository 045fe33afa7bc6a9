package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// job is one piece of writing; done gets nil only after the commit is on disk.
type job struct {
	do   func(ctx context.Context, tx *sql.Tx) error
	done chan error
}

const groupLimit = 256

// Run is the writer: it works until ctx ends, then finishes what is queued. It returns an
// error when the file can no longer be trusted (a failed fsync is never retried): the
// process must stop and start again.
func (db *DB) Run(ctx context.Context) error {
	for {
		select {
		case first := <-db.queue:
			if err := db.group(db.gather(first)); err != nil {
				return err
			}
		case <-ctx.Done():
			for {
				select {
				case first := <-db.queue:
					if err := db.group(db.gather(first)); err != nil {
						return err
					}
				default:
					return nil
				}
			}
		}
	}
}

func (db *DB) gather(first job) []job {
	list := []job{first}
	for len(list) < groupLimit {
		select {
		case j := <-db.queue:
			list = append(list, j)
		default:
			return list
		}
	}
	return list
}

// Do runs a piece of writing in the next transaction and returns when it is on disk, or
// undone with the reason. The pieces of one transaction fail one by one.
func (db *DB) Do(ctx context.Context, do func(ctx context.Context, tx *sql.Tx) error) error {
	j := job{do: do, done: make(chan error, 1)}
	select {
	case db.queue <- j:
	case <-ctx.Done():
		return fmt.Errorf("wait for the writer: %w: %w", fault.ErrUnavailable, context.Cause(ctx))
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the commit, whose fate is unknown: %w: %w", fault.ErrUnavailable, context.Cause(ctx))
	}
}

// group does a list of jobs in one transaction. Its error means that the commit's fate is
// unknown.
func (db *DB) group(list []job) error {
	ctx := context.Background() // a caller that goes away does not undo its neighbours
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return finish(list, nil, fmt.Errorf("begin: %w: %w", fault.ErrUnavailable, err), nil)
	}
	outcomes := make([]error, len(list))
	for i, j := range list {
		outcomes[i] = savepoint(ctx, tx, j.do, len(list) > 1)
		if outcomes[i] != nil && len(list) == 1 {
			db.frontier = journal.Frontier{}
			return finish(list, outcomes, nil, tx.Rollback())
		}
	}
	db.fail("commit")
	if err := tx.Commit(); err != nil {
		db.frontier = journal.Frontier{}
		err = fmt.Errorf("commit: %w: %w", fault.ErrUnavailable, err)
		return errors.Join(finish(list, nil, err, nil), fatal(err))
	}
	return finish(list, outcomes, nil, nil)
}

// fatal tells whether a failed commit ends the process: an I/O error does, since what is on
// disk is then unknown; a full disk does not.
func fatal(err error) error {
	var code interface{ Code() int }
	if errors.As(err, &code) && code.Code()&0xff == sqliteIOErr {
		return err
	}
	return nil
}

const sqliteIOErr = 10

func (db *DB) fail(step string) {
	if db.Failpoint != nil {
		db.Failpoint(step)
	}
}

// savepoint runs do so that its failure leaves the others of the transaction untouched.
func savepoint(ctx context.Context, tx *sql.Tx, do func(context.Context, *sql.Tx) error, nested bool) error {
	if !nested {
		return do(ctx, tx)
	}
	if _, err := tx.ExecContext(ctx, "SAVEPOINT piece"); err != nil {
		return err
	}
	if err := do(ctx, tx); err != nil {
		_, back := tx.ExecContext(ctx, "ROLLBACK TO piece; RELEASE piece")
		return errors.Join(err, back)
	}
	_, err := tx.ExecContext(ctx, "RELEASE piece")
	return err
}

// finish tells every caller: all the same error, or each its own.
func finish(list []job, outcomes []error, all, rollback error) error {
	for i, j := range list {
		switch {
		case all != nil:
			j.done <- all
		case outcomes != nil:
			j.done <- outcomes[i]
		}
	}
	if rollback != nil {
		return fmt.Errorf("roll back: %w", rollback)
	}
	return nil
}
