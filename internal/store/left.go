package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/watch"
)

// left notes how far organisations are whose decisions come in several batches: the first
// brings the whole list, those that follow move on in it, the last takes it away.
func (w *batchWriter) left(list []watch.Left) {
	for i := range list {
		l := &list[i]
		switch {
		case l.Over():
			w.exec("DELETE FROM decision_left WHERE org = ?", l.Org)
		case l.Begins:
			w.exec(`INSERT INTO decision_left (org, at, body, done) VALUES (?,?,?,?)
				ON CONFLICT (org) DO UPDATE SET at = excluded.at, body = excluded.body, done = excluded.done`, l.Org, at(l.At), w.json(l), l.Done)
		default:
			w.exec("UPDATE decision_left SET done = ? WHERE org = ?", l.Done, l.Org)
		}
	}
}

// decisionsLeft reads what of an organisation's decisions is not stored; nil = nothing.
func (db *DB) decisionsLeft(ctx context.Context, org string) (*watch.Left, error) {
	var raw []byte
	var done int
	err := db.read.QueryRowContext(ctx, "SELECT body, done FROM decision_left WHERE org = ?", org).Scan(&raw, &done)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing is left
	}
	if err != nil {
		return nil, err
	}
	var l watch.Left
	if err := json.Unmarshal(raw, &l); err != nil {
		return nil, err
	}
	l.Done = done
	return &l, nil
}

// Decided tells whether all decisions are stored. It is fault.ErrConflict when a process died
// in the middle of some and has not started since: only the watch can decide what is left.
func (db *DB) Decided(ctx context.Context) error {
	orgs, err := list(ctx, db.read, text, "SELECT org FROM decision_left ORDER BY org LIMIT 1")
	if err != nil || len(orgs) == 0 {
		return err
	}
	return fmt.Errorf("%s: the decisions of organisation %s were cut off: start watchfire serve once, which completes them: %w", db.name, orgs[0], fault.ErrConflict)
}
