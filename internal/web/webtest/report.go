package webtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/response"
)

// Reports is two reports of the invented world, one that waits for its approval and is late
// and one that was sent, with their schedules. What pages do not ask for is not there.
type Reports struct{ others }

// others are the methods that no page of the invented world calls.
type others interface{ desk.Reports }

// waiting and sent are the ids of the two reports.
const (
	waiting = "nacala-port-monthly-2026-09"
	sent    = "quetta-rail-3-daily-2026-10-08"
)

// Reports implements desk.Reports.
func (Reports) Reports(context.Context, desk.Principal) ([]desk.StoredReport, error) {
	hash := strings.Repeat("9f2c41ab", 8)
	return []desk.StoredReport{
		{ID: sent, Edition: 1, Product: report.Daily, Unit: "project:quetta-rail-3", Name: "Quetta rail, lot 3", Period: "2026-10-08", AsOf: Now, Made: Now, By: "schedule", TLP: "AMBER", Lang: "en", Snapshot: hash},
		{ID: waiting, Edition: 1, Product: report.Monthly, Unit: "project:nacala-port", Name: "Nacala port", Period: "2026-09", AsOf: Now, Made: Now, By: "ann", TLP: "AMBER", Lang: "en", Snapshot: hash},
	}, nil
}

// Report implements desk.Reports.
func (x Reports) Report(ctx context.Context, who desk.Principal, id string, _ int) (desk.ReportView, error) {
	list, err := x.Reports(ctx, who)
	for _, r := range list {
		if r.ID == id {
			return desk.ReportView{Stored: r}, err
		}
	}
	return desk.ReportView{}, fmt.Errorf("report %.60q: %w", id, fault.ErrNotFound)
}

// ReportSchedules implements desk.Reports.
func (Reports) ReportSchedules(context.Context, desk.Principal) ([]desk.ReportDue, error) {
	return []desk.ReportDue{
		{
			Schedule: report.Schedule{ID: "s1", Product: report.Monthly, Unit: "project:nacala-port", Zone: "Africa/Maputo", Lang: "en", TLP: "AMBER", Approver: "A. Mensah", Recipients: []report.Recipient{{Address: "role:risk committee", TLP: "AMBER"}, {Address: "email:lender@example.org", TLP: "GREEN", Lang: "zh"}}},
			Next:     Now.AddDate(0, 1, 0), Last: "2026-09", Report: waiting, State: desk.ReportOverdue,
		},
		{
			Schedule: report.Schedule{ID: "s2", Product: report.Daily, Unit: "project:quetta-rail-3", Zone: "Asia/Karachi", Lang: "en", TLP: "AMBER"}, Next: Now.Add(20 * time.Hour), Last: "2026-10-08", Report: sent, State: desk.ReportMade,
		},
	}, nil
}

// ReportLetters implements desk.Reports.
func (Reports) ReportLetters(_ context.Context, _ desk.Principal, id string) ([]desk.LetterRow, error) {
	if id == waiting {
		return []desk.LetterRow{{Letter: delivery.Letter{Kind: desk.LetterApproval, About: id, Edition: 1, Name: "A. Mensah", TLP: "AMBER", Lang: "en", File: id + ".pdf", Size: 181_233}, At: Now, Ways: []desk.LetterWay{{Channel: "email", State: response.Sent, Tries: 1, Detail: "250 2.0.0 queued as 4F3", At: Now}}}}, nil
	}
	return []desk.LetterRow{
		{Letter: delivery.Letter{Kind: desk.LetterReport, About: id, Edition: 1, Name: "Ann Baloch", TLP: "AMBER", Lang: "en", File: id + ".pdf", Size: 96_120}, At: Now, Ways: []desk.LetterWay{{Channel: "email", State: response.Sent, Tries: 1, Detail: "250 2.0.0 queued as 4F4", At: Now}, {Channel: "telegram", State: response.Delivered, Tries: 1, At: Now}}},
		{Letter: delivery.Letter{Kind: desk.LetterReport, About: id, Edition: 1, Name: "lender@example.org", TLP: "RED", Lang: "zh"}, At: Now, Ways: []desk.LetterWay{{Channel: "email", State: response.Failed, Tries: 3, Detail: "550 5.1.1 no such user", At: Now}}},
		{Letter: delivery.Letter{Kind: desk.LetterReport, About: id, Edition: 1, Name: "ops", TLP: "GREEN", Lang: "en"}, Linked: true, At: Now, Ways: []desk.LetterWay{{Channel: "slack", State: response.Pending, At: Now}}},
	}, nil
}

// ReportTemplate implements desk.Reports.
func (Reports) ReportTemplate(context.Context, desk.Principal, string) (report.Template, error) {
	return report.Template{Name: "Acme Roads", Accent: "#1b4f72"}, nil
}

// PreviewReport implements desk.Reports.
func (Reports) PreviewReport(_ context.Context, _ desk.Principal, w desk.ReportWish, t report.Template) ([]byte, error) {
	return page(w.Product, t)
}

// page is a report of the invented world.
func page(product string, t report.Template) ([]byte, error) {
	w := assessedWorld()
	if w.err != nil {
		return nil, w.err
	}
	s := &report.Snapshot{
		ID: waiting, Product: product, Org: "Acme Roads", Unit: "project:nacala-port", Name: "Nacala port", From: Now.AddDate(0, -1, 0), To: Now, AsOf: Now, Lang: "en", Zone: "Africa/Maputo", TLP: "AMBER", Draws: 100, Template: t,
		Unseen: []report.Unseen{{Reason: "source_silent", Text: "River gauge 4", Since: Now.AddDate(0, 0, -3)}},
		Form:   report.Form, Record: []report.Score{{Family: "flood", Hit: 3, False: 1, Open: 1}, {Family: "conflict", Hit: 7, Missed: 2, False: 4}},
	}
	s.Settled = &report.Settled{From: Now.AddDate(-1, 0, 0), To: Now, Period: report.Score{Hit: 1}, Active: 2}
	for i := range w.results {
		if r := w.results[i]; r.Unit == s.Unit && r.Kind == assessment.Project {
			s.Result = &r
		}
	}
	book, err := phrase.New()
	if err != nil {
		return nil, err
	}
	made, err := report.Render(s, book, "")
	return made.HTML, err
}

// ReportFiles writes the reports of the invented world as pages.
type ReportFiles struct{}

// ReportFile implements web.ReportFiles.
func (ReportFiles) ReportFile(_ context.Context, v desk.ReportView, _, _, _ string) ([]byte, error) {
	return page(v.Stored.Product, report.Template{})
}

// Letters opens the link "letter".
type Letters struct{}

// LetterPage implements web.Letters.
func (Letters) LetterPage(_ context.Context, token string) ([]byte, error) {
	if token != "letter" {
		return nil, fmt.Errorf("letter: %w", fault.ErrNotFound)
	}
	return page(report.Monthly, report.Template{})
}
