package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/phrase"
)

func (s *server) assessRoutes() map[string]handler {
	return map[string]handler{
		"GET /assessments":                 s.assessments,
		"POST /assessments":                s.runAssessments,
		"GET /assessments/compare":         s.compareAssessments,
		"GET /assessments/{id}":            s.assessment,
		"POST /assessments/{id}/scenarios": s.saveScenario,
		"GET /indicators":                  s.indicators,
		"POST /indicators":                 s.putIndicator,
		"POST /indicators/import":          s.importIndicators,
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
	Problem   string
}

// assessments shows units and dimensions as a map of shades.
func (s *server) assessments(w http.ResponseWriter, r *http.Request, v *View) error {
	list, err := s.Assess.Assessments(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read assessments: %w", err)
	}
	p := assessmentsPage{AssessList: list}
	if p.Scenarios, err = s.Assess.Scenarios(r.Context(), v.Who); err != nil {
		return fmt.Errorf("read scenarios: %w", err)
	}
	for _, kind := range []string{assessment.Portfolio, assessment.Project, assessment.Site, assessment.Route, assessment.Admin1, assessment.Country} {
		if slices.ContainsFunc(list.Results, func(x assessment.Result) bool { return x.Kind == kind }) {
			p.Kinds = append(p.Kinds, kind)
		}
	}
	if p.Kind = r.URL.Query().Get("kind"); !slices.Contains(p.Kinds, p.Kind) {
		p.Kind = assessment.Country
		if slices.Contains(p.Kinds, assessment.Project) {
			p.Kind = assessment.Project
		}
	}
	for _, x := range list.Results {
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
	return s.ok(w, "assessments", "title.assessments", v, p)
}

// runAssessments publishes a run.
func (s *server) runAssessments(w http.ResponseWriter, r *http.Request, v *View) error {
	if _, err := s.Assess.Assess(r.Context(), v.Who, desk.AssessOptions{}); err != nil {
		return fmt.Errorf("assess: %w", err)
	}
	return seeOther(w, r, "/assessments", "assessed")
}

// An assessmentPage is one assessment with its words and, if asked, a what-if.
type assessmentPage struct {
	desk.AssessView
	Words   []phrase.Sentence
	Stress  []assessment.Scenario
	What    string // the changes as they were typed
	Set     string // the stress set
	Try     *desk.WhatIf
	Problem string
	Lang    string
	Past    []pastPoint
}

// A pastPoint is a score at its place in the drawing of 300 × 60.
type pastPoint struct {
	desk.ScorePoint
	X, Y string
}

// Moved are the dimensions that a scenario moves, as pairs of before and after.
func (p assessmentPage) Moved() [][2]assessment.DimensionResult {
	var out [][2]assessment.DimensionResult
	if p.Try == nil {
		return nil
	}
	for i, d := range p.Try.Before.Dimensions {
		if a := p.Try.After.Dimensions[i]; a.Score != d.Score {
			out = append(out, [2]assessment.DimensionResult{d, a})
		}
	}
	return out
}

// Top are the strongest drivers.
func (p assessmentPage) Top() []assessment.Driver {
	return p.Result.Drivers[:min(15, len(p.Result.Drivers))]
}

// Line is the path of past scores.
func (p assessmentPage) Line() string {
	var b strings.Builder
	for i, x := range p.Past {
		b.WriteString(map[bool]string{true: "M", false: "L"}[i == 0] + x.X + " " + x.Y)
	}
	return b.String()
}

func (s *server) assessment(w http.ResponseWriter, r *http.Request, v *View) error {
	view, err := s.Assess.Assessment(r.Context(), v.Who, r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read assessment: %w", err)
	}
	q := r.URL.Query()
	p := assessmentPage{AssessView: view, Words: v.Assessment(view.Result), Stress: assessment.StressSets(), What: q.Get("what"), Set: q.Get("stress"), Lang: v.Language(), Past: past(view.Scores)}
	if changes, err := changesOf(p.What, p.Set); err != nil {
		p.Problem = err.Error()
	} else if len(changes) > 0 {
		try, err := s.Assess.TryWhatIf(r.Context(), v.Who, view.Result.Unit, "", changes)
		switch {
		case err == nil:
			p.Try = &try
		case errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrConflict) || errors.Is(err, fault.ErrNotFound):
			p.Problem = err.Error()
		default:
			return fmt.Errorf("what if: %w", err)
		}
	}
	return s.ok(w, "assessment", "title.assessment", v, p)
}

// past lays scores out in time; the newest sixty.
func past(list []desk.ScorePoint) []pastPoint {
	list = list[max(0, len(list)-60):]
	if len(list) < 2 {
		return nil
	}
	from, whole := list[0].At, list[len(list)-1].At.Sub(list[0].At).Seconds()
	out := make([]pastPoint, len(list))
	for i, x := range list {
		out[i] = pastPoint{x, strconv.FormatFloat(4+292*x.At.Sub(from).Seconds()/max(1, whole), 'f', 1, 64), strconv.FormatFloat(56-5.2*x.Score, 'f', 1, 64)}
	}
	return out
}

// mostTyped bounds what is typed as changes.
const mostTyped = 4000

func changesOf(typed, set string) ([]assessment.What, error) {
	if len(typed) > mostTyped {
		return nil, fmt.Errorf("changes of %d bytes: %w", len(typed), fault.ErrTooLarge)
	}
	var out []assessment.What
	if set != "" {
		x, ok := assessment.StressSet(set)
		if !ok {
			return nil, fmt.Errorf("stress set %.40q: %w", set, fault.ErrInvalid)
		}
		out = append(out, x.Changes...)
	}
	for _, line := range strings.Fields(typed) {
		c, err := assessment.ParseWhat(line)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// saveScenario keeps a what-if.
func (s *server) saveScenario(w http.ResponseWriter, r *http.Request, v *View) error {
	if !v.Who.May(desk.CanRules) {
		return fmt.Errorf("save a scenario: %w", fault.ErrForbidden)
	}
	view, err := s.Assess.Assessment(r.Context(), v.Who, r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read assessment: %w", err)
	}
	changes, err := changesOf(r.FormValue("what"), r.FormValue("stress"))
	if err != nil {
		return err
	}
	if _, err := s.Assess.SaveScenario(r.Context(), v.Who, view.Result.Unit, r.FormValue("name"), changes); err != nil {
		return fmt.Errorf("save a scenario: %w", err)
	}
	return seeOther(w, r, "/assessments", "scenario")
}

// A comparePage sets two assessments side by side, or all countries beside an index.
type comparePage struct {
	A, B, Index string
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
	p := comparePage{A: q.Get("a"), B: q.Get("b"), Index: q.Get("index"), Indices: desk.Indices()}
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
		c, err := s.Assess.CompareAssessments(r.Context(), v.Who, p.A, p.B)
		p.Pair, p.Problem = &c, saidOf(err)
	}
	if p.Problem != "" {
		p.Pair, p.Against = nil, nil
	}
	return s.ok(w, "compare", "title.compare", v, p)
}

func saidOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// An indicatorsPage lists the numbers of a place or of an indicator.
type indicatorsPage struct {
	Indicator, Place, Known string
	Defs                    []indicator.Definition
	Rows                    []indicator.Observation
	All                     int
	Lang, Problem           string
	Panels                  []indicator.Mapping
	Report                  *desk.IndicatorImport
	New                     indicator.Observation
	Value                   string
}

// mostNumbers is how many numbers one page shows.
const mostNumbers = 200

func (s *server) indicatorsOf(r *http.Request, v *View) (indicatorsPage, error) {
	q := r.URL.Query()
	p := indicatorsPage{Indicator: q.Get("indicator"), Place: q.Get("place"), Known: q.Get("known"), Defs: indicator.All(), Lang: v.Language(), Panels: indicator.Mappings()}
	if p.Indicator == "" && p.Place == "" {
		p.Indicator = "own.stock_days"
	}
	known := time.Time{}
	if p.Known != "" {
		day, err := time.Parse(time.DateOnly, p.Known)
		if err != nil {
			p.Problem = err.Error()
			return p, nil
		}
		known = day.Add(24*time.Hour - time.Second)
	}
	list, err := s.Assess.Indicators(r.Context(), v.Who, p.Indicator, p.Place, known)
	if err != nil {
		return p, fmt.Errorf("read indicators: %w", err)
	}
	slices.SortStableFunc(list, func(a, b indicator.Observation) int { return strings.Compare(b.Period, a.Period) })
	p.All, p.Rows = len(list), list[:min(mostNumbers, len(list))]
	return p, nil
}

func (s *server) indicators(w http.ResponseWriter, r *http.Request, v *View) error {
	p, err := s.indicatorsOf(r, v)
	if err != nil {
		return err
	}
	return s.ok(w, "indicators", "title.indicators", v, p)
}

// putIndicator adds one number of the organisation's own; what is refused comes back with
// what was typed.
func (s *server) putIndicator(w http.ResponseWriter, r *http.Request, v *View) error {
	o := indicator.Observation{
		Indicator: r.FormValue("indicator"), Place: strings.TrimSpace(r.FormValue("place")), Period: strings.TrimSpace(r.FormValue("period")),
		Source: strings.TrimSpace(r.FormValue("source")), Grade: r.FormValue("grade"),
	}
	var err error
	if o.Value, err = indicator.Number(r.FormValue("value")); err == nil {
		_, err = s.Assess.PutIndicator(r.Context(), v.Who, o)
	}
	if err == nil {
		return seeOther(w, r, "/indicators?"+url.Values{"indicator": {o.Indicator}, "place": {o.Place}}.Encode(), "indicator")
	}
	m := meaningOf(err)
	if m.status != http.StatusUnprocessableEntity {
		return fmt.Errorf("add a number: %w", err)
	}
	p, readErr := s.indicatorsOf(r, v)
	if readErr != nil {
		return readErr
	}
	p.New, p.Value, p.Problem = o, r.FormValue("value"), err.Error()
	s.render(w, m.status, "indicators", v.with("title.indicators", p))
	return nil
}

// importIndicators takes a panel or the organisation's own table as a file.
func (s *server) importIndicators(w http.ResponseWriter, r *http.Request, v *View) error {
	if !v.Who.May(desk.CanPortfolio) {
		return fmt.Errorf("import indicators: %w", fault.ErrForbidden)
	}
	raw, _, err := uploaded(r, v, maxUpload)
	if err != nil {
		return err
	}
	out, err := s.Assess.ImportIndicators(r.Context(), v.Who, r.FormValue("panel"), raw, time.Time{})
	if err != nil {
		return fmt.Errorf("import indicators: %w", err)
	}
	p, err := s.indicatorsOf(r, v)
	if err != nil {
		return err
	}
	p.Report = &out
	return s.ok(w, "indicators", "title.indicators", v, p)
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

// UnitName is the name of a unit of assessments: of a country in the reader's language.
func (v *View) UnitName(r assessment.Result) string {
	if r.Unit == "portfolio:all" {
		return v.T("assess.portfolio_all")
	}
	return r.Name
}
