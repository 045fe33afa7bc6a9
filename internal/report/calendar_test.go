package report

import (
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNextSlot: due instants in the reader's zone, over changes of the clock.
func TestNextSlot(t *testing.T) {
	t.Parallel()
	daily, weekly := Cadence{Every: EachDay, Hours: []int{6}, LateHours: 1}, Cadence{Every: EachWeek, Hours: []int{6}}
	for _, c := range []struct {
		name, zone, after, due, label string
		cadence                       Cadence
	}{
		{"site time, not UTC", "Africa/Nairobi", "2026-10-08T02:59:59Z", "2026-10-08T03:00:00Z", "2026-10-08", daily},
		{"due now is not due again", "Africa/Nairobi", "2026-10-08T03:00:00Z", "2026-10-09T03:00:00Z", "2026-10-09", daily},
		{"winter begins", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T05:00:00Z", "2026-10-25", daily},
		{"summer begins", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T04:00:00Z", "2026-03-29", daily},
		{"an hour that does not exist", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29", Cadence{Every: EachDay, Hours: []int{2}}},
		{"an hour that comes twice is due once, at the first", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25", Cadence{Every: EachDay, Hours: []int{2}}},
		{"and not again an hour later", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z", "2026-10-26", Cadence{Every: EachDay, Hours: []int{2}}},
		{"half an hour of summer", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z", "2026-10-04", Cadence{Every: EachDay, Hours: []int{2}}},
		{"a zone without the day before", "Pacific/Kiritimati", "2026-10-08T15:59:00Z", "2026-10-08T16:00:00Z", "2026-10-09", daily},
		{"Monday", "Asia/Shanghai", "2026-10-08T00:00:00Z", "2026-10-11T22:00:00Z", "2026-W41", weekly},
		{"the week of New Year", "UTC", "2026-12-30T00:00:00Z", "2027-01-04T06:00:00Z", "2026-W53", weekly},
		{"month and three days", "UTC", "2026-11-01T00:00:00Z", "2026-11-04T08:00:00Z", "2026-10", Cadence{Every: EachMonth, Days: 3, Hours: []int{8}}},
		{"the month after", "UTC", "2026-11-04T08:00:00Z", "2026-12-04T08:00:00Z", "2026-11", Cadence{Every: EachMonth, Days: 3, Hours: []int{8}}},
		{"over the year", "UTC", "2026-12-31T00:00:00Z", "2027-01-04T08:00:00Z", "2026-12", Cadence{Every: EachMonth, Days: 3, Hours: []int{8}}},
		{"quarter", "UTC", "2026-11-30T00:00:00Z", "2027-01-11T08:00:00Z", "2026-Q4", Cadence{Every: EachQuarter, Days: 10, Hours: []int{8}}},
		{"year", "UTC", "2026-11-30T00:00:00Z", "2027-02-01T08:00:00Z", "2026", Cadence{Every: EachYear, Days: 31, Hours: []int{8}}},
		{"shift", "UTC", "2026-10-08T07:00:00Z", "2026-10-08T18:00:00Z", "2026-10-08T18", Cadence{Every: EachShift, Hours: []int{6, 18}}},
		{"night shift", "UTC", "2026-10-08T18:00:00Z", "2026-10-09T06:00:00Z", "2026-10-09T06", Cadence{Every: EachShift, Hours: []int{6, 18}}},
	} {
		s, ok := c.cadence.NextSlot(instant(t, c.after), zone(t, c.zone))
		if !ok || !s.Due.Equal(instant(t, c.due)) || s.Label != c.label {
			t.Errorf("%s: due %s %q, want %s %q", c.name, s.Due.Format(time.RFC3339), s.Label, c.due, c.label)
		}
		if !s.From.Before(s.To) || s.To.After(s.Due) {
			t.Errorf("%s: period %s to %s, due %s", c.name, s.From, s.To, s.Due)
		}
	}
	if _, ok := (Cadence{Every: OnDemand}).NextSlot(time.Time{}, time.UTC); ok {
		t.Error("made on demand, and due")
	}
}

// TestEverySlotIsDueOnce walks two years in zones with every kind of change: no slot is left
// out, none comes twice, the last one that was due is the one before the next, and periods
// join without gap.
func TestEverySlotIsDueOnce(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca", "Asia/Kathmandu"} {
		z := zone(t, name)
		for every, want := range map[string]int{EachDay: 730, EachWeek: 104, EachMonth: 24, EachQuarter: 8, EachShift: 1460} {
			c := Cadence{Every: every, Hours: []int{2}}
			if every == EachShift {
				c.Hours = []int{6, 18}
			}
			start := time.Date(2025, 1, 1, 12, 0, 0, 0, z)
			at, n := start, 0
			seen := map[string]bool{}
			var before Slot
			for {
				s, ok := c.NextSlot(at, z)
				if !ok || !s.Due.After(at) || seen[s.Label] {
					t.Fatalf("%s %s: after %s comes %+v", name, every, at, s)
				}
				if n > 0 && !s.From.Equal(before.To) {
					t.Fatalf("%s %s: %s ends %s, %s begins %s", name, every, before.Label, before.To, s.Label, s.From)
				}
				if last, ok := c.LastSlot(s.Due, z); !ok || last != s {
					t.Fatalf("%s %s: last slot at %s is %+v", name, every, s.Due, last)
				}
				if s.Due.After(start.AddDate(2, 0, 0)) {
					break
				}
				seen[s.Label], at, before = true, s.Due, s
				n++
			}
			if n < want-1 || n > want+2 {
				t.Errorf("%s %s: %d slots in two years, want %d", name, every, n, want)
			}
		}
	}
}

func TestScheduleCheck(t *testing.T) {
	t.Parallel()
	good := Schedule{ID: "s1", Product: Monthly, Unit: "project:MH", Zone: "Africa/Nairobi", Lang: "en", TLP: "AMBER", Approver: "A. Mensah", Recipients: []Recipient{{Address: "email:a@example.org", TLP: "GREEN"}}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Schedule){
		"no approver": func(s *Schedule) { s.Approver = "" }, "zone": func(s *Schedule) { s.Zone = "Local" }, "label": func(s *Schedule) { s.TLP = "PINK" },
		"product": func(s *Schedule) { s.Product = "x" }, "on demand": func(s *Schedule) { s.Product = Trip }, "hours": func(s *Schedule) { s.Cadence = &Cadence{Every: EachDay, Hours: []int{25}} },
		"recipient": func(s *Schedule) { s.Recipients = []Recipient{{TLP: "RED"}} },
	} {
		s := good
		change(&s)
		if err := s.Check(); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
