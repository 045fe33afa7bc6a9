// Package fault holds the few errors that the whole program tells apart by meaning.
// A package wraps one of them with what it was doing and to what; the edges turn
// the meaning into an HTTP status, an exit code or words for people in one place.
// It does not log and knows no transport.
package fault

import "errors"

// The meanings. Wrap them with %w; test with errors.Is.
var (
	ErrNotFound     = errors.New("not found")
	ErrConflict     = errors.New("conflict")
	ErrInvalid      = errors.New("invalid")
	ErrUnauthorised = errors.New("not authorised")
	ErrForbidden    = errors.New("not allowed")
	ErrUnavailable  = errors.New("unavailable")
	ErrStale        = errors.New("stale")
	ErrTooLarge     = errors.New("too large")
	ErrGone         = errors.New("gone")
)
