package indicator

import (
	"strconv"
	"strings"
	"time"
)

// Span gives the beginning and the end (exclusive) of a period in UTC: "2019", "2019-Q2",
// "2019-06" or "2019-06-03". Years lie in 1900 to 2200.
func Span(period string) (start, end time.Time, err error) {
	bad := refuse(ReasonPeriod, "%.40q, want 2019, 2019-Q2, 2019-06 or 2019-06-03", period)
	switch {
	case len(period) == 4:
		if start, err = time.Parse("2006", period); err == nil {
			end = start.AddDate(1, 0, 0)
		}
	case len(period) == 7 && period[5] == 'Q':
		start, err = time.Parse("2006", period[:4])
		q, qErr := strconv.Atoi(period[6:])
		if err != nil || qErr != nil || period[4] != '-' || q < 1 || q > 4 {
			return start, end, bad
		}
		start = start.AddDate(0, 3*(q-1), 0)
		end = start.AddDate(0, 3, 0)
	case len(period) == 7:
		if start, err = time.Parse("2006-01", period); err == nil {
			end = start.AddDate(0, 1, 0)
		}
	case len(period) == 10:
		if start, err = time.Parse(time.DateOnly, period); err == nil {
			end = start.AddDate(0, 0, 1)
		}
	default:
		return start, end, bad
	}
	if err != nil || start.Year() < 1900 || start.Year() > 2200 {
		return time.Time{}, time.Time{}, bad
	}
	return start, end, nil
}

// periodOf reads what panels write for a period: a year, also as 2019.0, a date, a month.
func periodOf(s, by string) (string, error) {
	s = strings.TrimSpace(s)
	s = strings.TrimSuffix(s, ".0")
	if len(s) > 10 && (s[10] == ' ' || s[10] == 'T') {
		s = s[:10]
	}
	cut := map[string]int{"year": 4, "month": 7, "day": 10}[by]
	if cut > 0 && len(s) > cut && s[4] == '-' {
		s = s[:cut]
	}
	if _, _, err := Span(s); err != nil {
		return "", err
	}
	return s, nil
}
