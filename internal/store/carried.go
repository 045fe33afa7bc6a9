package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/journal"
)

// keptFor is how long a receipt for an unknown message is kept.
const keptFor = time.Hour

// carried is one of the notifications that a message of a provider carries, and which of its
// attempts that was; 0 = the newest.
type carried struct {
	id string
	n  int
}

// keys are the names by which a provider may tell of the message of an outcome, besides the
// notification's own id.
func keys(o delivery.Outcome) []string {
	var out []string
	for _, k := range []string{o.Remote, o.Carrier} {
		if k != "" && k != o.Notification && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// carry notes which message carried a notification and returns what is known of that message
// already, by way of the others that it carries.
func (f *finisher) carry(o delivery.Outcome) (delivery.Known, error) {
	var heard delivery.Known
	for _, key := range keys(o) {
		n, err := f.exec(`INSERT INTO remote_message (channel, remote, notification, n) VALUES (?,?,?,?)
			ON CONFLICT (channel, remote) DO UPDATE SET n = excluded.n WHERE remote_message.notification = excluded.notification`, o.Channel, key, o.Notification, o.Try)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			continue
		}
		if _, err := f.exec(`INSERT INTO remote_carried (channel, remote, notification, n) VALUES (?,?,?,?)
			ON CONFLICT (channel, remote, notification) DO UPDATE SET n = excluded.n`, o.Channel, key, o.Notification, o.Try); err != nil {
			return 0, err
		}
		var known delivery.Known
		err = f.tx.QueryRowContext(f.ctx, `SELECT a.heard FROM remote_message m JOIN attempt a ON a.notification = m.notification AND a.n = m.n
			WHERE m.channel = ? AND m.remote = ?`, o.Channel, key).Scan(&known)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
		heard |= known
	}
	return heard, nil
}

// carriedBy lists what the message of one of these names carries.
func (f *finisher) carriedBy(channel, remote, key string) ([]carried, error) {
	list, err := listTx(f.ctx, f.tx, func(s scanner) (carried, error) {
		var c carried
		err := s.Scan(&c.id, &c.n)
		return c, err
	}, `SELECT notification, max(n) FROM (
			SELECT notification, n FROM remote_message WHERE channel = ?1 AND remote IN (?2, ?3) UNION ALL
			SELECT notification, n FROM remote_carried WHERE channel = ?1 AND remote IN (?2, ?3)
		) x GROUP BY notification ORDER BY notification`, channel, remote, key)
	if err != nil || key == "" || slices.ContainsFunc(list, func(c carried) bool { return c.id == key }) {
		return list, err
	}
	ours, err := f.has(channel, key)
	if err == nil && ours { // it names a notification of ours and another's message: the name is ours
		return []carried{{key, 0}}, nil
	}
	return list, err
}

func (f *finisher) has(channel, id string) (bool, error) {
	var n int
	err := f.tx.QueryRowContext(f.ctx, "SELECT count(*) FROM notification WHERE id = ? AND channel = ?", id, channel).Scan(&n)
	return n > 0, err
}

// receive tells a receipt to everything that its message carries.
func (f *finisher) receive(channel string, l delivery.Late, now time.Time) error {
	if l.At.IsZero() {
		l.At = now
	}
	list, err := f.carriedBy(channel, l.Remote, l.Notification)
	if err != nil {
		return err
	}
	if len(list) == 0 && l.Remote != "" { // the remote id may be our own key
		ours, err := f.has(channel, l.Remote)
		if err != nil {
			return err
		}
		if ours {
			list = []carried{{l.Remote, 0}}
		}
	}
	if len(list) == 0 {
		return f.keep(channel, l, now)
	}
	for _, c := range list {
		if err := f.late(c.id, c.n, l, now); err != nil {
			return err
		}
	}
	return nil
}

// keep puts a receipt aside until its message is known, and forgets those that waited in vain.
func (f *finisher) keep(channel string, l delivery.Late, now time.Time) error {
	name := l.Remote
	if name == "" {
		name = l.Notification
	}
	if name == "" {
		return nil
	}
	if _, err := f.exec("DELETE FROM late_receipt WHERE at < ?", at(now.Add(-keptFor))); err != nil {
		return err
	}
	_, err := f.exec("INSERT INTO late_receipt (channel, remote, state, kind, detail, at) VALUES (?,?,?,?,?,?)",
		channel, name, string(l.State), string(l.Kind), l.Detail, at(now))
	return err
}

// early applies receipts that came before we knew their messages.
func (f *finisher) early(outcomes []delivery.Outcome) error {
	var waiting int
	if err := f.tx.QueryRowContext(f.ctx, "SELECT count(*) FROM (SELECT 1 FROM late_receipt LIMIT 1) x").Scan(&waiting); err != nil || waiting == 0 {
		return err
	}
	type name struct{ channel, remote string }
	var known []name
	for _, o := range outcomes {
		for _, key := range keys(o) {
			list, err := listTx(f.ctx, f.tx, func(s scanner) (delivery.Late, error) {
				l := delivery.Late{Notification: o.Notification}
				var stamped string
				err := s.Scan(&l.State, &l.Kind, &l.Detail, &stamped)
				l.At = when(stamped)
				return l, err
			}, "SELECT state, kind, detail, at FROM late_receipt WHERE channel = ? AND remote = ? ORDER BY id", o.Channel, key)
			if err != nil {
				return err
			}
			for _, l := range list {
				if err := f.late(o.Notification, o.Try, l, o.Ended); err != nil {
					return err
				}
			}
			if len(list) > 0 {
				known = append(known, name{o.Channel, key})
			}
		}
	}
	for _, k := range known { // only now: a message may carry several of these
		if _, err := f.exec("DELETE FROM late_receipt WHERE channel = ? AND remote = ?", k.channel, k.remote); err != nil {
			return err
		}
	}
	return nil
}

// late adds what a receipt says to an attempt; n = 0 is the newest.
func (f *finisher) late(id string, n int, l delivery.Late, now time.Time) error {
	return f.hear(id, n, delivery.Known(0).Add(l.State, l.Kind), l, now)
}

// hear adds what is known of its message to an attempt; n = 0 is the newest. What was known
// already changes nothing. The receipt is what told of it, if one did.
func (f *finisher) hear(id string, n int, told delivery.Known, l delivery.Late, now time.Time) error {
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
	known := before | told
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
