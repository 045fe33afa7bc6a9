package app

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/job"
)

// assessHour is the hour of the first day of a month, UTC, from which its assessments are
// due: before anybody in the west is at work, after the last day has ended in the east.
const assessHour = 2

// assessAgain is when a schedule that found another assessment under way looks again.
const assessAgain = time.Minute

// assessDue publishes the assessments of an organisation if this month's are due and not
// there yet, and says when to look again. An organisation that has never published any is
// left alone until the month changes: a person begins.
func (a *App) assessDue(ctx context.Context, org string) (time.Time, error) {
	now := a.opts.Now().UTC()
	due, next := monthly(now)
	last, err := a.db.LastPublished(ctx, org)
	if err != nil {
		return time.Time{}, fmt.Errorf("read when %s was assessed: %w", org, err)
	}
	if !assessmentDue(last, due, now) {
		return next, nil
	}
	_, err = a.desk.Assess(ctx, calendarOf(org), desk.AssessOptions{})
	if err != nil {
		return time.Time{}, fmt.Errorf("assess %s on schedule: %w", org, err)
	}
	return next, nil
}

// monthly gives this month's due time and the next one after now.
func monthly(now time.Time) (due, next time.Time) {
	due = time.Date(now.Year(), now.Month(), 1, assessHour, 0, 0, 0, time.UTC)
	if next = due; !next.After(now) {
		next = due.AddDate(0, 1, 0)
	}
	return due, next
}

// assessmentDue tells whether this month's assessments are missing. Without an earlier run
// they are due within the first day alone.
func assessmentDue(last, due, now time.Time) bool {
	switch {
	case now.Before(due):
		return false
	case last.IsZero():
		return now.Sub(due) < 24*time.Hour
	}
	return last.Before(due)
}

// resumeAssessments gives what was asked for and is not over its job, where it has none: a
// command that was to work it has died.
func (a *App) resumeAssessments(ctx context.Context, q *job.Queue, orgs []string) error {
	for _, org := range orgs {
		list, err := a.db.AssessTasks(ctx, org, 1)
		if err != nil {
			return fmt.Errorf("read what %s asked to be assessed: %w", org, err)
		}
		for _, t := range list {
			if t.Over() || t.Attended {
				continue
			}
			if err := q.Resume(ctx, org, t.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
