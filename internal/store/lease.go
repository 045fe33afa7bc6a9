package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/watch"
)

// A Lease is the right of one process to do something alone, until its end unless renewed.
// Clocks may differ by less than its length: then two processes may both believe that they
// have it for a while, but only one of them can write under it, since Epoch is checked with
// what is written.
type Lease struct {
	Name, Owner string
	Epoch       int64 // higher than that of every holder before
	Until       time.Time
}

// ErrFenced says that another process has the lease under which something was to be written.
// It wraps fault.ErrConflict.
var ErrFenced = fmt.Errorf("another process has taken over: %w", fault.ErrConflict)

// TakeLease takes a lease that nobody has, whose time is over, or that the owner has already, with
// a new epoch. It is fault.ErrConflict while another has it.
func (db *DB) TakeLease(ctx context.Context, name, owner string, now time.Time, length time.Duration) (Lease, error) {
	l := Lease{Name: name, Owner: owner, Until: now.Add(length)}
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO lease (name, owner, until_at, epoch) VALUES (?1, ?2, ?3, 1)
			ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until_at = excluded.until_at, epoch = lease.epoch + 1
			WHERE lease.until_at <= ?4 OR lease.owner = ?2 RETURNING epoch`, name, owner, at(l.Until), at(now)).Scan(&l.Epoch)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Lease{}, fmt.Errorf("lease %q is another's: %w", name, fault.ErrConflict)
	}
	if err != nil {
		return Lease{}, fmt.Errorf("take lease %q: %w", name, err)
	}
	return l, nil
}

// RenewLease moves the end of a lease. It is ErrFenced when another has taken it since.
func (db *DB) RenewLease(ctx context.Context, l Lease, now time.Time, length time.Duration) (Lease, error) {
	l.Until = now.Add(length)
	return l, db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, "UPDATE lease SET until_at = ? WHERE name = ? AND owner = ? AND epoch = ?", at(l.Until), l.Name, l.Owner, l.Epoch)
		return stillHeld(l, r, err)
	})
}

// ReleaseLease gives a lease back, so that the next need not wait for its end. One that another
// has taken since stays as it is. It works also after the writer gave up.
func (db *DB) ReleaseLease(ctx context.Context, l Lease, now time.Time) error {
	return db.leaving(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE lease SET until_at = ? WHERE name = ? AND owner = ? AND epoch = ?", at(now), l.Name, l.Owner, l.Epoch)
		return err
	})
}

// LeaseHolder returns who has a lease; fault.ErrNotFound when nobody ever had it.
func (db *DB) LeaseHolder(ctx context.Context, name string) (Lease, error) {
	l := Lease{Name: name}
	var until string
	err := db.read.QueryRowContext(ctx, "SELECT owner, until_at, epoch FROM lease WHERE name = ?", name).Scan(&l.Owner, &until, &l.Epoch)
	l.Until = when(until)
	return l, one(err, "lease "+name)
}

// Fence checks inside a transaction that a lease is still the caller's, and keeps others from
// taking it until the transaction ends. It is ErrFenced when another has taken it.
func (t *Tx) Fence(ctx context.Context, l Lease) error {
	r, err := t.ExecContext(ctx, "UPDATE lease SET owner = owner WHERE name = ? AND owner = ? AND epoch = ?", l.Name, l.Owner, l.Epoch)
	return stillHeld(l, r, err)
}

func stillHeld(l Lease, r sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("lease %q: %w", l.Name, err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return fmt.Errorf("lease %q: %w", l.Name, err)
	}
	if n == 0 {
		return fmt.Errorf("lease %q of epoch %d: %w", l.Name, l.Epoch, ErrFenced)
	}
	return nil
}

// SetFence says under which leases the watch commits a batch; nil = under none, because this
// is the only process. Commit is refused with ErrFenced when one of them is another's.
func (db *DB) SetFence(f func(*watch.Batch) []Lease) { db.fence.Store(&f) }

func (db *DB) fenced(ctx context.Context, tx *Tx, b *watch.Batch) error {
	f := db.fence.Load()
	if f == nil || *f == nil {
		return nil
	}
	for _, l := range (*f)(b) {
		if err := tx.Fence(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// A Replica is one process that serves the installation.
type Replica struct {
	ID            string
	Started, Seen time.Time
	Roles         []string
}

// forgotten is after how long a process that is gone is no longer listed.
const forgotten = 24 * time.Hour

// Beat notes that a process is alive.
func (db *DB) Beat(ctx context.Context, r Replica) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		w := batchWriter{ctx: ctx, tx: tx}
		w.exec(`INSERT INTO replica (id, started_at, seen_at, roles) VALUES (?,?,?,?)
			ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, roles = excluded.roles`, r.ID, at(r.Started), at(r.Seen), strings.Join(r.Roles, " "))
		w.exec("DELETE FROM replica WHERE seen_at < ?", at(r.Seen.Add(-forgotten)))
		return w.end()
	})
}

// Gone removes a process that ends in order: what it had in hand is free at once. It works also
// after the writer gave up.
func (db *DB) Gone(ctx context.Context, id string) error {
	return db.leaving(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM replica WHERE id = ?", id)
		return err
	})
}

// Replicas lists the processes, the oldest first.
func (db *DB) Replicas(ctx context.Context) ([]Replica, error) {
	return list(ctx, db.read, func(s scanner) (Replica, error) {
		var r Replica
		var started, seen, roles string
		err := s.Scan(&r.ID, &started, &seen, &roles)
		r.Started, r.Seen, r.Roles = when(started), when(seen), strings.Fields(roles)
		return r, err
	}, "SELECT id, started_at, seen_at, roles FROM replica ORDER BY started_at, id")
}
