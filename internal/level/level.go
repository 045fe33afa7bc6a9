// Package level holds the vocabulary of a decision: impact classes I0 to I4, the vector P of
// exceedance probabilities, the matrix that turns it into green, yellow, orange or red, the
// horizons and the words of likelihood. It promises that the level never falls when a
// probability rises, and that equal inputs give equal answers in every run. It knows no
// hazard, no asset and no time, and it holds no state: hysteresis and promotion belong to
// the warning.
package level

import (
	"fmt"
	"strings"

	"watchfire.dev/internal/fault"
)

// A Level is the colour of a warning, in rising order of urgency. The zero value is Green.
type Level uint8

// The four levels.
const (
	Green  Level = iota // routine
	Yellow              // advisory: be aware
	Orange              // warning: prepare, restrict
	Red                 // act now
)

// names are indexed by Level; they are the words of the API and of stored rows.
var names = [...]string{"green", "yellow", "orange", "red"}

// String gives "green", "yellow", "orange" or "red".
func (l Level) String() string {
	if int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("level(%d)", uint8(l))
}

// Valid reports whether l is one of the four levels.
func (l Level) Valid() bool { return l <= Red }

// Parse reads a level's name in any case. The error wraps fault.ErrInvalid.
func Parse(s string) (Level, error) {
	for i, n := range names {
		if strings.EqualFold(s, n) {
			return Level(i), nil
		}
	}
	return Green, fmt.Errorf("level %.20q, want green, yellow, orange or red: %w", s, fault.ErrInvalid)
}

// MarshalText writes the level's name; a value beyond Red is an error.
func (l Level) MarshalText() ([]byte, error) {
	if !l.Valid() {
		return nil, fmt.Errorf("level %d: %w", uint8(l), fault.ErrInvalid)
	}
	return []byte(names[l]), nil
}

// UnmarshalText reads what MarshalText wrote.
func (l *Level) UnmarshalText(b []byte) error {
	v, err := Parse(string(b))
	if err != nil {
		return err
	}
	*l = v
	return nil
}
