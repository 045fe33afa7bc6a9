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
	if t, ok := plainTime(s); ok {
		return t, oddOffset(t), true
	}
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

// plainTime reads a time in layout whose every figure is in its usual range, as nearly all
// are; the rest is for package time to judge.
func plainTime(s string) (time.Time, bool) {
	if len(s) != len(layout) || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || (s[19] != '+' && s[19] != '-') || s[22] != ':' {
		return time.Time{}, false
	}
	var v [8]int // century, year, month, day, hour, minute, second, hours of offset
	for i, at := range [...]int{0, 2, 5, 8, 11, 14, 17, 20} {
		if v[i] = twoDigits(s, at); v[i] < 0 {
			return time.Time{}, false
		}
	}
	minutes := twoDigits(s, 23)
	if v[2] < 1 || v[2] > 12 || v[3] < 1 || v[3] > 28 || v[4] > 23 || v[5] > 59 || v[6] > 59 || v[7] > 14 || minutes < 0 || minutes > 59 {
		return time.Time{}, false
	}
	zone := time.UTC
	if offset := v[7]*3600 + minutes*60; offset != 0 {
		if s[19] == '-' {
			offset = -offset
		}
		zone = time.FixedZone("", offset)
	}
	return time.Date(v[0]*100+v[1], time.Month(v[2]), v[3], v[4], v[5], v[6], 0, zone), true
}

// twoDigits reads two figures, -1 when they are none.
func twoDigits(s string, at int) int {
	a, b := s[at]-'0', s[at+1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
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
