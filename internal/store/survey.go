package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/survey"
)

var _ desk.SurveyStore = (*DB)(nil)

const surveyColumns = "SELECT version, state, opened_at, changed_at, changed_by, closed, body FROM survey "

func scanSurvey(s scanner) (desk.StoredSurvey, error) {
	var out desk.StoredSurvey
	var opened sql.NullString
	var changed string
	var raw []byte
	if err := s.Scan(&out.Version, &out.State, &opened, &changed, &out.By, &out.Closed, &raw); err != nil {
		return out, err
	}
	out.At = when(changed)
	if opened.Valid {
		out.Opened = when(opened.String)
	}
	return out, json.Unmarshal(raw, &out.Survey)
}

// SurveyRows lists the surveys of an organisation, by code.
func (db *DB) SurveyRows(ctx context.Context, org string) ([]desk.StoredSurvey, error) {
	return list(ctx, db.read, scanSurvey, surveyColumns+"WHERE org = ? ORDER BY code", org)
}

// SurveyByCode returns one survey.
func (db *DB) SurveyByCode(ctx context.Context, org, code string) (desk.StoredSurvey, error) {
	s, err := scanSurvey(db.read.QueryRowContext(ctx, surveyColumns+"WHERE org = ? AND code = ?", org, code))
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("survey %.60q: %w", code, fault.ErrNotFound)
	}
	return s, err
}

// PutSurvey stores the version that follows the stored one (fault.ErrConflict otherwise), with
// the numbers that a round gave.
func (db *DB) PutSurvey(ctx context.Context, org string, s desk.StoredSurvey, numbers []indicator.Observation, entries ...journal.Draft) error {
	raw, err := json.Marshal(s.Survey)
	if err != nil {
		return err
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, `INSERT INTO survey (org, code, version, state, opened_at, changed_at, changed_by, closed, body) VALUES (?,?,?,?,?,?,?,?,?)
			ON CONFLICT (org, code) DO UPDATE SET version = excluded.version, state = excluded.state, opened_at = excluded.opened_at, changed_at = excluded.changed_at,
			changed_by = excluded.changed_by, closed = excluded.closed, body = excluded.body WHERE survey.version = excluded.version - 1`,
			org, s.Survey.Code, s.Version, s.State, put(s.Opened), at(s.At), s.By, s.Closed, raw)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("survey %s version %d: somebody was quicker: %w", s.Survey.Code, s.Version, fault.ErrConflict))
		}
		_, err = addNumbers(ctx, tx, org, s.By, s.At, numbers)
		return err
	})
}

// addNumbers adds editions of numbers and tells how many were new.
func addNumbers(ctx context.Context, tx *Tx, org, by string, now time.Time, numbers []indicator.Observation) (added int64, err error) {
	for _, o := range numbers {
		n, err := touched(tx.ExecContext(ctx, `INSERT INTO observation (org, id, indicator, unit, place, period, value, known_at, source, grade, licence, panel, added_at, added_by)
			VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (org, id) DO NOTHING`,
			org, o.ID, o.Indicator, o.Unit, o.Place, o.Period, strconv.FormatFloat(o.Value, 'g', -1, 64), at(o.KnownAt), o.Source, o.Grade, o.Licence, o.Panel, at(now), by))
		if err != nil {
			return added, fmt.Errorf("store %s of %s: %w", o.Indicator, o.Place, err)
		}
		added += n
	}
	return added, nil
}

// DropSurvey removes a survey that nobody was asked.
func (db *DB) DropSurvey(ctx context.Context, org, code string, version int64, entry journal.Draft) error {
	return db.written(ctx, []journal.Draft{entry}, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, "DELETE FROM survey WHERE org = ? AND code = ? AND version = ? AND state = 'draft'", org, code, version)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("survey %.60q is no longer a draft of version %d: %w", code, version, fault.ErrConflict))
		}
		return nil
	})
}

// PutSheet stores a draft over the one before, or a sheet that was sent beside the others; the
// draft is then gone. A survey that is not open takes none (fault.ErrGone).
func (db *DB) PutSheet(ctx context.Context, org, code string, sheet survey.Sheet, entries ...journal.Draft) error {
	raw, err := json.Marshal(sheet)
	if err != nil {
		return err
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		var open int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM survey WHERE org = ? AND code = ? AND state = 'open' AND closed < ?", org, code, sheet.Round).Scan(&open); err != nil {
			return err
		}
		if open == 0 {
			return fmt.Errorf("round %d of survey %.60q is closed: %w", sheet.Round, code, fault.ErrGone)
		}
		key := []any{org, code, sheet.Round, sheet.Respondent}
		if _, err := tx.ExecContext(ctx, "DELETE FROM survey_sheet WHERE org = ? AND survey = ? AND round = ? AND respondent = ? AND n = 0", key...); err != nil {
			return err
		}
		n := 0
		if sheet.Sent {
			if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(n), 0) + 1 FROM survey_sheet WHERE org = ? AND survey = ? AND round = ? AND respondent = ?", key...).Scan(&n); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO survey_sheet (org, survey, round, respondent, n, at, body) VALUES (?,?,?,?,?,?,?)", append(key, n, at(sheet.At), raw)...)
		return err
	})
}

// Sheets lists the newest sent sheet of each round and respondent, and the drafts.
func (db *DB) Sheets(ctx context.Context, org, code string) ([]survey.Sheet, error) {
	return list(ctx, db.read, decoded[survey.Sheet], `SELECT body FROM survey_sheet s WHERE org = ? AND survey = ? AND (n = 0 OR n =
		(SELECT max(n) FROM survey_sheet x WHERE x.org = s.org AND x.survey = s.survey AND x.round = s.round AND x.respondent = s.respondent)) ORDER BY round, respondent, n`, org, code)
}

// SurveyLinkByHash finds a link, which was kept with the first notice that has it.
func (db *DB) SurveyLinkByHash(ctx context.Context, hash string) (account.SurveyLink, error) {
	l := account.SurveyLink{Hash: hash}
	err := db.read.QueryRowContext(ctx, "SELECT org, survey, respondent FROM survey_link WHERE hash = ?", hash).Scan(&l.Org, &l.Survey, &l.Respondent)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("survey link: %w", fault.ErrNotFound)
	}
	return l, err
}
