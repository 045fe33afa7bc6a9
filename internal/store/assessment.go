package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
)

var _ desk.AssessStore = (*DB)(nil)

// AddObservations adds editions of numbers; those that are there already stay as they are.
// It tells how many were new.
func (db *DB) AddObservations(ctx context.Context, org, by string, now time.Time, list []indicator.Observation, entries ...journal.Draft) (int, error) {
	var added int64
	err := db.written(ctx, entries, func(ctx context.Context, tx *Tx) (err error) {
		added, err = addNumbers(ctx, tx, org, by, now, list)
		return err
	})
	return int(added), err
}

// Observations returns what an organisation knew at an instant, of one indicator and place;
// "" = of all. They come in a fixed order.
func (db *DB) Observations(ctx context.Context, org, name, place string, known time.Time) ([]indicator.Observation, error) {
	return list(ctx, db.read, func(s scanner) (indicator.Observation, error) {
		var o indicator.Observation
		var value, stamped string
		if err := s.Scan(&o.ID, &o.Indicator, &o.Unit, &o.Place, &o.Period, &value, &stamped, &o.Source, &o.Grade, &o.Licence, &o.Panel); err != nil {
			return o, err
		}
		o.KnownAt = when(stamped)
		var err error
		o.Value, err = strconv.ParseFloat(value, 64)
		return o, err
	}, `SELECT id, indicator, unit, place, period, value, known_at, source, grade, licence, panel FROM observation
		WHERE org = ?1 AND known_at <= ?2 AND (?3 = '' OR indicator = ?3) AND (?4 = '' OR place = ?4)
		ORDER BY place, indicator, period, known_at, source, id`, org, at(known), name, place)
}

// PutAssessRun stores a run with all its results and its entry in the journal, or nothing.
func (db *DB) PutAssessRun(ctx context.Context, run desk.AssessRun, snapshot []byte, results []desk.StoredAssessment, f desk.AssessFence, entries ...journal.Draft) error {
	enc, err := packer()
	if err != nil {
		return fmt.Errorf("compressor: %w", err)
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		if err := fenced(ctx, tx, run, f); err != nil {
			return err
		}
		w := batchWriter{ctx: ctx, tx: tx}
		w.exec(`INSERT INTO assess_run (org, id, snapshot, method, method_hash, purpose, as_of, known_at, made_at, made_by, units, results, body) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
			run.Org, run.ID, run.Snapshot, run.Method, run.MethodHash, run.Purpose, at(run.AsOf), at(run.Known), at(run.Made), run.By, run.Units, run.Results, enc.EncodeAll(snapshot, nil))
		for _, a := range results {
			w.exec(`INSERT INTO assessment (org, id, run, unit, kind, purpose, as_of, made_at, score, class, method, hash, body) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
				run.Org, a.ID, run.ID, a.Unit, a.Kind, run.Purpose, at(run.AsOf), at(run.Made), strconv.FormatFloat(a.Score, 'g', -1, 64), a.Class, run.Method, a.Hash, enc.EncodeAll(a.Body, nil))
		}
		return w.end()
	})
}

const runColumns = "SELECT id, org, snapshot, method, method_hash, purpose, as_of, known_at, made_at, made_by, units, results FROM assess_run WHERE org = ?1"

func scanRun(s scanner) (desk.AssessRun, error) {
	var r desk.AssessRun
	var asOf, known, made string
	err := s.Scan(&r.ID, &r.Org, &r.Snapshot, &r.Method, &r.MethodHash, &r.Purpose, &asOf, &known, &made, &r.By, &r.Units, &r.Results)
	r.AsOf, r.Known, r.Made = when(asOf), when(known), when(made)
	return r, err
}

// AssessRuns lists the runs of a purpose, "" = all, the newest first.
func (db *DB) AssessRuns(ctx context.Context, org, purpose string, limit int) ([]desk.AssessRun, error) {
	return list(ctx, db.read, scanRun, runColumns+" AND (?2 = '' OR purpose = ?2) ORDER BY made_at DESC, as_of DESC, id DESC LIMIT ?3", org, purpose, limit)
}

// AssessRun returns one run and its snapshot; fault.ErrNotFound.
func (db *DB) AssessRun(ctx context.Context, org, id string) (desk.AssessRun, []byte, error) {
	found, err := list(ctx, db.read, scanRun, runColumns+" AND id = ?2", org, id)
	if err != nil {
		return desk.AssessRun{}, nil, err
	}
	if len(found) == 0 {
		return desk.AssessRun{}, nil, fmt.Errorf("assessment run %.60q: %w", id, fault.ErrNotFound)
	}
	var body []byte
	if err := db.read.QueryRowContext(ctx, "SELECT body FROM assess_run WHERE org = ? AND id = ?", org, id).Scan(&body); err != nil {
		return desk.AssessRun{}, nil, err
	}
	raw, err := unpack(body, true)
	return found[0], raw, err
}

const assessmentColumns = "SELECT id, run, unit, kind, purpose, as_of, made_at, score, class, method, hash, body FROM assessment a WHERE org = ?1"

func scanAssessment(s scanner) (desk.StoredAssessment, error) {
	var a desk.StoredAssessment
	var asOf, made, score string
	var body []byte
	if err := s.Scan(&a.ID, &a.Run, &a.Unit, &a.Kind, &a.Purpose, &asOf, &made, &score, &a.Class, &a.Method, &a.Hash, &body); err != nil {
		return a, err
	}
	a.AsOf, a.Made = when(asOf), when(made)
	var err error
	if a.Score, err = strconv.ParseFloat(score, 64); err != nil {
		return a, err
	}
	a.Body, err = unpack(body, true)
	return a, err
}

// AssessmentsOf returns the results of a run by unit.
func (db *DB) AssessmentsOf(ctx context.Context, org, run string) ([]desk.StoredAssessment, error) {
	return list(ctx, db.read, scanAssessment, assessmentColumns+" AND run = ?2 ORDER BY unit", org, run)
}

// Assessment returns one result; fault.ErrNotFound.
func (db *DB) Assessment(ctx context.Context, org, id string) (desk.StoredAssessment, error) {
	found, err := list(ctx, db.read, scanAssessment, assessmentColumns+" AND id = ?2", org, id)
	if err != nil {
		return desk.StoredAssessment{}, err
	}
	if len(found) == 0 {
		return desk.StoredAssessment{}, fmt.Errorf("assessment %.60q: %w", id, fault.ErrNotFound)
	}
	return found[0], nil
}

// Scores are the scores of all units by one method, published and recomputed, the oldest
// first: of several for one instant the one that was made last.
func (db *DB) Scores(ctx context.Context, org, method string, since time.Time) ([]desk.ScorePoint, error) {
	return list(ctx, db.read, scanScore, scoreColumns+" AND method = ?2 AND as_of >= ?3"+newestScore+" ORDER BY unit, as_of", org, method, at(since))
}

const (
	scoreColumns = "SELECT unit, as_of, score, class, id, method, purpose FROM assessment a WHERE org = ?1 AND class <> '' AND purpose <> 'then'"
	newestScore  = ` AND NOT EXISTS (
		SELECT 1 FROM assessment b WHERE b.org = a.org AND b.unit = a.unit AND b.as_of = a.as_of AND b.method = a.method AND b.purpose <> 'then' AND (b.made_at > a.made_at OR b.made_at = a.made_at AND b.id > a.id))`
)

func scanScore(s scanner) (desk.ScorePoint, error) {
	var p desk.ScorePoint
	var asOf, score string
	if err := s.Scan(&p.Unit, &asOf, &score, &p.Class, &p.ID, &p.Method, &p.Purpose); err != nil {
		return p, err
	}
	p.At = when(asOf)
	var err error
	p.Score, err = strconv.ParseFloat(score, 64)
	return p, err
}

// ScoresOf are the scores of one unit by every method, the oldest first.
func (db *DB) ScoresOf(ctx context.Context, org, unit string, since time.Time) ([]desk.ScorePoint, error) {
	return list(ctx, db.read, scanScore, scoreColumns+" AND unit = ?2 AND as_of >= ?3"+newestScore+" ORDER BY as_of, method", org, unit, at(since))
}

// PutScenario stores a scenario; one of the same id is replaced.
func (db *DB) PutScenario(ctx context.Context, org string, sc desk.StoredScenario, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO assess_scenario (org, id, name, unit, made_at, made_by, body) VALUES (?,?,?,?,?,?,?)
			ON CONFLICT (org, id) DO UPDATE SET name = excluded.name, unit = excluded.unit, made_at = excluded.made_at, made_by = excluded.made_by, body = excluded.body`,
			org, sc.ID, sc.Name, sc.Unit, at(sc.Made), sc.By, sc.Body)
		return err
	})
}

// Scenarios lists stored scenarios, the newest first.
func (db *DB) Scenarios(ctx context.Context, org string) ([]desk.StoredScenario, error) {
	return list(ctx, db.read, func(s scanner) (desk.StoredScenario, error) {
		var sc desk.StoredScenario
		var made string
		err := s.Scan(&sc.ID, &sc.Name, &sc.Unit, &made, &sc.By, &sc.Body)
		sc.Made = when(made)
		return sc, err
	}, "SELECT id, name, unit, made_at, made_by, body FROM assess_scenario WHERE org = ? ORDER BY made_at DESC, id", org)
}

// LastPublished is when the newest published run was made; zero = never.
func (db *DB) LastPublished(ctx context.Context, org string) (time.Time, error) {
	var made sql.NullString
	err := db.read.QueryRowContext(ctx, "SELECT max(made_at) FROM assess_run WHERE org = ? AND purpose = 'published'", org).Scan(&made)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return got(made), err
}
