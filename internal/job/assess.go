package job

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// assessArgs is the regular assessment of one organisation.
type assessArgs struct {
	Org string `json:"org"`
}

// Kind names the job.
func (assessArgs) Kind() string { return "assess" }

// Assessments makes sure that each organisation has its job of regular assessments: one each,
// however often it is called.
func (q *Queue) Assessments(ctx context.Context, orgs []string) error {
	for _, org := range orgs {
		if err := q.standing(ctx, assessArgs{Org: org}); err != nil {
			return fmt.Errorf("enqueue the assessments of %s: %w", org, err)
		}
	}
	return nil
}

type assessWorker struct {
	river.WorkerDefaults[assessArgs]
	q *Queue
}

// Timeout implements river.Worker.
func (*assessWorker) Timeout(*river.Job[assessArgs]) time.Duration { return pollTimeout }

// Work assesses what is due and sleeps until the next time.
func (w *assessWorker) Work(ctx context.Context, j *river.Job[assessArgs]) error {
	if w.q.cfg.Assess == nil {
		return nil
	}
	next, err := w.q.cfg.Assess(ctx, j.Args.Org)
	if err != nil {
		return err
	}
	return river.JobSnooze(max(next.Sub(w.q.cfg.Now()), time.Second))
}
