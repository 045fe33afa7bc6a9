package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/witness"
)

// Journal appends entries outside the watch's own batches: sign-ins, exports, receipts.
func (db *DB) Journal(ctx context.Context, drafts ...journal.Draft) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error { return tx.Journal(drafts...) })
}

// Journal notes entries that go to the end of the journal with this transaction, in the order
// of its pieces.
func (t *Tx) Journal(drafts ...journal.Draft) error {
	if t.drafts == nil {
		return errors.New("a transaction that only reads writes no journal")
	}
	t.drafts.list = append(t.drafts.list, drafts...)
	return nil
}

// journalTx is journal.Tx on one transaction.
type journalTx struct{ tx *Tx }

func (j journalTx) Head(ctx context.Context) (int64, string, error) {
	var r journal.Row
	err := scanEntry(j.tx.QueryRowContext(ctx, entryColumns+" ORDER BY seq DESC LIMIT 1"), &r)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, journal.Genesis, nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("read the head: %w", err)
	}
	return r.Entry.Seq + 1, r.Entry.Hash(), nil
}

func (j journalTx) ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, idx := range indexes {
		var b []byte
		err := j.tx.QueryRowContext(ctx, "SELECT hash FROM journal_hash WHERE idx = ?", idx).Scan(&b)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("journal hash %d: %w", idx, fault.ErrNotFound)
		}
		if err != nil {
			return nil, err
		}
		copy(out[i][:], b)
	}
	return out, nil
}

var (
	keepEntry = inserting("journal (seq, at, org, kind, actor, subject, body, prev, leaf)", 0, "")
	keepHash  = inserting("journal_hash (idx, hash)", 0, "")
)

func (j journalTx) Insert(ctx context.Context, rows []journal.Row) error {
	w := batchWriter{ctx: ctx, tx: j.tx}
	for _, r := range rows {
		e := r.Entry
		w.row(keepEntry, e.Seq, at(e.At), e.Org, string(e.Kind), e.Actor, e.Subject, []byte(e.Body), e.Prev, r.Leaf[:])
	}
	return w.end()
}

func (j journalTx) InsertHashes(ctx context.Context, start int64, hashes []tlog.Hash) error {
	w := batchWriter{ctx: ctx, tx: j.tx}
	for i := range hashes {
		w.row(keepHash, start+int64(i), hashes[i][:])
	}
	return w.end()
}

const entryColumns = "SELECT seq, at, org, kind, actor, subject, body, prev, leaf FROM journal"

type scanner interface{ Scan(...any) error }

func scanEntry(s scanner, r *journal.Row) error {
	var stamped, kind string
	var body, leaf []byte
	e := &r.Entry
	if err := s.Scan(&e.Seq, &stamped, &e.Org, &kind, &e.Actor, &e.Subject, &body, &e.Prev, &leaf); err != nil {
		return err
	}
	e.At, e.Kind, e.Body = when(stamped), journal.Kind(kind), body
	copy(r.Leaf[:], leaf)
	return nil
}

// A JournalSource reads the journal at one moment; Close ends its transaction.
type JournalSource struct{ tx *Tx }

// ReadJournal opens the journal for reading whole.
func (db *DB) ReadJournal(ctx context.Context) (*JournalSource, error) {
	tx, err := db.read.snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w: %w", fault.ErrUnavailable, err)
	}
	return &JournalSource{tx}, nil
}

// Close ends the reading.
func (s *JournalSource) Close() error { return s.tx.tx.Rollback() }

// Records yields all entries by rising Seq.
func (s *JournalSource) Records(ctx context.Context) iter.Seq2[journal.Record, error] {
	return query(ctx, s.tx, entryColumns+" WHERE seq > ? ORDER BY seq LIMIT ?", func(rows *sql.Rows) (journal.Record, int64, error) {
		var r journal.Row
		if err := scanEntry(rows, &r); err != nil {
			return journal.Record{}, 0, err
		}
		return journal.Record{Seq: r.Entry.Seq, Encoded: journal.Encode(r.Entry), Leaf: r.Leaf}, r.Entry.Seq, nil
	})
}

// Hashes yields all stored hashes by rising Index.
func (s *JournalSource) Hashes(ctx context.Context) iter.Seq2[journal.StoredHash, error] {
	return query(ctx, s.tx, "SELECT idx, hash FROM journal_hash WHERE idx > ? ORDER BY idx LIMIT ?", func(rows *sql.Rows) (journal.StoredHash, int64, error) {
		var h journal.StoredHash
		var b []byte
		err := rows.Scan(&h.Index, &b)
		copy(h.Hash[:], b)
		return h, h.Index, err
	})
}

// Checkpoints yields the signed checkpoints kept with the journal, by rising size.
func (s *JournalSource) Checkpoints(ctx context.Context) iter.Seq2[[]byte, error] {
	return query(ctx, s.tx, "SELECT size, signed FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?", func(rows *sql.Rows) ([]byte, int64, error) {
		var size int64
		var b []byte
		err := rows.Scan(&size, &b)
		return b, size, err
	})
}

const pageRows = 1000

// query reads by rising number, page by page: a verifier goes through entries and hashes in
// turns, and PostgreSQL answers one question at a time on a connection.
func query[T any](ctx context.Context, tx *Tx, q string, scan func(*sql.Rows) (T, int64, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for last, n := int64(-1), pageRows; n == pageRows; {
			var page []T
			var err error
			if page, last, err = onePage(ctx, tx, q, last, scan); err != nil {
				yield(zero, err)
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
			n = len(page)
		}
	}
}

func onePage[T any](ctx context.Context, tx *Tx, q string, after int64, scan func(*sql.Rows) (T, int64, error)) (page []T, last int64, err error) {
	last = after
	rows, err := tx.QueryContext(ctx, q, after, pageRows)
	if err != nil {
		return nil, last, err
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if v, last, err = scan(rows); err != nil {
			return nil, last, err
		}
		page = append(page, v)
	}
	return page, last, rows.Err()
}

var _ journal.Source = (*JournalSource)(nil)

// JournalSize is the number of entries.
func (db *DB) JournalSize(ctx context.Context) (int64, error) {
	var n int64
	err := db.read.QueryRowContext(ctx, "SELECT coalesce(max(seq) + 1, 0) FROM journal").Scan(&n)
	return n, err
}

// Setting returns a stored setting, "" if it is not set.
func (db *DB) Setting(ctx context.Context, name string) (string, error) {
	var v string
	err := db.read.QueryRowContext(ctx, "SELECT value FROM setting WHERE name = ?", name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

// PutSetting stores a setting.
func (db *DB) PutSetting(ctx context.Context, name, value string) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
		return err
	})
}

var _ witness.Store = (*DB)(nil)

// Size is the number of committed entries.
func (db *DB) Size(ctx context.Context) (int64, error) { return db.JournalSize(ctx) }

// ReadHashes returns stored hashes of the committed journal; see journal.Tx.
func (db *DB) ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	tx, err := db.read.snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w: %w", fault.ErrUnavailable, err)
	}
	defer tx.tx.Rollback() //nolint:errcheck // reading only
	return journalTx{tx}.ReadHashes(ctx, indexes)
}

// LastCheckpoint returns the signed checkpoint saved last, nil if there is none.
func (db *DB) LastCheckpoint(ctx context.Context) ([]byte, error) {
	var signed []byte
	err := db.read.QueryRowContext(ctx, "SELECT signed FROM checkpoint ORDER BY size DESC LIMIT 1").Scan(&signed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return signed, err
}

// SaveCheckpoint keeps a checkpoint.
func (db *DB) SaveCheckpoint(ctx context.Context, c journal.Checkpoint) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO checkpoint (size, at, root, signed) VALUES (?,?,?,?) ON CONFLICT (size) DO UPDATE SET at = excluded.at, signed = excluded.signed",
			c.Size, at(c.At), c.Root.String(), c.Signed)
		return err
	})
}
