package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/register"
)

var _ desk.RiskStore = (*DB)(nil)

const riskColumns = "SELECT code, version, at, actor, what, undoes, gone, body FROM register_entry "

func scanRisk(s scanner) (desk.StoredRisk, error) {
	var r desk.StoredRisk
	var stamped, code string
	var gone int
	var raw []byte
	if err := s.Scan(&code, &r.Version, &stamped, &r.Actor, &r.What, &r.Undoes, &gone, &raw); err != nil {
		return r, err
	}
	if err := json.Unmarshal(raw, &r.Entry); err != nil {
		return r, fmt.Errorf("risk %s version %d: %w", code, r.Version, err)
	}
	r.Entry.Code, r.At, r.Gone = code, when(stamped), gone != 0
	return r, nil
}

// Risks lists the newest version of every risk that is still there, by code.
func (db *DB) Risks(ctx context.Context, org string) ([]desk.StoredRisk, error) {
	return list(ctx, db.read, scanRisk, riskColumns+`e WHERE org = ? AND gone = 0 AND version =
		(SELECT max(version) FROM register_entry x WHERE x.org = e.org AND x.code = e.code) ORDER BY code`, org)
}

// RiskVersions lists the versions of a risk, newest first, at most 200; none = there never
// was such a risk.
func (db *DB) RiskVersions(ctx context.Context, org, code string) ([]desk.StoredRisk, error) {
	return list(ctx, db.read, scanRisk, riskColumns+"WHERE org = ? AND code = ? ORDER BY version DESC LIMIT 200", org, code)
}

// PutRisks stores versions of risks, all or none. Each must follow the newest of its code
// (fault.ErrConflict otherwise).
func (db *DB) PutRisks(ctx context.Context, org string, risks []desk.StoredRisk, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		for _, r := range risks {
			raw, err := json.Marshal(r.Entry)
			if err != nil {
				return err
			}
			var newest int64
			if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM register_entry WHERE org = ? AND code = ?", org, r.Entry.Code).Scan(&newest); err != nil {
				return err
			}
			if r.Version != newest+1 {
				return fmt.Errorf("risk %s version %d after %d: %w", r.Entry.Code, r.Version, newest, fault.ErrConflict)
			}
			gone := 0
			if r.Gone {
				gone = 1
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO register_entry (org, code, version, at, actor, what, undoes, gone, body) VALUES (?,?,?,?,?,?,?,?,?)",
				org, r.Entry.Code, r.Version, at(r.At), r.Actor, r.What, r.Undoes, gone, raw); err != nil {
				return err
			}
		}
		return nil
	})
}

// RiskContext returns the newest context, version 0 and empty before the first.
func (db *DB) RiskContext(ctx context.Context, org string) (register.Context, error) {
	var version int64
	var raw []byte
	var out register.Context
	err := db.read.QueryRowContext(ctx, "SELECT version, body FROM register_context WHERE org = ? ORDER BY version DESC LIMIT 1", org).Scan(&version, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return out, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return out, fmt.Errorf("context of the register of %s: %w", org, err)
	}
	out.Version = version
	return out, nil
}

// PutRiskContext stores a version. It must follow the newest one (fault.ErrConflict otherwise).
func (db *DB) PutRiskContext(ctx context.Context, org, actor string, c register.Context, entry journal.Draft) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return db.written(ctx, []journal.Draft{entry}, func(ctx context.Context, tx *Tx) error {
		var newest int64
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM register_context WHERE org = ?", org).Scan(&newest); err != nil {
			return err
		}
		if c.Version != newest+1 {
			return fmt.Errorf("context version %d after %d: %w", c.Version, newest, fault.ErrConflict)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO register_context (org, version, at, actor, body) VALUES (?,?,?,?,?)", org, c.Version, at(entry.At), actor, raw)
		return err
	})
}

// PutRiskRun keeps a simulation.
func (db *DB) PutRiskRun(ctx context.Context, org string, r desk.RiskRun, entry journal.Draft) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return db.written(ctx, []journal.Draft{entry}, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO register_run (org, run, at, actor, body) VALUES (?,?,?,?,?)", org, r.ID, at(r.Run.At), r.Actor, raw)
		return err
	})
}

// RiskRuns lists kept simulations, newest first.
func (db *DB) RiskRuns(ctx context.Context, org string, limit int) ([]desk.RiskRun, error) {
	return list(ctx, db.read, decoded[desk.RiskRun], "SELECT body FROM register_run WHERE org = ? ORDER BY at DESC, run DESC LIMIT ?", org, limit)
}
