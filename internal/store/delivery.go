package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

var (
	_ delivery.Store       = (*DB)(nil)
	_ delivery.StormStore  = (*DB)(nil)
	_ delivery.ReturnStore = (*DB)(nil)
)

const notificationColumns = `SELECT id, org, warning, revision, level, contact, step, channel, address, purpose, due_at, state, queued_at, tries, chosen FROM notification`

// open is what the index of due notifications holds.
const open = "state IN ('pending', 'sending')"

func scanClaimed(s scanner) (delivery.Claimed, error) {
	var c delivery.Claimed
	var due, queued string
	n := &c.Notification
	err := s.Scan(&n.ID, &n.Org, &n.Warning, &n.Revision, &n.Level, &n.Contact, &n.Step, &n.Channel, &n.Address, &n.Purpose, &due, &n.State, &queued, &c.Tries, &n.Held)
	n.Due, c.Queued = when(due), when(queued)
	return c, err
}

// marks are n placeholders for a list.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// ahead is how far a notification may be due in the future and still be claimed by its id:
// instants are moved on where several requests come within one microsecond.
const ahead = 20 * time.Millisecond

// Take claims notifications by conditional update and notes the beginning of their attempts.
func (db *DB) Take(ctx context.Context, ids []string, c delivery.Claim) ([]delivery.Claimed, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var out []delivery.Claimed
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		allowed, bounds := db.loud()
		args := slices.Concat(anys(ids), []any{at(c.Now.Add(ahead))}, bounds)
		got, err := listTx(ctx, tx, scanClaimed, notificationColumns+" WHERE id IN ("+marks(len(ids))+") AND "+open+" AND due_at <= ?"+allowed+db.engine.LockRows, args...)
		if err != nil {
			return err
		}
		slices.SortStableFunc(got, func(a, b delivery.Claimed) int { return int(b.Level) - int(a.Level) })
		out = got
		return db.claim(ctx, tx, out, c)
	})
	return given(&out, err)
}

// TakeDue claims what is due: level by level, so that the index is entered where a level's
// due rows begin, however many of it are put off.
func (db *DB) TakeDue(ctx context.Context, p delivery.Pick, c delivery.Claim) ([]delivery.Claimed, error) {
	var out []delivery.Claimed
	due := " WHERE " + open + " AND level = ? AND due_at <= ?"
	rest := []any{at(p.Before)}
	if len(p.Without) > 0 {
		due += " AND channel NOT IN (" + marks(len(p.Without)) + ")"
		rest = append(rest, anys(p.Without)...)
	}
	allowed, bounds := db.loud()
	due += allowed + " ORDER BY due_at LIMIT ?"
	rest = append(rest, bounds...)
	found := false
	for l := int(level.Red); l >= int(p.Least) && !found; l-- { // mostly there is nothing, and the writer is left alone
		ids, err := list(ctx, db.read, text, "SELECT id FROM notification"+due, slices.Concat([]any{l}, rest, []any{1})...)
		if err != nil {
			return nil, err
		}
		found = len(ids) > 0
	}
	if !found {
		return nil, nil
	}
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		out = nil
		for l := int(level.Red); l >= int(p.Least) && len(out) < p.Limit; l-- {
			args := slices.Concat([]any{l}, rest, []any{p.Limit - len(out)})
			got, err := listTx(ctx, tx, scanClaimed, notificationColumns+due+db.engine.LockRows, args...)
			if err != nil {
				return err
			}
			out = append(out, got...)
		}
		return db.claim(ctx, tx, out, c)
	})
	return given(&out, err)
}

// TakeFor claims what waits for a recipient below a level, whether it is due or not: but for
// what the recipient's own choice put off, and for the digests of that choice, which come at
// their hour and are one message already.
func (db *DB) TakeFor(ctx context.Context, r delivery.Recipient, below level.Level, c delivery.Claim, limit int) ([]delivery.Claimed, error) {
	var out []delivery.Claimed
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		allowed, bounds := db.loud()
		args := slices.Concat([]any{r.Org, r.Contact, r.Channel, int(below), at(c.Now)}, bounds, []any{limit})
		got, err := listTx(ctx, tx, scanClaimed, notificationColumns+` WHERE org = ? AND contact = ? AND channel = ? AND state = 'pending' AND tries = 0 AND level < ?
			AND purpose NOT IN ('digest', 'letter', 'notice') AND (chosen = '' OR held = 'flood' OR due_at <= ?)`+
			allowed+" ORDER BY queued_at, id LIMIT ?"+db.engine.LockRows, args...)
		if err != nil {
			return err
		}
		out = got
		return db.claim(ctx, tx, out, c)
	})
	return given(&out, err)
}

// claim makes the read rows ours, in the transaction that read them.
func (db *DB) claim(ctx context.Context, tx *Tx, list []delivery.Claimed, c delivery.Claim) error {
	const chunk = 200
	for i := 0; i < len(list); i += chunk {
		part := list[i:min(i+chunk, len(list))]
		args := []any{at(c.Now), db.Owner, at(c.Until(level.Red)), at(c.Until(level.Green))}
		begun := make([]any, 0, 3*len(part))
		for j := range part {
			n := &part[j]
			n.Tries++
			n.State, n.Until = response.Sending, c.Until(n.Level)
			args = append(args, n.ID)
			begun = append(begun, n.ID, n.Tries, at(c.Now))
		}
		if _, err := tx.ExecContext(ctx, `UPDATE notification SET state = 'sending', tries = tries + 1, claimed_at = ?, claim = ?, held = '',
			due_at = CASE WHEN level >= 3 THEN ? ELSE ? END WHERE id IN (`+marks(len(part))+")", args...); err != nil {
			return err
		}
		values := strings.TrimSuffix(strings.Repeat("(?,?,?,'began',''),", len(part)), ",")
		if _, err := tx.ExecContext(ctx, "INSERT INTO attempt (notification, n, at, outcome, detail) VALUES "+values+
			" ON CONFLICT (notification, n) DO NOTHING", begun...); err != nil {
			return err
		}
		if err := earlier(ctx, tx, part); err != nil {
			return err
		}
	}
	return nil
}

// earlier looks for the messages of the same thread at the same address that went out before.
func earlier(ctx context.Context, tx *Tx, claimed []delivery.Claimed) error {
	type thread struct{ warning, channel, address string }
	type before struct {
		thread
		id, remote string
	}
	var warnings []string
	for i := range claimed {
		if c := &claimed[i]; c.Revision == 1 && c.Purpose == response.Alarm { // nothing can be before it
			c.First = true
		} else {
			warnings = append(warnings, c.Warning)
		}
	}
	if len(warnings) == 0 {
		return nil
	}
	slices.Sort(warnings)
	warnings = slices.Compact(warnings)
	sent, err := listTx(ctx, tx, func(s scanner) (before, error) {
		var b before
		err := s.Scan(&b.warning, &b.channel, &b.address, &b.id, &b.remote)
		return b, err
	}, `SELECT warning, channel, address, id, remote FROM notification WHERE warning IN (`+marks(len(warnings))+`) AND state IN ('queued', 'sent', 'delivered')
		ORDER BY warning, queued_at`, anys(warnings)...)
	if err != nil {
		return err
	}
	newest := map[thread][]before{}
	for _, b := range sent {
		newest[b.thread] = append(newest[b.thread], b)
	}
	for i := range claimed {
		c := &claimed[i]
		c.First = true
		for _, b := range newest[thread{c.Warning, c.Channel, c.Address}] {
			if b.id == c.ID {
				continue
			}
			c.First = false
			if b.remote != "" {
				c.Parent = b.remote
			}
		}
	}
	return nil
}

// listTx is list inside a transaction.
func listTx[T any](ctx context.Context, tx *Tx, scan func(scanner) (T, error), q string, args ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Facts returns what a notification is worded from. A contact that has left the portfolio
// since is still told: the address was written down when the notification was queued.
func (db *DB) Facts(ctx context.Context, n response.Notification) (delivery.Facts, error) {
	var f delivery.Facts
	var err error
	if f.Contact, err = db.receiver(ctx, n); err != nil || n.Purpose == response.Digest || n.Purpose == response.Notice {
		return f, err
	}
	if p, letter, ok := response.Brought(n.Warning); ok && p == response.Letter {
		return db.letterFacts(ctx, n, letter, f)
	}
	if f.Warning, err = db.revision(ctx, n.Warning, n.Revision); err != nil {
		return f, err
	}
	p, err := db.portfolio(ctx, n.Org, 0)
	if err != nil {
		return f, err
	}
	var ok bool
	if f.Project, ok = db.folios.index(p).project(f.Warning.Project); !ok {
		f.Project = portfolio.Project{ID: f.Warning.Project, Name: f.Warning.Project}
	}
	return f, nil
}

// revision returns one revision of a warning; its lists are shared and must not be changed in
// place.
func (db *DB) revision(ctx context.Context, id string, revision int) (warning.Warning, error) {
	if w, ok := db.recent.get(id, revision); ok {
		return w, nil
	}
	w, err := decoded[warning.Warning](db.read.QueryRowContext(ctx, "SELECT body FROM warning_revision WHERE warning = ? AND revision = ?", id, revision))
	if err != nil {
		return w, fmt.Errorf("warning %s revision %s: %w", id, strconv.Itoa(revision), err)
	}
	db.recent.put(w)
	return w, nil
}

// receiver is whom a notification goes to, in the language and zone that they have chosen: a
// contact of the portfolio, or an account that a rota named.
func (db *DB) receiver(ctx context.Context, n response.Notification) (portfolio.Contact, error) {
	var c portfolio.Contact
	p, err := db.portfolio(ctx, n.Org, 0)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return c, err
	}
	if known, ok := db.folios.index(p).contact(n.Contact); ok {
		c = known
	} else if staff, err := db.accountContacts(ctx, n.Org); err != nil {
		return c, err
	} else if i := slices.IndexFunc(staff, func(x portfolio.Contact) bool { return x.ID == n.Contact }); i >= 0 {
		c = staff[i]
	}
	choice, err := db.ChoiceAt(ctx, n.Org, n.Contact, 0)
	return choice.Apply(c), err
}

// ReleaseClaims gives notifications that dead processes had in hand back at once: those of a
// process that has not been seen since an instant. What this process has in hand stays.
func (db *DB) ReleaseClaims(ctx context.Context, now, seenSince time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE notification SET due_at = ?1 WHERE state = 'sending' AND due_at > ?1 AND (claim <> ?2 OR ?2 = '')
			AND NOT EXISTS (SELECT 1 FROM replica r WHERE r.id = notification.claim AND r.seen_at > ?3)`, at(now), db.Owner, at(seenSince))
		return err
	})
}
