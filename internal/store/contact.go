package store

import (
	"context"
	"database/sql"
	"fmt"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/response"
)

var (
	_ account.LeaveStore = (*DB)(nil)
	_ desk.ContactStore  = (*DB)(nil)
)

// Mutes returns what the contacts of an organisation have muted, over ones included.
func (db *DB) Mutes(ctx context.Context, org string) (response.Mutes, error) {
	return list(ctx, db.read, func(s scanner) (response.Mute, error) {
		m := response.Mute{Org: org}
		var since, until string
		err := s.Scan(&m.Contact, &m.Project, &m.Channel, &since, &until, &m.Actor)
		m.Since, m.Until = when(since), when(until)
		return m, err
	}, "SELECT contact, project, channel, since_at, until_at, actor FROM mute WHERE org = ? ORDER BY contact, project, channel", org)
}

// PutMute stores a mute, in place of an earlier one of the same contact, project and channel.
func (db *DB) PutMute(ctx context.Context, m response.Mute, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO mute (org, contact, project, channel, since_at, until_at, actor) VALUES (?,?,?,?,?,?,?)
			ON CONFLICT (org, contact, project, channel) DO UPDATE SET since_at = excluded.since_at, until_at = excluded.until_at, actor = excluded.actor`,
			m.Org, m.Contact, m.Project, m.Channel, at(m.Since), at(m.Until), m.Actor)
		return err
	})
}

// EndMute lifts a mute; fault.ErrNotFound when there is none.
func (db *DB) EndMute(ctx context.Context, m response.Mute, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, "DELETE FROM mute WHERE org = ? AND contact = ? AND project = ? AND channel = ?", m.Org, m.Contact, m.Project, m.Channel)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return one(firstError(err, sql.ErrNoRows), "mute of contact "+m.Contact)
		}
		return nil
	})
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// PutProbe stores what became of a test message.
func (db *DB) PutProbe(ctx context.Context, org string, p desk.Probe, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO contact_test (org, contact, channel, at, ok, detail, actor) VALUES (?,?,?,?,?,?,?)",
			org, p.Contact, p.Channel, at(p.At), p.OK, p.Detail, p.Actor)
		return err
	})
}

// LastProbes returns the newest test of each channel of a contact, by channel.
func (db *DB) LastProbes(ctx context.Context, org, contact string) ([]desk.Probe, error) {
	return list(ctx, db.read, func(s scanner) (desk.Probe, error) {
		p := desk.Probe{Contact: contact}
		var stamped string
		err := s.Scan(&p.Channel, &stamped, &p.OK, &p.Detail, &p.Actor)
		p.At = when(stamped)
		return p, err
	}, `SELECT channel, at, ok, detail, actor FROM contact_test t WHERE org = ?1 AND contact = ?2 AND id =
		(SELECT max(id) FROM contact_test x WHERE x.org = t.org AND x.contact = t.contact AND x.channel = t.channel) ORDER BY channel`, org, contact)
}

// Worked returns by channel when a contact was last reached: a test or a notification that
// the channel took.
func (db *DB) Worked(ctx context.Context, org, contact string) (desk.Worked, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT channel, max(t) FROM (
		SELECT channel, at AS t FROM contact_test WHERE org = ?1 AND contact = ?2 AND ok = 1
		UNION ALL SELECT channel, done_at FROM notification WHERE org = ?1 AND contact = ?2 AND state IN ('queued', 'sent', 'delivered') AND done_at IS NOT NULL) w
		GROUP BY channel`, org, contact)
	if err != nil {
		return nil, fmt.Errorf("when contact %s was reached: %w: %w", contact, fault.ErrUnavailable, err)
	}
	defer rows.Close()
	out := desk.Worked{}
	for rows.Next() {
		var channel, stamped string
		if err := rows.Scan(&channel, &stamped); err != nil {
			return nil, err
		}
		out[channel] = when(stamped)
	}
	return out, rows.Err()
}
