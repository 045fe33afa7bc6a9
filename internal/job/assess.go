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

// taskArgs is one assessment that somebody asked for.
type taskArgs struct {
	Org  string `json:"org"`
	Task string `json:"task"`
}

// Kind names the job.
func (taskArgs) Kind() string { return "assess_task" }

// Resume makes sure that a task has its job.
func (q *Queue) Resume(ctx context.Context, org, task string) error {
	if _, err := q.client.Insert(ctx, taskArgs{Org: org, Task: task}, &river.InsertOpts{Queue: Assessing, MaxAttempts: 20, UniqueOpts: oneAlive()}); err != nil {
		return fmt.Errorf("enqueue assessment %s: %w", task, err)
	}
	return nil
}

// taskTimeout is for how long one may take: ten times what a full one took on two busy cores.
const taskTimeout = 15 * time.Minute

type taskWorker struct {
	river.WorkerDefaults[taskArgs]
	q *Queue
}

// Timeout implements river.Worker.
func (*taskWorker) Timeout(*river.Job[taskArgs]) time.Duration { return taskTimeout }

// Work reckons what was asked for, again from the start where an earlier attempt was cut off.
func (w *taskWorker) Work(ctx context.Context, j *river.Job[taskArgs]) error {
	if w.q.cfg.AssessTask == nil {
		return nil
	}
	return w.q.cfg.AssessTask(ctx, j.Args.Org, j.Args.Task)
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
	return w.q.again(w.q.cfg.Assess(ctx, j.Args.Org))
}
