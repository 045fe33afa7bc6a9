package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/store/engine"
)

// piece is one piece of writing; done gets nil only after the commit is on disk.
type piece struct {
	do   func(ctx context.Context, tx *Tx) error
	done chan error
	// tells is how many messages follow from what was decided; -1 = nothing was.
	tells int
}

// pending are journal entries that a transaction still owes.
type pending struct{ list []journal.Draft }

const groupLimit = 256

// linger is how long the writer waits for the next decision when many come: what became of
// the messages of the one before is ready first, and would else have a transaction of its own,
// with its own wait for the disk and the same pages once more.
const linger = 3 * time.Millisecond

// Run is the writer: it works until ctx ends, then finishes what is queued. It returns an
// error when the database can no longer be trusted (a failed fsync is never retried): the
// process must stop and start again. Whoever still wants something written then, or waits for
// it, is refused at once, so that nothing holds up the stop.
func (db *DB) Run(ctx context.Context) error {
	err := db.work(ctx)
	if err != nil {
		close(db.ended)
	}
	return err
}

func (db *DB) work(ctx context.Context) error {
	if db.beside != nil {
		ending, end := context.WithCancel(db.tended)
		var beside sync.WaitGroup
		beside.Go(func() { db.beside(ending) })
		defer beside.Wait()
		defer end()
	}
	rush := false
	for {
		select {
		case first := <-db.queue:
			list := db.gather(first)
			if rush && !slices.ContainsFunc(list, piece.decides) {
				list = append(list, db.await()...)
			}
			rush = slices.ContainsFunc(list, piece.rushes)
			if err := db.group(list); err != nil {
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

// decides tells whether the piece keeps what was decided, and rushes whether that was much.
func (p piece) decides() bool { return p.tells >= 0 }
func (p piece) rushes() bool  { return p.tells >= rushFrom }

// await waits a moment for the next decision and takes what comes with it.
func (db *DB) await() []piece {
	late := time.NewTimer(linger)
	defer late.Stop()
	var list []piece
	for len(list) < groupLimit {
		select {
		case p := <-db.queue:
			if list = append(list, p); p.decides() {
				return list
			}
		case <-late.C:
			return list
		}
	}
	return list
}

func (db *DB) gather(first piece) []piece {
	list := []piece{first}
	for len(list) < groupLimit {
		select {
		case p := <-db.queue:
			list = append(list, p)
		default:
			return list
		}
	}
	return list
}

// Do runs a piece of writing in the next transaction and returns when it is on disk, or
// undone with the reason. The pieces of one transaction fail one by one. A transaction that
// was in another's way is undone and done again, so do may run more than once: it sets what
// it gives back, and never adds to it; and the caller looks at that only when err is nil (given).
func (db *DB) Do(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	return db.put(ctx, piece{do: do, done: make(chan error, 1), tells: -1})
}

func (db *DB) put(ctx context.Context, p piece) error {
	if err := db.Frozen(); err != nil {
		return err
	}
	select {
	case db.queue <- p:
	case <-db.ended:
		return errEnded
	case <-ctx.Done():
		return fmt.Errorf("wait for the writer: %w: %w", fault.ErrUnavailable, context.Cause(ctx))
	}
	select {
	case err := <-p.done:
		return err
	case <-db.ended: // what it had in hand was told before
		select {
		case err := <-p.done:
			return err
		default:
			return errEnded
		}
	case <-ctx.Done():
		return fmt.Errorf("wait for the commit, whose fate is unknown: %w: %w", fault.ErrUnavailable, context.Cause(ctx))
	}
}

// given is what a piece of writing gives back. Nobody looks at it before it is told to be on
// disk: of a caller who went away the piece may be at work still, or again.
func given[T any](got *T, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return *got, nil
}

// errEnded: the writer gave up before it came to this piece.
var errEnded = fmt.Errorf("the writer has given up: nothing is written until the process starts again: %w", fault.ErrUnavailable)

// leaving is Do for what a process says last: when the writer gave up, because the answer to
// a commit was lost, it goes by a transaction of its own. Without it whoever comes next would
// wait for the leases of a process that is known to be gone. A commit that is under way still
// has its lease locked, so that this waits for it.
func (db *DB) leaving(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	err := db.Do(ctx, do)
	if !errors.Is(err, errEnded) {
		return err
	}
	db.last.Lock()
	defer db.last.Unlock()
	outcomes, _, err := db.attempt(ctx, []piece{{do: do, tells: -1}})
	if err == nil {
		err = outcomes[0]
	}
	return err
}

// maxAgain is how often one piece is tried that is in another transaction's way.
const maxAgain = 8

// group does a list of pieces in one transaction, or each in its own when that one cannot be
// kept for a reason that may lie in one of them. Its error means that the database cannot be
// trusted.
func (db *DB) group(list []piece) error {
	ctx := context.Background() // a caller that goes away does not undo its neighbours
	outcomes, kept, err := db.attempt(ctx, list)
	switch {
	case err == nil:
		finish(list, outcomes)
		return nil
	case kept || db.engine.Is(err, engine.Full) || db.engine.Is(err, engine.Broken): // it is none of the pieces' fault
		fail(list, err)
		return db.fatal(err)
	case len(list) > 1:
		for _, p := range list {
			if err := db.group([]piece{p}); err != nil {
				return err
			}
		}
		return nil
	}
	for range maxAgain {
		if kept || !db.engine.Is(err, engine.Again) && !db.engine.Is(err, engine.Lost) {
			break
		}
		if outcomes, kept, err = db.attempt(ctx, list); err == nil {
			finish(list, outcomes)
			return nil
		}
	}
	if db.engine.Is(err, engine.Lost) {
		err = fmt.Errorf("%w: %w", fault.ErrUnavailable, err)
	}
	fail(list, err)
	return db.fatal(err)
}

// fatal tells whether a failure ends the process: one after which what is on disk is unknown
// does; a full disk does not.
func (db *DB) fatal(err error) error {
	if db.engine.Is(err, engine.Broken) || errors.Is(err, errInDoubt) {
		return err
	}
	return nil
}

// errInDoubt: the commit was cut off and nobody can say what became of it.
var errInDoubt = errors.New("what became of the commit is unknown")

// wary is for how many transactions the pieces are kept apart after one of them failed.
const wary = 64

// attempt does the pieces in one transaction. outcomes are those of the pieces. An error
// says that nothing of it was kept; kept says that it came while committing. Pieces are
// expected to succeed, and only once one fails each gets a savepoint of its own, without which
// the others would have to be done again: savepoints cost a copy of each page that a piece
// touches, or two calls to the server.
func (db *DB) attempt(ctx context.Context, list []piece) (outcomes []error, kept bool, err error) {
	db.stmts.prepare(ctx)
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, true, fmt.Errorf("connect: %w: %w", fault.ErrUnavailable, err)
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	raw, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, true, fmt.Errorf("begin: %w: %w", fault.ErrUnavailable, err)
	}
	tx := &Tx{tx: raw, conn: conn, engine: db.engine, stmts: db.stmts, drafts: &pending{}}
	if !db.Shared() {
		tx.still = &db.still
	}
	undo := func(err error) ([]error, bool, error) {
		db.frontier = journal.Frontier{}
		if back := raw.Rollback(); back != nil && !db.engine.Is(err, engine.Lost) {
			err = errors.Join(err, fmt.Errorf("roll back: %w", back))
		}
		return nil, false, err
	}
	apart := len(list) > 1 && db.wary > 0
	if apart {
		db.wary--
	}
	outcomes = make([]error, len(list))
	for i, p := range list {
		before := len(tx.drafts.list)
		outcomes[i] = savepoint(ctx, tx, p.do, apart)
		switch {
		case outcomes[i] == nil:
		case len(list) == 1 || db.engine.Is(outcomes[i], engine.Again) || db.engine.Is(outcomes[i], engine.Lost):
			return undo(outcomes[i])
		case !apart:
			if _, _, err := undo(nil); err != nil {
				return nil, false, err
			}
			conn.Close() //nolint:errcheck // as above, but sooner: there may be one only
			db.wary = wary
			return db.attempt(ctx, list)
		default:
			tx.drafts.list = tx.drafts.list[:before]
		}
	}
	if err := db.append(ctx, tx); err != nil {
		return undo(err)
	}
	db.fail("commit")
	err = raw.Commit()
	db.still.wrote(tx.wrote)
	if err != nil {
		return db.uncommitted(err)
	}
	return outcomes, false, nil
}

// append writes what the pieces owe the journal at its end: last in the transaction, so that
// other processes wait for the disk and for nothing else.
func (db *DB) append(ctx context.Context, tx *Tx) error {
	if len(tx.drafts.list) == 0 {
		return nil
	}
	if db.engine.LockJournal != "" {
		if _, err := tx.tx.ExecContext(ctx, db.engine.LockJournal); err != nil {
			return fmt.Errorf("lock the journal: %w", err)
		}
	}
	if _, err := db.frontier.Append(ctx, journalTx{tx}, tx.drafts.list); err != nil {
		return fmt.Errorf("append to the journal: %w", err)
	}
	return nil
}

// uncommitted says what a commit that failed means. One whose connection was cut may have
// been done: asking the server afterwards would not tell, since it may be at it still, and
// the number of a transaction that a crash wiped out is given again. So it ends the process,
// which starts again from what is there.
func (db *DB) uncommitted(err error) ([]error, bool, error) {
	db.frontier = journal.Frontier{}
	failed := fmt.Errorf("commit: %w: %w", fault.ErrUnavailable, err)
	if db.engine.Is(err, engine.Lost) {
		failed = errors.Join(failed, errInDoubt)
	}
	return nil, !db.engine.Is(err, engine.Again), failed
}

func (db *DB) fail(step string) {
	if db.Failpoint != nil {
		db.Failpoint(step)
	}
}

// savepoint runs do so that its failure leaves the others of the transaction untouched.
func savepoint(ctx context.Context, tx *Tx, do func(context.Context, *Tx) error, nested bool) error {
	if !nested {
		return do(ctx, tx)
	}
	if _, err := tx.ExecContext(ctx, "SAVEPOINT piece"); err != nil {
		return err
	}
	if err := do(ctx, tx); err != nil {
		return errors.Join(err, undoPiece(ctx, tx.tx))
	}
	_, err := tx.ExecContext(ctx, "RELEASE SAVEPOINT piece")
	return err
}

func undoPiece(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT piece"); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "RELEASE SAVEPOINT piece")
	return err
}

// finish tells each caller what became of its piece.
func finish(list []piece, outcomes []error) {
	for i, p := range list {
		p.done <- outcomes[i]
	}
}

// fail tells all callers the same.
func fail(list []piece, err error) {
	for _, p := range list {
		p.done <- err
	}
}
