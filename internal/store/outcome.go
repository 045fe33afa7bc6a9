package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/watch"
)

// Finish stores the outcomes of attempts with their journal entries and, for what is to be
// tried again, the jobs for that. What a provider told before its own call had returned
// counts as well.
func (db *DB) Finish(ctx context.Context, outcomes []delivery.Outcome) ([]delivery.Unreached, error) {
	var out []delivery.Unreached
	var jobs []watch.Job
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		f := finisher{db: db, ctx: ctx, tx: tx}
		for _, part := range apart(outcomes) {
			if err := f.some(part); err != nil {
				return err
			}
		}
		if err := f.early(outcomes); err != nil {
			return err
		}
		if err := f.conditions(outcomes); err != nil {
			return err
		}
		jobs = f.jobs
		if err := db.enqueueJobs(ctx, tx, jobs); err != nil {
			return err
		}
		var err error
		if out, err = f.unreached(); err != nil {
			return err
		}
		return tx.Journal(f.drafts...)
	})
	if err == nil {
		db.keepJobs(jobs)
	}
	return given(&out, err)
}

// finisher is one transaction in which notifications move on.
type finisher struct {
	db     *DB
	ctx    context.Context
	tx     *Tx
	drafts []journal.Draft
	jobs   []watch.Job
	lost   []delivery.Unreached // may be unreached: looked at when everything is written
	again  bool
	orgs   []string
}

func (f *finisher) exec(q string, args ...any) (int64, error) {
	r, err := f.tx.ExecContext(f.ctx, q, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// some stores outcomes of different notifications.
func (f *finisher) some(list []delivery.Outcome) error {
	moved, err := f.ended(list)
	if err != nil {
		return fmt.Errorf("outcomes of %d notifications: %w", len(list), err)
	}
	for _, o := range list {
		if err := f.one(o, moved[o.Notification]); err != nil {
			return fmt.Errorf("outcome of notification %s: %w", o.Notification, err)
		}
	}
	return nil
}

// one stores what follows from an outcome; moved tells that its notification has its new state.
func (f *finisher) one(o delivery.Outcome, moved bool) error {
	if o.Struck || o.State == response.Failed {
		f.lost = append(f.lost, delivery.Unreached{Org: o.Org, Warning: o.Warning, Contact: o.Contact, Revision: o.Revision, Step: o.Step})
	}
	if o.Unsent {
		return f.unsent(o)
	}
	heard, err := f.carry(o)
	if err != nil {
		return err
	}
	if o.State == response.Pending {
		f.jobs = append(f.jobs, watch.Job{Kind: "deliver", Key: o.Warning, At: o.NextDue})
	}
	f.drafts = append(f.drafts, attemptDrafts(o, outcomeOf(o))...)
	if !moved { // its provider has told of it already, or it is no longer ours
		if err := f.settle(o.Notification, o.Ended, o.NextDue); err != nil {
			return err
		}
	}
	if heard != 0 { // of its message, by way of another notification that it carries
		return f.hear(o.Notification, o.Try, heard, delivery.Late{State: heard.State()}, o.Ended)
	}
	return nil
}

func outcomeOf(o delivery.Outcome) string {
	if o.Kind != "" {
		return string(o.Kind)
	}
	return string(o.State)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unsent takes the attempt back that never began.
func (f *finisher) unsent(o delivery.Outcome) error {
	n, err := f.exec(`UPDATE notification SET state = 'pending', tries = tries - 1, due_at = ?, held = ?, claimed_at = NULL, struck = CASE WHEN ? = 1 THEN 1 ELSE struck END
		WHERE id = ? AND state = 'sending' AND tries = ?`, at(o.NextDue), string(o.Held), number(o.Struck), o.Notification, o.Try)
	if err != nil || n == 0 {
		return err
	}
	_, err = f.exec("DELETE FROM attempt WHERE notification = ? AND n = ?", o.Notification, o.Try)
	return err
}

// standing is a notification with what its state depends on.
type standing struct {
	org, warning, contact string
	revision, step, tries int
	level                 level.Level
	state                 response.State
	attempts              []delivery.Tried
}

func (f *finisher) standing(id string) (standing, error) {
	var s standing
	err := f.tx.QueryRowContext(f.ctx, "SELECT org, warning, contact, revision, step, tries, level, state FROM notification WHERE id = ?", id).
		Scan(&s.org, &s.warning, &s.contact, &s.revision, &s.step, &s.tries, &s.level, &s.state)
	if err != nil {
		return s, err
	}
	s.attempts, err = listTx(f.ctx, f.tx, func(r scanner) (delivery.Tried, error) {
		var n int
		var outcome string
		var t delivery.Tried
		err := r.Scan(&n, &outcome, &t.Known)
		t.Own, t.Kind = ownEnd(outcome, n, s.level)
		return t, err
	}, "SELECT n, outcome, heard FROM attempt WHERE notification = ? ORDER BY n", id)
	return s, err
}

// ownEnd reads how our own call of an attempt ended.
func ownEnd(outcome string, n int, l level.Level) (response.State, delivery.FaultKind) {
	switch k := delivery.FaultKind(outcome); {
	case outcome == "began":
		return response.Sending, ""
	case k == delivery.Dead, k == delivery.Refused, k == delivery.Misset:
		return response.Failed, k
	case k == delivery.Retry, k == delivery.Overload:
		if _, more := delivery.Again(l, n); !more {
			return response.Failed, k
		}
		return response.Pending, k
	default:
		return response.State(outcome), ""
	}
}

// settle brings a notification to where all that is known of it says that it stands. next is
// when a pending one is due; zero = as it was.
func (f *finisher) settle(id string, now, next time.Time) error {
	s, err := f.standing(id)
	if err != nil {
		return err
	}
	state, _, again := delivery.Stand(s.attempts)
	struck := false
	if state == response.Failed && again { // accepted, then failed: it opens again, and whoever is next is told
		if wait, more := delivery.Again(s.level, s.tries); more {
			state, next, struck = response.Pending, now.Add(wait), true
			f.again = true
		}
	}
	if state == s.state || s.state == response.Superseded || s.state == response.Muted || s.state == response.Withheld {
		return nil
	}
	if state == response.Failed || struck {
		f.lost = append(f.lost, delivery.Unreached{Org: s.org, Warning: s.warning, Contact: s.contact, Revision: s.revision, Step: s.step})
	}
	f.orgs = append(f.orgs, s.org)
	due, done := put(now), put(now)
	switch state {
	case response.Sending: // its lease holds
		return nil
	case response.Pending:
		done, due = nil, put(next)
		if next.IsZero() {
			due = put(now)
		}
	}
	_, err = f.exec("UPDATE notification SET state = ?, due_at = ?, done_at = ?, struck = CASE WHEN ? = 1 THEN 1 ELSE struck END WHERE id = ?", string(state), due, done, number(struck), id)
	return err
}

// unreached looks whether the warning reaches a contact at all, and for less than a red
// whether it reaches anybody who was asked: only then whoever is next is told before the time.
func (f *finisher) unreached() ([]delivery.Unreached, error) {
	var out []delivery.Unreached
	for _, u := range f.lost {
		if _, _, alone := response.Brought(u.Warning); alone || slices.Contains(out, u) { // nobody is asked next for a letter or a notice
			continue
		}
		var level, hopes, all int
		err := f.tx.QueryRowContext(f.ctx, `SELECT max(level), count(*) FILTER (WHERE contact = ? AND `+hope+`), count(*) FILTER (WHERE `+hope+`)
			FROM notification WHERE warning = ? AND revision = ?`, u.Contact, u.Warning, u.Revision).Scan(&level, &hopes, &all)
		if err != nil {
			return nil, err
		}
		if hopes == 0 && (level >= 3 || all == 0) {
			out = append(out, u)
		}
		// What was put off for the contact's own sake is tried at once: it may be the way.
		if _, err := f.exec(`UPDATE notification SET held = '', due_at = queued_at WHERE warning = ? AND revision = ? AND contact = ? AND state = 'pending' AND tries = 0 AND held = 'recipient'`,
			u.Warning, u.Revision, u.Contact); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// hope tells of a notification that it may still arrive soon, or has arrived.
const hope = `(state IN ('queued', 'sent', 'delivered') OR state IN ('pending', 'sending') AND struck = 0)`

func attemptDrafts(o delivery.Outcome, outcome string) []journal.Draft {
	raw := attemptBody(o, outcome)
	out := []journal.Draft{{At: o.Ended, Org: o.Org, Kind: journal.Attempted, Actor: "system", Subject: o.Notification, Body: raw}}
	switch o.State {
	case response.Delivered:
		out = append(out, journal.Draft{At: o.Ended, Org: o.Org, Kind: journal.Receipt, Actor: "channel", Subject: o.Notification, Body: raw})
	case response.Failed:
		out = append(out, journal.Draft{At: o.Ended, Org: o.Org, Kind: journal.Undeliverable, Actor: "system", Subject: o.Notification, Body: raw})
	}
	return out
}

func attemptBody(o delivery.Outcome, outcome string) []byte {
	raw, err := json.Marshal(map[string]any{"warning": o.Warning, "try": o.Try, "outcome": outcome, "remote": o.Remote})
	if err != nil { // a bug of ours: strings and numbers always encode
		panic(err)
	}
	return raw
}

// conditions notes which channels are set up wrongly and which addresses do not exist.
func (f *finisher) conditions(outcomes []delivery.Outcome) error {
	var faulty, dead int
	err := f.tx.QueryRowContext(f.ctx, "SELECT (SELECT count(*) FROM (SELECT 1 FROM channel_fault LIMIT 1) x), (SELECT count(*) FROM (SELECT 1 FROM dead_address LIMIT 1) y)").Scan(&faulty, &dead)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		switch {
		case o.Unsent:
		case o.Kind == delivery.Misset:
			if _, err := f.exec(`INSERT INTO channel_fault (channel, since_at, last_at, detail) VALUES (?1, ?2, ?2, ?3)
				ON CONFLICT (channel) DO UPDATE SET last_at = excluded.last_at, detail = excluded.detail`, o.Channel, at(o.Ended), o.Detail); err != nil {
				return err
			}
			faulty++
		case o.Kind == delivery.Dead:
			if err := f.dead(o.Org, o.Contact, o.Channel, o.Address, o.Detail, o.Ended); err != nil {
				return err
			}
			dead++
		case o.State == response.Sent || o.State == response.Delivered || o.State == response.Queued:
			if faulty > 0 {
				if _, err := f.exec("DELETE FROM channel_fault WHERE channel = ?", o.Channel); err != nil {
					return err
				}
			}
			if dead > 0 {
				if err := f.alive(o); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// dead notes that an address does not exist: once in the journal, without the address.
func (f *finisher) dead(org, contact, channel, address, detail string, now time.Time) error {
	var known int
	if err := f.tx.QueryRowContext(f.ctx, "SELECT count(*) FROM dead_address WHERE org = ? AND contact = ? AND channel = ? AND address = ?", org, contact, channel, address).Scan(&known); err != nil {
		return err
	}
	if _, err := f.exec(`INSERT INTO dead_address (org, contact, channel, address, since_at, last_at, detail) VALUES (?1,?2,?3,?4,?5,?5,?6)
		ON CONFLICT (org, contact, channel, address) DO UPDATE SET last_at = excluded.last_at, detail = excluded.detail`, org, contact, channel, address, at(now), detail); err != nil {
		return err
	}
	if known == 0 {
		f.drafts = append(f.drafts, channelDraft(journal.AddressDead, org, contact, channel, now))
	}
	return nil
}

// alive takes back that an address is dead once it took a message.
func (f *finisher) alive(o delivery.Outcome) error {
	n, err := f.exec("DELETE FROM dead_address WHERE org = ? AND contact = ? AND channel = ? AND address = ?", o.Org, o.Contact, o.Channel, o.Address)
	if err == nil && n > 0 {
		f.drafts = append(f.drafts, channelDraft(journal.AddressBack, o.Org, o.Contact, o.Channel, o.Ended))
	}
	return err
}

func channelDraft(kind journal.Kind, org, contact, channel string, now time.Time) journal.Draft {
	raw, err := json.Marshal(map[string]any{"channel": channel})
	if err != nil { // a bug of ours: a string always encodes
		panic(err)
	}
	return journal.Draft{At: now, Org: org, Kind: kind, Actor: "system", Subject: contact, Body: raw}
}

// lower is the form in which addresses are compared.
func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
