package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/report"
)

// ReportFiles writes a stored report as html, json, xlsx or pdf.
type ReportFiles interface {
	ReportFile(ctx context.Context, v desk.ReportView, format, cleared, paper string) ([]byte, error)
}

func (s *server) reportRoutes() map[string]handler {
	return map[string]handler{
		"GET /reports":                    s.reports,
		"POST /reports":                   s.makeReport,
		"GET /reports/{id}/file/{format}": s.reportFile,
		"POST /reports/{id}/approve":      s.approveReport,
		"POST /reports/{id}/verify":       s.verifyReport,
	}
}

// A reportsPage lists what was made and what is due.
type reportsPage struct {
	List     []desk.StoredReport
	Due      []desk.ReportDue
	Products []report.Product
	Langs    []string
	Verified *report.Verification
	Problem  string
}

func (s *server) reports(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.showReports(w, r, v, http.StatusOK, reportsPage{})
}

func (s *server) showReports(w http.ResponseWriter, r *http.Request, v *View, status int, p reportsPage) error {
	var err error
	if p.List, err = s.Reports.Reports(r.Context(), v.Who); err != nil {
		return fmt.Errorf("read reports: %w", err)
	}
	if p.Due, err = s.Reports.ReportSchedules(r.Context(), v.Who); err != nil {
		return fmt.Errorf("read schedules of reports: %w", err)
	}
	p.Products, p.Langs = report.Products(), report.Languages()
	s.render(w, status, "reports", v.with("title.reports", p))
	return nil
}

func (s *server) makeReport(w http.ResponseWriter, r *http.Request, v *View) error {
	_, err := s.Reports.MakeReport(r.Context(), v.Who, desk.ReportWish{
		Product: r.FormValue("product"), Unit: strings.TrimSpace(r.FormValue("unit")), Lang: r.FormValue("lang"), Zone: v.Who.Zone, TLP: r.FormValue("tlp"),
	})
	if err == nil {
		return seeOther(w, r, "/reports", "report_made")
	}
	if m := meaningOf(err); m.status == http.StatusUnprocessableEntity {
		return s.showReports(w, r, v, m.status, reportsPage{Problem: err.Error()})
	}
	return fmt.Errorf("make a report: %w", err)
}

// reportFile shows the page of a report by itself, where it can run and fetch nothing, and
// hands out the other forms.
func (s *server) reportFile(w http.ResponseWriter, r *http.Request, v *View) error {
	format := r.PathValue("format")
	kind, ok := map[string]string{
		"html": "text/html; charset=utf-8", "json": "application/json", "pdf": "application/pdf",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[format]
	if !ok {
		return fmt.Errorf("form %.10q of a report: %w", format, fault.ErrNotFound)
	}
	view, err := s.Reports.Report(r.Context(), v.Who, r.PathValue("id"), 0)
	if err != nil {
		return fmt.Errorf("read a report: %w", err)
	}
	raw, err := s.ReportFiles.ReportFile(r.Context(), view, format, "", "")
	if err != nil {
		return fmt.Errorf("report as %s: %w", format, err)
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	if format == "html" {
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	} else {
		h.Set("Content-Disposition", `attachment; filename="report.`+format+`"`)
	}
	w.Write(raw) //nolint:errcheck // the client has gone
	return nil
}

func (s *server) approveReport(w http.ResponseWriter, r *http.Request, v *View) error {
	if _, err := s.Reports.ApproveReport(r.Context(), v.Who, r.PathValue("id")); err != nil {
		return fmt.Errorf("approve a report: %w", err)
	}
	return seeOther(w, r, "/reports", "report_approved")
}

func (s *server) verifyReport(w http.ResponseWriter, r *http.Request, v *View) error {
	got, err := s.Reports.VerifyReport(r.Context(), v.Who, r.PathValue("id"), 0)
	if err != nil {
		return fmt.Errorf("verify a report: %w", err)
	}
	return s.showReports(w, r, v, http.StatusOK, reportsPage{Verified: &got})
}
