package app

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/config"
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

// TestTwoProcesses: on one PostgreSQL two processes serve at once and divide the projects; a
// command decides beside them; when one ends the other has all, and the journal is one chain.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	database := onPostgres(t)
	off := false
	make1 := func(data, listen string, roles ...string) config.Config {
		cfg, err := config.Load("", func(name string) string {
			return map[string]string{"WATCHFIRE_DATA": data, "WATCHFIRE_LISTEN": listen}[name]
		})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Database, cfg.BuiltInSources, cfg.Roles = database, &off, roles
		return cfg
	}
	data := t.TempDir()
	ports := []string{freeAddress(t), freeAddress(t), freeAddress(t)}
	first := serveOne(t, make1(data, ports[0]))
	first.printed.await(t, "is watching")

	if _, err := Open(t.Context(), make1(t.TempDir(), ports[1]), Options{}); err == nil || !strings.Contains(err.Error(), "key of the journal") {
		t.Errorf("a process without the installation's key: %v", err)
	}
	second := serveOne(t, make1(data, ports[1]))
	second.printed.await(t, "is watching")
	third := serveOne(t, make1(data, ports[2], config.Poll, config.Web)) // decides nothing
	third.printed.await(t, "is watching")
	for _, port := range ports {
		if got, body := ask(t, "http://"+port+"/readyz"); got != 200 {
			t.Errorf("/readyz of %s: %d %q", port, got, body)
		}
	}
	db := second.app.db
	shared := func(want map[string]int) {
		t.Helper()
		for got := map[string]int{}; ; {
			parts, err := db.Parts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			clear(got)
			for _, p := range parts {
				if p.Until.After(time.Now()) {
					got[p.Owner]++
				}
			}
			if maps.Equal(got, want) {
				return
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-t.Context().Done():
				t.Fatalf("parts are held %v, want %v", got, want)
			}
		}
	}
	shared(map[string]int{first.app.db.Owner: 8, db.Owner: 8})

	command, err := Open(t.Context(), make1(data, ports[2]), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := command.With(t.Context(), command.watch.Alive); err != nil {
		t.Errorf("a command beside servers: %v", err)
	}
	if err := command.Close(); err != nil {
		t.Error(err)
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	shared(map[string]int{db.Owner: 16})
	if err := third.app.watch.Alive(t.Context()); err != nil {
		t.Errorf("one that decides nothing is not answered: %v", err)
	}
	replicas, err := db.Replicas(t.Context())
	if err != nil || len(replicas) != 2 || replicas[0].ID != db.Owner {
		t.Errorf("replicas %+v, %v; want the second and the third", replicas, err)
	}
	f, err := db.Vitals(t.Context(), time.Now())
	if err != nil || f.Parts != 16 || f.Orphans != 0 || len(f.Replicas) != 2 || !strings.Contains(f.Replicas[0].Roles, "decide") || strings.Contains(f.Replicas[1].Roles, "decide") {
		t.Errorf("vitals: %d parts, %d of nobody, processes %+v, %v", f.Parts, f.Orphans, f.Replicas, err)
	}
}
