package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// statusOf turns a meaning into an HTTP status: the one table. The first that fits counts.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	for _, m := range []struct {
		fits   bool
		status int
	}{
		{errors.Is(err, errMethod), http.StatusMethodNotAllowed},
		{errors.As(err, &tooLarge), http.StatusRequestEntityTooLarge},
		{errors.Is(err, fault.ErrNotFound), http.StatusNotFound},
		{errors.Is(err, fault.ErrTooLarge), http.StatusRequestEntityTooLarge},
		{errors.Is(err, fault.ErrConflict), http.StatusConflict},
		{errors.Is(err, fault.ErrInvalid), http.StatusUnprocessableEntity},
		{errors.Is(err, fault.ErrUnauthorised), http.StatusUnauthorized},
		{errors.Is(err, fault.ErrForbidden), http.StatusForbidden},
		{errors.Is(err, fault.ErrGone), http.StatusGone},
		{errors.Is(err, fault.ErrUnavailable), http.StatusServiceUnavailable},
		{errors.Is(err, fault.ErrStale), http.StatusServiceUnavailable},
	} {
		if m.fits {
			return m.status
		}
	}
	return http.StatusInternalServerError
}

// retryAfter is how long a client should wait when nothing better is known, in seconds.
const retryAfter = 2

// described is an error in the form of RFC 9457 with its headers. What failed inside is
// logged and not told (TRUST.md S38).
func (s *server) described(ctx context.Context, err error) (*huma.ErrorModel, http.Header) {
	status := statusOf(err)
	out := &huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: err.Error()}
	header := http.Header{}
	switch status {
	case http.StatusInternalServerError:
		s.Log.ErrorContext(ctx, "api", "error", err)
		out.Detail = "something went wrong on our side; the log has it"
	case http.StatusServiceUnavailable:
		s.Log.WarnContext(ctx, "api", "error", err)
		out.Detail = "not possible right now; nothing is lost by asking again"
		wait := retryAfter
		var many *account.TooMany
		if errors.As(err, &many) {
			wait = int(math.Ceil(many.Wait.Seconds()))
		}
		header.Set("Retry-After", strconv.Itoa(wait))
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", `Bearer realm="watchfire"`)
	case http.StatusUnprocessableEntity:
		out.Errors = place(err.Error())
	}
	return out, header
}

// place names the field of an error that begins with one: "email: not an address".
func place(text string) []*huma.ErrorDetail {
	field, rest, ok := strings.Cut(text, ": ")
	if !ok || field == "" || strings.ContainsFunc(field, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }) {
		return nil
	}
	return []*huma.ErrorDetail{{Location: "body." + field, Message: strings.TrimSuffix(rest, ": "+fault.ErrInvalid.Error())}}
}

// problem writes an error as application/problem+json.
func (s *server) problem(w http.ResponseWriter, r *http.Request, err error) {
	p, header := s.described(r.Context(), err)
	for k, v := range header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Del("Content-Disposition")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) //nolint:errcheck // the client has gone
}

// failed turns an error of an operation into huma's form, and journals a missing right.
func (s *server) failed(ctx context.Context, who desk.Principal, operation string, err error) error {
	p, header := s.described(ctx, err)
	if p.Status == http.StatusForbidden && s.Denials != nil {
		deniedBy, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := s.Denials.Denied(deniedBy, who, operation); err != nil {
			s.Log.ErrorContext(ctx, "journal a missing right", "operation", operation, "error", err)
		}
	}
	return huma.ErrorWithHeaders(p, header)
}
