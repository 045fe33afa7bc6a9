package phrase

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Time writes an instant in a zone (IANA name) with date and zone: "7 Oct 2026, 07:12
// Nairobi (UTC+3)". The zero time is a dash.
func (s Speaker) Time(t time.Time, zone string) string {
	if t.IsZero() {
		return "–"
	}
	l := s.book.Location(zone)
	return s.T("time.full", "Date", s.Date(t, zone), "Clock", t.In(l).Format("15:04"), "Zone", s.Zone(t, zone))
}

// Date writes the day of an instant in a zone: "7 Oct 2026".
func (s Speaker) Date(t time.Time, zone string) string {
	l := t.In(s.book.Location(zone))
	return s.T("time.date", "Day", l.Day(), "Month", s.month(l), "Year", strconv.Itoa(l.Year()))
}

func (s Speaker) month(t time.Time) string { return s.T("month." + strconv.Itoa(int(t.Month()))) }

// Clock writes the hour and minute of an instant with the zone: "07:12 Nairobi (UTC+3)".
func (s Speaker) Clock(t time.Time, zone string) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(s.book.Location(zone)).Format("15:04") + " " + s.Zone(t, zone)
}

// Moment writes a line of a timeline, to the second; it leaves out the zone, which the head of the
// timeline must name, and adds the day when it is not the day of now.
func (s Speaker) Moment(t, now time.Time, zone string) string {
	l := s.book.Location(zone)
	a, b := t.In(l), now.In(l)
	if a.YearDay() == b.YearDay() && a.Year() == b.Year() {
		return a.Format("15:04:05")
	}
	return a.Format(s.T("time.moment_layout"))
}

// Minute is Moment without the seconds.
func (s Speaker) Minute(t, now time.Time, zone string) string {
	text := s.Moment(t, now, zone)
	if len(text) == len("15:04:05") && text[5] == ':' {
		return text[:5]
	}
	return text
}

// Zone names a zone at an instant: "UTC", "Nairobi (UTC+3)".
func (s Speaker) Zone(t time.Time, zone string) string {
	l := s.book.Location(zone)
	if l == time.UTC {
		return "UTC"
	}
	_, offset := t.In(l).Zone()
	return City(zone) + " (UTC" + signed(offset) + ")"
}

// City is the readable end of an IANA name: "America/Argentina/Buenos_Aires" gives
// "Buenos Aires".
func City(zone string) string {
	return strings.ReplaceAll(zone[strings.LastIndex(zone, "/")+1:], "_", " ")
}

func signed(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "−", -seconds
	}
	if m := seconds / 60 % 60; m != 0 {
		return fmt.Sprintf("%s%d:%02d", sign, seconds/3600, m)
	}
	return fmt.Sprintf("%s%d", sign, seconds/3600)
}

// Age writes a span in the largest unit that says enough: "40 s", "12 min", "2 h 32 min",
// "6 h", "3 d". A negative span counts as zero.
func (s Speaker) Age(d time.Duration) string {
	switch {
	case d < 0:
		return s.T("age.seconds", "V", 0)
	case d < time.Minute:
		return s.T("age.seconds", "V", int(d/time.Second))
	case d < time.Hour:
		return s.T("age.minutes", "V", int(d/time.Minute))
	case d < 6*time.Hour && d%time.Hour >= time.Minute:
		return s.T("age.hours_minutes", "H", int(d/time.Hour), "M", int(d%time.Hour/time.Minute))
	case d < 48*time.Hour:
		return s.T("age.hours", "V", int(d/time.Hour))
	default:
		return s.T("age.days", "V", int(d/(24*time.Hour)))
	}
}

// Ahead writes when an impact comes, seen from now: "now" or "in 19 h". The zero time is
// now: a source that names no onset speaks of the present.
func (s Speaker) Ahead(eta, now time.Time) string {
	if eta.IsZero() || !eta.After(now) {
		return s.T("ahead.now")
	}
	d := eta.Sub(now)
	if d >= 6*time.Hour {
		d = d.Round(time.Hour)
	}
	return s.T("ahead.in", "Age", s.Age(d))
}

// Location gives the zone of an IANA name; an unknown name gives UTC.
func (s Speaker) Location(zone string) *time.Location { return s.book.Location(zone) }
