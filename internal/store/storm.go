package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/journal"
)

// mostRecent bounds what is counted of one recipient: beyond it a flood is a flood.
const mostRecent = 300

// Recent tells what recipients got since an instant.
func (db *DB) Recent(ctx context.Context, who []delivery.Recipient, since time.Time) (map[delivery.Recipient]delivery.Recent, error) {
	out := make(map[delivery.Recipient]delivery.Recent, len(who))
	for _, r := range who {
		var got delivery.Recent
		err := db.read.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE tries > 0) FROM (SELECT tries FROM notification
			WHERE org = ? AND contact = ? AND channel = ? AND queued_at >= ? AND state NOT IN ('muted', 'superseded', 'held', 'withheld') ORDER BY queued_at DESC LIMIT ?) x`,
			r.Org, r.Contact, r.Channel, at(since), mostRecent).Scan(&got.Came, &got.Sounded)
		if err != nil {
			return nil, fmt.Errorf("what contact %s got over %s: %w", r.Contact, r.Channel, err)
		}
		out[r] = got
	}
	return out, nil
}

// Spent counts the attempts on a channel, or to one recipient, that began since an instant.
func (db *DB) Spent(ctx context.Context, r delivery.Recipient, since time.Time) (int, error) {
	var n int
	q, args := "SELECT count(*) FROM notification WHERE channel = ? AND claimed_at >= ?", []any{r.Channel, at(since)}
	if r.Contact != "" {
		q, args = q+" AND org = ? AND contact = ?", append(args, r.Org, r.Contact)
	}
	err := db.read.QueryRowContext(ctx, q, args...).Scan(&n)
	return n, err
}

// Floods lists the recipients that are flooded now.
func (db *DB) Floods(ctx context.Context) ([]delivery.Flood, error) {
	return list(ctx, db.read, func(s scanner) (delivery.Flood, error) {
		var f delivery.Flood
		var since, next string
		err := s.Scan(&f.Org, &f.Contact, &f.Channel, &since, &next)
		f.Since, f.Next = when(since), when(next)
		return f, err
	}, "SELECT org, contact, channel, since_at, next_at FROM flood ORDER BY org, contact, channel")
}

// BeginFlood notes and journals a flood; one that is known stays as it is.
func (db *DB) BeginFlood(ctx context.Context, f delivery.Flood) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, "INSERT INTO flood (org, contact, channel, since_at, next_at) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING",
			f.Org, f.Contact, f.Channel, at(f.Since), at(f.Next))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return tx.Journal(channelDraft(journal.FloodBegan, f.Org, f.Contact, f.Channel, f.Since))
	})
}

// EndFlood ends and journals a flood; without one it does nothing.
func (db *DB) EndFlood(ctx context.Context, r delivery.Recipient, now time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		var since string
		err := tx.QueryRowContext(ctx, "SELECT since_at FROM flood WHERE org = ? AND contact = ? AND channel = ?", r.Org, r.Contact, r.Channel).Scan(&since)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM flood WHERE org = ? AND contact = ? AND channel = ?", r.Org, r.Contact, r.Channel); err != nil {
			return err
		}
		d := channelDraft(journal.FloodEnded, r.Org, r.Contact, r.Channel, now)
		if d.Body, err = json.Marshal(map[string]any{"channel": r.Channel, "since": when(since)}); err != nil {
			return err
		}
		return tx.Journal(d)
	})
}

// MoveFlood notes when the next digest of a flood is due.
func (db *DB) MoveFlood(ctx context.Context, f delivery.Flood) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE flood SET next_at = ? WHERE org = ? AND contact = ? AND channel = ?", at(f.Next), f.Org, f.Contact, f.Channel)
		return err
	})
}
