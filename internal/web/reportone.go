package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/report"
)

// A onePage is one report with who stands behind it and who got it.
type onePage struct {
	desk.StoredReport
	Product  report.Product
	Letters  []desk.LetterRow
	Schedule *report.Schedule // that it belongs to, nil = none
	TLPs     []string
	Verified *report.Verification
	Nobody   []string // recipients that reach nobody
	Problem  string
}

// Waits tells whether somebody has to approve it.
func (p onePage) Waits() bool { return p.Product.Approved && p.Approved == "" }

// Mine tells whether the principal may be the one to approve it.
func (p onePage) Mine(who desk.Principal) bool {
	return p.Schedule == nil || p.Schedule.Approver == "" || p.Schedule.Approver == who.Name || p.Schedule.Approver == who.Account
}

func (s *server) oneReport(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.showReport(w, r, v, http.StatusOK, onePage{})
}

func (s *server) showReport(w http.ResponseWriter, r *http.Request, v *View, status int, p onePage) error {
	id := r.PathValue("id")
	view, err := s.Reports.Report(r.Context(), v.Who, id, 0)
	if err != nil {
		return fmt.Errorf("read a report: %w", err)
	}
	p.StoredReport, p.TLPs = view.Stored, event.TLPs()
	p.Product, _ = report.Find(p.StoredReport.Product)
	if p.Letters, err = s.Reports.ReportLetters(r.Context(), v.Who, p.ID); err != nil {
		return fmt.Errorf("read who got a report: %w", err)
	}
	due, err := s.Reports.ReportSchedules(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read schedules of reports: %w", err)
	}
	if i := slices.IndexFunc(due, func(d desk.ReportDue) bool {
		return d.Schedule.Product == p.StoredReport.Product && d.Schedule.Unit == p.Unit
	}); i >= 0 {
		p.Schedule = &due[i].Schedule
	}
	w.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
	s.render(w, status, "report-one", v.with("title.report_one", p))
	return nil
}

func (s *server) approveReport(w http.ResponseWriter, r *http.Request, v *View) error {
	got, err := s.Reports.ApproveReport(r.Context(), v.Who, r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("approve a report: %w", err)
	}
	return seeOther(w, r, "/reports/"+got.ID, "report_approved")
}

func (s *server) verifyReport(w http.ResponseWriter, r *http.Request, v *View) error {
	got, err := s.Reports.VerifyReport(r.Context(), v.Who, r.PathValue("id"), 0)
	if err != nil {
		return fmt.Errorf("verify a report: %w", err)
	}
	return s.showReport(w, r, v, http.StatusOK, onePage{Verified: &got})
}

func (s *server) sendReport(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("id")
	to := recipients(r.FormValue("to"), r.FormValue("tlp"))
	if len(to) == 0 {
		to = []report.Recipient{{TLP: r.FormValue("tlp")}} // refused with its reason
	}
	_, nobody, err := s.Reports.SendReport(r.Context(), v.Who, id, to)
	switch {
	case err != nil && meaningOf(err).status == http.StatusUnprocessableEntity || errors.Is(err, fault.ErrConflict):
		return s.showReport(w, r, v, meaningOf(err).status, onePage{Problem: err.Error()})
	case err != nil:
		return fmt.Errorf("send a report: %w", err)
	case len(nobody) > 0:
		return s.showReport(w, r, v, http.StatusOK, onePage{Nobody: nobody})
	}
	return seeOther(w, r, "/reports/"+id, "report_sent")
}

// recipients reads readers, one a line or with commas between: ADDRESS, ADDRESS TLP, or
// ADDRESS TLP LANGUAGE.
func recipients(text, tlp string) []report.Recipient {
	var out []report.Recipient
	for _, line := range strings.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == ',' }) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		x := report.Recipient{TLP: tlp}
		// A name may hold spaces, so what a label or a language can be is read from the end.
		if n := len(words) - 1; n > 0 && slices.Contains(report.Languages(), words[n]) {
			x.Lang, words = words[n], words[:n]
		}
		if n := len(words) - 1; n > 0 && slices.Contains(event.TLPs(), strings.ToUpper(words[n])) {
			x.TLP, words = strings.ToUpper(words[n]), words[:n]
		}
		x.Address = strings.Join(words, " ")
		out = append(out, x)
	}
	return out
}

// written writes recipients as recipients reads them.
func written(list []report.Recipient) string {
	lines := make([]string, len(list))
	for i, x := range list {
		lines[i] = strings.TrimSpace(x.Address + " " + x.TLP + " " + x.Lang)
	}
	return strings.Join(lines, "\n")
}
