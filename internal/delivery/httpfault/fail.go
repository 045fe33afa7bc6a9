package httpfault

import (
	"fmt"
	"time"

	"watchfire.dev/internal/delivery"
)

// Fail makes a fault of one line; wait is the provider's wish, 0 = none.
func Fail(kind delivery.FaultKind, wait time.Duration, format string, args ...any) error {
	return &delivery.Fault{Kind: kind, After: wait, Err: fmt.Errorf(format, args...)}
}
