package app

import (
	"testing"
	"time"
)

func TestAssessmentsAreMonthly(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name, last, now, next string
		due                   bool
	}{
		{"middle of the month, published", "2026-05-01 02:00", "2026-05-17 09:00", "2026-06-01 02:00", false},
		{"the month has changed", "2026-05-01 02:00", "2026-06-01 02:00", "2026-07-01 02:00", true},
		{"just before", "2026-05-01 02:00", "2026-06-01 01:59", "2026-06-01 02:00", false},
		{"nobody served on the first", "2026-05-01 02:00", "2026-06-09 10:00", "2026-07-01 02:00", true},
		{"published by hand meanwhile", "2026-06-03 10:00", "2026-06-09 10:00", "2026-07-01 02:00", false},
		{"never published, middle of the month", "", "2026-05-17 09:00", "2026-06-01 02:00", false},
		{"never published, the first", "", "2026-06-01 02:00", "2026-07-01 02:00", true},
		{"end of the year", "2026-12-01 02:00", "2026-12-31 23:00", "2027-01-01 02:00", false},
	} {
		var last time.Time
		if c.last != "" {
			last = at(c.last)
		}
		due, next := monthly(at(c.now))
		if got := assessmentDue(last, due, at(c.now)); got != c.due || !next.Equal(at(c.next)) {
			t.Errorf("%s: due %t, next %s", c.name, got, next)
		}
	}
}
