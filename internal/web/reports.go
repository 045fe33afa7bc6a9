package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/report/document"
)

// ReportFiles writes a stored report as html, json, xlsx or pdf.
type ReportFiles interface {
	ReportFile(ctx context.Context, v desk.ReportView, format, cleared, paper string) ([]byte, error)
}

// Letters shows what a letter brings to who has no account, by the token of its link.
type Letters interface {
	LetterPage(ctx context.Context, token string) ([]byte, error)
}

// letterPage is the report of a letter, by itself, where it can run and fetch nothing.
func (s *server) letterPage(w http.ResponseWriter, r *http.Request) error {
	if s.Letters == nil {
		return errNoPage
	}
	raw, err := s.Letters.LetterPage(r.Context(), r.PathValue("token"))
	if err != nil {
		return fmt.Errorf("open the link of a letter: %w", err)
	}
	shutIn(w, "none")
	w.Write(raw) //nolint:errcheck // the client has gone
	return nil
}

// units are those that a report can be about, by name: the portfolio and its projects.
func (s *server) units(r *http.Request, v *View) ([]string, error) {
	p, err := s.Reads.Portfolio(r.Context(), v.Who)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return nil, fmt.Errorf("read the portfolio: %w", err)
	}
	out := []string{"portfolio:all"}
	for _, x := range p.Projects {
		out = append(out, "project:"+x.Code)
	}
	return out, nil
}

// shutIn lets a report's page show itself and do nothing else.
func shutIn(w http.ResponseWriter, ancestors string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if ancestors == "self" {
		w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors '"+ancestors+"'")
}

func (s *server) reportRoutes() map[string]handler {
	return map[string]handler{
		"GET /reports":                         s.reports,
		"POST /reports":                        s.makeReport,
		"GET /reports/{id}":                    s.oneReport,
		"GET /reports/{id}/file/{format}":      s.reportFile,
		"POST /reports/{id}/approve":           s.approveReport,
		"POST /reports/{id}/verify":            s.verifyReport,
		"POST /reports/{id}/send":              s.sendReport,
		"GET /report-schedules/{id}":           s.schedulePage,
		"POST /report-schedules":               s.putSchedule,
		"POST /report-schedules/{id}/drop":     s.endSchedule,
		"GET /report-templates/{product}":      s.templatePage,
		"POST /report-templates/{product}":     s.putTemplate,
		"GET /report-templates/{product}/page": s.templatePreview,
	}
}

// A reportsPage lists what was made and what is due.
type reportsPage struct {
	List     []desk.StoredReport
	Due      []desk.ReportDue
	Products []report.Product
	Langs    []string
	TLPs     []string
	Units    []string
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
	if p.Units, err = s.units(r, v); err != nil {
		return err
	}
	p.Products, p.Langs, p.TLPs = report.Products(), report.Languages(), event.TLPs()
	s.render(w, status, "reports", v.with("title.reports", p))
	return nil
}

func (s *server) makeReport(w http.ResponseWriter, r *http.Request, v *View) error {
	made, err := s.Reports.MakeReport(r.Context(), v.Who, desk.ReportWish{
		Product: r.FormValue("product"), Unit: strings.TrimSpace(r.FormValue("unit")), Lang: r.FormValue("lang"), Zone: v.Who.Zone, TLP: r.FormValue("tlp"),
	})
	if err == nil {
		return seeOther(w, r, "/reports/"+made.ID, "report_made")
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
	kind, ok := document.TypeOf(format)
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
		shutIn(w, "self")
	} else {
		h.Set("Content-Disposition", `attachment; filename="report.`+format+`"`)
	}
	w.Write(raw) //nolint:errcheck // the client has gone
	return nil
}
