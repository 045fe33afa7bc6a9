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
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/rule"
	"watchfire.dev/internal/survey"
)

// statusOf turns a meaning into an HTTP status: the one table. The first that fits counts.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	var notMet *unmet
	var many *account.TooMany
	for _, m := range []struct {
		fits   bool
		status int
	}{
		{errors.Is(err, errMethod), http.StatusMethodNotAllowed},
		{errors.As(err, &tooLarge), http.StatusRequestEntityTooLarge},
		{errors.As(err, &notMet), http.StatusPreconditionFailed},
		{errors.As(err, &many), http.StatusTooManyRequests},
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
func (s *server) described(ctx context.Context, who desk.Principal, err error) (*huma.ErrorModel, http.Header) {
	status := statusOf(err)
	out := &huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: err.Error()}
	header := http.Header{}
	switch status {
	case http.StatusInternalServerError:
		s.Log.ErrorContext(ctx, "api", "error", err)
		out.Detail = "something went wrong on our side; the log has it. It is not known whether the request took effect: look before you repeat it"
	case http.StatusServiceUnavailable:
		s.Log.WarnContext(ctx, "api", "error", err)
		out.Detail = "not possible right now; nothing is lost by asking again"
		if ctx.Err() != nil {
			out.Detail = "not finished in time. It is not known whether the request took effect: look before you repeat it"
		}
		header.Set("Retry-After", strconv.Itoa(retryAfter))
	case http.StatusTooManyRequests:
		var many *account.TooMany
		errors.As(err, &many)
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(many.Wait.Seconds()))))
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", `Bearer realm="watchfire"`)
	case http.StatusUnprocessableEntity:
		out.Errors = place(err)
	case http.StatusConflict, http.StatusPreconditionFailed:
		s.changed(ctx, who, err, out)
	}
	return out, header
}

// whoChanged is what a client may know of a change that came in between.
type whoChanged struct {
	Version int64      `json:"version"`
	By      string     `json:"by,omitempty"` // name of the person, or the account's id
	At      *time.Time `json:"at,omitempty"`
}

// changed says who made a thing what it is now, by name where there is one.
func (s *server) changed(ctx context.Context, who desk.Principal, err error, out *huma.ErrorModel) {
	var c *fault.Changed
	if !errors.As(err, &c) {
		return
	}
	now := whoChanged{Version: c.Version, By: c.By}
	if s.Names != nil && c.By != "" {
		if name, err := s.Names.NameOf(ctx, who.Org, c.By); err == nil && name != "" {
			now.By = name
		}
	}
	named := *c
	named.By = now.By
	if !c.At.IsZero() {
		now.At = &c.At
	}
	out.Detail = strings.Replace(out.Detail, c.Error(), named.Error(), 1)
	out.Errors = append(out.Errors, &huma.ErrorDetail{Message: c.What + " was changed", Location: "header.If-Match", Value: now})
}

// place names the fields that an error is about: those of a rule, or the one that the text
// begins with ("email: not an address").
func place(err error) []*huma.ErrorDetail {
	var problems rule.Problems
	if errors.As(err, &problems) {
		return mapped(problems, func(p rule.Problem) *huma.ErrorDetail {
			return &huma.ErrorDetail{Location: strings.TrimSuffix("body."+p.Field, "."), Message: p.Message, Value: p}
		})
	}
	var risks register.Problems
	if errors.As(err, &risks) {
		return mapped(risks, func(p register.Problem) *huma.ErrorDetail {
			return &huma.ErrorDetail{Location: "body." + p.Field, Message: p.What, Value: p}
		})
	}
	var asked survey.Problems
	if errors.As(err, &asked) {
		return mapped(asked, func(p survey.Problem) *huma.ErrorDetail {
			return &huma.ErrorDetail{Location: "body." + p.Field, Message: p.What, Value: p}
		})
	}
	var wrong wrongEdits
	if errors.As(err, &wrong) {
		return wrong.details()
	}
	field, rest, ok := strings.Cut(err.Error(), ": ")
	if !ok || field == "" || strings.ContainsFunc(field, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }) {
		return nil
	}
	return []*huma.ErrorDetail{{Location: "body." + field, Message: strings.TrimSuffix(rest, ": "+fault.ErrInvalid.Error())}}
}

// problem writes an error as application/problem+json.
func (s *server) problem(w http.ResponseWriter, r *http.Request, err error) {
	p, header := s.described(r.Context(), whoOf(r.Context()), err)
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
	p, header := s.described(ctx, who, err)
	if p.Status == http.StatusForbidden {
		s.denied(ctx, who, operation)
	}
	return huma.ErrorWithHeaders(p, header)
}

// denied journals a missing right, also when the client has gone meanwhile.
func (s *server) denied(ctx context.Context, who desk.Principal, operation string) {
	if s.Denials == nil || who.Org == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.Denials.Denied(ctx, who, operation); err != nil {
		s.Log.ErrorContext(ctx, "journal a missing right", "operation", operation, "error", err)
	}
}

// maxEcho bounds a value that an error repeats, in bytes.
const maxEcho = 100

// discreet takes out of an error what it need not repeat: whole bodies, and passwords.
func discreet(_ huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	for _, d := range p.Errors {
		text, isText := d.Value.(string)
		switch d.Value.(type) {
		case map[string]any, []any:
			d.Value = nil
		}
		if isText && len(text) > maxEcho || strings.HasPrefix(d.Location, "body.old") || strings.HasPrefix(d.Location, "body.password") {
			d.Value = nil
		}
	}
	return p, nil
}
