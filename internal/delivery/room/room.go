// Package room holds what the channels that speak to rooms share: rooms by name, the card
// that a room is shown, the answer behind a button, calls of a provider's JSON interface and
// the access tokens they need. It promises that a card says what the message says and adds
// nothing from the warning, that every link on it is an http address, and that no secret
// gets into an error. It knows no provider's protocol.
package room

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/fault"
)

// A Secret reads a secret when it is used, so that it can be replaced while we run.
type Secret func() (string, error)

// At finds the room of a name. A room that is not in the configuration (any more) is a
// fault of kind Dead.
func At[R any](rooms map[string]R, name string) (R, error) {
	r, ok := rooms[name]
	if !ok {
		return r, httpfault.Fail(delivery.Dead, 0, "room %q is not in the configuration, which has %s: %w",
			httpfault.Line(name, 40), list(slices.Sorted(maps.Keys(rooms))), fault.ErrNotFound)
	}
	return r, nil
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Read reads a secret that must be there; what names it in the error, which is a fault of
// kind Misset.
func Read(s Secret, what string) (string, error) {
	if s == nil {
		return "", httpfault.Fail(delivery.Misset, 0, "%s is not set: %w", what, fault.ErrInvalid)
	}
	v, err := s()
	if err != nil {
		return "", httpfault.Fail(delivery.Misset, 0, "%s: %w", what, err)
	}
	if v = strings.TrimSpace(v); v == "" {
		return "", httpfault.Fail(delivery.Misset, 0, "%s is empty: %w", what, fault.ErrInvalid)
	}
	return v, nil
}

// Denied is the error of a call that does not come from the provider.
func Denied(channel, why string) error {
	return fmt.Errorf("call for %s: %s: %w", channel, why, fault.ErrUnauthorised)
}

// Unread is the error of a call that cannot be read.
func Unread(channel, why string) error {
	return fmt.Errorf("call for %s: %s: %w", channel, why, fault.ErrInvalid)
}
