package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

func (s *server) assessRoutes() map[string]handler {
	return map[string]handler{
		"GET /assessments":                    s.assessments,
		"POST /assessments":                   s.runAssessments,
		"POST /assessments/tasks/{id}/cancel": s.cancelAssessment,
		"GET /assessments/settings":           s.assessSettings,
		"POST /assessments/settings":          s.putAssessSettings,
		"GET /assessments/settings/{file}":    s.assessMethod,
		"GET /assessments/compare":            s.compareAssessments,
		"GET /assessments/scenarios/{id}":     s.scenario,
		"GET /assessments/{id}":               s.assessment,
		"POST /assessments/{id}/scenarios":    s.saveScenario,
		"GET /indicators":                     s.indicators,
		"POST /indicators":                    s.putIndicator,
		"POST /indicators/import":             s.importIndicators,
	}
}

// An assessmentsPage is the heat map of one kind of unit.
type assessmentsPage struct {
	desk.AssessList
	Kind      string
	Kinds     []string
	Rows      []assessment.Result
	Dims      []string
	Scenarios []desk.WhatIf
	Runs      []desk.AssessRun
	Task      *desk.AssessTask // the newest, where it is not over or did not end well
	On        string           // day that was asked for
	Old       bool             // not the newest published run
	Problem   string
}

// Quiet tells whether a task has given no sign of life for two minutes.
func (v *View) Quiet(t *desk.AssessTask) bool { return v.Now.Sub(t.Beat) > 2*time.Minute }

// assessments shows units and dimensions as a map of shades.
func (s *server) assessments(w http.ResponseWriter, r *http.Request, v *View) error {
	q := r.URL.Query()
	p := assessmentsPage{On: q.Get("on"), Kind: q.Get("kind"), Old: q.Get("on") != "" || q.Get("run") != ""}
	on, err := endOf(p.On)
	if err == nil {
		p.AssessList, err = s.Assess.AssessmentsAt(r.Context(), v.Who, desk.AssessPick{Run: q.Get("run"), On: on})
	}
	switch {
	case err == nil:
	case p.Old && errors.Is(err, fault.ErrNotFound) && q.Get("run") == "", errors.Is(err, fault.ErrInvalid):
		p.Problem = err.Error()
	case !p.Old && errors.Is(err, fault.ErrNotFound): // none yet
	default:
		return fmt.Errorf("read assessments: %w", err)
	}
	if err := s.aroundAssessments(r, v, &p); err != nil {
		return err
	}
	p.rows()
	return s.ok(w, "assessments", "title.assessments", v, p)
}

// endOf reads a day; it stands for its end, so that all of it is known.
func endOf(day string) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return t, fmt.Errorf("%.40q, want a day such as 2026-03-03: %w", day, fault.ErrInvalid)
	}
	return t.Add(24*time.Hour - time.Second), nil
}

func (s *server) aroundAssessments(r *http.Request, v *View, p *assessmentsPage) error {
	var err error
	if p.Scenarios, err = s.Assess.Scenarios(r.Context(), v.Who); err != nil {
		return fmt.Errorf("read scenarios: %w", err)
	}
	if p.Runs, err = s.Assess.AssessmentRuns(r.Context(), v.Who); err != nil {
		return fmt.Errorf("read runs: %w", err)
	}
	p.Runs = p.Runs[:min(30, len(p.Runs))]
	tasks, err := s.Assess.AssessmentTasks(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read tasks: %w", err)
	}
	if len(tasks) > 0 && tasks[0].State != desk.TaskDone {
		p.Task = &tasks[0]
	}
	return nil
}

// rows chooses the kind that is shown and sorts its units, the worst first.
func (p *assessmentsPage) rows() {
	for _, kind := range []string{assessment.Portfolio, assessment.Project, assessment.Site, assessment.Route, assessment.Admin1, assessment.Country} {
		if slices.ContainsFunc(p.Results, func(x assessment.Result) bool { return x.Kind == kind }) {
			p.Kinds = append(p.Kinds, kind)
		}
	}
	if !slices.Contains(p.Kinds, p.Kind) {
		p.Kind = assessment.Country
		if slices.Contains(p.Kinds, assessment.Project) {
			p.Kind = assessment.Project
		}
	}
	for _, x := range p.Results {
		if x.Kind == p.Kind || p.Kind == assessment.Project && x.Kind == assessment.Portfolio {
			p.Rows = append(p.Rows, x)
		}
		if len(p.Dims) == 0 {
			for _, d := range x.Dimensions {
				p.Dims = append(p.Dims, d.ID)
			}
		}
	}
	slices.SortStableFunc(p.Rows, func(a, b assessment.Result) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return strings.Compare(a.Unit, b.Unit)
	})
}

// runAssessments asks for a run; the page shows how far it is.
func (s *server) runAssessments(w http.ResponseWriter, r *http.Request, v *View) error {
	years, err := strconv.Atoi(firstNot(r.FormValue("years"), "0"))
	if err != nil {
		return fmt.Errorf("years %.20q: %w", r.FormValue("years"), fault.ErrInvalid)
	}
	if _, err := s.Assess.AskAssessment(r.Context(), v.Who, desk.AssessOptions{Years: years}); err != nil {
		return fmt.Errorf("ask for assessments: %w", err)
	}
	return seeOther(w, r, "/assessments", "asked")
}

func firstNot(a, b string) string {
	if a = strings.TrimSpace(a); a != "" {
		return a
	}
	return b
}

// cancelAssessment ends what is under way.
func (s *server) cancelAssessment(w http.ResponseWriter, r *http.Request, v *View) error {
	if _, err := s.Assess.CancelAssessment(r.Context(), v.Who, r.PathValue("id")); err != nil {
		return fmt.Errorf("cancel an assessment: %w", err)
	}
	return seeOther(w, r, "/assessments", "assess_cancelled")
}

// A comparePage sets two assessments side by side, or all countries beside an index.
type comparePage struct {
	A, B, Index string
	OnA, OnB    string // days, "" = now
	Units       []assessment.Result
	IDs         map[string]string
	Indices     []string
	Pair        *assessment.Comparison
	Against     *assessment.Against
	Problem     string
}

// Gaps are the drivers with the largest gap.
func (p comparePage) Gaps() []assessment.DriverPair {
	return p.Pair.Drivers[:min(12, len(p.Pair.Drivers))]
}

// Far are the countries whose ranks differ most.
func (p comparePage) Far() []assessment.IndexRow {
	return p.Against.Rows[:min(40, len(p.Against.Rows))]
}

func (s *server) compareAssessments(w http.ResponseWriter, r *http.Request, v *View) error {
	q := r.URL.Query()
	p := comparePage{A: q.Get("a"), B: q.Get("b"), OnA: q.Get("on_a"), OnB: q.Get("on_b"), Index: q.Get("index"), Indices: desk.Indices()}
	list, err := s.Assess.Assessments(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read assessments: %w", err)
	}
	p.Units, p.IDs = list.Results, list.IDs
	switch {
	case p.Index != "":
		a, err := s.Assess.CompareIndex(r.Context(), v.Who, p.Index)
		p.Against, p.Problem = &a, saidOf(err)
	case p.A != "" && p.B != "":
		c, err := s.Assess.CompareAssessments(r.Context(), v.Who, dated(p.A, p.OnA), dated(p.B, p.OnB))
		p.Pair, p.Problem = &c, saidOf(err)
	}
	if p.Problem != "" {
		p.Pair, p.Against = nil, nil
	}
	return s.ok(w, "compare", "title.compare", v, p)
}

// dated is a unit as it had been published on a day.
func dated(unit, day string) string {
	if day == "" || strings.Contains(unit, "@") {
		return unit
	}
	return unit + "@" + day
}

func saidOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Decimals writes a score or a share with so many decimals.
func (v *View) Decimals(x float64, n int) string { return strconv.FormatFloat(x, 'f', n, 64) }

// Signed writes a number with its sign.
func (v *View) Signed(x float64) string {
	if x >= 0 {
		return "+" + strconv.FormatFloat(x, 'f', 2, 64)
	}
	return "−" + strconv.FormatFloat(-x, 'f', 2, 64)
}

// Figures writes a raw value with four figures.
func (v *View) Figures(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

// Per writes a share in per cent.
func (v *View) Per(x float64) string { return strconv.FormatFloat(100*x, 'f', 0, 64) + " %" }

// DriverName is what a driver is called: an indicator, or a member of a portfolio.
func (v *View) DriverName(d assessment.Driver) string {
	if kind, code, is := strings.Cut(d.Indicator, ":"); is && kind != "" {
		return code
	}
	return v.Indicator(d.Indicator)
}

// UnitName is the name of a unit of assessments: of a country in the reader's language.
func (v *View) UnitName(r assessment.Result) string {
	if r.Unit == "portfolio:all" {
		return v.T("assess.portfolio_all")
	}
	return r.Name
}
