package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
)

// Receive applies late receipts of a channel.
func (db *DB) Receive(ctx context.Context, channel string, receipts []delivery.Late, now time.Time) (delivery.Received, error) {
	var out delivery.Received
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		f := finisher{db: db, ctx: ctx, tx: tx}
		for _, l := range receipts {
			if err := f.receive(channel, l, now); err != nil {
				return err
			}
		}
		lost, err := f.unreached()
		if err != nil {
			return err
		}
		slices.Sort(f.orgs)
		out = delivery.Received{Orgs: slices.Compact(f.orgs), Unreached: lost, Again: f.again}
		return tx.Journal(f.drafts...)
	})
	return given(&out, err)
}

// Replied tells whether a reply was taken before.
func (db *DB) Replied(ctx context.Context, channel, reply string) (bool, error) {
	var n int
	err := db.read.QueryRowContext(ctx, "SELECT count(*) FROM reply_taken WHERE channel = ? AND id = ?", channel, reply).Scan(&n)
	return n > 0, err
}

// repliesKept is how long a reply's id is remembered: longer than any provider repeats one.
const repliesKept = 30 * 24 * time.Hour

// TookReply remembers that a reply was taken.
func (db *DB) TookReply(ctx context.Context, channel, reply string, now time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM reply_taken WHERE at < ?", at(now.Add(-repliesKept))); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO reply_taken (channel, id, at) VALUES (?,?,?) ON CONFLICT DO NOTHING", channel, reply, at(now))
		return err
	})
}

const meantColumns = `SELECT n.id, n.org, n.warning, w.project, n.contact FROM notification n JOIN warning w ON w.id = n.warning `

func scanMeant(s scanner) (delivery.Meant, error) {
	var m delivery.Meant
	err := s.Scan(&m.Notification, &m.Org, &m.Warning, &m.Project, &m.Contact)
	return m, err
}

// Meant finds what a reply answers.
func (db *DB) Meant(ctx context.Context, channel string, r delivery.Reply, since time.Time) (delivery.Meant, error) {
	if lower(r.From) == "" {
		return delivery.Meant{}, fmt.Errorf("reply without sender: %w", fault.ErrNotFound)
	}
	warningID, err := db.named(ctx, channel, r)
	if err != nil {
		return delivery.Meant{}, err
	}
	var m delivery.Meant
	if warningID != "" { // who was told of it at this address
		m, err = scanMeant(db.read.QueryRowContext(ctx, meantColumns+`WHERE n.warning = ? AND n.channel = ? AND lower(n.address) = ? AND n.state NOT IN ('muted', 'superseded', 'withheld')
			ORDER BY n.queued_at DESC, n.id LIMIT 1`, warningID, channel, lower(r.From)))
	} else {
		m, err = scanMeant(db.read.QueryRowContext(ctx, meantColumns+`WHERE n.channel = ? AND lower(n.address) = ? AND n.queued_at >= ? AND n.tries > 0
			AND n.purpose IN ('alarm', 'escalation') ORDER BY w.active DESC, n.queued_at DESC, n.id LIMIT 1`, channel, lower(r.From), at(since)))
	}
	if errors.Is(err, sql.ErrNoRows) {
		return m, fmt.Errorf("what a reply over %s answers: %w", channel, fault.ErrNotFound)
	}
	return m, err
}

// named is the warning that a reply names, by our key or by the message that it answers; "" =
// it names none, or a message that we do not know. A key that is not ours is fault.ErrNotFound.
func (db *DB) named(ctx context.Context, channel string, r delivery.Reply) (string, error) {
	keys := []string{r.Notification, r.Remote}
	if r.Remote != "" {
		var mapped string
		err := db.read.QueryRowContext(ctx, "SELECT notification FROM remote_message WHERE channel = ? AND remote = ?", channel, r.Remote).Scan(&mapped)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return "", err
		}
		keys = append(keys, mapped)
	}
	for _, k := range keys {
		if k == "" {
			continue
		}
		var warningID string
		err := db.read.QueryRowContext(ctx, "SELECT warning FROM notification WHERE id = ?", k).Scan(&warningID)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return warningID, err
		}
	}
	if r.Notification != "" { // it names something that is not ours: never take it for the newest
		return "", fmt.Errorf("notification %.60q of a reply: %w", r.Notification, fault.ErrNotFound)
	}
	return "", nil
}
