package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

var _ watch.Store = (*DB)(nil)

// touched is how many rows a statement touched.
func touched(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// list runs a query and scans each row.
func list[T any](ctx context.Context, db Reader, scan func(scanner) (T, error), q string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, q, args...)
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

// decoded scans one JSON column.
func decoded[T any](s scanner) (T, error) {
	var v T
	var raw []byte
	if err := s.Scan(&raw); err != nil {
		return v, err
	}
	raw, err := unfold(raw)
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	return v, err
}

// array is a list as json_each reads it.
func array(values []string) (string, error) {
	if values == nil {
		return "[]", nil
	}
	raw, err := json.Marshal(values)
	return string(raw), err
}

func text(s scanner) (string, error) {
	var v string
	err := s.Scan(&v)
	return v, err
}

// Orgs lists the organisations by id.
func (db *DB) Orgs(ctx context.Context) ([]string, error) {
	return list(ctx, db.read, text, "SELECT id FROM organisation ORDER BY id")
}

// held says which events a core still holds, as event.Merger.Forget leaves them.
const held = "(e.updated_at >= ? OR (e.hazard = 'advice' AND e.state = 'ongoing'))"

// Load reads what a core is rebuilt from.
func (db *DB) Load(ctx context.Context, org string, since time.Time) (watch.State, error) {
	st := watch.State{Signals: map[string]event.Signal{}}
	var err error
	if st.Portfolio, err = db.portfolio(ctx, org, 0); err != nil && !errors.Is(err, fault.ErrNotFound) {
		return st, err
	}
	st.Portfolio.Org = org
	if st.Events, err = list(ctx, db.read, decoded[event.Event], "SELECT body FROM event e WHERE org = ? AND "+held+" ORDER BY updated_at, id", org, at(since)); err != nil {
		return st, fmt.Errorf("events: %w", err)
	}
	signals, err := list(ctx, db.read, decoded[event.Signal], `SELECT s.body FROM signal s WHERE s.id IN
		(SELECT es.signal FROM event_signal es JOIN event e ON e.org = es.org AND e.id = es.event WHERE e.org = ? AND `+held+` AND e.state = 'ongoing')`, org, at(since))
	if err != nil {
		return st, fmt.Errorf("signals: %w", err)
	}
	for _, s := range signals {
		st.Signals[s.ID] = s
	}
	if st.Warnings, err = list(ctx, db.read, decoded[warning.Warning], "SELECT body FROM warning WHERE org = ? AND (active = 1 OR updated_at >= ?) ORDER BY opened_at, id", org, at(since)); err != nil {
		return st, fmt.Errorf("warnings: %w", err)
	}
	if st.Rules, err = db.rules(ctx, org); err != nil {
		return st, fmt.Errorf("rules: %w", err)
	}
	if st.Memory, err = db.Memory(ctx, org); err != nil {
		return st, fmt.Errorf("memory: %w", err)
	}
	if st.Suppressed, err = db.Suppressions(ctx, org, "", ""); err != nil {
		return st, fmt.Errorf("suppressions: %w", err)
	}
	if err := db.matched(ctx, org, since, &st); err != nil {
		return st, fmt.Errorf("instants of the rows: %w", err)
	}
	if st.Left, err = db.decisionsLeft(ctx, org); err != nil {
		return st, fmt.Errorf("decisions that were cut off: %w", err)
	}
	st.Now = latest(st)
	return st, nil
}

// matched reads when the rows of each event were reckoned, and those of all.
func (db *DB) matched(ctx context.Context, org string, since time.Time, st *watch.State) error {
	type row struct{ id, at string }
	own, err := list(ctx, db.read, func(s scanner) (row, error) {
		var r row
		err := s.Scan(&r.id, &r.at)
		return r, err
	}, "SELECT id, matched_at FROM event e WHERE org = ? AND "+held+" AND matched_at <> ''", org, at(since))
	if err != nil {
		return err
	}
	st.Assessed = make(map[string]time.Time, len(own))
	for _, r := range own {
		st.Assessed[r.id] = when(r.at)
	}
	all, err := list(ctx, db.read, text, "SELECT at FROM portfolio_version WHERE org = ? AND whole = 1 ORDER BY version DESC LIMIT 1", org)
	if err != nil {
		return err
	}
	for _, stamped := range all {
		st.Matched = when(stamped)
	}
	for _, r := range st.Rules {
		if r.At.After(st.Matched) {
			st.Matched = r.At
		}
	}
	return nil
}

// Memory reads what an organisation's core has learned.
func (db *DB) Memory(ctx context.Context, org string) (watch.Memory, error) {
	m, err := decoded[watch.Memory](db.read.QueryRowContext(ctx, "SELECT body FROM memory WHERE org = ?", org))
	if errors.Is(err, sql.ErrNoRows) {
		return watch.Memory{}, nil
	}
	return m, err
}

// Suppressions lists what rules keep from being told now, of one event or project ("" = of
// all), the highest level first.
func (db *DB) Suppressions(ctx context.Context, org, eventID, project string) ([]watch.Suppression, error) {
	return list(ctx, db.read, decoded[watch.Suppression], `SELECT body FROM suppression WHERE org = ?1 AND (event = ?2 OR ?2 = '') AND (project = ?3 OR ?3 = '')
		ORDER BY level DESC, since_at, event, project, family`, org, eventID, project)
}

// latest is the newest instant that was decided.
func latest(st watch.State) time.Time {
	t := st.Matched
	for _, e := range st.Events {
		for _, reckoned := range []time.Time{e.Updated, st.Assessed[e.ID]} {
			if reckoned.After(t) {
				t = reckoned
			}
		}
	}
	for _, w := range st.Warnings {
		if w.At.After(t) {
			t = w.At
		}
	}
	return t
}

func (db *DB) rules(ctx context.Context, org string) ([]watch.RuleVersion, error) {
	return list(ctx, db.read, func(s scanner) (watch.RuleVersion, error) {
		r := watch.RuleVersion{Org: org}
		var stamped string
		err := s.Scan(&r.ID, &r.Version, &stamped, &r.Actor, &r.Body)
		r.At = when(stamped)
		return r, err
	}, `SELECT id, version, at, actor, body FROM rule r WHERE org = ? AND version = (SELECT max(version) FROM rule x WHERE x.org = r.org AND x.id = r.id) ORDER BY id`, org)
}

// Known returns those of the signal ids that are stored.
func (db *DB) Known(ctx context.Context, ids []string) (map[string]bool, error) {
	found, err := db.signalsAmong(ctx, ids)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(found))
	for _, v := range found {
		known[v] = true
	}
	return known, nil
}

// fewSignals is how many are looked up by a statement of their own: one that takes a list apart
// costs more than they do.
const fewSignals = 4

func (db *DB) signalsAmong(ctx context.Context, ids []string) ([]string, error) {
	if len(ids) > fewSignals {
		wanted, err := array(ids)
		if err != nil {
			return nil, err
		}
		return list(ctx, db.read, text, "SELECT id FROM signal WHERE id IN (SELECT value FROM json_each(?))", wanted)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var four [fewSignals]any
	for i := range four {
		four[i] = ids[min(i, len(ids)-1)]
	}
	return list(ctx, db.read, text, "SELECT id FROM signal WHERE id IN (?, ?, ?, ?)", four[:]...)
}

// Asked returns who was told of a warning so far, oldest first.
func (db *DB) Asked(ctx context.Context, warningID string) ([]response.Asked, error) {
	return list(ctx, db.read, func(s scanner) (response.Asked, error) {
		var a response.Asked
		var due string
		err := s.Scan(&a.Contact, &a.Step, &a.Channel, &a.Address, &a.State, &a.Held, &a.Tries, &due)
		a.Due = when(due)
		return a, err
	}, "SELECT contact, step, channel, address, state, chosen, tries, due_at FROM notification WHERE warning = ? ORDER BY queued_at, id", warningID)
}

// Escalation returns the state of a warning's escalation.
func (db *DB) Escalation(ctx context.Context, warningID string) (response.EscalationState, error) {
	e, err := scanEscalation(db.read.QueryRowContext(ctx, "SELECT "+escalationColumns+" FROM escalation WHERE warning = ?", warningID))
	if errors.Is(err, sql.ErrNoRows) {
		return e, fmt.Errorf("escalation of warning %s: %w", warningID, fault.ErrNotFound)
	}
	return e, err
}

// DueEscalations returns the escalations whose time has come, earliest first: nobody has
// answered, or an answer has run out.
func (db *DB) DueEscalations(ctx context.Context, now time.Time, limit int) ([]response.EscalationState, error) {
	return list(ctx, db.read, scanEscalation,
		"SELECT "+escalationColumns+" FROM escalation WHERE state IN ('running', 'answered') AND due_at <= ? ORDER BY due_at LIMIT ?", at(now), limit)
}

const escalationColumns = "warning, org, revision, step, due_at, state, round, wake, answered_by"

func scanEscalation(s scanner) (response.EscalationState, error) {
	var e response.EscalationState
	var due sql.NullString
	err := s.Scan(&e.Warning, &e.Org, &e.Revision, &e.Step, &due, &e.State, &e.Round, &e.Wake, &e.By)
	e.Due = got(due)
	return e, err
}
