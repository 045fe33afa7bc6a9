package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// keptFor is how long a receipt for an unknown message is kept.
const keptFor = time.Hour

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
	return out, err
}

// receive finds the attempt that a receipt tells of.
func (f *finisher) receive(channel string, l delivery.Late, now time.Time) error {
	if l.At.IsZero() {
		l.At = now
	}
	id, n := l.Notification, 0
	if l.Remote != "" {
		var mapped string
		err := f.tx.QueryRowContext(f.ctx, "SELECT notification, n FROM remote_message WHERE channel = ? AND remote = ?", channel, l.Remote).Scan(&mapped, &n)
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		case err == nil && (id == "" || id == mapped):
			id = mapped
		default:
			n = 0
		}
	}
	if id == "" && l.Remote != "" { // the remote id may be our own key
		var known int
		if err := f.tx.QueryRowContext(f.ctx, "SELECT count(*) FROM notification WHERE id = ? AND channel = ?", l.Remote, channel).Scan(&known); err != nil {
			return err
		}
		if known > 0 {
			id = l.Remote
		}
	}
	if id == "" {
		return f.keep(channel, l, now)
	}
	return f.late(id, n, l, now)
}

// keep puts a receipt aside until its message is known, and forgets those that waited in vain.
func (f *finisher) keep(channel string, l delivery.Late, now time.Time) error {
	if l.Remote == "" {
		return nil
	}
	if _, err := f.exec("DELETE FROM late_receipt WHERE at < ?", at(now.Add(-keptFor))); err != nil {
		return err
	}
	_, err := f.exec("INSERT INTO late_receipt (channel, remote, state, kind, detail, at) VALUES (?,?,?,?,?,?)",
		channel, l.Remote, string(l.State), string(l.Kind), l.Detail, at(now))
	return err
}

// late adds what a receipt says to an attempt; n = 0 is the newest. What was known already
// changes nothing.
func (f *finisher) late(id string, n int, l delivery.Late, now time.Time) error {
	var org, warningID, channel, contact, address string
	var tries int
	err := f.tx.QueryRowContext(f.ctx, "SELECT org, warning, channel, contact, address, tries FROM notification WHERE id = ?", id).Scan(&org, &warningID, &channel, &contact, &address, &tries)
	if errors.Is(err, sql.ErrNoRows) { // not ours, or no more
		return nil
	}
	if err != nil {
		return err
	}
	if n == 0 {
		n = tries
	}
	var before delivery.Known
	err = f.tx.QueryRowContext(f.ctx, "SELECT heard FROM attempt WHERE notification = ? AND n = ?", id, n).Scan(&before)
	if errors.Is(err, sql.ErrNoRows) { // never tried: nobody can know of it
		return nil
	}
	if err != nil {
		return err
	}
	known := before.Add(l.State, l.Kind)
	if known == before {
		return nil
	}
	if _, err := f.exec("UPDATE attempt SET heard = ? WHERE notification = ? AND n = ?", int(known), id, n); err != nil {
		return err
	}
	if _, err := f.exec("UPDATE notification SET heard = 1, detail = CASE WHEN ? <> '' THEN ? ELSE detail END WHERE id = ?", l.Detail, l.Detail, id); err != nil {
		return err
	}
	if l.Kind == delivery.Dead {
		if err := f.dead(org, contact, channel, address, l.Detail, now); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(map[string]any{"warning": warningID, "state": l.State, "kind": l.Kind, "try": n})
	if err != nil {
		return err
	}
	f.orgs = append(f.orgs, org)
	f.drafts = append(f.drafts, journal.Draft{At: now, Org: org, Kind: journal.Receipt, Actor: "channel", Subject: id, Body: raw})
	return f.settle(id, now, time.Time{})
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
