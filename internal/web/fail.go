package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

var errNoPage = fault.ErrNotFound

// meaning is one line of the table from fault to page. Key names the words.
type meaning struct {
	err    error
	status int
	key    string
	detail bool // the error's text helps the person and betrays nothing
}

// meanings is the one table; the first that matches counts.
func meanings() []meaning {
	return []meaning{
		{fault.ErrNotFound, http.StatusNotFound, "not_found", false},
		{fault.ErrUnauthorised, http.StatusUnauthorized, "unauthorised", false},
		{fault.ErrForbidden, http.StatusForbidden, "forbidden", false},
		{fault.ErrGone, http.StatusGone, "gone", false},
		{fault.ErrTooLarge, http.StatusRequestEntityTooLarge, "too_large", true},
		{fault.ErrStale, http.StatusConflict, "stale", true},
		{fault.ErrConflict, http.StatusConflict, "conflict", true},
		{fault.ErrInvalid, http.StatusUnprocessableEntity, "invalid", true},
		{fault.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", false},
	}
}

func meaningOf(err error) meaning {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = fault.ErrTooLarge
	}
	for _, m := range meanings() {
		if errors.Is(err, m.err) {
			return m
		}
	}
	return meaning{err, http.StatusInternalServerError, "internal", false}
}

// failed is what the error page shows.
type failed struct {
	Status int
	Key    string
	Detail string
	Back   string
}

// fail answers an error: a person who is not signed in goes to the sign-in page, everybody
// else gets the page that the table names.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader has gone
	}
	m := meaningOf(err)
	v := s.plainView(r)
	if strings.HasPrefix(r.URL.Path, "/a/") || strings.HasPrefix(r.URL.Path, "/leave/") || strings.HasPrefix(r.URL.Path, "/s/") {
		v = s.receiverView(r, "")
	}
	if errors.Is(err, fault.ErrUnauthorised) && r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/sign-in") && r.URL.Path != "/live" {
		http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	if m.status == http.StatusInternalServerError {
		s.Log.ErrorContext(r.Context(), "page", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	page := failed{Status: m.status, Key: m.key, Back: "/"}
	if m.detail {
		page.Detail = strings.TrimSuffix(err.Error(), ": "+m.err.Error())
	}
	if who, err := s.Auth.Principal(r); err == nil {
		if m.status == http.StatusForbidden {
			s.denied(r, who)
		}
		if full, err := s.view(r, who); err == nil {
			v = full
		}
	}
	s.render(w, m.status, "error", v.with("error."+m.key, page))
}

// denials is what an Auth may do more: journal that a right was missing (TRUST.md S37).
type denials interface {
	Denied(ctx context.Context, who desk.Principal, what string) error
}

// denied journals a missing right under the page's pattern, also when the reader has gone.
func (s *server) denied(r *http.Request, who desk.Principal) {
	d, ok := s.Auth.(denials)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	if err := d.Denied(ctx, who, r.Pattern); err != nil {
		s.Log.ErrorContext(ctx, "journal a missing right", "page", r.Pattern, "error", err)
	}
}
