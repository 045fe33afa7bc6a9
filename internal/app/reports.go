package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/report/document"
	"watchfire.dev/internal/report/print"
)

// A ReportForm says in which form a report is wanted.
type ReportForm struct {
	Format  string // html, json, xlsx, pdf, inputs
	For     string // TLP label that the reader is cleared for; "" = the report's own
	Paper   string // A4 or letter; "" = the template's
	Browser string // that prints PDF; "" = the first that is found
}

// ReportForm writes a stored report. What was kept is given as it is; a reader who is cleared
// for less, another paper, a workbook and a PDF are made from the stored inputs. over says
// that a PDF has more pages than its product may have.
func (a *App) ReportForm(ctx context.Context, v desk.ReportView, f ReportForm) (raw []byte, over string, err error) {
	own := f.For == "" && f.Paper == ""
	switch {
	case f.Format == "inputs" && f.For == "":
		return v.Bytes.Snapshot, "", nil
	case f.Format == "html" && own:
		return v.Bytes.HTML, "", nil
	case f.Format == "json" && own:
		return v.Bytes.JSON, "", nil
	}
	if f.For != "" && !report.May(v.Stored.TLP, f.For) {
		return nil, "", fmt.Errorf("report %s is TLP:%s, it is not made for %.20q: %w", v.Stored.ID, v.Stored.TLP, f.For, fault.ErrInvalid)
	}
	s, err := report.ReadSnapshot(v.Bytes.Snapshot)
	if err != nil {
		return nil, "", err
	}
	d, err := report.Compose(s, a.book, f.For)
	if err != nil {
		return nil, "", err
	}
	switch f.Paper {
	case "":
	case document.A4, document.Letter:
		d.Paper = f.Paper
	default:
		return nil, "", fmt.Errorf("paper %.20q, want A4 or letter: %w", f.Paper, fault.ErrInvalid)
	}
	switch f.Format {
	case "html":
		return d.HTML(), "", nil
	case "json":
		raw, err = d.JSON()
		return raw, "", err
	case "xlsx":
		raw, err = d.XLSX()
		return raw, "", err
	case "pdf":
		pdf, pages, err := print.Printer{Program: f.Browser}.PDF(ctx, d.HTML())
		if err == nil && d.Page.Limit > 0 && pages > d.Page.Limit {
			over = fmt.Sprintf("%s has %d pages, %s may have %d: leave out sections in its template", v.Stored.ID, pages, v.Stored.Product, d.Page.Limit)
		}
		return pdf, over, err
	}
	return nil, "", fmt.Errorf("format %.20q: %w", f.Format, fault.ErrInvalid)
}

// ReportFile is ReportForm for programs and pages.
func (a *App) ReportFile(ctx context.Context, v desk.ReportView, format, cleared, paper string) ([]byte, error) {
	raw, over, err := a.ReportForm(ctx, v, ReportForm{Format: format, For: cleared, Paper: paper})
	if over != "" {
		a.opts.Log.Warn("a report is too long", "report", v.Stored.ID, "why", over)
	}
	return raw, err
}

// reportsDue publishes the assessments of an organisation and then makes the reports whose
// time has come; it says when to look again.
func (a *App) reportsDue(ctx context.Context, org string) (time.Time, error) {
	next, err := a.assessDue(ctx, org)
	if errors.Is(err, fault.ErrConflict) { // somebody has asked for one, which will do: wait for it
		return a.opts.Now().Add(assessAgain), nil
	}
	if err != nil {
		return next, err
	}
	who := desk.Principal{Account: "schedule", Org: org, Name: "schedule", Role: desk.Analyst, Scopes: desk.Analyst.Scopes()}
	due, made, err := a.desk.ReportsDue(ctx, who)
	for _, r := range made {
		a.opts.Log.Info("report made on schedule", "org", org, "report", r.ID, "edition", r.Edition)
	}
	if err != nil { // what is missing is late in the calendar, and an alarm there
		a.opts.Log.Warn("reports that are due could not be made", "org", org, "error", err)
	}
	// Somebody may add a schedule meanwhile: look again within the hour.
	if limit := a.opts.Now().Add(time.Hour); next.After(limit) {
		next = limit
	}
	if !due.IsZero() && due.Before(next) {
		next = due
	}
	return next, nil
}
