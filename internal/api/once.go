package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

// maxKey bounds an Idempotency-Key, in bytes.
const maxKey = 200

// once gives a request with an Idempotency-Key one effect: a repeat is answered as the first
// one was, if it took effect; one that was refused may be tried again. Keys of different
// principals do not meet, so that nobody gets an answer that was meant for somebody else.
func (s *server) once(w http.ResponseWriter, r *http.Request, who desk.Principal, next http.Handler) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey || strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' }) {
		s.problem(w, r, fmt.Errorf("Idempotency-Key: want 1 to %d printable ASCII characters: %w", maxKey, fault.ErrInvalid))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.problem(w, r, fmt.Errorf("read the request: %w: %w", fault.ErrInvalid, err)) // or too large
		return
	}
	key = "api " + who.Account + " " + who.Token + " " + key
	request := id.Hash([]byte(r.Method + " " + r.URL.RequestURI() + "\n" + r.Header.Get("Content-Type") + "\n" + id.Hash(body)))
	status, stored, err := s.Requests.BeginRequest(r.Context(), who.Org, key, request, s.Now())
	if err != nil {
		s.problem(w, r, err)
		return
	}
	if status != 0 {
		replay(w, status, stored)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := &recorder{header: w.Header(), through: w}
	next.ServeHTTP(rec, r)
	if lost(r, rec.status) {
		rec.send(w) //nolint:errcheck // the client has gone
		return      // the key stays claimed: a repeat is told that nobody knows
	}
	status, kept := keep(r.URL.Path, rec)
	if err := s.Requests.FinishRequest(context.WithoutCancel(r.Context()), who.Org, key, status, kept); err != nil {
		s.Log.ErrorContext(r.Context(), "keep the answer of a request", "path", r.URL.Path, "error", err)
	}
	rec.send(w) //nolint:errcheck // the client has gone
}

// lost tells whether a request ended so that nobody knows whether it took effect: something
// broke inside, or the wait for the commit was given up.
func lost(r *http.Request, status int) bool {
	return status == http.StatusInternalServerError || status > 500 && r.Context().Err() != nil
}

// keep is what is stored of an answer. An answer that holds a secret is not: the repeat
// learns that it was done, and that the secret was shown once.
func keep(path string, rec *recorder) (int, []byte) {
	if rec.status < 200 || rec.status > 299 {
		return 0, nil
	}
	if !secret(path) {
		return rec.status, rec.body.Bytes()
	}
	raw, err := json.Marshal(huma.ErrorModel{
		Title: http.StatusText(http.StatusConflict), Status: http.StatusConflict,
		Detail: "this was done by an earlier request with the same Idempotency-Key; its secret was shown then and is not kept",
	})
	if err != nil {
		panic("api: a problem of strings: " + err.Error())
	}
	return http.StatusConflict, raw
}

// secret lists the POSTs whose answers hold a secret.
func secret(path string) bool {
	return path == "/api/v1/tokens" || path == "/api/v1/accounts" || strings.HasPrefix(path, "/api/v1/accounts/") && strings.HasSuffix(path, "/link")
}

func replay(w http.ResponseWriter, status int, stored []byte) {
	w.Header().Set("Idempotent-Replayed", "true")
	w.Header().Set("Content-Type", "application/json")
	if status >= 400 {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(status)
	w.Write(stored) //nolint:errcheck // the client has gone
}
