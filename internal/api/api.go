// Package api is the desk for programs: everything that the pages show and do, as JSON over
// HTTP with an OpenAPI 3.1 description made from the code. Errors are problem+json with the
// status of their meaning; lists have cursors; reads have an ETag; a request with an
// Idempotency-Key has one effect. It holds no rules: every call is one call of the desk, for
// the principal's organisation only.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

// Auth tells who asks: by session cookie or by bearer token.
type Auth interface {
	Principal(*http.Request) (desk.Principal, error)
}

// Requests keeps the answers to requests that carry an Idempotency-Key.
type Requests interface {
	BeginRequest(ctx context.Context, org, key, request string, now time.Time) (status int, body []byte, err error)
	FinishRequest(ctx context.Context, org, key string, status int, body []byte) error
}

// Config is what the API needs.
type Config struct {
	Reads    desk.Reads
	Do       desk.Commands
	Auth     Auth
	Requests Requests
	Archive  Archive
	Journal  JournalFiles
	Alerts   Alerts
	Partners Partners
	Tokens   Tokens
	Ready    func(context.Context) error
	Schema   []byte // of a signal
	Now      clock.Clock
	Version  string
	Log      *slog.Logger
}

// maxBody bounds a request's body.
const maxBody = 32 << 20

type server struct {
	Config
	api huma.API
}

// New returns the handler of /api/, /hooks/, /cap/, /healthz and /readyz.
func New(c Config) http.Handler {
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("Watchfire", c.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/api/v1/openapi", "", "/api/v1/schemas"
	cfg.Info.Description = "The watch desk for programs. Times are RFC 3339 in UTC; levels are green, yellow, orange, red."
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "API token, made by an administrator."},
		"session": {Type: "apiKey", In: "cookie", Name: "watchfire", Description: "The session of the pages."},
	}
	cfg.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	cfg.CreateHooks = nil // no $schema links in answers
	s := &server{Config: c, api: humago.New(mux, cfg)}
	s.reads()
	s.commands()
	s.files(mux)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("POST /hooks/{source}", s.hook)
	mux.HandleFunc("GET /cap/{org}", s.capFeed)
	mux.HandleFunc("GET /cap/{org}/{warning}/{revision}", s.capAlert)
	return s.guard(mux)
}

func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.Ready(r.Context()); err != nil {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

type whoKey struct{}

// guard signs in, keeps other sites from using a person's session, gives every answer its
// headers and makes repeats of a request with a key harmless.
func (s *server) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if open(r) {
			next.ServeHTTP(w, r)
			return
		}
		who, err := s.Auth.Principal(r)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="watchfire"`)
			problem(w, err)
			return
		}
		if who.Token == "" {
			if err := cross.Check(r); err != nil {
				problem(w, errors.Join(fault.ErrForbidden, err))
				return
			}
		}
		r = r.WithContext(context.WithValue(r.Context(), whoKey{}, who))
		if key := r.Header.Get("Idempotency-Key"); key != "" && r.Method == http.MethodPost && r.URL.Path != "/api/v1/signals" {
			s.once(w, r, who, key, next)
			return
		}
		if r.Method == http.MethodGet {
			tagged(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// open lists what needs no sign-in: liveness, signed webhooks, the public CAP feed and the
// description of the API itself.
func open(r *http.Request) bool {
	p := r.URL.Path
	return p == "/healthz" || p == "/readyz" || strings.HasPrefix(p, "/hooks/") || strings.HasPrefix(p, "/cap/") ||
		strings.HasPrefix(p, "/api/v1/openapi") || strings.HasPrefix(p, "/api/v1/schema")
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

func (r *recorder) send(w http.ResponseWriter) {
	for k, v := range r.header {
		w.Header()[k] = v
	}
	w.WriteHeader(r.status)
	w.Write(r.body.Bytes()) //nolint:errcheck // the client has gone
}

// tagged gives a read its ETag and answers 304 when the client has it already. Streams and
// files are larger than what is worth keeping and go straight through.
func tagged(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if strings.HasPrefix(r.URL.Path, "/api/v1/journal/export") || strings.HasPrefix(r.URL.Path, "/api/v1/records/") {
		next.ServeHTTP(w, r)
		return
	}
	rec := &recorder{header: http.Header{}}
	next.ServeHTTP(rec, r)
	if rec.status == http.StatusOK {
		tag := `"` + id.Hash(rec.body.Bytes())[:32] + `"`
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	rec.send(w)
}

// once answers a repeated request as the first one was answered.
func (s *server) once(w http.ResponseWriter, r *http.Request, who desk.Principal, key string, next http.Handler) {
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		problem(w, errors.Join(fault.ErrTooLarge, err))
		return
	}
	request := id.Hash([]byte(r.Method + " " + r.URL.RequestURI() + "\n" + body.String()))
	status, stored, err := s.Requests.BeginRequest(r.Context(), who.Org, key, request, s.Now())
	if err != nil {
		problem(w, err)
		return
	}
	if status != 0 {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(status)
		w.Write(stored) //nolint:errcheck // the client has gone
		return
	}
	r.Body = readCloser{bytes.NewReader(body.Bytes())}
	rec := &recorder{header: http.Header{}}
	next.ServeHTTP(rec, r)
	kept := rec.status
	if kept >= 500 || kept == http.StatusTooManyRequests {
		kept = 0
	}
	if err := s.Requests.FinishRequest(context.WithoutCancel(r.Context()), who.Org, key, kept, rec.body.Bytes()); err != nil {
		s.Log.Error("keep the answer of a request", "error", err)
	}
	rec.send(w)
}

type readCloser struct{ *bytes.Reader }

// Close implements io.Closer.
func (readCloser) Close() error { return nil }

// statusOf turns a meaning into an HTTP status: the one table.
func statusOf(err error) int {
	for _, m := range []struct {
		err    error
		status int
	}{
		{fault.ErrNotFound, http.StatusNotFound},
		{fault.ErrConflict, http.StatusConflict},
		{fault.ErrTooLarge, http.StatusRequestEntityTooLarge},
		{fault.ErrInvalid, http.StatusUnprocessableEntity},
		{fault.ErrUnauthorised, http.StatusUnauthorized},
		{fault.ErrForbidden, http.StatusForbidden},
		{fault.ErrGone, http.StatusGone},
		{fault.ErrUnavailable, http.StatusServiceUnavailable},
		{fault.ErrStale, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, m.err) {
			return m.status
		}
	}
	return http.StatusInternalServerError
}

// problem writes an error as application/problem+json (RFC 9457).
func problem(w http.ResponseWriter, err error) {
	status := statusOf(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail(status, err)}) //nolint:errcheck // the client has gone
}

// detail is what the client may read: our own words, never those of an internal failure.
func detail(status int, err error) string {
	if status == http.StatusInternalServerError {
		return "something went wrong on our side; the log has it"
	}
	return err.Error()
}

// failed turns a desk error into huma's.
func (s *server) failed(err error) error {
	status := statusOf(err)
	if status == http.StatusInternalServerError {
		s.Log.Error("api", "error", err)
	}
	return huma.NewError(status, detail(status, err))
}

// who is the principal that guard has put into the context.
func who(ctx context.Context) desk.Principal {
	p, _ := ctx.Value(whoKey{}).(desk.Principal)
	return p
}
