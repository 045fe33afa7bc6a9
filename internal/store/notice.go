package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/response"
)

var _ desk.NoticeStore = (*DB)(nil)

// PutNotice stores a notice with its notifications, once: one that is there, or that tells
// what was told before, changes nothing and is not fresh.
func (db *DB) PutNotice(ctx context.Context, o desk.Outgoing, entries ...journal.Draft) (fresh bool, err error) {
	raw, err := json.Marshal(o.Notice)
	if err != nil {
		return false, err
	}
	known := errors.New("told before")
	err = db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		n := o.Notice
		rows, err := touched(tx.ExecContext(ctx, "INSERT INTO notice (org, id, contact, kind, about, at, body) VALUES (?,?,?,?,?,?,?) ON CONFLICT (org, id) DO NOTHING",
			n.Org, n.ID, n.Contact, string(n.Kind), n.Survey, at(n.At), raw))
		for i := 0; i < len(o.Tells) && err == nil && rows > 0; i++ {
			rows, err = touched(tx.ExecContext(ctx, "INSERT INTO notice_told (org, what, notice, at) VALUES (?,?,?,?) ON CONFLICT (org, what) DO NOTHING", n.Org, o.Tells[i], n.ID, at(n.At)))
		}
		switch {
		case err != nil:
			return err
		case rows == 0:
			return known
		}
		w := batchWriter{ctx: ctx, tx: tx}
		if o.Link != "" {
			w.exec("INSERT INTO survey_link (hash, org, survey, respondent) VALUES (?,?,?,?) ON CONFLICT (hash) DO NOTHING", o.Link, n.Org, n.Survey, n.Respondent)
		}
		w.notifications(o.Notifications)
		return w.end()
	})
	if errors.Is(err, known) {
		return false, nil
	}
	return err == nil, err
}

// Notice returns one notice.
func (db *DB) Notice(ctx context.Context, org, id string) (delivery.Notice, error) {
	n, err := decoded[delivery.Notice](db.read.QueryRowContext(ctx, "SELECT body FROM notice WHERE org = ? AND id = ?", org, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("notice %.60q: %w", id, fault.ErrNotFound)
	}
	return n, err
}

// Told lists what was told, of those things whose names begin with a prefix.
func (db *DB) Told(ctx context.Context, org, prefix string) (map[string]bool, error) {
	rows, err := list(ctx, db.read, text, "SELECT what FROM notice_told WHERE org = ? AND what >= ? AND what < ?", org, prefix, prefix+"\x7f")
	out := make(map[string]bool, len(rows))
	for _, r := range rows {
		out[r] = true
	}
	return out, err
}

// NoticeStates tells where the notices of a survey stand: by contact and kind, the newest
// first.
func (db *DB) NoticeStates(ctx context.Context, org, survey string) ([]desk.NoticeState, error) {
	return list(ctx, db.read, func(s scanner) (desk.NoticeState, error) {
		var out desk.NoticeState
		var stamped string
		var raw []byte
		var sent, failed, all int
		if err := s.Scan(&raw, &stamped, &sent, &failed, &all); err != nil {
			return out, err
		}
		if err := json.Unmarshal(raw, &out.Notice); err != nil {
			return out, err
		}
		switch {
		case sent > 0:
			out.State = "sent"
		case all > 0 && failed == all:
			out.State = "failed"
		default:
			out.State = "waiting"
		}
		return out, nil
	}, `SELECT n.body, n.at, count(*) FILTER (WHERE x.state IN ('queued', 'sent', 'delivered')), count(*) FILTER (WHERE x.state = 'failed'), count(x.id)
		FROM notice n LEFT JOIN notification x ON x.warning = ?3 || n.id WHERE n.org = ?1 AND n.about = ?2
		GROUP BY n.org, n.id, n.body, n.at ORDER BY n.at DESC, n.id`, org, survey, response.Notice.Mark(""))
}
