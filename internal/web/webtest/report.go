package webtest

import (
	"context"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/report"
)

// Reports is one report of the invented world and its schedule, which is late. What pages do
// not ask for is not there.
type Reports struct{ others }

// others are the methods that no page of the invented world calls.
type others interface{ desk.Reports }

// Reports implements desk.Reports.
func (Reports) Reports(context.Context, desk.Principal) ([]desk.StoredReport, error) {
	return []desk.StoredReport{{
		ID: "nacala-port-monthly-2026-09", Edition: 1, Product: report.Monthly, Unit: "project:nacala-port", Name: "Nacala port", Period: "2026-09", AsOf: Now, Made: Now, By: "ann", TLP: "AMBER", Lang: "en",
	}}, nil
}

// ReportSchedules implements desk.Reports.
func (Reports) ReportSchedules(context.Context, desk.Principal) ([]desk.ReportDue, error) {
	return []desk.ReportDue{{
		Schedule: report.Schedule{ID: "s1", Product: report.Monthly, Unit: "project:nacala-port", Zone: "Africa/Maputo", Approver: "A. Mensah"}, Next: Now.AddDate(0, 1, 0), Last: "2026-09", Report: "nacala-port-monthly-2026-09", State: desk.ReportOverdue,
	}}, nil
}
