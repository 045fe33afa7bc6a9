package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// AssessSettings lists the versions of an organisation's weights and method, the newest first.
func (db *DB) AssessSettings(ctx context.Context, org string) ([]desk.AssessSetting, error) {
	return list(ctx, db.read, func(s scanner) (desk.AssessSetting, error) {
		var x desk.AssessSetting
		var made, weights string
		if err := s.Scan(&x.Version, &made, &x.By, &x.Name, &x.Reason, &x.Undoes, &weights, &x.Method, &x.MethodVersion); err != nil {
			return x, err
		}
		x.Made = when(made)
		return x, json.Unmarshal([]byte(weights), &x.Weights)
	}, `SELECT s.version, s.made_at, s.made_by, s.made_name, s.reason, s.undoes, s.weights, s.method, coalesce(m.version, '')
		FROM assess_setting s LEFT JOIN assess_method m ON m.org = s.org AND m.hash = s.method WHERE s.org = ? ORDER BY s.version DESC`, org)
}

// PutAssessSetting adds a version with its method file; one of its number is fault.ErrConflict.
func (db *DB) PutAssessSetting(ctx context.Context, org string, s desk.AssessSetting, file *desk.MethodFile, entries ...journal.Draft) error {
	weights, err := json.Marshal(s.Weights)
	if err != nil {
		return err
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		if file != nil {
			if err := keepMethod(ctx, tx, org, *file, s.Made); err != nil {
				return err
			}
		}
		r, err := tx.ExecContext(ctx, `INSERT INTO assess_setting (org, version, made_at, made_by, made_name, reason, undoes, weights, method) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (org, version) DO NOTHING`,
			org, s.Version, at(s.Made), s.By, s.Name, s.Reason, s.Undoes, string(weights), s.Method)
		if err != nil {
			return fmt.Errorf("store setting %d: %w", s.Version, err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("setting %d is there already: %w", s.Version, fault.ErrConflict))
		}
		return nil
	})
}

// KeepMethodFile keeps what something was published with.
func (db *DB) KeepMethodFile(ctx context.Context, org string, f desk.MethodFile, now time.Time) error {
	return db.written(ctx, nil, func(ctx context.Context, tx *Tx) error { return keepMethod(ctx, tx, org, f, now) })
}

func keepMethod(ctx context.Context, tx *Tx, org string, f desk.MethodFile, now time.Time) error {
	enc, err := packer()
	if err != nil {
		return fmt.Errorf("compressor: %w", err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO assess_method (org, hash, version, added_at, method, reference) VALUES (?,?,?,?,?,?) ON CONFLICT (org, hash) DO NOTHING",
		org, f.Hash, f.Version, at(now), enc.EncodeAll(f.Method, nil), enc.EncodeAll(f.Reference, nil))
	return err
}

// MethodFile returns a method by its hash; fault.ErrNotFound.
func (db *DB) MethodFile(ctx context.Context, org, hash string) (desk.MethodFile, error) {
	found, err := list(ctx, db.read, func(s scanner) (desk.MethodFile, error) {
		f := desk.MethodFile{Hash: hash}
		var method, reference []byte
		if err := s.Scan(&f.Version, &method, &reference); err != nil {
			return f, err
		}
		var err, err2 error
		f.Method, err = unpack(method, true)
		f.Reference, err2 = unpack(reference, true)
		return f, errors.Join(err, err2)
	}, "SELECT version, method, reference FROM assess_method WHERE org = ? AND hash = ?", org, hash)
	if err != nil {
		return desk.MethodFile{}, err
	}
	if len(found) == 0 {
		return desk.MethodFile{}, fmt.Errorf("method file %.12s: %w", hash, fault.ErrNotFound)
	}
	return found[0], nil
}
