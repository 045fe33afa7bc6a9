package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/warning"
)

var _ desk.HistoryStore = (*DB)(nil)

// livesWhere are the warnings of an organisation that changed from ?2 on and opened before ?3.
const livesWhere = "w.org = ?1 AND w.updated_at >= ?2 AND w.opened_at < ?3"

// A mark is an instant of a warning.
type mark struct {
	warning string
	at      time.Time
	level   int
}

func scanMark(s scanner) (mark, error) {
	var m mark
	var stamped string
	err := s.Scan(&m.warning, &stamped, &m.level)
	m.at = when(stamped)
	return m, err
}

// WarningLives lists warnings with when people were told and when they answered.
func (db *DB) WarningLives(ctx context.Context, org string, from, before time.Time) ([]desk.WarningLife, error) {
	args := []any{org, at(from), at(before)}
	out, err := list(ctx, db.read, func(s scanner) (desk.WarningLife, error) {
		var l desk.WarningLife
		var head []byte
		if err := s.Scan(&head, &l.Sent, &l.Failed, &l.Arrived); err != nil {
			return l, err
		}
		return l, json.Unmarshal(head, &l.Head)
	}, "SELECT "+shown+`,
		(SELECT count(*) FROM notification n WHERE n.warning = w.id AND n.purpose IN ('alarm', 'escalation') AND n.state NOT IN ('muted', 'withheld', 'superseded', 'held')),
		(SELECT count(*) FROM notification n WHERE n.warning = w.id AND n.purpose IN ('alarm', 'escalation') AND n.state = 'failed'),
		(SELECT count(*) FROM notification n WHERE n.warning = w.id AND n.purpose IN ('alarm', 'escalation') AND n.state IN ('queued', 'sent', 'delivered'))
		FROM warning w WHERE `+livesWhere+` ORDER BY w.opened_at, w.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read warnings: %w", err)
	}
	of := make(map[string]*desk.WarningLife, len(out))
	for i := range out {
		of[out[i].Head.ID] = &out[i]
	}
	told, err := list(ctx, db.read, scanMark, "SELECT r.warning, r.at, r.level FROM warning_revision r JOIN warning w ON w.id = r.warning WHERE "+livesWhere+" AND r.notify = 1 AND r.state IN ('draft', 'issued') ORDER BY r.at", args...)
	if err != nil {
		return nil, fmt.Errorf("read what was told: %w", err)
	}
	for _, m := range told {
		for k := 1; k <= min(m.level, 3); k++ {
			if l := of[m.warning]; l.Told[k].IsZero() {
				l.Told[k] = m.at
			}
		}
	}
	answers, err := list(ctx, db.read, scanMark, "SELECT a.warning, a.at, 0 FROM answer a JOIN warning w ON w.id = a.warning WHERE "+livesWhere+" AND a.kind NOT IN ('safe', 'note', 'automatic', 'cannot') ORDER BY a.at", args...)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	for _, m := range answers {
		l := of[m.warning]
		for k := range l.Told {
			if !l.Told[k].IsZero() && l.Answered[k].IsZero() && !m.at.Before(l.Told[k]) {
				l.Answered[k] = m.at
			}
		}
	}
	return out, nil
}

// EventsChanged lists events by when they changed last.
func (db *DB) EventsChanged(ctx context.Context, org string, from, before time.Time, holding string) ([]event.Event, error) {
	found, err := list(ctx, db.read, func(s scanner) (*event.Event, error) {
		var raw []byte
		if err := s.Scan(&raw); err != nil {
			return nil, err
		}
		raw, err := unfold(raw)
		if err != nil || holding != "" && !bytes.Contains(raw, []byte(holding)) {
			return nil, err
		}
		e := &event.Event{}
		return e, json.Unmarshal(raw, e)
	}, "SELECT body FROM event WHERE org = ? AND updated_at >= ? AND updated_at < ? ORDER BY id", org, at(from), at(before))
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	var out []event.Event
	for _, e := range found {
		if e != nil {
			out = append(out, *e)
		}
	}
	return out, nil
}

// someIDs is how many ids one query names.
const someIDs = 500

// inParts reads what there is of ids, so many at a time as one query names.
func inParts[T any](what string, ids []string, read func(wanted string) ([]T, error)) ([]T, error) {
	var out []T
	for part := range slices.Chunk(ids, someIDs) {
		wanted, err := array(part)
		if err != nil {
			return nil, err
		}
		found, err := read(wanted)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", what, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// EventsByID returns events by id; what is not there is left out.
func (db *DB) EventsByID(ctx context.Context, org string, ids []string) ([]event.Event, error) {
	return inParts("events", ids, func(wanted string) ([]event.Event, error) {
		return list(ctx, db.read, decoded[event.Event], "SELECT body FROM event WHERE org = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id", org, wanted)
	})
}

// RowsOf returns the exposures of the newest revision of events, by event and project.
func (db *DB) RowsOf(ctx context.Context, org string, ids []string) ([]exposure.Exposure, error) {
	found, err := inParts("exposures", ids, func(wanted string) ([][]exposure.Exposure, error) {
		return list(ctx, db.read, decoded[[]exposure.Exposure], `SELECT x.body FROM exposure x JOIN event e ON e.org = x.org AND e.id = x.event AND e.revision = x.revision
			WHERE x.org = ? AND x.event IN (SELECT value FROM json_each(?)) ORDER BY x.event, x.project`, org, wanted)
	})
	return slices.Concat(found...), err
}

// WarningsWhole returns open warnings with all of their rows, by id.
func (db *DB) WarningsWhole(ctx context.Context, org string, ids []string) ([]warning.Warning, error) {
	return inParts("warnings", ids, func(wanted string) ([]warning.Warning, error) {
		return list(ctx, db.read, decoded[warning.Warning], "SELECT body FROM warning WHERE org = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id", org, wanted)
	})
}
