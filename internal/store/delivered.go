package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/replay"
	"watchfire.dev/internal/watch"
)

var _ intake.Seen = (*DB)(nil)

// Delivery returns the answer that a delivery key got before.
func (db *DB) Delivery(ctx context.Context, org, key string) (string, desk.Pushed, error) {
	var body string
	var answer desk.Pushed
	var raw []byte
	err := db.read.QueryRowContext(ctx, "SELECT request, body FROM idempotency WHERE org = ? AND key = ?", org, pushKey+key).Scan(&body, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return "", answer, fmt.Errorf("delivery %s: %w", key, fault.ErrNotFound)
	}
	if err != nil {
		return "", answer, err
	}
	return body, answer, json.Unmarshal(raw, &answer)
}

// ArchivedBefore tells whether the bytes of a hash came before an instant already.
func (db *DB) ArchivedBefore(ctx context.Context, hash string, t time.Time) (bool, error) {
	var n int
	err := db.read.QueryRowContext(ctx, "SELECT count(*) FROM record WHERE hash = ? AND first_at < ?", hash, at(t)).Scan(&n)
	return n > 0, err
}

// TakenBefore tells whether none of some signals, all of which are stored, was taken at an
// instant or later.
func (db *DB) TakenBefore(ctx context.Context, signals []string, t time.Time) (bool, error) {
	wanted, err := array(signals)
	if err != nil {
		return false, err
	}
	var late int
	err = db.read.QueryRowContext(ctx, "SELECT count(*) FROM signal WHERE received_at >= ? AND id IN (SELECT value FROM json_each(?))", at(t), wanted).Scan(&late)
	return late == 0, err
}

// pushKey stands before the keys of deliveries, among those of requests.
const pushKey = "push "

var keepDelivered = inserting("idempotency (org, key, request, status, body, at)", 0, "ON CONFLICT DO NOTHING")

// Inputs returns everything that the watch took for one organisation, in order: what a
// replay of the installation starts from.
func (db *DB) Inputs(ctx context.Context, org string) ([]replay.Step, error) {
	signals, err := list(ctx, db.read, decoded[event.Signal], "SELECT body FROM signal WHERE org IN ('', ?) ORDER BY seq", org)
	if err != nil {
		return nil, fmt.Errorf("signals: %w", err)
	}
	acts, err := list(ctx, db.read, decoded[watch.Act], "SELECT body FROM act WHERE org = ? ORDER BY seq", org)
	if err != nil {
		return nil, fmt.Errorf("acts: %w", err)
	}
	steps := make([]replay.Step, 0, len(acts))
	for _, a := range acts {
		s := replay.Step{At: a.At, Act: &a}
		switch a.What {
		case "portfolio":
			p, err := decoded[portfolio.Portfolio](db.read.QueryRowContext(ctx, "SELECT body FROM portfolio_version WHERE org = ? AND version = ?", org, a.Subject))
			if err != nil {
				return nil, fmt.Errorf("portfolio version %s: %w", a.Subject, err)
			}
			s.Portfolio = &p
		case "rules":
			if s.Rules, err = db.rulesAt(ctx, org, a.At); err != nil {
				return nil, fmt.Errorf("rules: %w", err)
			}
		}
		steps = append(steps, s)
	}
	return replay.Steps(signals, steps), nil
}

// rulesAt returns the rules as they stood at an instant.
func (db *DB) rulesAt(ctx context.Context, org string, t time.Time) ([]watch.RuleVersion, error) {
	return list(ctx, db.read, func(s scanner) (watch.RuleVersion, error) {
		r := watch.RuleVersion{Org: org}
		var stamped string
		err := s.Scan(&r.ID, &r.Version, &stamped, &r.Actor, &r.Body)
		r.At = when(stamped)
		return r, err
	}, `SELECT id, version, at, actor, body FROM rule r WHERE org = ?1 AND version =
		(SELECT max(version) FROM rule x WHERE x.org = r.org AND x.id = r.id AND x.at <= ?2) ORDER BY id`, org, at(t))
}

// Decisions returns the decision log as it was stored: the revisions of events and
// warnings in the order of their instants.
func (db *DB) Decisions(ctx context.Context, org string) (events []event.Event, warnings []json.RawMessage, err error) {
	if events, err = list(ctx, db.read, decoded[event.Event], "SELECT body FROM event_revision WHERE org = ? ORDER BY at, id, revision", org); err != nil {
		return nil, nil, err
	}
	warnings, err = list(ctx, db.read, func(s scanner) (json.RawMessage, error) {
		var raw []byte
		if err := s.Scan(&raw); err != nil {
			return nil, err
		}
		return unfold(raw)
	}, "SELECT r.body FROM warning_revision r JOIN warning w ON w.id = r.warning WHERE w.org = ? ORDER BY r.at, r.warning, r.revision", org)
	return events, warnings, err
}
