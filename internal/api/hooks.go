package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
)

// Channels takes what the providers of channels send to our hooks.
type Channels interface {
	// Hooks names the channels whose providers call us.
	Hooks() []string
	// Hear takes one call. fault.ErrUnauthorised when its signature does not hold,
	// fault.ErrInvalid when it cannot be read.
	Hear(ctx context.Context, channel string, r delivery.Request) (delivery.Answer, error)
}

const (
	maxHook      = 1 << 20 // bytes of a call
	maxHookQuery = 16 << 10
	mostHooks    = 64 // calls that are worked on at the same time
)

// hooks serves /hooks/channel/NAME for each channel that has one. A call has no session: its channel checks that it comes from the provider. It stands in no
// description: its form is the provider's.
func (s *server) hooks() {
	if s.Channels == nil {
		return
	}
	busy := make(chan struct{}, mostHooks)
	for _, name := range s.Channels.Hooks() {
		h := func(w http.ResponseWriter, r *http.Request) {
			select {
			case busy <- struct{}{}:
				defer func() { <-busy }()
			default:
				w.Header().Set("Retry-After", "2")
				s.problem(w, r, fmt.Errorf("too many calls at once: %w", fault.ErrUnavailable))
				return
			}
			s.hear(w, r, name)
		}
		s.mux.HandleFunc("POST /hooks/channel/"+name, h)
		s.mux.HandleFunc("GET /hooks/channel/"+name, h)
	}
}

func (s *server) hear(w http.ResponseWriter, r *http.Request, channel string) {
	if len(r.URL.RawQuery) > maxHookQuery {
		s.problem(w, r, fmt.Errorf("query of %d bytes: %w", len(r.URL.RawQuery), fault.ErrTooLarge))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		s.problem(w, r, fmt.Errorf("call of more than %d bytes: %w", large.Limit, fault.ErrTooLarge))
		return
	}
	if err != nil {
		s.problem(w, r, fmt.Errorf("read the call: %w: %w", fault.ErrInvalid, err))
		return
	}
	a, err := s.Channels.Hear(r.Context(), channel, delivery.Request{
		Method: r.Method, URL: s.BaseURL + r.URL.RequestURI(), Query: r.URL.Query(), Header: r.Header.Clone(), Body: body, At: s.Now(),
	})
	if err != nil {
		s.problem(w, r, err)
		return
	}
	status := a.Status
	if status < 200 || status > 599 {
		status = http.StatusNoContent
		if len(a.Body) > 0 {
			status = http.StatusOK
		}
	}
	if len(a.Body) > 0 {
		w.Header().Set("Content-Type", a.Type)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(status)
	w.Write(a.Body) //nolint:errcheck // the caller has gone
}
