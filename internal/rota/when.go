package rota

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// ParseAt reads an instant as people write it: "" or "now", RFC 3339, "2026-03-08 03:00",
// "Sunday 03:00" (the next one), "tomorrow 03:00" and "03:00" (the next one), by the wall
// clock of a zone.
func ParseAt(s string, now time.Time, zone *time.Location) (time.Time, error) {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" || strings.EqualFold(s, "now") {
		return now, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	for _, form := range []string{"2006-01-02 15:04", "2006-01-02T15:04"} {
		if u, err := time.Parse(form, s); err == nil {
			return Wall(zone, u.Year(), u.Month(), u.Day(), u.Hour()*60+u.Minute()), nil
		}
	}
	day, clock, two := strings.Cut(s, " ")
	if !two {
		return NextAt(now, zone, s)
	}
	m, err := parseMinute(clock)
	if err != nil {
		return time.Time{}, notAt(s)
	}
	today := dateOf(now, zone)
	switch day = strings.ToLower(day); day {
	case "today":
		return today.at(m, zone), nil
	case "tomorrow":
		return (today + 1).at(m, zone), nil
	}
	days := weekdays()
	want := slices.IndexFunc(days[:], func(d string) bool {
		return len(day) >= 3 && strings.HasPrefix(strings.ToLower(time.Weekday(slices.Index(days[:], d)).String()), day)
	})
	if want < 0 {
		return time.Time{}, notAt(s)
	}
	for d := today; d <= today+7; d++ {
		if t := d.at(m, zone); d.utc().Weekday() == time.Weekday(want) && !t.Before(now) {
			return t, nil
		}
	}
	return time.Time{}, notAt(s)
}

func notAt(s string) error {
	return fmt.Errorf("time %.60q: want \"Sunday 03:00\", \"2026-03-08 03:00\" or RFC 3339: %w", s, fault.ErrInvalid)
}
