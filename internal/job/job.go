// Package job keeps work for later in the database: polls, retries and escalations, each a
// River job that is enqueued in the same transaction as the state change it belongs to. It
// promises that a job survives a restart and is worked by one worker at a time. It is not
// on the path of a first attempt: that leaves right after the commit without a queue, and
// sweeps in every process find whatever a queue would find late.
package job

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"watchfire.dev/internal/watch"
)

// Config is what a Queue needs.
type Config struct {
	// DB is what store.DB.Jobs returns: the connections that the queue works on.
	DB any
	// Owner is the id of this process, which stands at the jobs that it works.
	Owner string
	// Poll asks a source and returns when to ask again.
	Poll func(ctx context.Context, source string) (next time.Time, err error)
	// Assess publishes what is due of an organisation's assessments and returns when to look
	// again; nil = nothing is.
	Assess func(ctx context.Context, org string) (next time.Time, err error)
	// Forecast keeps and resolves what is due of an organisation's forecasts and returns when
	// to look again; nil = nothing is.
	Forecast func(ctx context.Context, org string) (next time.Time, err error)
	// AssessTask works an assessment that somebody asked for; nil = nobody does.
	AssessTask func(ctx context.Context, org, task string) error
	// Deliver looks for due notifications of a warning.
	Deliver func(ctx context.Context, warning string) error
	// Escalate asks the next contact if nobody has answered. key is Job.Key.
	Escalate func(ctx context.Context, key string) error
	// Queues are those whose jobs are worked here; nil = all. Jobs are taken for all of them.
	Queues []string
	Now    func() time.Time
	Log    *slog.Logger
}

// The queues. A kind of job stands in one of them: see queueOf.
const (
	Polling    = "poll"     // sources, and what goes by the calendar: assessments and reports
	Forecasts  = "forecast" // by the calendar; one takes minutes
	Assessing  = "assess"   // what somebody asked to be assessed
	OfWarnings = "warning"  // deliveries and escalations
)

// queueOf is the queue of a kind of job.
func queueOf(kind string) string {
	switch kind {
	case pollArgs{}.Kind(), assessArgs{}.Kind():
		return Polling
	case forecastArgs{}.Kind():
		return Forecasts
	case taskArgs{}.Kind():
		return Assessing
	}
	return OfWarnings
}

// A Queue holds jobs.
type Queue struct {
	cfg    Config
	client client
}

// pollArgs, deliverArgs and escalateArgs are the jobs. Keys are unique among unfinished jobs.
type pollArgs struct {
	Source string `json:"source"`
}

type deliverArgs struct {
	Warning string    `json:"warning"`
	At      time.Time `json:"at"`
}

type escalateArgs struct {
	Key string `json:"key"`
}

// Kind names the job.
func (pollArgs) Kind() string { return "poll" }

// Kind names the job.
func (deliverArgs) Kind() string { return "deliver" }

// Kind names the job.
func (escalateArgs) Kind() string { return "escalate" }

// The path of a warning is rescued soon after a worker dies (the library's defaults leave
// its job stuck for an hour). Polls may take longer, since they follow links: they have a
// queue of their own, and the library rescues a job only after its own worker's time.
const (
	warningTimeout = 15 * time.Second
	rescueAfter    = 30 * time.Second
	pollTimeout    = 4 * time.Minute
	// polls at a time. A server that drips holds one for half a minute; with six of them, six such
	// servers made every other source late by ten seconds.
	polls = 32
)

// New brings the queue's schema up to date and returns a Queue that is not yet running.
func New(ctx context.Context, cfg Config) (*Queue, error) {
	q := &Queue{cfg: cfg}
	var err error
	switch db := cfg.DB.(type) {
	case *sql.DB:
		q.client, err = newClient[*sql.Tx](ctx, riversqlite.New(db), q)
	case interface{ Pgx() *pgxpool.Pool }:
		err = alone(ctx, db.Pgx(), func() error {
			q.client, err = newClient[pgx.Tx](ctx, riverpgxv5.New(db.Pgx()), q)
			return err
		})
	default:
		err = fmt.Errorf("it cannot work on a %T", cfg.DB)
	}
	if err == nil {
		err = q.settle(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("set up the job queue: %w", err)
	}
	return q, nil
}

// settle moves unfinished jobs that an earlier version put into another queue into their own,
// where that is worked here. Whoever works one goes on with it: its queue is where it waits next.
func (q *Queue) settle(ctx context.Context) error {
	for _, kind := range []string{pollArgs{}.Kind(), assessArgs{}.Kind(), forecastArgs{}.Kind(), taskArgs{}.Kind()} {
		name := queueOf(kind)
		if _, here := q.queues()[name]; !here {
			continue
		}
		const open = " AND state NOT IN ('cancelled', 'completed', 'discarded')"
		var err error
		switch db := q.cfg.DB.(type) {
		case *sql.DB:
			_, err = db.ExecContext(ctx, "UPDATE river_job SET queue = ?1 WHERE kind = ?2 AND queue <> ?1"+open, name, kind)
		case interface{ Pgx() *pgxpool.Pool }:
			_, err = db.Pgx().Exec(ctx, "UPDATE river_job SET queue = $1 WHERE kind = $2 AND queue <> $1"+open, name, kind)
		}
		if err != nil {
			return fmt.Errorf("move jobs of kind %s into the queue %s: %w", kind, name, err)
		}
	}
	return nil
}

// newClient brings the schema of the jobs up to date and makes the library's client.
func newClient[TTx any](ctx context.Context, driver riverdriver.Driver[TTx], q *Queue) (client, error) {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("read its migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &pollWorker{q: q})
	river.AddWorker(workers, &assessWorker{q: q})
	river.AddWorker(workers, &forecastWorker{q: q})
	river.AddWorker(workers, &taskWorker{q: q})
	river.AddWorker(workers, &deliverWorker{q: q})
	river.AddWorker(workers, &escalateWorker{q: q})
	c, err := river.NewClient(driver, &river.Config{
		Queues:               q.queues(),
		ID:                   q.cfg.Owner,
		Workers:              workers,
		Logger:               slog.New(levelAbove{q.cfg.Log.Handler()}),
		JobTimeout:           warningTimeout,
		RescueStuckJobsAfter: rescueAfter,
		RetryPolicy:          steady{},
		FetchPollInterval:    time.Second,
		SoftStopTimeout:      10 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	return typed[TTx]{c}, nil
}

func (q *Queue) queues() map[string]river.QueueConfig {
	all := map[string]river.QueueConfig{Polling: {MaxWorkers: polls}, Assessing: {MaxWorkers: 1}, Forecasts: {MaxWorkers: 1}, OfWarnings: {MaxWorkers: 4}}
	if q.cfg.Queues != nil {
		maps.DeleteFunc(all, func(name string, _ river.QueueConfig) bool { return !slices.Contains(q.cfg.Queues, name) })
	}
	return all
}

// levelAbove lets only warnings and errors of the library through.
type levelAbove struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h levelAbove) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

// steady retries a failed job after 5, 10, 20, … seconds, at most 5 minutes: our own times,
// not the library's fourth power of the attempt.
type steady struct{}

// NextRetry implements river.ClientRetryPolicy.
func (steady) NextRetry(j *rivertype.JobRow) time.Time {
	wait := min(5*time.Second<<min(j.Attempt, 10), 5*time.Minute)
	return time.Now().Add(wait)
}

// Enqueue puts jobs into the caller's transaction: what store.Tx.Native returns.
func (q *Queue) Enqueue(ctx context.Context, native any, jobs []watch.Job) error {
	params := make([]river.InsertManyParams, 0, len(jobs))
	for _, j := range jobs {
		opts := &river.InsertOpts{Queue: OfWarnings, ScheduledAt: j.At.Add(backstop), MaxAttempts: 20}
		switch j.Kind {
		case "deliver":
			params = append(params, river.InsertManyParams{Args: deliverArgs{Warning: j.Key, At: j.At}, InsertOpts: opts})
		case "escalate":
			opts.ScheduledAt = j.At
			params = append(params, river.InsertManyParams{Args: escalateArgs{Key: j.Key}, InsertOpts: opts})
		case "assess":
			org, task, _ := strings.Cut(j.Key, " ")
			opts.Queue, opts.ScheduledAt, opts.UniqueOpts = Assessing, j.At, oneAlive()
			params = append(params, river.InsertManyParams{Args: taskArgs{Org: org, Task: task}, InsertOpts: opts})
		default:
			return fmt.Errorf("job of kind %q is unknown", j.Kind)
		}
	}
	return q.client.insertWithin(ctx, native, params)
}

// backstop is how long after its due time a delivery job looks whether the attempt, which
// left right after the commit, has been made.
const backstop = 10 * time.Second

// Polls makes sure that each source has its job: one per source, however often it is called.
func (q *Queue) Polls(ctx context.Context, sources []string) error {
	for _, s := range sources {
		if err := q.standing(ctx, pollArgs{Source: s}); err != nil {
			return fmt.Errorf("enqueue the poll of %s: %w", s, err)
		}
	}
	return nil
}

// standing makes sure that there is one job with these arguments, which sleeps between its runs
// and never ends.
func (q *Queue) standing(ctx context.Context, args river.JobArgs) error {
	_, err := q.client.Insert(ctx, args, &river.InsertOpts{
		Queue: queueOf(args.Kind()), MaxAttempts: 1 << 14, UniqueOpts: oneAlive(),
	})
	return err
}

// oneAlive lets one unfinished job stand with the same arguments.
func oneAlive() river.UniqueOpts {
	return river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}
}

// Free gives jobs that dead processes were working back to the queue at once: those of every
// process that is not among the living. Without it a source whose poll was cut off would stay
// unasked until the library's rescue, which waits for the longest time that a poll may take.
func (q *Queue) Free(ctx context.Context, living []string) error {
	var err error
	switch db := q.cfg.DB.(type) {
	case *sql.DB: // one process at a time: whoever worked them is dead
		_, err = db.ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'
			AND coalesce(json_extract(attempted_by, '$[#-1]'), '') NOT IN (SELECT value FROM json_each(?))`, array(living))
	case interface{ Pgx() *pgxpool.Pool }:
		_, err = db.Pgx().Exec(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'
			AND NOT coalesce(attempted_by[array_upper(attempted_by, 1)] = ANY($1), false)`, living)
	}
	if err != nil {
		return fmt.Errorf("free the jobs of dead processes: %w", err)
	}
	return nil
}

// array is a list as SQLite's json_each reads it; ids hold nothing that JSON escapes.
func array(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	return `["` + strings.Join(list, `","`) + `"]`
}

// Run works jobs until ctx ends, then lets those under way finish.
func (q *Queue) Run(ctx context.Context) error {
	if q.cfg.Queues != nil && len(q.cfg.Queues) == 0 {
		<-ctx.Done()
		return nil
	}
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	if err := q.client.Stop(stop); err != nil {
		return q.client.StopAndCancel(context.WithoutCancel(ctx))
	}
	return nil
}

// again lets a standing job sleep until its next time, a second at least.
func (q *Queue) again(next time.Time, err error) error {
	if err != nil {
		return err
	}
	return river.JobSnooze(max(next.Sub(q.cfg.Now()), time.Second))
}

type pollWorker struct {
	river.WorkerDefaults[pollArgs]
	q *Queue
}

// Timeout implements river.Worker.
func (*pollWorker) Timeout(*river.Job[pollArgs]) time.Duration { return pollTimeout }

// Work asks the source and sleeps until its next time: one job per source, for ever.
func (w *pollWorker) Work(ctx context.Context, j *river.Job[pollArgs]) error {
	next, err := w.q.cfg.Poll(ctx, j.Args.Source)
	if err == nil && next.IsZero() { // the source is off or gone
		return nil
	}
	return w.q.again(next, err)
}

type deliverWorker struct {
	river.WorkerDefaults[deliverArgs]
	q *Queue
}

// Work implements river.Worker.
func (w *deliverWorker) Work(ctx context.Context, j *river.Job[deliverArgs]) error {
	return w.q.cfg.Deliver(ctx, j.Args.Warning)
}

type escalateWorker struct {
	river.WorkerDefaults[escalateArgs]
	q *Queue
}

// Work implements river.Worker.
func (w *escalateWorker) Work(ctx context.Context, j *river.Job[escalateArgs]) error {
	return w.q.cfg.Escalate(ctx, j.Args.Key)
}
