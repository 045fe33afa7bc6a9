package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/pgtest"
	"watchfire.dev/tools/outside"
)

// lab is one installation under attack, with its receiver and what was accepted.
type lab struct {
	binary  string
	chance  *rand.Rand
	desk    *outside.Desk
	second  *outside.Desk // another replica on the same database
	cluster *pgtest.Cluster
	url     string // of the PostgreSQL database; "" = SQLite
	got     *receiver
	yes     map[string]bool // keys that were answered with yes
	doubt   int             // messages that may have come twice: one for each kill
	seen    []string
	tally   tally
}

func (l *lab) note(format string, args ...any) { l.seen = append(l.seen, fmt.Sprintf(format, args...)) }

// receiver is the provider's end of the webhooks.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	ids    map[string]int // calls by idempotency key
	paths  map[string]time.Time
	status func(path string) int
}

func newReceiver() *receiver {
	r := &receiver{ids: map[string]int{}, paths: map[string]time.Time{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		io.Copy(io.Discard, q.Body) //nolint:errcheck // the sender's business
		path := strings.TrimPrefix(q.URL.Path, "/")
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.status != nil {
			if code := r.status(path); code != 200 {
				w.WriteHeader(code)
				return
			}
		}
		r.ids[q.Header.Get("webhook-id")]++
		if r.paths[path].IsZero() {
			r.paths[path] = time.Now()
		}
	}))
	return r
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.paths)
}

func (r *receiver) at(path string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.paths[path]
}

// twice is how many calls came beyond the first of their key.
func (r *receiver) twice() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, k := range r.ids {
		n += k - 1
	}
	return n
}

// setUp makes an installation with projects that each have one contact, and starts it.
func (l *lab) setUp(projects int, extra string) error {
	l.got, l.yes = newReceiver(), map[string]bool{}
	if err := l.install(outside.Portfolio(projects, 1, l.got.URL), extra); err != nil {
		return err
	}
	if err := l.desk.Start(); err != nil {
		return err
	}
	return l.desk.SignIn()
}

func (l *lab) install(portfolio, extra string) (err error) {
	if l.desk, err = outside.New(l.binary); err != nil {
		return err
	}
	l.desk.Extra = extra
	return l.desk.Import(portfolio)
}

// onPostgres makes a cluster with one database for the installation.
func (l *lab) onPostgres(ctx context.Context) (extra string, err error) {
	l.cluster, err = pgtest.Start(ctx, "", "fsync=on")
	if errors.Is(err, pgtest.ErrNone) {
		return "", fmt.Errorf("PostgreSQL is not installed: %w", errNotRun)
	}
	if err != nil {
		return "", err
	}
	if l.url, err = l.cluster.Create(ctx, "template0"); err != nil {
		return "", err
	}
	return fmt.Sprintf("database: %q\n", l.url), nil
}

func (l *lab) close() {
	for _, d := range []*outside.Desk{l.desk, l.second} {
		if d != nil {
			d.Close() //nolint:errcheck // a temporary folder
		}
	}
	if l.got != nil {
		l.got.Close()
	}
	if l.cluster != nil {
		l.cluster.Stop()
	}
}

// push sends the signal of a project, again and again until somebody says yes.
func (l *lab) push(i int, desks ...*outside.Desk) error {
	if len(desks) == 0 {
		desks = []*outside.Desk{l.desk}
	}
	key := fmt.Sprintf("chaos-%d", i)
	body, err := outside.Signal(key, i)
	if err != nil {
		return err
	}
	var last error
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); {
		for _, d := range desks {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			last = outside.Post(ctx, desks[0].Client, d.Base+"/api/v1/signals", body)
			cancel()
			if last == nil {
				l.yes[key] = true
				return nil
			}
		}
		<-time.After(50 * time.Millisecond)
	}
	return fmt.Errorf("signal %d was never taken: %w", i, last)
}

// wait waits until as many projects were told.
func (l *lab) wait(n int, limit time.Duration) error {
	return until(limit, fmt.Sprintf("%d of %d projects were told", l.got.count(), n), func() bool { return l.got.count() >= n })
}

func until(limit time.Duration, what string, is func() bool) error {
	for deadline := time.Now().Add(limit); !is(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s: %s", limit, what)
		}
		<-time.After(20 * time.Millisecond)
	}
	return nil
}

// kill ends the process at once and starts it again.
func (l *lab) kill() error {
	l.doubt++
	if err := l.desk.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	return l.desk.Start()
}

// judge stops the installation and asks its database what became of everything.
func (l *lab) judge() error {
	l.desk.Stop()
	if l.second != nil {
		l.second.Stop()
	}
	if out, err := l.desk.Run("journal", "verify", "--config", l.desk.File("config.yaml")); err != nil {
		l.tally.journal++
		return fmt.Errorf("the journal is not valid: %w: %s", err, out)
	}
	ctx := context.Background()
	db, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	count := func(q string, args ...any) int {
		var n int
		if e := db.Reader().QueryRowContext(ctx, q, args...).Scan(&n); e != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", q, e))
		}
		return n
	}
	for key := range l.yes {
		if count("SELECT count(*) FROM signal WHERE key LIKE ?", "%"+key) == 0 {
			l.tally.lost++
		}
	}
	l.tally.lost += count("SELECT count(*) FROM receipt WHERE state = 'stored'")
	l.tally.orphans = count("SELECT count(*) FROM warning_revision r WHERE r.notify AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.warning = r.warning AND n.revision = r.revision)") +
		count("SELECT count(*) FROM warning_revision r WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.subject = r.warning AND j.kind LIKE 'warning.%')") +
		count("SELECT count(*) FROM notification n WHERE n.purpose <> 'digest' AND NOT EXISTS (SELECT 1 FROM warning_revision r WHERE n.warning = r.warning AND n.revision = r.revision)")
	open := count("SELECT count(*) FROM notification WHERE state IN ('pending', 'sending')")
	l.tally.late = l.late(ctx, db, &err)
	l.tally.twice = max(0, l.got.twice()-l.doubt)
	l.note("%d accepted, %d told, %d twice for %d kills", len(l.yes), l.got.count(), l.got.twice(), l.doubt)
	if t := l.tally; err == nil && (t.lost+t.orphans+t.late+t.twice > 0 || open > 0) {
		err = fmt.Errorf("lost %d, orphans %d, reds late %d, twice beyond %d, still open %d", t.lost, t.orphans, t.late, t.twice, open)
	}
	return err
}

// late counts reds whose first attempt began more than a minute after they were decided.
func (l *lab) late(ctx context.Context, db *store.DB, err *error) int {
	rows, e := db.Reader().QueryContext(ctx, `SELECT n.queued_at, min(a.at) FROM notification n JOIN attempt a ON a.notification = n.id WHERE n.level = 3 GROUP BY n.id, n.queued_at`)
	if e != nil {
		*err = errors.Join(*err, e)
		return 0
	}
	defer rows.Close() //nolint:errcheck // it was only read
	n := 0
	for rows.Next() {
		var queued, began string
		if e := rows.Scan(&queued, &began); e != nil {
			*err = errors.Join(*err, e)
			return n
		}
		q, e1 := time.Parse(time.RFC3339Nano, queued)
		b, e2 := time.Parse(time.RFC3339Nano, began)
		if e := errors.Join(e1, e2); e != nil {
			*err = errors.Join(*err, e)
		} else if b.Sub(q) > time.Minute {
			n++
		}
	}
	*err = errors.Join(*err, rows.Err())
	return n
}

func (l *lab) open(ctx context.Context) (*store.DB, error) {
	cfg, err := config.Load(l.desk.File("config.yaml"), os.Getenv)
	if err != nil {
		return nil, err
	}
	return app.OpenExisting(ctx, cfg)
}
