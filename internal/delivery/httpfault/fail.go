package httpfault

import (
	"fmt"
	"net/http"
	"time"

	"watchfire.dev/internal/delivery"
)

// Fail makes a fault of one line; wait is the provider's wish, 0 = none.
func Fail(kind delivery.FaultKind, wait time.Duration, format string, args ...any) error {
	return &delivery.Fault{Kind: kind, After: wait, Err: fmt.Errorf(format, args...)}
}

// After is how long a Retry-After header asks us to wait, at most an hour; 0 = not at all.
func After(h http.Header, now time.Time) time.Duration { return after(h.Get("Retry-After"), now) }
