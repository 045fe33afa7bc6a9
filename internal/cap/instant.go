package cap

import (
	"strings"
	"time"
)

// layout is the one form of time that CAP allows (CAP 1.2 §3.3.2).
const layout = "2006-01-02T15:04:05-07:00"

// maxOffset is the largest offset from UTC in use (Kiribati, UTC+14).
const maxOffset = 14 * time.Hour

// parseTime reads a CAP time and keeps its offset. Other forms that leave no doubt are
// read with a remark; a time without zone is read as UTC, also with a remark. It is zero
// when ok is false.
func parseTime(s string) (t time.Time, remark string, ok bool) {
	// ParseInLocation with UTC keeps the answer the same on machines in other zones:
	// Parse would swap a fixed offset for the local zone when the two agree.
	if len(s) == len(layout) {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return t, oddOffset(t), true
		}
	}
	upper := strings.ToUpper(s)
	for _, form := range [...]string{
		time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05-07", "2006-01-02T15:04:05 -07:00",
		"2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00",
	} {
		if t, err := time.ParseInLocation(form, upper, time.UTC); err == nil {
			return t, "not of the form ±hh:mm with whole seconds", true
		}
	}
	for _, form := range [...]string{"2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(form, upper, time.UTC); err == nil {
			return t, "no offset from UTC; read as UTC", true
		}
	}
	return time.Time{}, "", false
}

func oddOffset(t time.Time) string {
	_, seconds := t.Zone()
	if offset := time.Duration(seconds) * time.Second; offset.Abs() > maxOffset {
		return "offset from UTC beyond 14 hours"
	}
	return ""
}

// formatTime writes t as CAP wants it: whole seconds, the offset of t, "-00:00" for UTC
// (CAP 1.2 §3.3.2). An offset that this form cannot carry is brought to UTC.
func formatTime(t time.Time) string {
	_, seconds := t.Zone()
	if seconds%60 != 0 || oddOffset(t) != "" {
		t, seconds = t.UTC(), 0
	}
	if seconds == 0 {
		return t.Format("2006-01-02T15:04:05") + "-00:00"
	}
	return t.Format(layout)
}
