package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

var _ delivery.Store = (*DB)(nil)

const notificationColumns = `SELECT id, org, warning, revision, level, contact, step, channel, address, purpose, due_at, state, queued_at, tries, held FROM notification`

func scanClaimed(s scanner) (delivery.Claimed, error) {
	var c delivery.Claimed
	var due, queued string
	n := &c.Notification
	err := s.Scan(&n.ID, &n.Org, &n.Warning, &n.Revision, &n.Level, &n.Contact, &n.Step, &n.Channel, &n.Address, &n.Purpose, &due, &n.State, &queued, &c.Tries, &n.Held)
	n.Due, c.Queued = when(due), when(queued)
	return c, err
}

// Claim takes one notification by conditional update and notes the beginning of the attempt.
func (db *DB) Claim(ctx context.Context, id string, now time.Time, lease time.Duration) (delivery.Claimed, error) {
	var c delivery.Claimed
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE notification SET state = 'sending', tries = tries + 1, claimed_at = ?, due_at = ?
			WHERE id = ? AND state IN ('pending', 'sending') AND due_at <= ?`, at(now), at(now.Add(lease)), id, at(now))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("notification %s is taken, done or not due: %w", id, fault.ErrConflict))
		}
		if c, err = scanClaimed(tx.QueryRowContext(ctx, notificationColumns+" WHERE id = ?", id)); err != nil {
			return err
		}
		var earlier int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM notification WHERE warning = ? AND address = ? AND channel = ? AND id <> ? AND state IN ('sent', 'delivered')`,
			c.Warning, c.Address, c.Channel, id).Scan(&earlier); err != nil {
			return err
		}
		c.First = earlier == 0
		_, err = tx.ExecContext(ctx, "INSERT INTO attempt (notification, n, at, outcome, detail) VALUES (?,?,?,'began','')", id, c.Tries, at(now))
		return err
	})
	return c, err
}

// Due returns ids of notifications to be attempted: the highest level first, then the oldest.
func (db *DB) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return list(ctx, db.read, text, "SELECT id FROM notification WHERE state IN ('pending', 'sending') AND due_at <= ? ORDER BY level DESC, due_at LIMIT ?", at(now), limit)
}

// Finish stores the outcome of an attempt with its journal entries and, when it is to be
// tried again, the job for that.
func (db *DB) Finish(ctx context.Context, o delivery.Outcome) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		w := batchWriter{ctx: ctx, tx: tx}
		outcome := string(o.State)
		if o.Kind != "" {
			outcome = string(o.Kind)
		}
		w.exec("UPDATE attempt SET ended_at = ?, outcome = ?, detail = ? WHERE notification = ? AND n = ?", at(o.Ended), outcome, o.Detail, o.Notification, o.Try)
		done, due := put(o.Ended), put(o.Ended)
		if o.State == response.Pending {
			done, due = nil, put(o.NextDue)
		}
		w.exec(`UPDATE notification SET state = ?, due_at = ?, done_at = ?, remote = CASE WHEN ? <> '' THEN ? ELSE remote END, detail = ? WHERE id = ? AND state = 'sending' AND tries = ?`,
			string(o.State), due, done, o.Remote, o.Remote, o.Detail, o.Notification, o.Try)
		if w.err != nil {
			return w.err
		}
		if o.State == response.Pending {
			if err := db.enqueueJobs(ctx, tx, []watch.Job{{Kind: "deliver", Key: o.Warning, At: o.NextDue}}); err != nil {
				return err
			}
		}
		return db.journal(ctx, tx, attemptDrafts(o, outcome))
	})
}

func attemptDrafts(o delivery.Outcome, outcome string) []journal.Draft {
	raw, err := json.Marshal(map[string]any{"warning": o.Warning, "try": o.Try, "outcome": outcome, "remote": o.Remote})
	if err != nil {
		raw = nil
	}
	out := []journal.Draft{{At: o.Ended, Org: o.Org, Kind: journal.Attempted, Actor: "system", Subject: o.Notification, Body: raw}}
	switch o.State {
	case response.Delivered:
		out = append(out, journal.Draft{At: o.Ended, Org: o.Org, Kind: journal.Receipt, Actor: "channel", Subject: o.Notification, Body: raw})
	case response.Failed:
		out = append(out, journal.Draft{At: o.Ended, Org: o.Org, Kind: journal.Undeliverable, Actor: "system", Subject: o.Notification, Body: raw})
	}
	return out
}

// Received stores a channel's late receipt: delivered, or failed after it was accepted. A
// receipt that comes twice, or after a better one, changes nothing.
func (db *DB) Received(ctx context.Context, notification string, state response.State, detail string, now time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		var org, warningID string
		err := tx.QueryRowContext(ctx, "SELECT org, warning FROM notification WHERE id = ?", notification).Scan(&org, &warningID)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("notification %s: %w", notification, fault.ErrNotFound)
		}
		if err != nil {
			return err
		}
		q := "UPDATE notification SET state = 'delivered', detail = ?, done_at = ? WHERE id = ? AND state IN ('sent', 'sending')"
		if state == response.Failed { // accepted, then failed: it opens again
			q = "UPDATE notification SET state = 'pending', detail = ?, due_at = ? WHERE id = ? AND state = 'sent'"
		}
		r, err := tx.ExecContext(ctx, q, detail, at(now), notification)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return err
		}
		raw, err := json.Marshal(map[string]any{"warning": warningID, "state": state})
		if err != nil {
			return err
		}
		return db.journal(ctx, tx, []journal.Draft{{At: now, Org: org, Kind: journal.Receipt, Actor: "channel", Subject: notification, Body: raw}})
	})
}

// Facts returns what a notification is worded from. A contact that has left the portfolio
// since is still told: the address was written down when the notification was queued.
func (db *DB) Facts(ctx context.Context, n response.Notification) (delivery.Facts, error) {
	var f delivery.Facts
	var err error
	if f.Contact, err = db.receiver(ctx, n); err != nil || n.Purpose == response.Digest {
		return f, err
	}
	f.Warning, err = decoded[warning.Warning](db.read.QueryRowContext(ctx, "SELECT body FROM warning_revision WHERE warning = ? AND revision = ?", n.Warning, n.Revision))
	if err != nil {
		return f, fmt.Errorf("warning %s revision %s: %w", n.Warning, strconv.Itoa(n.Revision), err)
	}
	p, err := db.portfolio(ctx, n.Org, 0)
	if err != nil {
		return f, err
	}
	if i := slices.IndexFunc(p.Projects, func(x portfolio.Project) bool { return x.ID == f.Warning.Project }); i >= 0 {
		f.Project = p.Projects[i]
	} else {
		f.Project = portfolio.Project{ID: f.Warning.Project, Name: f.Warning.Project}
	}
	return f, nil
}

// receiver is whom a notification goes to, in the language and zone that they have chosen: a
// contact of the portfolio, or an account that a rota named.
func (db *DB) receiver(ctx context.Context, n response.Notification) (portfolio.Contact, error) {
	var c portfolio.Contact
	p, err := db.portfolio(ctx, n.Org, 0)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return c, err
	}
	if i := slices.IndexFunc(p.Contacts, func(x portfolio.Contact) bool { return x.ID == n.Contact }); i >= 0 {
		c = p.Contacts[i]
	} else if staff, err := db.accountContacts(ctx, n.Org); err != nil {
		return c, err
	} else if i := slices.IndexFunc(staff, func(x portfolio.Contact) bool { return x.ID == n.Contact }); i >= 0 {
		c = staff[i]
	}
	choice, err := db.ChoiceAt(ctx, n.Org, n.Contact, 0)
	return choice.Apply(c), err
}

// ReleaseClaims gives notifications that another process had in hand back at once. Only the
// process that owns the data folder may call it, at its start: whoever held them is dead.
func (db *DB) ReleaseClaims(ctx context.Context, now time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE notification SET due_at = ? WHERE state = 'sending' AND due_at > ?", at(now), at(now))
		return err
	})
}
