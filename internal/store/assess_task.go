package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/watch"
)

// BeginAssessTask stores a task and, where nobody waits for it, the job that works it, in one
// transaction. One that is not over already is fault.ErrConflict. What was attended and gave no
// sign of life since quiet, or belongs to another process where there can be but one, counts as
// cut off.
func (db *DB) BeginAssessTask(ctx context.Context, t desk.AssessTask, quiet time.Time, entries ...journal.Draft) error {
	options, err := json.Marshal(t.Options)
	if err != nil {
		return err
	}
	alone := ""
	if !db.Shared() {
		alone = db.Owner
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE assess_task SET state = 'failed', active = NULL, note = ?1, ended_at = ?2 WHERE org = ?3 AND active = '1' AND attended = 1
			AND (beat_at < ?4 OR ?5 <> '' AND owner <> ?5)`, desk.NoteCutOff, at(t.Asked), t.Org, at(quiet), alone); err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, `INSERT INTO assess_task (org, id, state, active, attended, owner, options, asked_at, asked_by, asked_name, beat_at, attempt, step, done, total, note, run)
			VALUES (?,?,?,'1',?,?,?,?,?,?,?,0,'',0,0,'','') ON CONFLICT DO NOTHING`,
			t.Org, t.ID, t.State, bit(t.Attended), db.Owner, string(options), at(t.Asked), t.By, t.Name, at(t.Beat))
		if err != nil {
			return fmt.Errorf("store assessment %s: %w", t.ID, err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("another assessment is under way: %w", fault.ErrConflict))
		}
		if f := db.enqueue.Load(); f != nil && !t.Attended {
			return (*f)(ctx, tx, []watch.Job{{Kind: "assess", Key: t.Org + " " + t.ID, At: t.Asked}})
		}
		return nil
	})
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TakeAssessTask begins the next attempt of a task; false = it is over.
func (db *DB) TakeAssessTask(ctx context.Context, org, id string, now time.Time) (desk.AssessTask, bool, error) {
	taken := false
	err := db.written(ctx, nil, func(ctx context.Context, tx *Tx) error {
		n, err := touched(tx.ExecContext(ctx, "UPDATE assess_task SET state = 'running', attempt = attempt + 1, owner = ?, beat_at = ?, began_at = coalesce(began_at, ?), step = 'gather', done = 0, total = 0 WHERE org = ? AND id = ? AND active = '1'",
			db.Owner, at(now), at(now), org, id))
		taken = n == 1
		return err
	})
	if err != nil || !taken {
		return desk.AssessTask{}, false, err
	}
	t, err := db.AssessTask(ctx, org, id)
	return t, true, err
}

// BeatAssessTask notes how far an attempt is; false = it is not the task's any more.
func (db *DB) BeatAssessTask(ctx context.Context, org, id string, attempt int, step string, done, total int, now time.Time) (bool, error) {
	alive := false
	err := db.written(ctx, nil, func(ctx context.Context, tx *Tx) error {
		n, err := touched(tx.ExecContext(ctx, "UPDATE assess_task SET beat_at = ?, step = ?, done = ?, total = ? WHERE org = ? AND id = ? AND attempt = ? AND state = 'running'",
			at(now), step, done, total, org, id, attempt))
		alive = n == 1
		return err
	})
	return alive, err
}

// EndAssessTask ends a task without publishing, attempt 0 = whichever; false = it was over, and
// then no entry is written.
func (db *DB) EndAssessTask(ctx context.Context, org, id string, attempt int, state, note string, now time.Time, entries ...journal.Draft) (bool, error) {
	ended := false
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := touched(tx.ExecContext(ctx, "UPDATE assess_task SET state = ?1, active = NULL, note = ?2, ended_at = ?3 WHERE org = ?4 AND id = ?5 AND active = '1' AND (?6 = 0 OR attempt = ?6)", state, note, at(now), org, id, attempt))
		if ended = n == 1; !ended || err != nil || len(entries) == 0 {
			return err
		}
		return tx.Journal(entries...)
	})
	return given(&ended, err)
}

// fenced holds a run against the task that it is made for: an attempt that has lost its task
// writes nothing, and the last write ends the task in the same transaction.
func fenced(ctx context.Context, tx *Tx, run desk.AssessRun, f desk.AssessFence) error {
	if f.Task == "" {
		return nil
	}
	query, args := "UPDATE assess_task SET beat_at = ? WHERE org = ? AND id = ? AND attempt = ? AND state = 'running'", []any{at(f.At), run.Org, f.Task, f.Attempt}
	if f.End {
		query = "UPDATE assess_task SET state = 'done', active = NULL, ended_at = ?, run = ?, done = total WHERE org = ? AND id = ? AND attempt = ? AND state = 'running'"
		args = []any{at(f.At), run.ID, run.Org, f.Task, f.Attempt}
	}
	r, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("assessment %s was cancelled or taken over: %w", f.Task, fault.ErrConflict))
	}
	return nil
}

const taskColumns = "SELECT id, org, state, options, asked_at, asked_by, asked_name, began_at, ended_at, beat_at, attempt, step, done, total, note, run, attended, owner FROM assess_task WHERE org = ?1"

func scanTask(s scanner) (desk.AssessTask, error) {
	var t desk.AssessTask
	var options, asked, beat string
	var began, ended sql.NullString
	var attended int
	if err := s.Scan(&t.ID, &t.Org, &t.State, &options, &asked, &t.By, &t.Name, &began, &ended, &beat, &t.Attempt, &t.Step, &t.Done, &t.Total, &t.Note, &t.Run, &attended, &t.Owner); err != nil {
		return t, err
	}
	t.Asked, t.Began, t.Ended, t.Beat, t.Attended = when(asked), got(began), got(ended), when(beat), attended == 1
	return t, json.Unmarshal([]byte(options), &t.Options)
}

// AssessTasks lists tasks, the newest first.
func (db *DB) AssessTasks(ctx context.Context, org string, limit int) ([]desk.AssessTask, error) {
	return list(ctx, db.read, scanTask, taskColumns+" ORDER BY asked_at DESC, id LIMIT ?2", org, limit)
}

// AssessTask is one of them; fault.ErrNotFound.
func (db *DB) AssessTask(ctx context.Context, org, id string) (desk.AssessTask, error) {
	found, err := list(ctx, db.read, scanTask, taskColumns+" AND id = ?2", org, id)
	if err != nil {
		return desk.AssessTask{}, err
	}
	if len(found) == 0 {
		return desk.AssessTask{}, fmt.Errorf("assessment task %.60q: %w", id, fault.ErrNotFound)
	}
	return found[0], nil
}
