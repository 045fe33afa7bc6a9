package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// LoadAt implements watch.Order. Others may be further than the instant: what they have
// written since is passed over.
func (db *DB) LoadAt(ctx context.Context, org string, since, t time.Time) (watch.State, error) {
	if t.IsZero() {
		return db.Load(ctx, org, since)
	}
	st := watch.State{Signals: map[string]event.Signal{}, Now: t}
	var version sql.NullInt64
	err := db.read.QueryRowContext(ctx, "SELECT max(version) FROM portfolio_version WHERE org = ? AND at <= ?", org, at(t)).Scan(&version)
	if err == nil && version.Int64 > 0 {
		st.Portfolio, err = db.portfolio(ctx, org, version.Int64)
	}
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return st, fmt.Errorf("portfolio: %w", err)
	}
	st.Portfolio.Org = org
	if st.Events, err = db.eventsAt(ctx, org, since, t); err != nil {
		return st, fmt.Errorf("events: %w", err)
	}
	var ongoing []string
	for _, e := range st.Events {
		if e.State == event.Ongoing {
			ongoing = append(ongoing, e.ID)
		}
	}
	ids, err := array(ongoing)
	if err != nil {
		return st, err
	}
	signals, err := list(ctx, db.read, decoded[event.Signal], `SELECT s.body FROM signal s WHERE s.id IN
		(SELECT es.signal FROM event_signal es WHERE es.org = ? AND es.event IN (SELECT value FROM json_each(?)))`, org, ids)
	if err != nil {
		return st, fmt.Errorf("signals: %w", err)
	}
	for _, s := range signals {
		st.Signals[s.ID] = s
	}
	if st.Warnings, err = list(ctx, db.read, decoded[warning.Warning], "SELECT body FROM warning WHERE org = ? AND (active = 1 OR updated_at >= ?) ORDER BY opened_at, id", org, at(since)); err != nil {
		return st, fmt.Errorf("warnings: %w", err)
	}
	if st.Rules, err = db.rulesAt(ctx, org, t); err != nil {
		return st, fmt.Errorf("rules: %w", err)
	}
	if st.Memory, err = db.memoryAt(ctx, org, t); err != nil {
		return st, fmt.Errorf("memory: %w", err)
	}
	if st.Suppressed, err = db.Suppressions(ctx, org, "", ""); err != nil {
		return st, fmt.Errorf("suppressions: %w", err)
	}
	if err := db.matchedAt(ctx, org, t, &st); err != nil {
		return st, fmt.Errorf("instants of the rows: %w", err)
	}
	return st, nil
}

// eventsAt reads the events as they stood at an instant.
func (db *DB) eventsAt(ctx context.Context, org string, since, t time.Time) ([]event.Event, error) {
	out, err := list(ctx, db.read, decoded[event.Event], "SELECT body FROM event e WHERE org = ? AND "+held+" AND updated_at <= ?", org, at(since), at(t))
	if err != nil {
		return nil, err
	}
	later, err := list(ctx, db.read, decoded[event.Event], `SELECT r.body FROM event_revision r WHERE r.org = ?1 AND r.id IN (SELECT id FROM event WHERE org = ?1 AND updated_at > ?2)
		AND r.revision = (SELECT max(x.revision) FROM event_revision x WHERE x.org = r.org AND x.id = r.id AND x.at <= ?2)`, org, at(t))
	if err != nil {
		return nil, err
	}
	for _, e := range later {
		if !e.Updated.Before(since) || e.Hazard == event.Advice && e.State == event.Ongoing {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b event.Event) int { return cmp.Or(a.Updated.Compare(b.Updated), strings.Compare(a.ID, b.ID)) })
	return out, nil
}

func (db *DB) memoryAt(ctx context.Context, org string, t time.Time) (watch.Memory, error) {
	var past int
	if err := db.read.QueryRowContext(ctx, "SELECT count(*) FROM memory_past WHERE org = ?", org).Scan(&past); err != nil {
		return watch.Memory{}, err
	}
	if past == 0 {
		return db.Memory(ctx, org)
	}
	m, err := decoded[watch.Memory](db.read.QueryRowContext(ctx, "SELECT body FROM memory_past WHERE org = ? AND at <= ? ORDER BY at DESC LIMIT 1", org, at(t)))
	if errors.Is(err, sql.ErrNoRows) {
		return watch.Memory{}, nil
	}
	return m, err
}

// matchedAt finds when the rows of each event were reckoned, as that stood at an instant.
func (db *DB) matchedAt(ctx context.Context, org string, t time.Time, st *watch.State) error {
	type row struct{ id, at string }
	own, err := list(ctx, db.read, func(s scanner) (row, error) {
		var r row
		err := s.Scan(&r.id, &r.at)
		return r, err
	}, `SELECT id, matched_at FROM event WHERE org = ?1 AND matched_at <> '' AND matched_at <= ?2
		UNION ALL SELECT event, at FROM event_matched WHERE org = ?1 AND at <= ?2`, org, at(t))
	if err != nil {
		return err
	}
	st.Assessed = make(map[string]time.Time, len(own))
	for _, r := range own {
		if m := when(r.at); m.After(st.Assessed[r.id]) {
			st.Assessed[r.id] = m
		}
	}
	whole, err := list(ctx, db.read, text, "SELECT at FROM portfolio_version WHERE org = ? AND whole = 1 AND at <= ? ORDER BY version DESC LIMIT 1", org, at(t))
	if err != nil {
		return err
	}
	for _, stamped := range whole {
		st.Matched = when(stamped)
	}
	for _, r := range st.Rules {
		if r.At.After(st.Matched) {
			st.Matched = r.At
		}
	}
	return nil
}
