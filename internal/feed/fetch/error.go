package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"watchfire.dev/internal/fault"
)

// A Kind says what went wrong, in terms that an operator can act on.
type Kind string

// The kinds.
const (
	DNS       Kind = "dns"       // the name does not resolve now
	Connect   Kind = "connect"   // no connection, or it broke before an answer
	Refused   Kind = "refused"   // the guard said no, or the address is none
	TLS       Kind = "tls"       // certificate or handshake
	Timeout   Kind = "timeout"   // a deadline passed, or the body came too slowly
	TooLarge  Kind = "too-large" // a limit on bytes
	Bomb      Kind = "bomb"      // the ratio of unpacked to packed
	Truncated Kind = "truncated" // fewer bytes than announced, or only a part
	Redirect  Kind = "redirect"  // too many, a downgrade, or to no web address
	Status    Kind = "status"    // neither 200 nor an expected 304
	Empty     Kind = "empty"     // success without a body
	Encoding  Kind = "encoding"  // unknown or broken compression
	Protocol  Kind = "protocol"  // what came back is not HTTP as we accept it
	Cancelled Kind = "cancelled" // the caller gave up: says nothing about the source
)

// The causes with which an exchange is ended from inside.
var (
	errTotal   = errors.New("the whole exchange took too long")
	errHeader  = errors.New("no header of an answer in time")
	errStalled = errors.New("the body came too slowly")
)

// An Error is why a fetch brought no body.
type Error struct {
	Kind       Kind
	Host       string        // of the last hop reached, with its port if one was written
	Status     int           // HTTP status, 0 if none came or it does not matter
	RetryAfter time.Duration // what the server asked for, 0 if nothing
	Reason     string        // one line for people, no path, query or control characters
	Err        error         // the cause, if there is one; its text may be the server's
}

// Error tells host, kind and reason.
func (e *Error) Error() string {
	if e.Host == "" {
		return fmt.Sprintf("fetch: %s: %s", e.Kind, e.Reason)
	}
	return fmt.Sprintf("fetch from %s: %s: %s", e.Host, e.Kind, e.Reason)
}

// Unwrap returns the meaning (fault.ErrInvalid, ErrTooLarge, ErrGone or ErrUnavailable; none
// for Cancelled) and the cause.
func (e *Error) Unwrap() []error {
	var all []error
	switch {
	case e.Kind == Refused || e.Kind == Redirect:
		all = append(all, fault.ErrInvalid)
	case e.Kind == TooLarge || e.Kind == Bomb:
		all = append(all, fault.ErrTooLarge)
	case e.Kind == Status && e.Status == http.StatusGone:
		all = append(all, fault.ErrGone)
	case e.Kind != Cancelled:
		all = append(all, fault.ErrUnavailable)
	}
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// Temporary tells whether the same request may well succeed soon although nobody changes
// anything. A runner polls on in either case; a person is asked to look sooner when not.
func (e *Error) Temporary() bool {
	switch e.Kind {
	case DNS, Connect, Timeout, Truncated, Empty, Protocol, Cancelled:
		return true
	case Status:
		switch e.Status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
			return true
		case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
			return false
		}
		return e.Status >= http.StatusInternalServerError
	default:
		return false
	}
}

// maxReason bounds the text of others in a Reason, in bytes.
const maxReason = 200

// brief makes the text of others fit for one line.
func brief(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "…"
	}
	return s
}
