package desk

import (
	"testing"
	"time"

	"watchfire.dev/internal/report"
)

// TestStanding: nothing made is due and then late; made and not approved waits and is late all
// the same; approved is made, whatever the hour.
func TestStanding(t *testing.T) {
	t.Parallel()
	s := report.Schedule{ID: "s1", Product: report.Monthly, Unit: "project:mh", Zone: "Africa/Nairobi", TLP: "AMBER", Approver: "A. Mensah"}
	due := time.Date(2026, 11, 4, 5, 0, 0, 0, time.UTC) // 08:00 in Nairobi, a day of lateness allowed
	draft := StoredReport{ID: "mh-monthly-2026-10", Edition: 1}
	approved := StoredReport{ID: "mh-monthly-2026-10", Edition: 2, Approved: "A. Mensah"}
	other := StoredReport{ID: "mh-monthly-2026-09", Edition: 2, Approved: "A. Mensah"}
	for _, c := range []struct {
		name string
		made []StoredReport
		at   time.Time
		want string
	}{
		{"due now", []StoredReport{other}, due, ReportPending},
		{"due for a day", []StoredReport{other}, due.Add(24*time.Hour - time.Second), ReportPending},
		{"late", []StoredReport{other}, due.Add(24 * time.Hour), ReportOverdue},
		{"waits", []StoredReport{draft, other}, due.Add(time.Hour), ReportWaiting},
		{"waits too long", []StoredReport{draft, other}, due.Add(24 * time.Hour), ReportOverdue},
		{"approved", []StoredReport{approved, draft, other}, due.Add(240 * time.Hour), ReportMade},
	} {
		got, slot := standing(s, inList(c.made), c.at)
		if got.State != c.want || got.Last != "2026-10" || !slot.Due.Equal(due) {
			t.Errorf("%s: %s of %s, due %s", c.name, got.State, got.Last, slot.Due)
		}
		if !got.Next.Equal(time.Date(2026, 12, 4, 5, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: next %s", c.name, got.Next)
		}
	}
	if got, _ := standing(s, inList([]StoredReport{other}), due.Add(-time.Second)); got.State != ReportMade || got.Last != "2026-09" {
		t.Errorf("a second before: %+v", got)
	}
}

// inList finds in a list that has the newest edition first.
func inList(made []StoredReport) func(string) (StoredReport, bool) {
	return func(id string) (StoredReport, bool) {
		for _, r := range made {
			if r.ID == id {
				return r, true
			}
		}
		return StoredReport{}, false
	}
}
