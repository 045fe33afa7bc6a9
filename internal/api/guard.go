package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// maxBody bounds a push and an upload, in bytes; other requests may be maxCommand long.
const (
	maxBody    = 32 << 20
	maxCommand = 1 << 20
)

type whoKey struct{}

// whoOf is the principal that guard has put into the context.
func whoOf(ctx context.Context) desk.Principal {
	p, _ := ctx.Value(whoKey{}).(desk.Principal)
	return p
}

// guard signs in, keeps other sites from using a person's session (TRUST.md S16), gives
// every answer its headers and makes repeats of a request with a key harmless.
func (s *server) guard(mux *http.ServeMux) http.Handler {
	cross := http.NewCrossOriginProtection()
	routed := s.routed(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		w.Header().Set("Referrer-Policy", "no-referrer")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody+1) // the operation's own limit says 413
		defer s.rescue(w, r)
		if open(r.URL.Path) {
			s.tagged(w, r, routed)
			return
		}
		who, err := s.Auth.Principal(r)
		if err != nil {
			s.problem(w, r, err)
			return
		}
		// A token is never sent by a browser on its own; a session cookie is.
		if who.Token == "" {
			if err := cross.Check(r); err != nil {
				s.problem(w, r, fmt.Errorf("a request of another site: %w", fault.ErrForbidden))
				return
			}
		}
		r = r.WithContext(context.WithValue(r.Context(), whoKey{}, who))
		if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") != "" && r.URL.Path != pushPath {
			s.once(w, r, who, routed)
			return
		}
		if r.URL.Path == livePath {
			still := func() bool { again, err := s.Auth.Principal(r); return err == nil && again.May(desk.CanRead) }
			routed.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), stillKey{}, still))) // a stream is never held back
			return
		}
		s.tagged(w, r, routed)
	})
}

// rescue answers for a bug: a client learns that it failed, and the others are served on.
func (s *server) rescue(w http.ResponseWriter, r *http.Request) {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler:
		panic(v) // how net/http is told to cut the connection
	default:
		s.problem(w, r, fmt.Errorf("panic in %s %s: %v\n%s", r.Method, r.URL.Path, v, debug.Stack()))
	}
}

// descriptionPath and pushPath are where guard makes a difference.
const (
	descriptionPath = "/api/v1/openapi."
	pushPath        = "/api/v1/signals"
	schemaPath      = "/api/v1/schema/signal.json"
	livePath        = "/api/v1/live"
	publicForecasts = "/api/v1/public/forecasts" // whether it is public is up to the desk
)

// open lists what needs no sign-in: liveness, signed webhooks, the public CAP feed and the
// description of the API itself.
func open(path string) bool {
	return path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, "/hooks/") || strings.HasPrefix(path, "/cap/") ||
		strings.HasPrefix(path, descriptionPath) || path == schemaPath || path == publicForecasts
}

// routed answers for what has no route in our own form.
func (s *server) routed(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		var allow []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "" {
				allow = append(allow, method)
			}
		}
		if len(allow) == 0 {
			s.problem(w, r, fmt.Errorf("no such path: %w", fault.ErrNotFound))
			return
		}
		w.Header().Set("Allow", strings.Join(allow, ", "))
		s.problem(w, r, errMethod)
	})
}

var errMethod = errors.New("this path has other methods; see Allow")
