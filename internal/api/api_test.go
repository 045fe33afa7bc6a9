package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchfire.dev/internal/api"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// stub is a desk of which only the methods that a test sets can be called.
type stub struct {
	desk.Reads
	desk.Commands
	err      error
	act      func(ctx context.Context) error
	events   int
	topics   chan string
	gone     bool
	mu       sync.Mutex
	requests map[string]string // key → request, then its answer
	answers  map[string]int
}

func (s *stub) Principal(*http.Request) (desk.Principal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return desk.Principal{}, fault.ErrUnauthorised
	}
	return desk.Principal{Account: "acc_1", Org: "org_1", Token: "tok_1", Scopes: desk.Administrator.Scopes()}, nil
}

func (s *stub) Projects(context.Context, desk.Principal) ([]desk.ProjectSummary, error) {
	var out []desk.ProjectSummary
	for i := range s.events {
		p := desk.ProjectSummary{}
		p.ID, p.Name = fmt.Sprintf("prj_%07d", i), strings.Repeat("x", 10_000)
		out = append(out, p)
	}
	return out, s.err
}

func (s *stub) Rules(context.Context, desk.Principal) ([]desk.RuleRow, error) {
	panic("secret inside")
}

func (s *stub) PollNow(ctx context.Context, _ desk.Principal, _ string) error {
	if s.act != nil {
		return s.act(ctx)
	}
	return s.err
}

func (s *stub) Subscribe(context.Context, string) <-chan string { return s.topics }

func (s *stub) BeginRequest(_ context.Context, _, key, request string, _ time.Time) (int, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first, ok := s.requests[key]; ok {
		if first != request || s.answers[key] == 0 {
			return 0, nil, fault.ErrConflict
		}
		return s.answers[key], []byte("{}"), nil
	}
	s.requests[key] = request
	return 0, nil, nil
}

func (s *stub) FinishRequest(_ context.Context, _, key string, status int, _ []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers[key] = status; status == 0 {
		delete(s.requests, key)
	}
	return nil
}

func (s *stub) Export(_ context.Context, _ desk.Principal, w io.Writer) error {
	if s.events > 0 {
		if _, err := io.WriteString(w, "half a bundle"); err != nil {
			return err
		}
	}
	return s.err
}

func (s *stub) Verify(context.Context, desk.Principal) (*journal.Report, error) {
	return &journal.Report{OK: true}, nil
}

func serve(s *stub) http.Handler {
	s.requests, s.answers = map[string]string{}, map[string]int{}
	return api.New(api.Config{Reads: s, Do: s, Auth: s, Requests: s, Journal: s, Live: s, Now: func() time.Time { return time.Unix(1.7e9, 0) }, Version: "test"})
}

func ask(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func request(ctx context.Context, method, path, key string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, path, http.NoBody)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	return r
}

const poll = "/api/v1/sources/usgs/poll"

func TestEveryFaultHasItsStatus(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		nil: 202, fault.ErrNotFound: 404, fault.ErrConflict: 409, fault.ErrInvalid: 422, fault.ErrUnauthorised: 401, fault.ErrForbidden: 403,
		fault.ErrUnavailable: 503, fault.ErrStale: 503, fault.ErrTooLarge: 413, fault.ErrGone: 410, errors.New("disk secret-path: broken"): 500,
	} {
		s := &stub{}
		if err != nil {
			s.err = fmt.Errorf("poll: %w", err)
		}
		w := ask(serve(s), request(t.Context(), "POST", poll, ""))
		if w.Code != want || strings.Contains(w.Body.String(), "secret-path") {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
		if (w.Header().Get("Retry-After") != "") != (want == 503) {
			t.Errorf("%v: Retry-After %q", err, w.Header().Get("Retry-After"))
		}
		var p struct {
			Title  string
			Status int
		}
		if want >= 400 && (json.Unmarshal(w.Body.Bytes(), &p) != nil || p.Status != want || p.Title == "" || w.Header().Get("Content-Type") != "application/problem+json") {
			t.Errorf("%v: no problem document: %s %s", err, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func TestPanicIsAProblem(t *testing.T) {
	t.Parallel()
	w := ask(serve(&stub{}), request(t.Context(), "GET", "/api/v1/rules", ""))
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestUnknownFateIsSaid: when the wait for the commit is given up, or something breaks
// inside, a repeat is neither done again nor told that it was refused.
func TestUnknownFateIsSaid(t *testing.T) {
	t.Parallel()
	s := &stub{}
	h := serve(s)
	ctx, cancel := context.WithCancel(t.Context())
	s.act = func(ctx context.Context) error {
		cancel()
		return fmt.Errorf("wait for the commit: %w: %w", fault.ErrUnavailable, context.Cause(ctx))
	}
	if w := ask(h, request(ctx, "POST", poll, "k1")); w.Code != 503 || !strings.Contains(w.Body.String(), "not known whether") {
		t.Errorf("given up: %d %s", w.Code, w.Body)
	}
	s.act = func(context.Context) error { return errors.New("broken") }
	if w := ask(h, request(t.Context(), "POST", poll, "k2")); w.Code != 500 || !strings.Contains(w.Body.String(), "not known whether") {
		t.Errorf("broken: %d %s", w.Code, w.Body)
	}
	s.act = func(context.Context) error { return fault.ErrUnavailable } // surely nothing was done
	if w := ask(h, request(t.Context(), "POST", poll, "k3")); w.Code != 503 || strings.Contains(w.Body.String(), "not known whether") {
		t.Errorf("not begun: %d %s", w.Code, w.Body)
	}
	done := 0
	s.act = func(context.Context) error { done++; return nil }
	for key, want := range map[string]int{"k1": 409, "k2": 409, "k3": 202} {
		if w := ask(h, request(t.Context(), "POST", poll, key)); w.Code != want {
			t.Errorf("repeat of %s: %d, want %d", key, w.Code, want)
		}
	}
	if done != 1 {
		t.Errorf("done %d times, want 1", done)
	}
}

func TestLongAnswersAreNotHeldBack(t *testing.T) {
	t.Parallel()
	for n, tagged := range map[int]bool{10: true, 1000: false} { // 0.1 MB, 10 MB
		w := ask(serve(&stub{events: n}), request(t.Context(), "GET", "/api/v1/projects?limit=1000", ""))
		var page struct{ Items []any }
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Items) != n || w.Code != 200 {
			t.Errorf("%d projects: %d %d %v", n, w.Code, len(page.Items), err)
		}
		if (w.Header().Get("ETag") != "") != tagged {
			t.Errorf("%d projects: ETag %q", n, w.Header().Get("ETag"))
		}
	}
}

func TestExportIsWholeOrRefused(t *testing.T) {
	t.Parallel()
	if w := ask(serve(&stub{err: fault.ErrForbidden}), request(t.Context(), "GET", "/api/v1/journal/export", "")); w.Code != 403 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("refused before the first byte: %d %s", w.Code, w.Header())
	}
	if w := ask(serve(&stub{events: 1}), request(t.Context(), "GET", "/api/v1/journal/export", "")); w.Code != 200 || w.Body.String() != "half a bundle" {
		t.Errorf("whole: %d %s", w.Code, w.Body)
	}
	server := httptest.NewServer(serve(&stub{events: 1, err: errors.New("disk")}))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/journal/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(r)
	if err == nil {
		defer resp.Body.Close() //nolint:errcheck // read only
		_, err = io.ReadAll(resp.Body)
	}
	if err == nil {
		t.Error("half a bundle looks like a whole one")
	}
}

func TestStreamOfChanges(t *testing.T) {
	t.Parallel()
	s := &stub{topics: make(chan string)}
	server := httptest.NewServer(serve(s))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(resp.Body)
	next := func(want string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() != "" && lines.Text() != "data:" {
				break
			}
		}
		if lines.Text() != want {
			t.Errorf("line %q, want %q", lines.Text(), want)
		}
	}
	next("event: hello")
	s.topics <- "queue"
	next("event: queue")
	close(s.topics) // the desk restarts
	for lines.Scan() {
		if lines.Text() != "" && lines.Text() != "data:" {
			t.Errorf("the stream goes on: %s", lines.Text())
		}
	}
}

func TestMissingPartsAreNotServed(t *testing.T) {
	t.Parallel()
	h := serve(&stub{})
	d := ask(h, request(t.Context(), "GET", "/api/v1/openapi.json", "")).Body.String()
	for path, want := range map[string]bool{"/api/v1/accounts": false, "/api/v1/tokens": false, "/cap/x.atom": false, "/api/v1/records/" + strings.Repeat("0", 64): false, "/api/v1/journal/verify": true} {
		w := ask(h, request(t.Context(), "GET", path, ""))
		if (w.Code != 404) != want {
			t.Errorf("%s: %d", path, w.Code)
		}
		if strings.Contains(d, `"`+path+`"`) != want {
			t.Errorf("%s is described: %v", path, !want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an API without a desk is made")
		}
	}()
	api.New(api.Config{})
}

func TestStreamEndsWithTheRight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &stub{topics: make(chan string)}
		go func() {
			time.Sleep(30 * time.Second) // of the bubble's own time
			s.mu.Lock()
			s.gone = true
			s.mu.Unlock()
		}()
		w := ask(serve(s), request(t.Context(), "GET", "/api/v1/live", ""))
		if n := strings.Count(w.Body.String(), ": beat"); n != 1 || !w.Flushed {
			t.Errorf("%d beats, want 1 and then the end: %s", n, w.Body)
		}
	})
}
