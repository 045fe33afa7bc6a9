package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/feed/poll"
)

var (
	_ intake.Archive = (*DB)(nil)
	_ poll.Store     = (*DB)(nil)
)

// packer and unpacker are stateless in the form used here (EncodeAll, DecodeAll).
var packer = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithEncoderLevel(zstd.SpeedFastest))
})

var unpacker = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
})

// Store keeps a record's bytes once, compressed, and gives its receipt.
func (db *DB) Store(ctx context.Context, r intake.Record) (int64, error) {
	body, packed, err := pack(r.Body)
	if err != nil {
		return 0, err
	}
	var receipt int64
	err = db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.ExecContext(ctx, keepRecord.one(), r.Hash, len(r.Body), body, packed, at(r.At)); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `INSERT INTO receipt (source, org, record, url, kind, at, content_type, state, worker, worker_at) VALUES (?,?,?,?,?,?,?,'stored',?,?) RETURNING id`,
			r.Source.ID, r.Source.Org, r.Hash, r.URL, r.Kind, at(r.At), r.ContentType, db.Owner, at(r.At)).Scan(&receipt)
	})
	return given(&receipt, err)
}

// keepRecord keeps bytes once, and again where retention has emptied them.
var keepRecord = inserting("record (hash, size, body, packed, first_at)", 1, `ON CONFLICT (hash) DO UPDATE SET body = coalesce(record.body, excluded.body), packed = CASE WHEN record.body IS NULL THEN excluded.packed ELSE record.packed END`)

// packFrom is from how many bytes on compressing saves more than it costs: a call takes some
// 20 µs whatever the length, and a page on its way to the disk as much.
const packFrom = 1 << 10

// pack compresses what is worth it.
func pack(raw []byte) (body []byte, packed int, err error) {
	if len(raw) < packFrom {
		return raw, 0, nil
	}
	enc, err := packer()
	if err != nil {
		return nil, 0, fmt.Errorf("compressor: %w", err)
	}
	return enc.EncodeAll(raw, nil), 1, nil
}

// Open returns stored receipts that were not worked through, with the number of times that each
// was begun before, and counts one more for each of them.
func (db *DB) Open(ctx context.Context, limit int) ([]intake.Record, error) {
	return db.left(ctx, limit, time.Time{}, 1, "", "")
}

// Left is Open where several processes work records through: it returns those that a process
// not seen since `seen` had in hand, or any had since `since`. They are this process's from now
// on, and each goes to one only that asks.
func (db *DB) Left(ctx context.Context, now, seen, since time.Time, limit int) ([]intake.Record, error) {
	return db.left(ctx, limit, now, 0, at(seen), at(since))
}

func (db *DB) left(ctx context.Context, limit int, now time.Time, whole int, seen, since string) ([]intake.Record, error) {
	held := map[int64]string{} // who had it in hand
	open, err := list(ctx, db.read, func(s scanner) (intake.Record, error) {
		var r intake.Record
		var stamped, worker string
		var body []byte
		var packed bool
		if err := s.Scan(&r.Receipt, &r.Source.ID, &r.Source.Org, &r.Hash, &r.URL, &r.Kind, &stamped, &r.ContentType, &r.Tries, &worker, &body, &packed); err != nil {
			return r, err
		}
		r.At, held[r.Receipt] = when(stamped), worker
		r.Tries++ // the one before any restart
		var err error
		r.Body, err = unpack(body, packed)
		return r, err
	}, `SELECT t.id, t.source, t.org, t.record, t.url, t.kind, t.at, t.content_type, t.tries, t.worker, r.body, r.packed
		FROM receipt t JOIN record r ON r.hash = t.record WHERE t.state = 'stored'
			AND (?1 = 1 OR t.worker_at <= ?2 OR t.worker <> ?3 AND NOT EXISTS (SELECT 1 FROM replica p WHERE p.id = t.worker AND p.seen_at > ?4)) ORDER BY t.id LIMIT ?5`,
		whole, since, db.Owner, seen, limit)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	var mine []intake.Record
	err = db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		mine = nil
		for _, r := range open {
			done, err := tx.ExecContext(ctx, "UPDATE receipt SET tries = tries + 1, worker = ?, worker_at = ? WHERE id = ? AND state = 'stored' AND worker = ? AND tries = ?",
				db.Owner, at(now), r.Receipt, held[r.Receipt], r.Tries-1)
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return err
			}
			if n == 1 {
				mine = append(mine, r)
			}
		}
		return nil
	})
	return given(&mine, err)
}

func unpack(body []byte, packed bool) ([]byte, error) {
	if !packed {
		return body, nil
	}
	dec, err := unpacker()
	if err != nil {
		return nil, fmt.Errorf("decompressor: %w", err)
	}
	return dec.DecodeAll(body, nil)
}

// Record returns the bytes of an archived record (fault.ErrGone after its retention).
func (db *DB) Record(ctx context.Context, hash string) ([]byte, error) {
	var body []byte
	var packed bool
	err := db.read.QueryRowContext(ctx, "SELECT body, packed FROM record WHERE hash = ?", hash).Scan(&body, &packed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("record %s: %w", hash, fault.ErrNotFound)
	case err != nil:
		return nil, err
	case body == nil:
		return nil, fmt.Errorf("record %s: %w", hash, fault.ErrGone)
	}
	return unpack(body, packed)
}

// RecordFor is Record for an organisation: bytes that came from a source of all, or from one
// of its own. Another's record does not exist.
func (db *DB) RecordFor(ctx context.Context, org, hash string) ([]byte, error) {
	var seen int
	if err := db.read.QueryRowContext(ctx, "SELECT count(*) FROM receipt WHERE record = ? AND org IN ('', ?)", hash, org).Scan(&seen); err != nil {
		return nil, err
	}
	if seen == 0 {
		return nil, fmt.Errorf("record %s: %w", hash, fault.ErrNotFound)
	}
	return db.Record(ctx, hash)
}

// Retain empties records that came before the instant; their rows and hashes stay.
func (db *DB) Retain(ctx context.Context, before time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE record SET body = NULL WHERE body IS NOT NULL AND first_at < ?
			AND NOT EXISTS (SELECT 1 FROM receipt t WHERE t.record = record.hash AND t.state = 'stored')`, at(before))
		return err
	})
}

// DefineSource makes sure that a source has its row; its state stays as it was.
func (db *DB) DefineSource(ctx context.Context, s feed.Source) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO source (id, org, is_on, health, etag, modified, body_hash) VALUES (?,?,?,'{}','','','')
			ON CONFLICT (id) DO NOTHING`, s.ID, s.Org, s.On())
		return err
	})
}

// SourceState reads what is remembered of a source.
func (db *DB) SourceState(ctx context.Context, id string) (poll.State, error) {
	var st poll.State
	var health []byte
	var last, next sql.NullString
	err := db.read.QueryRowContext(ctx, "SELECT health, etag, modified, body_hash, last_poll, next_poll FROM source WHERE id = ?", id).
		Scan(&health, &st.ETag, &st.Modified, &st.BodyHash, &last, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	st.LastPoll, st.NextPoll = got(last), got(next)
	return st, json.Unmarshal(health, &st.Health)
}

// SaveSource keeps what is to be remembered of a source.
func (db *DB) SaveSource(ctx context.Context, id string, st poll.State) error {
	health, err := json.Marshal(st.Health)
	if err != nil {
		return err
	}
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE source SET health = ?, etag = ?, modified = ?, body_hash = ?, last_poll = ?, next_poll = ? WHERE id = ?",
			health, st.ETag, st.Modified, st.BodyHash, put(st.LastPoll), put(st.NextPoll), id)
		return err
	})
}
