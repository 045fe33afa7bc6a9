package app

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/pgtest"
	"watchfire.dev/internal/store/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// engineOf is the database of a test: SQLite, or with WATCHFIRE_TEST_ENGINE=postgres, as in CI,
// a PostgreSQL of its own. All tests of this package pass on both.
func engineOf(t *testing.T) config.Secret {
	t.Helper()
	if os.Getenv("WATCHFIRE_TEST_ENGINE") == "postgres" {
		return onPostgres(t)
	}
	return ""
}

func onPostgres(t *testing.T) config.Secret {
	t.Helper()
	return config.Secret(pgtest.Database(t, func(ctx context.Context, address string) error {
		d, err := postgres.Open(ctx, address)
		if err != nil {
			return err
		}
		return store.New(d).Close()
	}))
}

// process is one process of an installation on PostgreSQL.
type process struct {
	app     *App
	printed *printed
	stop    func() error
}

// printed is what a process prints, for a test that waits for it.
type printed struct {
	mu   sync.Mutex
	text strings.Builder
	news chan struct{}
}

// Write implements io.Writer.
func (s *printed) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
	return s.text.Write(b)
}

func (s *printed) has(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), words)
}

func (s *printed) await(t *testing.T, words string) {
	t.Helper()
	for !s.has(words) {
		select {
		case <-s.news:
		case <-t.Context().Done():
			t.Fatalf("it never printed %q", words)
		}
	}
}

func serveOne(t *testing.T, cfg config.Config) *process {
	t.Helper()
	p := &process{printed: &printed{news: make(chan struct{}, 1)}}
	var err error
	if p.app, err = Open(t.Context(), cfg, Options{Out: p.printed}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.app.Serve(ctx, nil) }()
	p.stop = sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-done, p.app.Close())
	})
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func ask(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

// TestTwoProcesses: on one PostgreSQL one process decides and another stands by, well but not
// ready; when the first ends the second goes on where it stopped, and its journal is one chain.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	database := onPostgres(t)
	off := false
	make1 := func(data, listen string) config.Config {
		cfg, err := config.Load("", func(name string) string {
			return map[string]string{"WATCHFIRE_DATA": data, "WATCHFIRE_LISTEN": listen}[name]
		})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Database, cfg.BuiltInSources = database, &off
		return cfg
	}
	data := t.TempDir()
	ports := []string{freeAddress(t), freeAddress(t)}
	first := serveOne(t, make1(data, ports[0]))
	first.printed.await(t, "is watching")

	if _, err := Open(t.Context(), make1(t.TempDir(), ports[1]), Options{}); err == nil || !strings.Contains(err.Error(), "key of the journal") {
		t.Errorf("a process without the installation's key: %v", err)
	}
	second := serveOne(t, make1(data, ports[1]))
	second.printed.await(t, "stands by")
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/": 503} {
		if got, body := ask(t, "http://"+ports[1]+path); got != want || !strings.Contains(body, "standing by") {
			t.Errorf("%s of the one that stands by: %d %q; want %d", path, got, body, want)
		}
	}
	if got, _ := ask(t, "http://"+ports[0]+"/readyz"); got != 200 {
		t.Errorf("the first is not ready: %d", got)
	}
	// A command would decide beside the first: it must not.
	command, err := Open(t.Context(), make1(data, ports[1]), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := command.With(t.Context(), func(context.Context) error { return nil }); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("a command beside a server: %v", err)
	}
	if err := command.Close(); err != nil {
		t.Error(err)
	}

	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	second.printed.await(t, "is watching")
	if got, _ := ask(t, "http://"+ports[1]+"/readyz"); got != 200 {
		t.Errorf("the second is not ready: %d", got)
	}
	holder, err := second.app.db.LeaseHolder(t.Context(), watchLease)
	if err != nil || holder.Owner != second.app.db.Owner || holder.Epoch < 2 {
		t.Errorf("holder %+v, %v", holder, err)
	}
	replicas, err := second.app.db.Replicas(t.Context())
	if err != nil || len(replicas) != 1 || replicas[0].ID != second.app.db.Owner {
		t.Errorf("replicas %+v, %v; want the second alone", replicas, err)
	}
}

// TestLostLeaseStops: who cannot decide any more ends, with a reason, and had nothing written.
func TestLostLeaseStops(t *testing.T) {
	t.Parallel()
	off := false
	cfg := config.Config{Data: t.TempDir(), BaseURL: "http://127.0.0.1:8080", Email: "o@example.org", Name: "Ours", BuiltInSources: &off, Language: "en", Database: onPostgres(t)}
	a, err := Open(t.Context(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = a.With(t.Context(), func(ctx context.Context) error {
		if _, err := a.EnsureFirst(ctx); err != nil {
			t.Error(err)
		}
		// Its time is over for another, who takes the lease.
		if _, err := a.db.TakeLease(ctx, watchLease, "other", time.Now().Add(2*leaseLength), leaseLength); err != nil {
			t.Error(err)
		}
		<-ctx.Done() // within the time of one renewal
		return nil
	})
	if !errors.Is(err, store.ErrFenced) {
		t.Errorf("it ended with %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}
