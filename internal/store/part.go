package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"watchfire.dev/internal/watch"
)

// A Part is a share of the projects: who decides it, until when, and how far it is.
type Part struct {
	N         int
	Owner     string
	Epoch     int64 // higher with each holder
	Until, At time.Time
	Seq       int64 // last input that was decided
}

// MakeParts divides the projects into parts at an installation's first start with several
// processes, and tells into how many they are divided: as many as then.
func (db *DB) MakeParts(ctx context.Context, n int, now time.Time) (int, error) {
	there := 0
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO input_head (id, seq, at) VALUES (1, 0, '') ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
		// Whoever holds this row decides alone whether there are parts.
		var seq int64
		if err := tx.QueryRowContext(ctx, "UPDATE input_head SET at = CASE WHEN at = '' THEN ? ELSE at END WHERE id = 1 RETURNING seq", at(now)).Scan(&seq); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM part").Scan(&there); err != nil || there > 0 {
			return err
		}
		w := batchWriter{ctx: ctx, tx: tx}
		for i := range n {
			w.exec("INSERT INTO part (n, owner, epoch, until_at, seq, at) VALUES (?, '', 0, '', ?, ?)", i, seq, at(now))
		}
		there = n
		return w.end()
	})
	return given(&there, err)
}

// Parts lists the parts.
func (db *DB) Parts(ctx context.Context) ([]Part, error) {
	return list(ctx, db.read, func(s scanner) (Part, error) {
		var p Part
		var until, reached string
		err := s.Scan(&p.N, &p.Owner, &p.Epoch, &until, &p.Seq, &reached)
		p.Until, p.At = when(until), when(reached)
		return p, err
	}, "SELECT n, owner, epoch, until_at, seq, at FROM part ORDER BY n")
}

// Behind implements watch.Order.
func (db *DB) Behind(ctx context.Context) (watch.Point, map[int]int64, error) {
	parts, err := db.Parts(ctx)
	if err != nil {
		return watch.Point{}, nil, err
	}
	if len(parts) == 0 {
		return watch.Point{}, nil, errors.New("the projects are not divided into parts yet")
	}
	base, all := watch.Point{Seq: parts[0].Seq, At: parts[0].At}, map[int]int64{}
	for _, p := range parts {
		all[p.N] = p.Seq
		if p.Seq < base.Seq {
			base = watch.Point{Seq: p.Seq, At: p.At}
		}
	}
	return base, all, nil
}

// TakeParts takes those of the parts that nobody has, or whose time is over, each with a new
// epoch, and returns those that it got.
func (db *DB) TakeParts(ctx context.Context, owner string, parts []int, now time.Time, length time.Duration) ([]watch.Hold, error) {
	var got []watch.Hold
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		got = nil
		wanted, err := array(numbers(parts))
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `UPDATE part SET owner = ?1, until_at = ?2, epoch = epoch + 1
			WHERE CAST(n AS TEXT) IN (SELECT value FROM json_each(?3)) AND until_at <= ?4 RETURNING n, epoch`, owner, at(now.Add(length)), wanted, at(now))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var h watch.Hold
			if err := rows.Scan(&h.Part, &h.Epoch); err != nil {
				return err
			}
			got = append(got, h)
		}
		return rows.Err()
	})
	return given(&got, err)
}

// RenewParts moves the end of what an owner holds. It is ErrFenced when one of them is
// another's by now.
func (db *DB) RenewParts(ctx context.Context, owner string, holds []watch.Hold, now time.Time, length time.Duration) error {
	return db.untilOf(ctx, db.Do, owner, holds, now.Add(length))
}

// ReleaseParts gives parts back, so that others need not wait for their end. It works also
// after the writer gave up.
func (db *DB) ReleaseParts(ctx context.Context, owner string, holds []watch.Hold, now time.Time) error {
	err := db.untilOf(ctx, db.leaving, owner, holds, now)
	if errors.Is(err, ErrFenced) {
		return nil
	}
	return err
}

func (db *DB) untilOf(ctx context.Context, do func(context.Context, func(context.Context, *Tx) error) error, owner string, holds []watch.Hold, until time.Time) error {
	if len(holds) == 0 {
		return nil
	}
	return do(ctx, func(ctx context.Context, tx *Tx) error {
		named, err := array(names(holds))
		if err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, `UPDATE part SET until_at = ?1 WHERE owner = ?2
			AND (CAST(n AS TEXT) || ':' || CAST(epoch AS TEXT)) IN (SELECT value FROM json_each(?3))`, at(until), owner, named)
		return allOf(r, err, len(holds))
	})
}

// advance notes how far the parts are that an owner holds, if it still holds them all.
func advance(ctx context.Context, tx *Tx, owner string, holds []watch.Hold, to watch.Point) error {
	named, err := array(names(holds))
	if err != nil {
		return err
	}
	r, err := tx.ExecContext(ctx, `UPDATE part SET seq = CASE WHEN seq > ?1 THEN seq ELSE ?1 END, at = CASE WHEN seq > ?1 THEN at ELSE ?2 END
		WHERE owner = ?3 AND (CAST(n AS TEXT) || ':' || CAST(epoch AS TEXT)) IN (SELECT value FROM json_each(?4))`, to.Seq, at(to.At), owner, named)
	return allOf(r, err, len(holds))
}

func allOf(r interface{ RowsAffected() (int64, error) }, err error, want int) error {
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err != nil {
		return err
	}
	if n != int64(want) {
		return fmt.Errorf("%d of %d parts are another's: %w", int64(want)-n, want, ErrFenced)
	}
	return nil
}

func numbers(list []int) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.Itoa(n)
	}
	return out
}

func names(holds []watch.Hold) []string {
	out := make([]string, len(holds))
	for i, h := range holds {
		out[i] = strconv.Itoa(h.Part) + ":" + strconv.FormatInt(h.Epoch, 10)
	}
	return out
}

// Undecided is how many inputs are on disk that nobody has decided.
func (db *DB) Undecided(ctx context.Context) (int64, error) {
	var n int64
	return n, db.read.QueryRowContext(ctx, "SELECT count(*) FROM input WHERE done_at IS NULL").Scan(&n)
}

// Alone forgets how the projects were divided: from now on one process decides everything
// without an order on disk, and what is divided again later begins from there.
func (db *DB) Alone(ctx context.Context) error {
	parts, err := db.Parts(ctx)
	if err != nil || len(parts) == 0 {
		return err
	}
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		w := batchWriter{ctx: ctx, tx: tx}
		for _, q := range []string{"DELETE FROM part", "DELETE FROM input", "DELETE FROM input_head", "DELETE FROM memory_past", "DELETE FROM event_matched"} {
			w.exec(q)
		}
		return w.end()
	})
}
