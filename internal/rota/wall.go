package rota

import (
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// Wall is the instant at which the wall clock of a zone first shows a time of a day. Where
// the clock is put forward over it, it is the instant of the change; where the clock is put
// back and shows it twice, the first of the two.
func Wall(zone *time.Location, year int, month time.Month, day, minute int) time.Time {
	u := time.Date(year, month, day, 0, minute, 0, 0, time.UTC)
	_, before := u.Add(-24 * time.Hour).In(zone).Zone()
	_, after := u.Add(24 * time.Hour).In(zone).Zone()
	early := u.Add(-time.Duration(max(before, after)) * time.Second)
	late := u.Add(-time.Duration(min(before, after)) * time.Second)
	if shows(early, zone, u) {
		return early
	}
	if shows(late, zone, u) {
		return late
	}
	// Neither: the clock jumps over the time. After the jump the offset is the larger one.
	start, _ := late.In(zone).ZoneBounds()
	return start.UTC()
}

// shows tells whether the clock of a zone at an instant reads what the UTC clock reads at u.
func shows(t time.Time, zone *time.Location, u time.Time) bool {
	_, offset := t.In(zone).Zone()
	return t.Add(time.Duration(offset) * time.Second).Equal(u)
}

// date is a day of the calendar, as days since 1970-01-01: without zone.
type date int64

const dayLength = 24 * time.Hour

func dateOf(t time.Time, zone *time.Location) date {
	y, m, d := t.In(zone).Date()
	return date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / int64(dayLength/time.Second))
}

func (d date) utc() time.Time { return time.Unix(int64(d)*int64(dayLength/time.Second), 0).UTC() }

// at is the instant at which the clock first shows a minute of the day.
func (d date) at(minute int, zone *time.Location) time.Time {
	y, m, day := d.utc().Date()
	return Wall(zone, y, m, day, minute)
}

// String is the date as books write it.
func (d date) String() string { return d.utc().Format(time.DateOnly) }

func weekdays() [7]string { return [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

func parseDate(s string) (date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("date %.20q: want 2026-03-31: %w", s, fault.ErrInvalid)
	}
	return dateOf(t, time.UTC), nil
}

// parseMinute reads a time of the day, "00:00" to "24:00", as minutes after midnight.
func parseMinute(s string) (int, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != 5 {
		return 0, fmt.Errorf("time %.20q: want 06:00: %w", s, fault.ErrInvalid)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// LoadZone loads a zone by its IANA name; the machine's own zone is none.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("zone %.40q: want an IANA name such as Asia/Karachi: %w", name, fault.ErrInvalid)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("zone %.40q: %w: %w", name, fault.ErrInvalid, err)
	}
	return zone, nil
}
