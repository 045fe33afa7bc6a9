package app

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/feed/poll"
	"watchfire.dev/internal/job"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/netguard"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/watch"
)

// newQueue makes the job queue with one poll job per source, and gives the writer its way
// to enqueue.
func (a *App) newQueue(ctx context.Context, g *errgroup.Group, d *delivery.Dispatcher) (*job.Queue, error) {
	poller := a.newPoller()
	q, err := job.New(ctx, job.Config{
		DB: a.db.Jobs(), Owner: a.db.Owner, Now: a.opts.Now, Log: a.opts.Log, Queues: a.queues(),
		Poll:   func(ctx context.Context, source string) (time.Time, error) { return a.poll(ctx, poller, source, false) },
		Assess: a.reportsDue, Forecast: a.forecastsDue,
		AssessTask: func(ctx context.Context, org, task string) error { return a.desk.WorkAssessment(ctx, org, task) },
		Deliver:    func(context.Context, string) error { d.Nudge(); return nil },
		Escalate: func(ctx context.Context, key string) error {
			err := a.watch.EscalateJob(ctx, key)
			a.escalator().Look(ctx) // one job stands for all that is due with it
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	a.db.SetEnqueue(func(ctx context.Context, tx *store.Tx, jobs []watch.Job) error {
		native, err := tx.Native()
		if err != nil {
			return err
		}
		return q.Enqueue(ctx, native, jobs)
	})
	a.serving.queue.Store(q)
	if err := a.freeJobs(ctx, a.opts.Now()); err != nil {
		return nil, err
	}
	ready := make(chan string, 64)
	a.serving.publish.Store(&ready)
	g.Go(func() error { return a.sendReady(ctx, ready) })
	if !a.does(config.Poll) {
		return q, nil
	}
	var polled []string
	for _, s := range a.sources.Sources() {
		if s.URL != "" {
			polled = append(polled, s.ID)
		}
	}
	if err := q.Polls(ctx, polled); err != nil {
		return nil, err
	}
	orgs, err := a.db.Orgs(ctx)
	if err != nil {
		return nil, err
	}
	if err := q.Assessments(ctx, orgs); err != nil {
		return nil, err
	}
	if err := q.Forecasts(ctx, orgs); err != nil {
		return nil, err
	}
	if err := a.resumeAssessments(ctx, q, orgs); err != nil {
		return nil, err
	}
	wanted := make(chan string, 64)
	a.serving.polls.Store(&wanted)
	g.Go(func() error { return a.pollWanted(ctx, poller, q, wanted) })
	return q, nil
}

// escalator looks for warnings that nobody has answered in time.
func (a *App) escalator() *watch.Escalator {
	return &watch.Escalator{Store: a.db, Service: a.watch, Now: a.opts.Now, Every: time.Second, Log: a.opts.Log}
}

// queues are those whose jobs this process works.
func (a *App) queues() []string {
	out := []string{}
	if a.does(config.Poll) {
		out = append(out, job.Polling, job.Assessing, job.Forecasts)
	}
	if a.does(config.Deliver) {
		out = append(out, job.OfWarnings)
	}
	return out
}

// freeJobs gives the jobs of dead processes back to the queue.
func (a *App) freeJobs(ctx context.Context, now time.Time) error {
	q := a.serving.queue.Load()
	if q == nil {
		return nil
	}
	living := []string{a.db.Owner}
	if a.db.Shared() {
		replicas, err := a.db.Replicas(ctx)
		if err != nil {
			return err
		}
		for _, r := range replicas {
			if r.Seen.After(now.Add(-deadAfter)) {
				living = append(living, r.ID)
			}
		}
	}
	return q.Free(ctx, living)
}

// poll asks a source unless it is switched off.
func (a *App) poll(ctx context.Context, p *poll.Poller, source string, now bool) (time.Time, error) {
	if a.opts.Safe.Blind {
		return a.opts.Now().Add(time.Minute), nil
	}
	src, ok := a.sources.Source(source)
	if !ok {
		return time.Time{}, nil
	}
	rows, err := a.db.SourceRows(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if !rows[source].On {
		return time.Time{}, nil
	}
	ctx, end := a.trace.Begin(ctx, "poll", "source", source)
	next, err := p.Poll(ctx, src, now)
	end(err)
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	}
	a.self.metrics.Poll(source, outcome)
	return next, err
}

// pollWanted asks sources that a person wants to be asked now, and gives a source that was
// switched on its job again.
func (a *App) pollWanted(ctx context.Context, p *poll.Poller, q *job.Queue, wanted <-chan string) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case source := <-wanted:
			if _, err := a.poll(ctx, p, source, true); err != nil && ctx.Err() == nil {
				a.opts.Log.Error("poll now", "source", source, "error", err)
			}
			if err := q.Polls(ctx, []string{source}); err != nil && ctx.Err() == nil {
				a.opts.Log.Error("enqueue the poll", "source", source, "error", err)
			}
		}
	}
}

// client is the outward HTTP client of webhooks and witnesses: guarded, without redirects.
func (a *App) client() *http.Client {
	return netguard.NewClient(netguard.Options{Guard: a.guard, MaxRedirects: -1, Timeout: 20 * time.Second})
}

// noteBlind journals each source that goes blind or comes back.
func (a *App) noteBlind(ctx context.Context, blind map[string]bool) {
	rows, err := a.desk.Sources(ctx, desk.Principal{Scopes: []desk.Scope{desk.CanRead}})
	if err != nil {
		a.opts.Log.Error("look for blind sources", "error", err)
		return
	}
	for _, s := range rows {
		is := !s.BlindSince.IsZero()
		if is == blind[s.ID] {
			continue
		}
		d := journal.Draft{At: a.opts.Now(), Kind: journal.SourceSeen, Actor: "system", Subject: s.ID}
		if is {
			d.Kind = journal.SourceBlind
			if d.Body, err = journal.Body(map[string]any{"since": s.BlindSince, "last_content": s.LastContent}); err != nil {
				continue
			}
		}
		if err := a.db.Journal(ctx, d); err != nil {
			a.opts.Log.Error("journal a blind source", "source", s.ID, "error", err)
			continue
		}
		if is {
			err = a.watch.Silent(ctx, s.ID, s.BlindSince, s.Every)
		} else {
			err = a.watch.Seen(ctx, s.ID)
		}
		if err != nil && ctx.Err() == nil {
			a.opts.Log.Error("tell the watch of a blind source", "source", s.ID, "error", err)
			continue
		}
		blind[s.ID] = is
		a.hub.tell("", "sources")
	}
}
