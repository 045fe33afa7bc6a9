package job_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/job"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/engine"
	"watchfire.dev/internal/store/pgtest"
	"watchfire.dev/internal/store/postgres"
	"watchfire.dev/internal/store/sqlite"
	"watchfire.dev/internal/watch"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// onBoth runs a test on both engines; open opens the same database again and again.
func onBoth(t *testing.T, test func(t *testing.T, open func(owner string) *store.DB)) {
	t.Helper()
	run := func(name string, place func(t *testing.T) func(context.Context) (engine.Database, error)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := place(t)
			test(t, func(owner string) *store.DB {
				d, err := open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				db := store.New(d)
				db.Owner = owner
				ctx, cancel := context.WithCancel(context.Background())
				var wg sync.WaitGroup
				wg.Go(func() {
					if err := db.Run(ctx); err != nil {
						t.Error(err)
					}
				})
				t.Cleanup(func() {
					cancel()
					wg.Wait()
					if err := db.Close(); err != nil {
						t.Error(err)
					}
				})
				return db
			})
		})
	}
	run("sqlite", func(t *testing.T) func(context.Context) (engine.Database, error) {
		path := filepath.Join(t.TempDir(), "w.db")
		return func(ctx context.Context) (engine.Database, error) { return sqlite.Open(ctx, path) }
	})
	run("postgres", func(t *testing.T) func(context.Context) (engine.Database, error) {
		address := pgtest.Empty(t)
		return func(ctx context.Context) (engine.Database, error) { return postgres.Open(ctx, address) }
	})
}

// worked collects what the workers were called with.
type worked chan string

func (w worked) config(db *store.DB) job.Config {
	return job.Config{
		DB: db.Jobs(), Owner: db.Owner, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Poll: func(_ context.Context, source string) (time.Time, error) {
			w <- "poll " + source
			return time.Time{}, nil
		},
		Deliver: func(_ context.Context, warning string) error {
			w <- "deliver " + warning
			return nil
		},
		Escalate: func(_ context.Context, key string) error {
			w <- "escalate " + key
			return nil
		},
	}
}

func queueOf(t *testing.T, db *store.DB, cfg job.Config) *job.Queue {
	t.Helper()
	q, err := job.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	db.SetEnqueue(func(ctx context.Context, tx *store.Tx, jobs []watch.Job) error {
		native, err := tx.Native()
		if err != nil {
			return err
		}
		return q.Enqueue(ctx, native, jobs)
	})
	return q
}

func work(t *testing.T, q *job.Queue) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := q.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
}

// TestJobsAreOfTheTransaction: what is enqueued in a piece that fails, or in a batch that is
// refused, is never worked; what is committed is.
func TestJobsAreOfTheTransaction(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func(string) *store.DB) {
		db, got := open("one"), worked(make(chan string, 10))
		q := queueOf(t, db, got.config(db))
		long := time.Now().Add(-time.Hour)
		batch := func(key string) *watch.Batch {
			return &watch.Batch{Jobs: []watch.Job{{Kind: "escalate", Key: key, At: long}, {Kind: "deliver", Key: key, At: long}}}
		}
		l, err := db.TakeLease(t.Context(), "watch", "one", long, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		refused := l
		refused.Epoch++
		db.SetFence(func(*watch.Batch) []store.Lease { return []store.Lease{refused} })
		if err := db.Commit(t.Context(), batch("refused")); !errors.Is(err, store.ErrFenced) {
			t.Fatal(err)
		}
		failed := errors.New("after the jobs")
		err = db.Do(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			native, err := tx.Native()
			if err != nil {
				return err
			}
			if err := q.Enqueue(ctx, native, batch("undone").Jobs); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		db.SetFence(func(*watch.Batch) []store.Lease { return []store.Lease{l} })
		if err := db.Commit(t.Context(), batch("kept")); err != nil {
			t.Fatal(err)
		}
		work(t, q)
		seen := map[string]bool{<-got: true, <-got: true}
		if !seen["escalate kept"] || !seen["deliver kept"] {
			t.Errorf("worked %v", seen)
		}
		select {
		case more := <-got:
			t.Errorf("worked %q too", more)
		default:
		}
	})
}

// TestJobsOfTheDead: a poll whose process died in the middle of it is asked again at once by
// the next, and one that a living process works is left to it.
func TestJobsOfTheDead(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func(string) *store.DB) {
		first := open("first")
		q := queueOf(t, first, worked(make(chan string, 10)).config(first))
		if err := q.Polls(t.Context(), []string{"s"}); err != nil {
			t.Fatal(err)
		}
		// As it stands when a process is killed in the middle of it.
		dead := `UPDATE river_job SET state = 'running', attempt = 1, attempted_by = '["before","first"]'`
		if first.Shared() {
			dead = `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{before,first}'`
		}
		if err := first.Do(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, dead)
			return err
		}); err != nil {
			t.Fatal(err)
		}

		second, got := open("second"), worked(make(chan string, 10))
		next := queueOf(t, second, got.config(second))
		if err := next.Free(t.Context(), []string{"first", "second"}); err != nil {
			t.Fatal(err)
		}
		if n := available(t, second); n != 0 {
			t.Errorf("%d jobs of a living process were freed", n)
		}
		if err := next.Free(t.Context(), []string{"second"}); err != nil {
			t.Fatal(err)
		}
		if n := available(t, second); n != 1 {
			t.Errorf("%d jobs of the dead are free, want 1", n)
		}
		if err := next.Polls(t.Context(), []string{"s"}); err != nil { // it has its job
			t.Fatal(err)
		}
		work(t, next)
		if s := <-got; s != "poll s" {
			t.Error(s)
		}
	})
}

func available(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	if err := db.Reader().QueryRowContext(t.Context(), "SELECT count(*) FROM river_job WHERE state = 'available'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestServersThatDripHoldNobodyUp: a dozen sources whose polls hang leave the others their turn.
func TestServersThatDripHoldNobodyUp(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func(string) *store.DB) {
		db, got := open("one"), worked(make(chan string, 10))
		cfg, hang := got.config(db), make(chan struct{})
		done := sync.OnceFunc(func() { close(hang) })
		t.Cleanup(done)
		cfg.Poll = func(_ context.Context, source string) (time.Time, error) {
			got <- source
			if source != "good" {
				<-hang
			}
			return time.Time{}, nil
		}
		q := queueOf(t, db, cfg)
		var list []string
		for i := range 12 {
			list = append(list, "drips"+string(rune('a'+i)))
		}
		if err := q.Polls(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		work(t, q)
		t.Cleanup(done) // before the queue is waited for
		for range list {
			<-got
		}
		if err := q.Polls(t.Context(), []string{"good"}); err != nil {
			t.Fatal(err)
		}
		if s := <-got; s != "good" {
			t.Errorf("%s was asked", s)
		}
	})
}

// TestJobsOfAnEarlierVersion: what stands in the queue of an earlier version moves into its own
// at the start, waiting or worked, and is the only one of its kind; a process that does not work
// that queue leaves it where it is.
func TestJobsOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func(string) *store.DB) {
		first := open("first")
		q := queueOf(t, first, worked(make(chan string, 10)).config(first))
		all := func(q *job.Queue) {
			t.Helper()
			for _, err := range []error{
				q.Polls(t.Context(), []string{"s"}), q.Assessments(t.Context(), []string{"o"}), q.Forecasts(t.Context(), []string{"o", "p"}), q.Resume(t.Context(), "o", "ast_1"),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		all(q)
		running := `UPDATE river_job SET state = 'running', attempt = 1, attempted_by = '["first"]' WHERE kind = 'forecast' AND json_extract(args, '$.org') = 'p'`
		if first.Shared() {
			running = `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{first}' WHERE kind = 'forecast' AND args->>'org' = 'p'`
		}
		if err := first.Do(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE river_job SET queue = 'poll'") // one queue for everything
			_, err2 := tx.ExecContext(ctx, running)
			return errors.Join(err, err2)
		}); err != nil {
			t.Fatal(err)
		}

		idle := open("idle")
		cfg := worked(make(chan string, 10)).config(idle)
		cfg.Queues = []string{job.OfWarnings}
		all(queueOf(t, idle, cfg))
		stand(t, idle, "assess poll available", "assess_task poll available", "forecast poll available", "forecast poll running", "poll poll available")

		second, got := open("second"), worked(make(chan string, 10))
		cfg = got.config(second)
		cfg.Forecast = func(_ context.Context, org string) (time.Time, error) {
			got <- "forecast " + org
			return time.Now().Add(time.Hour), nil
		}
		cfg.AssessTask = func(_ context.Context, org, task string) error {
			got <- org + " " + task
			return nil
		}
		cfg.Queues = []string{job.Forecasts, job.Assessing}
		next := queueOf(t, second, cfg)
		all(next)
		stand(t, second, "assess poll available", "assess_task assess available", "forecast forecast available", "forecast forecast running", "poll poll available")
		work(t, next)
		seen := map[string]bool{<-got: true, <-got: true}
		if !seen["forecast o"] || !seen["o ast_1"] {
			t.Errorf("worked %v", seen)
		}
		if err := next.Free(t.Context(), []string{"idle", "second"}); err != nil {
			t.Fatal(err)
		}
		if s := <-got; s != "forecast p" {
			t.Errorf("worked %q of a dead process", s)
		}
	})
}

// stand holds kind, queue and state of all jobs against a list.
func stand(t *testing.T, db *store.DB, want ...string) {
	t.Helper()
	rows, err := db.Reader().QueryContext(t.Context(), "SELECT kind, queue, CAST(state AS TEXT) FROM river_job")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var kind, queue, state string
		if err := rows.Scan(&kind, &queue, &state); err != nil {
			t.Fatal(err)
		}
		got = append(got, kind+" "+queue+" "+state)
	}
	slices.Sort(got)
	if err := rows.Err(); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, want %v (%v)", got, want, err)
	}
}
