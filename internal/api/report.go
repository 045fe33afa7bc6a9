package api

import (
	"context"
	"fmt"
	"net/http"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio/sheet"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/report/document"
)

// ReportForms writes a stored report as html, json, xlsx or pdf, for a reader who is cleared
// for a TLP label ("" = as it was made) and on a paper ("" = the template's).
type ReportForms interface {
	ReportFile(ctx context.Context, v desk.ReportView, format, cleared, paper string) ([]byte, error)
}

// ReportName names one edition of a report.
type ReportName struct {
	ID      string `path:"id" minLength:"1" maxLength:"200" doc:"Id of a report, or monthly@project:CODE for the newest of a product and a unit."`
	Edition int    `query:"edition" minimum:"0" doc:"0 = the newest."`
}

type reportFileQuery struct {
	ReportName
	Format string `path:"format" enum:"html,json,xlsx,pdf"`
	For    string `query:"for" maxLength:"20" doc:"For a reader who is cleared for this TLP label; missing = as it was made."`
	Paper  string `query:"paper" maxLength:"10" doc:"A4 or letter; missing = as the template says."`
}

type reportInput struct{ Body desk.ReportWish }

type sendReportInput struct {
	ByID
	Body struct {
		To []report.Recipient `json:"to" minItems:"1" maxItems:"200"`
	}
}

// SentReport is what came of sending a report.
type SentReport struct {
	Letters int      `json:"letters"`
	Nobody  []string `json:"nobody" nullable:"false" doc:"Recipients that reach nobody."`
}

type scheduleInput struct{ Body report.Schedule }

type templateInput struct {
	ID   string `path:"id" minLength:"1" maxLength:"100" doc:"Product."`
	Body report.Template
}

func (s *server) reports() {
	if s.Reports == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/reports", id: "list-reports", tag: "reports", scope: desk.CanRead, summary: "Every edition of every report, the newest first",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[desk.StoredReport], error) {
		list, err := s.Reports.Reports(ctx, who)
		return listOf(list, ""), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/reports", id: "make-report", tag: "reports", scope: desk.CanRules, status: http.StatusCreated, errors: []int{http.StatusNotFound},
		summary: "Freeze what is known now and make a report of it", about: "Not found: no assessment of the unit is published.", example: map[string]any{"product": "monthly", "unit": "project:CODE", "lang": "en", "zone": "Africa/Nairobi"},
	}, func(ctx context.Context, who desk.Principal, in *reportInput) (desk.StoredReport, error) {
		return s.Reports.MakeReport(ctx, who, in.Body)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/reports/{id}", id: "get-report", tag: "reports", scope: desk.CanRead, summary: "One edition of a report, with the hashes of its inputs and forms",
	}, func(ctx context.Context, who desk.Principal, in *ReportName) (desk.StoredReport, error) {
		v, err := s.Reports.Report(ctx, who, in.ID, in.Edition)
		return v.Stored, err
	})
	addFile(s, operation{
		verb: http.MethodGet, path: "/reports/{id}/files/{format}", id: "get-report-file", tag: "reports", scope: desk.CanRead, summary: "A report as page, JSON, workbook or PDF",
		about: "Page and JSON are the bytes that were kept. A PDF needs a Chromium on the server; where there is none the answer says so.",
		file:  "text/html, application/json, " + sheet.WorkbookType + ", application/pdf",
	}, s.reportFile)
	add(s, operation{
		verb: http.MethodPost, path: "/reports/{id}/approve", id: "approve-report", tag: "reports", scope: desk.CanRules, summary: "Put your name to a report",
	}, func(ctx context.Context, who desk.Principal, in *ReportName) (desk.StoredReport, error) {
		return s.Reports.ApproveReport(ctx, who, in.ID)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/reports/{id}/send", id: "send-report", tag: "reports", scope: desk.CanRules, summary: "Send a published report to readers",
		about: "Readers of its schedules get it by themselves when it is published. Each reader gets an edition once.", example: map[string]any{"to": []any{map[string]any{"address": "contact:CODE", "tlp": "AMBER"}}},
	}, func(ctx context.Context, who desk.Principal, in *sendReportInput) (SentReport, error) {
		n, nobody, err := s.Reports.SendReport(ctx, who, in.ID, in.Body.To)
		return SentReport{Letters: n, Nobody: full(nobody)}, err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/reports/{id}/letters", id: "list-report-letters", tag: "reports", scope: desk.CanRead, summary: "Who got a report, over which channel, and what became of it",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (List[desk.LetterRow], error) {
		list, err := s.Reports.ReportLetters(ctx, who, in.ID)
		return listOf(list, ""), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/reports/{id}/verify", id: "verify-report", tag: "reports", scope: desk.CanRead, summary: "Make a report again from its stored inputs and compare every byte",
	}, func(ctx context.Context, who desk.Principal, in *ReportName) (report.Verification, error) {
		return s.Reports.VerifyReport(ctx, who, in.ID, in.Edition)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/reports/{id}/bundle", id: "export-report", tag: "reports", scope: desk.CanRead, summary: "A report with its inputs, for who wants to make it again",
	}, func(ctx context.Context, who desk.Principal, in *ReportName) (report.Bundle, error) {
		return s.Reports.ExportReport(ctx, who, in.ID, in.Edition)
	})
	s.reportOrders()
}

func (s *server) reportFile(ctx context.Context, who desk.Principal, in *reportFileQuery) (file, error) {
	v, err := s.Reports.Report(ctx, who, in.ID, in.Edition)
	if err != nil {
		return file{}, err
	}
	kind, ok := document.TypeOf(in.Format)
	if !ok {
		return file{}, fmt.Errorf("format %.10q: %w", in.Format, fault.ErrInvalid)
	}
	raw, err := s.ReportForms.ReportFile(ctx, v, in.Format, in.For, in.Paper)
	return file{ContentType: kind, Disposition: attachment("report." + in.Format), Body: raw}, err
}

// reportOrders are schedules and templates.
func (s *server) reportOrders() {
	add(s, operation{
		verb: http.MethodGet, path: "/report-schedules", id: "list-report-schedules", tag: "reports", scope: desk.CanRead, summary: "Schedules of reports, when each is due next, and which is late",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[desk.ReportDue], error) {
		list, err := s.Reports.ReportSchedules(ctx, who)
		return listOf(list, ""), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/report-schedules", id: "set-report-schedule", tag: "reports", scope: desk.CanRules, status: http.StatusCreated, summary: "Add or replace a schedule",
		example: map[string]any{"id": "", "product": "daily", "unit": "project:CODE", "zone": "Africa/Nairobi", "lang": "en", "tlp": "AMBER", "recipients": []any{}, "template": map[string]any{}},
	}, func(ctx context.Context, who desk.Principal, in *scheduleInput) (report.Schedule, error) {
		out, err := s.Reports.PutReportSchedule(ctx, who, in.Body)
		out.Recipients = full(out.Recipients)
		return out, err
	})
	add(s, operation{
		verb: http.MethodDelete, path: "/report-schedules/{id}", id: "end-report-schedule", tag: "reports", scope: desk.CanRules, summary: "End a schedule; what it made stays",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (done, error) {
		return done{true}, s.Reports.RemoveReportSchedule(ctx, who, in.ID)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/report-templates/{id}", id: "get-report-template", tag: "reports", scope: desk.CanRead, summary: "The layout of a product; empty = as it comes",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (report.Template, error) {
		return s.Reports.ReportTemplate(ctx, who, in.ID)
	})
	add(s, operation{
		verb: http.MethodPut, path: "/report-templates/{id}", id: "set-report-template", tag: "reports", scope: desk.CanRules, summary: "Set the layout of a product: name, colour, paper, sections and their labels",
		about: "What is not known and what changed cannot be left out.", example: map[string]any{"name": "Acme Roads", "paper": "letter"},
	}, func(ctx context.Context, who desk.Principal, in *templateInput) (done, error) {
		return done{true}, s.Reports.PutReportTemplate(ctx, who, in.ID, in.Body)
	})
}
