package job

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// forecastTimeout is long: a forecast on one processor of a small machine takes minutes.
const forecastTimeout = 30 * time.Minute

// forecastArgs are the regular forecasts of one organisation.
type forecastArgs struct {
	Org string `json:"org"`
}

// Kind names the job.
func (forecastArgs) Kind() string { return "forecast" }

// Forecasts makes sure that each organisation has its job of regular forecasts: one each,
// however often it is called.
func (q *Queue) Forecasts(ctx context.Context, orgs []string) error {
	for _, org := range orgs {
		if err := q.standing(ctx, forecastArgs{Org: org}); err != nil {
			return fmt.Errorf("enqueue the forecasts of %s: %w", org, err)
		}
	}
	return nil
}

type forecastWorker struct {
	river.WorkerDefaults[forecastArgs]
	q *Queue
}

// Timeout implements river.Worker.
func (*forecastWorker) Timeout(*river.Job[forecastArgs]) time.Duration { return forecastTimeout }

// Work keeps and resolves what is due and sleeps until the next time.
func (w *forecastWorker) Work(ctx context.Context, j *river.Job[forecastArgs]) error {
	if w.q.cfg.Forecast == nil {
		return nil
	}
	return w.q.again(w.q.cfg.Forecast(ctx, j.Args.Org))
}
