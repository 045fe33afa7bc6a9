package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/report/document"
)

// A scheduleForm is the form of a schedule, new or old.
type scheduleForm struct {
	report.Schedule
	New      bool
	Products []report.Product // that have a calendar
	Units    []string
	Langs    []string
	TLPs     []string
	Readers  string
	Hours    string
	Problem  string
}

// newSchedule is the id in the address of a schedule that is not there yet.
const newSchedule = "new"

func (s *server) schedulePage(w http.ResponseWriter, r *http.Request, v *View) error {
	if !v.Who.May(desk.CanRules) {
		return fmt.Errorf("schedule of reports: %w", fault.ErrForbidden)
	}
	f := scheduleForm{New: true, Schedule: report.Schedule{Product: report.Daily, Zone: v.Zone, Lang: v.Language(), TLP: "AMBER"}}
	if id := r.PathValue("id"); id != newSchedule {
		list, err := s.Reports.ReportSchedules(r.Context(), v.Who)
		if err != nil {
			return fmt.Errorf("read schedules of reports: %w", err)
		}
		i := slices.IndexFunc(list, func(d desk.ReportDue) bool { return d.Schedule.ID == id })
		if i < 0 {
			return fmt.Errorf("schedule %.60q: %w", id, fault.ErrNotFound)
		}
		f.Schedule, f.New = list[i].Schedule, false
	}
	f.Readers = written(f.Recipients)
	if f.Cadence != nil {
		f.Hours = hoursOf(f.Cadence.Hours)
	}
	return s.showSchedule(w, r, v, http.StatusOK, f)
}

func (s *server) showSchedule(w http.ResponseWriter, r *http.Request, v *View, status int, f scheduleForm) error {
	var err error
	if f.Units, err = s.units(r, v); err != nil {
		return err
	}
	if f.Unit != "" && !slices.Contains(f.Units, f.Unit) {
		f.Units = append(f.Units, f.Unit)
	}
	for _, p := range report.Products() {
		if p.Due.Every != report.OnDemand {
			f.Products = append(f.Products, p)
		}
	}
	f.Langs, f.TLPs = report.Languages(), event.TLPs()
	s.render(w, status, "report-schedule", v.with("title.report_schedule", f))
	return nil
}

func (s *server) putSchedule(w http.ResponseWriter, r *http.Request, v *View) error {
	f := scheduleForm{Readers: r.FormValue("readers"), Hours: strings.TrimSpace(r.FormValue("hours")), New: r.FormValue("id") == ""}
	f.Schedule = report.Schedule{
		ID: r.FormValue("id"), Product: r.FormValue("product"), Unit: strings.TrimSpace(r.FormValue("unit")), Zone: strings.TrimSpace(r.FormValue("zone")), Lang: r.FormValue("lang"),
		TLP: r.FormValue("tlp"), Approver: strings.TrimSpace(r.FormValue("approver")), Recipients: recipients(f.Readers, r.FormValue("tlp")),
	}
	if !f.New { // what the form does not show stays
		list, err := s.Reports.ReportSchedules(r.Context(), v.Who)
		if err != nil {
			return fmt.Errorf("read schedules of reports: %w", err)
		}
		if i := slices.IndexFunc(list, func(d desk.ReportDue) bool { return d.Schedule.ID == f.ID }); i >= 0 {
			f.Template, f.Cadence = list[i].Schedule.Template, list[i].Schedule.Cadence
		}
	}
	err := f.hours()
	if err == nil {
		_, err = s.Reports.PutReportSchedule(r.Context(), v.Who, f.Schedule)
	}
	if err == nil {
		return seeOther(w, r, "/reports", "report_schedule")
	}
	if m := meaningOf(err); m.status == http.StatusUnprocessableEntity {
		f.Problem = err.Error()
		return s.showSchedule(w, r, v, m.status, f)
	}
	return fmt.Errorf("set a schedule of reports: %w", err)
}

// hours puts the hours of the form into the cadence.
func (f *scheduleForm) hours() error {
	if f.Hours == "" {
		if f.Cadence != nil && len(f.Cadence.Hours) > 0 {
			f.Cadence = nil
		}
		return nil
	}
	c := f.When()
	c.Hours = nil
	for _, t := range strings.FieldsFunc(f.Hours, func(c rune) bool { return c == ' ' || c == ',' }) {
		n, err := strconv.Atoi(strings.TrimSuffix(t, ":00"))
		if err != nil {
			return fmt.Errorf("hour %.10q, want 0 to 23: %w", t, fault.ErrInvalid)
		}
		c.Hours = append(c.Hours, n)
	}
	f.Cadence = &c
	return nil
}

func hoursOf(list []int) string {
	out := make([]string, len(list))
	for i, h := range list {
		out[i] = strconv.Itoa(h)
	}
	return strings.Join(out, ", ")
}

func (s *server) endSchedule(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := s.Reports.RemoveReportSchedule(r.Context(), v.Who, r.PathValue("id")); err != nil {
		return fmt.Errorf("end a schedule of reports: %w", err)
	}
	return seeOther(w, r, "/reports", "report_schedule")
}

// A templateForm is the layout of a product as it is being changed.
type templateForm struct {
	report.Template
	Product report.Product
	Rows    []sectionRow
	Papers  []string
	TLPs    []string
	Units   []string
	Unit    string // that the preview is made of; "" = no preview yet
	Frame   string // address of the preview
	Problem string
}

// A sectionRow is one section of the form.
type sectionRow struct {
	report.Choice
	On    bool
	Place int  // in the order
	Must  bool // it cannot be left out
}

func (s *server) templatePage(w http.ResponseWriter, r *http.Request, v *View) error {
	p, err := productOf(r)
	if err != nil {
		return err
	}
	f := templateForm{Product: p}
	if r.URL.Query().Has("unit") { // a preview of what the form says
		if f.Template, err = templateOf(r.URL.Query()); err != nil {
			f.Problem = err.Error()
		} else if err := f.Check(p); err != nil {
			f.Problem = err.Error()
		} else {
			f.Frame = "/report-templates/" + p.ID + "/page?" + r.URL.RawQuery
		}
		f.Unit = r.URL.Query().Get("unit")
		return s.showTemplate(w, r, v, http.StatusOK, f)
	}
	if f.Template, err = s.Reports.ReportTemplate(r.Context(), v.Who, p.ID); err != nil {
		return fmt.Errorf("read the template of a report: %w", err)
	}
	return s.showTemplate(w, r, v, http.StatusOK, f)
}

func productOf(r *http.Request) (report.Product, error) {
	p, ok := report.Find(r.PathValue("product"))
	if !ok {
		return p, fmt.Errorf("product %.40q: %w", r.PathValue("product"), fault.ErrNotFound)
	}
	return p, nil
}

func (s *server) showTemplate(w http.ResponseWriter, r *http.Request, v *View, status int, f templateForm) error {
	if !v.Who.May(desk.CanRules) {
		return fmt.Errorf("template of reports: %w", fault.ErrForbidden)
	}
	var err error
	if f.Units, err = s.units(r, v); err != nil {
		return err
	}
	f.Papers, f.TLPs, f.Rows = []string{document.A4, document.Letter}, event.TLPs(), rowsOf(f.Product, f.Template)
	w.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
	s.render(w, status, "report-template", v.with("title.report_template", f))
	return nil
}

// rowsOf lists the sections that stand in the report in their order, then all others.
func rowsOf(p report.Product, t report.Template) []sectionRow {
	var out []sectionRow
	chosen := t.Sections
	if len(chosen) == 0 {
		for _, id := range p.Sections {
			chosen = append(chosen, report.Choice{ID: id})
		}
	}
	for _, c := range chosen {
		out = append(out, sectionRow{Choice: c, On: true, Place: len(out) + 1, Must: report.Must(c.ID)})
	}
	for _, id := range report.SectionIDs() {
		if !slices.ContainsFunc(chosen, func(c report.Choice) bool { return c.ID == id }) {
			out = append(out, sectionRow{Choice: report.Choice{ID: id}, Place: len(out) + 1})
		}
	}
	return out
}

// templateOf reads the form of a template.
func templateOf(q url.Values) (report.Template, error) {
	t := report.Template{Name: strings.TrimSpace(q.Get("name")), Accent: strings.TrimSpace(q.Get("accent")), Foot: strings.TrimSpace(q.Get("foot")), Paper: q.Get("paper")}
	type placed struct {
		report.Choice
		at int
	}
	var list []placed
	for _, id := range report.SectionIDs() {
		if q.Get("on."+id) == "" {
			continue
		}
		at, err := strconv.Atoi(cmp.Or(strings.TrimSpace(q.Get("at."+id)), "99"))
		if err != nil {
			return t, fmt.Errorf("place %.10q of section %s: %w", q.Get("at."+id), id, fault.ErrInvalid)
		}
		list = append(list, placed{report.Choice{ID: id, TLP: q.Get("tlp." + id), Break: q.Get("break."+id) != ""}, at})
	}
	slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	for _, x := range list {
		t.Sections = append(t.Sections, x.Choice)
	}
	return t, nil
}

func (s *server) putTemplate(w http.ResponseWriter, r *http.Request, v *View) error {
	p, err := productOf(r)
	if err != nil {
		return err
	}
	r.ParseForm() //nolint:errcheck // what cannot be read is empty, and refused below
	f := templateForm{Product: p}
	f.Template, err = templateOf(r.Form)
	if err == nil {
		err = s.Reports.PutReportTemplate(r.Context(), v.Who, p.ID, f.Template)
	}
	if err == nil {
		return seeOther(w, r, "/report-templates/"+p.ID, "report_template")
	}
	if m := meaningOf(err); m.status == http.StatusUnprocessableEntity {
		f.Problem = err.Error()
		return s.showTemplate(w, r, v, m.status, f)
	}
	return fmt.Errorf("set the template of a report: %w", err)
}

// templatePreview is the page that a template would give now, for the frame.
func (s *server) templatePreview(w http.ResponseWriter, r *http.Request, v *View) error {
	p, err := productOf(r)
	if err != nil {
		return err
	}
	t, err := templateOf(r.URL.Query())
	if err != nil {
		return err
	}
	raw, err := s.Reports.PreviewReport(r.Context(), v.Who, desk.ReportWish{Product: p.ID, Unit: r.URL.Query().Get("unit"), Lang: v.Language(), Zone: v.Zone}, t)
	if err != nil {
		return fmt.Errorf("preview a report: %w", err)
	}
	shutIn(w, "self")
	w.Write(raw) //nolint:errcheck // the client has gone
	return nil
}
