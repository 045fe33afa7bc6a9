package site

import (
	"fmt"
	"time"

	"watchfire.dev/internal/fault"
)

// Week counts weeks from Monday to Sunday, UTC: 0 begins on Monday, 5 January 1970.
type Week int

const span = 7 * 24 * time.Hour

var zero = time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC)

// WeekAt is the week of an instant.
func WeekAt(t time.Time) Week {
	d := t.Sub(zero)
	w := Week(d / span)
	if d < 0 && d%span != 0 {
		w--
	}
	return w
}

// Starts is the first instant of the week, Ends the first after it.
func (w Week) Starts() time.Time { return zero.Add(time.Duration(w) * span) }

// Ends is the first instant after the week.
func (w Week) Ends() time.Time { return (w + 1).Starts() }

// String writes the week as ISO 8601 does: "2026-W49".
func (w Week) String() string {
	year, n := w.Starts().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, n)
}

// ParseWeek reads "2026-W49"; an error is fault.ErrInvalid.
func ParseWeek(text string) (Week, error) {
	var year, n int
	if _, err := fmt.Sscanf(text, "%4d-W%2d", &year, &n); err != nil || len(text) != 8 {
		return 0, fmt.Errorf("week %.20q: want a week such as 2026-W49: %w", text, fault.ErrInvalid)
	}
	w := WeekAt(time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)) + Week(n-1) // 4 January lies in week 1
	if w.String() != text {
		return 0, fmt.Errorf("week %.20q: there is none: %w", text, fault.ErrInvalid)
	}
	return w, nil
}
