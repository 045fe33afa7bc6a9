package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

var _ desk.DutyStore = (*DB)(nil)

// books keeps the newest duty book of each organisation as it was read, with its rotas
// parsed: every decision that tells somebody asks for it. A version never changes.
type books struct {
	mu    sync.Mutex
	byOrg map[string]response.Duty
}

func (b *books) get(org string, version int64) (response.Duty, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, ok := b.byOrg[org]
	return d, ok && d.Book.Version == version
}

func (b *books) put(org string, d response.Duty) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byOrg == nil {
		b.byOrg = map[string]response.Duty{}
	}
	if d.Book.Version >= b.byOrg[org].Book.Version {
		b.byOrg[org] = d
	}
}

// ofDuty are the tables that Duty reads.
var ofDuty = []string{"duty_book", "mute", "choice", "snooze", "account"}

// Duty returns what the people of an organisation have arranged and chosen. It is shared: nobody
// may change what its lists hold.
func (db *DB) Duty(ctx context.Context, org string) (response.Duty, error) {
	return asked(db, question{"duty", org, ""}, ofDuty, func() (response.Duty, error) { return db.duty(ctx, org) })
}

func (db *DB) duty(ctx context.Context, org string) (response.Duty, error) {
	d, err := db.book(ctx, org)
	if err != nil {
		return d, err
	}
	if d.Mutes, err = db.Mutes(ctx, org); err != nil {
		return d, err
	}
	if d.Choices, err = db.choices(ctx, org); err != nil {
		return d, fmt.Errorf("choices of %s: %w", org, err)
	}
	if d.Snoozes, err = list(ctx, db.read, scanSnooze, "SELECT org, contact, warning, level, since_at, until_at, actor FROM snooze WHERE org = ? ORDER BY contact, warning", org); err != nil {
		return d, fmt.Errorf("snoozes of %s: %w", org, err)
	}
	if len(d.Book.Rotas) > 0 {
		if d.Accounts, err = db.accountContacts(ctx, org); err != nil {
			return d, fmt.Errorf("accounts of %s: %w", org, err)
		}
	}
	return d, nil
}

// book returns the newest duty book alone, empty before the first change.
func (db *DB) book(ctx context.Context, org string) (response.Duty, error) {
	var version int64
	err := db.read.QueryRowContext(ctx, "SELECT version FROM duty_book WHERE org = ? ORDER BY version DESC LIMIT 1", org).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return response.Duty{Book: rota.Book{Org: org}}, nil
	}
	if err != nil {
		return response.Duty{}, fmt.Errorf("duty book of %s: %w", org, err)
	}
	if d, ok := db.books.get(org, version); ok {
		return d, nil
	}
	b, err := db.BookAt(ctx, org, version)
	if err != nil {
		return response.Duty{}, err
	}
	d := response.Duty{Book: b}.Prepare()
	db.books.put(org, d)
	return d, nil
}

// BookAt returns one version of the duty book; 0 = the newest, empty before the first.
func (db *DB) BookAt(ctx context.Context, org string, version int64) (rota.Book, error) {
	if version == 0 {
		d, err := db.book(ctx, org)
		return d.Book, err
	}
	b, err := decoded[rota.Book](db.read.QueryRowContext(ctx, "SELECT body FROM duty_book WHERE org = ? AND version = ?", org, version))
	if errors.Is(err, sql.ErrNoRows) {
		return b, fmt.Errorf("duty book version %d: %w", version, fault.ErrNotFound)
	}
	b.Org, b.Version = org, version
	return b, err
}

// BookVersions lists the versions, newest first, at most 200.
func (db *DB) BookVersions(ctx context.Context, org string) ([]desk.BookVersion, error) {
	return list(ctx, db.read, func(s scanner) (desk.BookVersion, error) {
		var v desk.BookVersion
		var stamped string
		err := s.Scan(&v.Version, &stamped, &v.Actor, &v.What, &v.Undoes)
		v.At = when(stamped)
		return v, err
	}, "SELECT version, at, actor, what, undoes FROM duty_book WHERE org = ? ORDER BY version DESC LIMIT 200", org)
}

// PutBook stores a version. It must follow the newest one (fault.ErrConflict otherwise).
func (db *DB) PutBook(ctx context.Context, b rota.Book, v desk.BookVersion, entries ...journal.Draft) error {
	raw, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		var newest int64
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM duty_book WHERE org = ?", b.Org).Scan(&newest); err != nil {
			return err
		}
		if b.Version != newest+1 {
			return fmt.Errorf("duty book version %d after %d: %w", b.Version, newest, fault.ErrConflict)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO duty_book (org, version, at, actor, what, undoes, body) VALUES (?,?,?,?,?,?,?)",
			b.Org, b.Version, at(v.At), v.Actor, v.What, v.Undoes, raw)
		return err
	})
}

// accountContacts returns the accounts that may sign in, as contacts with their mail address.
func (db *DB) accountContacts(ctx context.Context, org string) ([]portfolio.Contact, error) {
	return list(ctx, db.read, func(s scanner) (portfolio.Contact, error) {
		var c portfolio.Contact
		var mail string
		err := s.Scan(&c.ID, &c.Name, &mail, &c.Role, &c.Language, &c.Zone)
		c.Channels = []portfolio.Address{{Channel: "email", Address: mail}}
		return c, err
	}, "SELECT id, name, email, role, language, zone FROM account WHERE org = ? AND disabled_at IS NULL ORDER BY id", org)
}

// Staff returns the accounts of an organisation that may sign in, as contacts.
func (db *DB) Staff(ctx context.Context, org string) ([]portfolio.Contact, error) {
	return db.accountContacts(ctx, org)
}

// ofChoices are the tables that choices are read from.
var ofChoices = []string{"choice"}

// choices lists the newest of each contact, by contact.
func (db *DB) choices(ctx context.Context, org string) ([]response.Choice, error) {
	return list(ctx, db.read, decoded[response.Choice], `SELECT body FROM choice c WHERE org = ? AND version =
		(SELECT max(version) FROM choice x WHERE x.org = c.org AND x.contact = c.contact) ORDER BY contact`, org)
}

func (db *DB) choicesByContact(ctx context.Context, org string) (map[string]response.Choice, error) {
	all, err := db.choices(ctx, org)
	out := make(map[string]response.Choice, len(all))
	for _, c := range all {
		out[c.Contact] = c
	}
	return out, err
}

// ChoiceAt returns one version of what a contact has set; 0 = the newest, and the zero Choice
// when there is none.
func (db *DB) ChoiceAt(ctx context.Context, org, contact string, version int) (response.Choice, error) {
	if version == 0 && !db.Shared() { // each message asks for that of another contact
		all, err := asked(db, question{"choices", org, ""}, ofChoices, func() (map[string]response.Choice, error) { return db.choicesByContact(ctx, org) })
		if c, ok := all[contact]; ok || err != nil {
			return c, err
		}
		return response.Choice{Org: org, Contact: contact}, nil
	}
	q, args := "SELECT body FROM choice WHERE org = ? AND contact = ? ORDER BY version DESC LIMIT 1", []any{org, contact}
	if version > 0 {
		q, args = "SELECT body FROM choice WHERE org = ? AND contact = ? AND version = ?", append(args, version)
	}
	c, err := decoded[response.Choice](db.read.QueryRowContext(ctx, q, args...))
	if errors.Is(err, sql.ErrNoRows) {
		if version > 0 {
			return c, fmt.Errorf("choice %d of contact %s: %w", version, contact, fault.ErrNotFound)
		}
		return response.Choice{Org: org, Contact: contact}, nil
	}
	return c, err
}

// PutChoice stores what a contact has set; its version must follow the newest one
// (fault.ErrConflict otherwise).
func (db *DB) PutChoice(ctx context.Context, c response.Choice, entries ...journal.Draft) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		var newest int
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM choice WHERE org = ? AND contact = ?", c.Org, c.Contact).Scan(&newest); err != nil {
			return err
		}
		if c.Version != newest+1 {
			return fmt.Errorf("choice %d of contact %s after %d: %w", c.Version, c.Contact, newest, fault.ErrConflict)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO choice (org, contact, version, at, actor, body) VALUES (?,?,?,?,?,?)", c.Org, c.Contact, c.Version, at(c.At), c.Actor, raw)
		return err
	})
}

func scanSnooze(s scanner) (response.Snooze, error) {
	var x response.Snooze
	var l int
	var since, until string
	err := s.Scan(&x.Org, &x.Contact, &x.Warning, &l, &since, &until, &x.Actor)
	x.Level, x.Since, x.Until = level.Level(l), when(since), when(until)
	return x, err
}

// PutSnooze stores a snooze in place of an earlier one, and forgets those that are over.
func (db *DB) PutSnooze(ctx context.Context, x response.Snooze, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM snooze WHERE org = ? AND until_at < ?", x.Org, at(x.Since)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO snooze (org, contact, warning, level, since_at, until_at, actor) VALUES (?,?,?,?,?,?,?)
			ON CONFLICT (org, contact, warning) DO UPDATE SET level = excluded.level, since_at = excluded.since_at, until_at = excluded.until_at, actor = excluded.actor`,
			x.Org, x.Contact, x.Warning, int(x.Level), at(x.Since), at(x.Until), x.Actor)
		return err
	})
}

// EndSnooze lifts a snooze; fault.ErrNotFound when there is none. What waits for its end goes
// out now.
func (db *DB) EndSnooze(ctx context.Context, x response.Snooze, now time.Time, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, "DELETE FROM snooze WHERE org = ? AND contact = ? AND warning = ?", x.Org, x.Contact, x.Warning)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return one(firstError(err, sql.ErrNoRows), "snooze of contact "+x.Contact)
		}
		_, err = tx.ExecContext(ctx, "UPDATE notification SET due_at = ? WHERE org = ? AND contact = ? AND warning = ? AND state = 'pending' AND chosen = 'snooze' AND due_at > ?",
			at(now), x.Org, x.Contact, x.Warning, at(now))
		return err
	})
}

// HeldBack lists what waits because of what its receiver chose, the first to go out at the
// top.
func (db *DB) HeldBack(ctx context.Context, org string, now time.Time) ([]desk.HeldRow, error) {
	return list(ctx, db.read, func(s scanner) (desk.HeldRow, error) {
		var h desk.HeldRow
		var l int
		var due string
		err := s.Scan(&h.Warning, &h.Project, &l, &h.Contact, &h.Channel, &h.Held, &due)
		h.Level, h.Due = level.Level(l), when(due)
		return h, err
	}, `SELECT n.warning, w.project, n.level, n.contact, n.channel, n.chosen, n.due_at FROM notification n JOIN warning w ON w.id = n.warning
		WHERE n.org = ? AND n.chosen <> '' AND n.due_at > ? AND n.state IN ('pending', 'held') AND n.purpose <> 'all_clear' ORDER BY n.due_at, n.id LIMIT 500`, org, at(now))
}

// DigestOf returns the warnings that a digest tells of: the newest revision of each that is
// held for the same receiver, channel and instant, the highest level first.
func (db *DB) DigestOf(ctx context.Context, n response.Notification) ([]desk.StoredRow, error) {
	due, ok := n.DigestInstant()
	if !ok {
		return nil, fmt.Errorf("notification %s is no digest: %w", n.ID, fault.ErrInvalid)
	}
	allowed, args := "", []any{n.Org, n.Contact, n.Channel, n.Address, at(due)}
	if m := db.mute.Load(); m != nil { // what is old is not told, in a fresh digest neither
		allowed, args = " AND NOT "+strings.ReplaceAll(heldBack, "?", "?6"), append(args, m.bound())
	}
	return list(ctx, db.read, func(s scanner) (desk.StoredRow, error) {
		var r desk.StoredRow
		var raw []byte
		if err := s.Scan(&raw); err != nil {
			return r, err
		}
		return r, json.Unmarshal(raw, &r.Head)
	}, "SELECT "+shown+` FROM warning w WHERE w.org = ?1 AND w.id IN (SELECT warning FROM notification WHERE org = ?1 AND contact = ?2 AND channel = ?3
		AND address = ?4 AND chosen = 'digest' AND state IN ('held', 'superseded') AND due_at = ?5`+allowed+`) ORDER BY w.active DESC, w.level DESC, w.id LIMIT 200`, args...)
}

// TakeOver stores that somebody has taken a shift over; fault.ErrConflict when somebody has
// already.
func (db *DB) TakeOver(ctx context.Context, h desk.HandOver, entries ...journal.Draft) error {
	raw, err := json.Marshal(h.Picture)
	if err != nil {
		return err
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, `INSERT INTO hand_over (org, rota, shift_at, outgoing, incoming, taken_at, account, by_name, note, body) VALUES (?,?,?,?,?,?,?,?,?,?)
			ON CONFLICT (org, rota, shift_at) DO NOTHING`, h.Org, h.Rota, at(h.Shift), h.Outgoing.String(), h.Incoming.String(), at(h.At), h.Account, h.By, h.Note, raw)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("shift of %s from %s is taken over: %w", h.Rota, h.Shift.Format(time.RFC3339), fault.ErrConflict))
		}
		return nil
	})
}

// HandOvers lists the newest shifts of each rota that somebody has taken over, newest first.
func (db *DB) HandOvers(ctx context.Context, org, rotaCode string, limit int) ([]desk.HandOver, error) {
	return list(ctx, db.read, func(s scanner) (desk.HandOver, error) {
		h := desk.HandOver{Org: org}
		var shift, taken, out, in string
		var raw []byte
		if err := s.Scan(&h.Rota, &shift, &out, &in, &taken, &h.Account, &h.By, &h.Note, &raw); err != nil {
			return h, err
		}
		h.Shift, h.At, h.Outgoing, h.Incoming = when(shift), when(taken), rota.ParseMember(out), rota.ParseMember(in)
		return h, json.Unmarshal(raw, &h.Picture)
	}, `SELECT rota, shift_at, outgoing, incoming, taken_at, account, by_name, note, body FROM hand_over WHERE org = ?1 AND (rota = ?2 OR ?2 = '')
		ORDER BY shift_at DESC, rota LIMIT ?3`, org, rotaCode, limit)
}

// EscalationsDue lists the escalations of an organisation that fall due before an instant,
// the first at the top.
func (db *DB) EscalationsDue(ctx context.Context, org string, before time.Time) ([]response.EscalationState, error) {
	return list(ctx, db.read, scanEscalation,
		"SELECT "+escalationColumns+" FROM escalation WHERE org = ? AND state IN ('running', 'answered') AND due_at <= ? ORDER BY due_at, warning LIMIT 200", org, at(before))
}

// PutAlarm notes an alarm about people on duty and journals it, once; it tells whether it is
// new.
func (db *DB) PutAlarm(ctx context.Context, org, alarm string, entry journal.Draft) (bool, error) {
	var known int
	if err := db.read.QueryRowContext(ctx, "SELECT count(*) FROM duty_alarm WHERE org = ? AND alarm = ?", org, alarm).Scan(&known); err != nil || known > 0 {
		return false, err
	}
	fresh := false
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, "INSERT INTO duty_alarm (org, alarm, at) VALUES (?,?,?) ON CONFLICT (org, alarm) DO NOTHING", org, alarm, at(entry.At))
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if fresh = n > 0; err != nil || !fresh {
			return err
		}
		return tx.Journal(entry)
	})
	return given(&fresh, err)
}
