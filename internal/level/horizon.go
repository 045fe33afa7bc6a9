package level

import (
	"fmt"
	"time"

	"watchfire.dev/internal/fault"
)

// A Horizon is a span ahead over which a probability is meant.
type Horizon uint8

// The horizons. Strategic serves assessments only and gives no colour to a warning.
const (
	Immediate Horizon = iota // up to 1 hour
	Short                    // 24 hours
	Medium                   // 7 days
	Outlook                  // 30 days
	Strategic                // 90 days
	Horizons  = 5
)

var horizons = [Horizons]struct {
	name string
	span time.Duration
	cap  Level
}{
	{"immediate", time.Hour, Red},
	{"short", 24 * time.Hour, Red},
	{"medium", 7 * 24 * time.Hour, Red},
	{"outlook", 30 * 24 * time.Hour, Yellow},
	{"strategic", 90 * 24 * time.Hour, Green},
}

// String names the horizon.
func (h Horizon) String() string {
	if int(h) < len(horizons) {
		return horizons[h].name
	}
	return fmt.Sprintf("horizon(%d)", uint8(h))
}

// Span is the length of the horizon; 0 for an unknown one.
func (h Horizon) Span() time.Duration {
	if int(h) < len(horizons) {
		return horizons[h].span
	}
	return 0
}

// Cap is the highest level that the horizon may give to a warning: 30 days at most yellow,
// 90 days none.
func (h Horizon) Cap() Level {
	if int(h) < len(horizons) {
		return horizons[h].cap
	}
	return Green
}

// MarshalText writes the horizon's name.
func (h Horizon) MarshalText() ([]byte, error) {
	if int(h) >= len(horizons) {
		return nil, fmt.Errorf("horizon %d: %w", uint8(h), fault.ErrInvalid)
	}
	return []byte(horizons[h].name), nil
}

// UnmarshalText reads what MarshalText wrote.
func (h *Horizon) UnmarshalText(b []byte) error {
	for i := range horizons {
		if horizons[i].name == string(b) {
			*h = Horizon(i)
			return nil
		}
	}
	return fmt.Errorf("horizon %.20q: %w", b, fault.ErrInvalid)
}

// HorizonOf is the shortest horizon that reaches lead ahead; a lead in the past is Immediate
// and one beyond 90 days Strategic.
func HorizonOf(lead time.Duration) Horizon {
	for i := range horizons {
		if lead <= horizons[i].span {
			return Horizon(i)
		}
	}
	return Strategic
}

// OfHorizons gives the colour of a warning that holds one vector per horizon: the highest
// level over the horizons, each held to its Cap, and the shortest horizon that gives it.
func (m Matrix) OfHorizons(ps [Horizons]P, observed int) (Level, Horizon) {
	top, _ := m.LevelOf(P{}, observed)
	at := Immediate
	for i, p := range ps {
		h := Horizon(i)
		l, _ := m.LevelOf(p, 0)
		if l = min(l, h.Cap()); l > top {
			top, at = l, h
		}
	}
	return top, at
}
