package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// What is kept and for how long. None of it touches the journal: its entries hold no data of a
// person and are never removed, and what they commit to by hash stays provable by its hash.

// tightest packs what nobody waits for.
var tightest = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBestCompression))
})

// Compacted is what one round of packing did.
type Compacted struct {
	Records       int64
	Before, After int64 // bytes of those records as they were and are stored
	Done          bool  // nothing is left that is old enough
}

// compactedTo is the setting of how far old records have been packed: age and hash.
const compactedTo = "record.compacted"

// Compact packs the next few records tighter that came before an instant: on arrival they are
// packed as fast as can be. Bytes, hash and form stay the same, so that an earlier version of
// the program reads them too.
func (db *DB) Compact(ctx context.Context, before time.Time, limit int) (c Compacted, err error) {
	enc, err := tightest()
	if err != nil {
		return c, fmt.Errorf("compressor: %w", err)
	}
	cursor, err := db.Setting(ctx, compactedTo)
	if err != nil {
		return c, err
	}
	from, hash, _ := strings.Cut(cursor, " ")
	type old struct {
		hash, at string
		body     []byte
		packed   bool
	}
	rows, err := list(ctx, db.read, func(s scanner) (old, error) {
		var o old
		return o, s.Scan(&o.hash, &o.at, &o.body, &o.packed)
	}, `SELECT hash, first_at, body, packed FROM record WHERE first_at < ? AND (first_at > ? OR first_at = ? AND hash > ?)
		ORDER BY first_at, hash LIMIT ?`, at(before), from, from, hash, limit)
	if err != nil || len(rows) == 0 {
		return Compacted{Done: err == nil}, err
	}
	tight := map[string][]byte{}
	for _, o := range rows {
		if o.body == nil || !o.packed {
			continue
		}
		raw, err := unpack(o.body, true)
		if err != nil {
			return c, fmt.Errorf("unpack record %s: %w", o.hash, err)
		}
		packed := enc.EncodeAll(raw, nil)
		back, err := unpack(packed, true)
		if err != nil || !bytes.Equal(raw, back) {
			return c, errors.Join(fmt.Errorf("record %s does not come back as it was", o.hash), err)
		}
		c.Records++
		c.Before += int64(len(o.body))
		if len(packed) < len(o.body)*95/100 {
			tight[o.hash] = packed
			c.After += int64(len(packed))
		} else {
			c.After += int64(len(o.body))
		}
	}
	end := rows[len(rows)-1]
	err = db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		for _, o := range rows {
			if packed := tight[o.hash]; packed != nil {
				if _, err := tx.ExecContext(ctx, "UPDATE record SET body = ? WHERE hash = ? AND body IS NOT NULL", packed, o.hash); err != nil {
					return err
				}
			}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", compactedTo, end.at+" "+end.hash)
		return err
	})
	return c, err
}

// told and ended: a notification that came to its end before an instant, of a warning that has
// not been touched since.
const toldAndEnded = `done_at < ?1 AND NOT EXISTS (SELECT 1 FROM warning w WHERE w.id = notification.warning AND (w.active = 1 OR w.updated_at >= ?1))`

// forgetChunk is how many rows go in one transaction: reds wait for no more.
const forgetChunk = 200

// Forgotten is how many rows lost their details.
type Forgotten struct{ Notifications, Exposures int64 }

// Forget drops details from before an instant: of notifications of ended warnings the address,
// attempts and provider's ids; the rows of event revisions that later ones replaced; and links
// that have expired. What was decided, sent, answered and journalled stays.
func (db *DB) Forget(ctx context.Context, before time.Time) (f Forgotten, err error) {
	for {
		ids, err := list(ctx, db.read, text, "SELECT id FROM notification WHERE "+toldAndEnded+" AND address <> '' LIMIT ?2", at(before), forgetChunk)
		if err != nil {
			return f, fmt.Errorf("find old notifications: %w", err)
		}
		if len(ids) == 0 {
			break
		}
		if err := db.Do(ctx, func(ctx context.Context, tx *Tx) error { return forget(ctx, tx, ids) }); err != nil {
			return f, fmt.Errorf("forget the details of old notifications: %w", err)
		}
		f.Notifications += int64(len(ids))
	}
	for {
		n, err := db.forgetExposures(ctx, before)
		if f.Exposures += n; err != nil || n == 0 {
			if err != nil {
				return f, fmt.Errorf("forget the rows of old event revisions: %w", err)
			}
			break
		}
	}
	err = db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM answer_link WHERE expires_at < ?", at(before))
		return err
	})
	return f, err
}

func forget(ctx context.Context, tx *Tx, ids []string) error {
	for _, id := range ids {
		for _, query := range []string{
			"DELETE FROM attempt WHERE notification = ?", "DELETE FROM remote_message WHERE notification = ?", "DELETE FROM remote_carried WHERE notification = ?",
			"UPDATE notification SET address = '', detail = '', remote = '' WHERE id = ?",
		} {
			if _, err := tx.ExecContext(ctx, query, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (db *DB) forgetExposures(ctx context.Context, before time.Time) (int64, error) {
	type key struct {
		org, event string
		revision   int64
	}
	old, err := list(ctx, db.read, func(s scanner) (key, error) {
		var k key
		return k, s.Scan(&k.org, &k.event, &k.revision)
	}, `SELECT DISTINCT x.org, x.event, x.revision FROM exposure x JOIN event_revision v ON v.org = x.org AND v.id = x.event AND v.revision = x.revision
		WHERE v.at < ? AND EXISTS (SELECT 1 FROM event_revision l WHERE l.org = x.org AND l.id = x.event AND l.revision > x.revision) LIMIT ?`, at(before), forgetChunk)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	return int64(len(old)), db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		for _, k := range old {
			if _, err := tx.ExecContext(ctx, "DELETE FROM exposure WHERE org = ? AND event = ? AND revision = ?", k.org, k.event, k.revision); err != nil {
				return err
			}
		}
		return nil
	})
}
