package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
)

// An assessmentPage is one assessment with its words and, if asked, a what-if.
type assessmentPage struct {
	desk.AssessView
	Words    []phrase.Sentence
	Stress   []assessment.Scenario
	Form     whatForm
	Try      *desk.WhatIf
	Controls []assessment.Control
	Choices  []choice
	Before   []desk.ScorePoint // earlier published ones, to compare with
	Problem  string
	Lang     string
	Past     pastLines
}

// Top are the strongest drivers.
func (p assessmentPage) Top() []assessment.Driver {
	return p.Result.Drivers[:min(15, len(p.Result.Drivers))]
}

// Inputs are the shares of the spread of what the whole rests on, Inside those of dimensions.
func (p assessmentPage) Inputs() []assessment.Share { return p.shares(false) }

// Inside are the shares of the spread by dimension.
func (p assessmentPage) Inside() []assessment.Share { return p.shares(true) }

func (p assessmentPage) shares(inside bool) []assessment.Share {
	var out []assessment.Share
	for _, x := range p.Result.Sensitivity {
		if name, is := strings.CutPrefix(x.Factor, "dimension:"); is == inside {
			x.Factor = name
			out = append(out, x)
		}
	}
	return out
}

func (s *server) assessment(w http.ResponseWriter, r *http.Request, v *View) error {
	view, err := s.Assess.Assessment(r.Context(), v.Who, r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read assessment: %w", err)
	}
	p := assessmentPage{AssessView: view, Words: v.Assessment(view.Result), Stress: assessment.StressSets(), Lang: v.Language(), Past: pastOf(view), Form: whatFormOf(r.URL.Query())}
	for _, x := range append(slices.Clone(view.Earlier), view.Scores...) {
		if x.Purpose == desk.Published && x.ID != view.Stored.ID {
			p.Before = append(p.Before, x)
		}
	}
	slices.SortStableFunc(p.Before, func(a, b desk.ScorePoint) int { return b.At.Compare(a.At) })
	if p.Controls, err = s.Assess.WhatIfControls(r.Context(), v.Who, view.Result.Unit); err != nil {
		return fmt.Errorf("read controls: %w", err)
	}
	p.Choices = choicesOf(v, view.Result)
	if changes, err := p.Form.changes(); err != nil {
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

// pastLines are scores laid out in a drawing of 300 × 60: those by today's method and weights,
// and those that were published by others.
type pastLines struct {
	Now     []pastPoint
	Earlier []pastPoint
}

// A pastPoint is a score at its place in the drawing.
type pastPoint struct {
	desk.ScorePoint
	X, Y string
}

// Line is the path of points.
func (pastLines) Line(list []pastPoint) string {
	var b strings.Builder
	for i, x := range list {
		b.WriteString(map[bool]string{true: "M", false: "L"}[i == 0] + x.X + " " + x.Y)
	}
	return b.String()
}

// Any tells whether there is something to draw.
func (p pastLines) Any() bool { return len(p.Now)+len(p.Earlier) > 1 }

// pastOf lays scores out in time; the newest sixty of each series.
func pastOf(view desk.AssessView) pastLines {
	now, earlier := newest(view.Scores), newest(view.Earlier)
	all := append(slices.Clone(now), earlier...)
	if len(all) < 2 {
		return pastLines{}
	}
	from, to := all[0].At, all[0].At
	for _, x := range all {
		if x.At.Before(from) {
			from = x.At
		}
		if x.At.After(to) {
			to = x.At
		}
	}
	whole := to.Sub(from).Seconds()
	lay := func(list []desk.ScorePoint) []pastPoint {
		out := make([]pastPoint, len(list))
		for i, x := range list {
			out[i] = pastPoint{x, strconv.FormatFloat(4+292*x.At.Sub(from).Seconds()/max(1, whole), 'f', 1, 64), strconv.FormatFloat(56-5.2*x.Score, 'f', 1, 64)}
		}
		return out
	}
	return pastLines{lay(now), lay(earlier)}
}

func newest(list []desk.ScorePoint) []desk.ScorePoint { return list[max(0, len(list)-60):] }

// saveScenario keeps a what-if.
func (s *server) saveScenario(w http.ResponseWriter, r *http.Request, v *View) error {
	if !v.Who.May(desk.CanRules) {
		return fmt.Errorf("save a scenario: %w", fault.ErrForbidden)
	}
	view, err := s.Assess.Assessment(r.Context(), v.Who, r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read assessment: %w", err)
	}
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("scenario: %w: %w", fault.ErrInvalid, err)
	}
	changes, err := whatFormOf(r.Form).changes()
	if err != nil {
		return err
	}
	kept, err := s.Assess.SaveScenario(r.Context(), v.Who, view.Result.Unit, r.FormValue("name"), changes)
	if err != nil {
		return fmt.Errorf("save a scenario: %w", err)
	}
	return seeOther(w, r, "/assessments/scenarios/"+kept.ID, "scenario")
}

// A scenarioPage is one that was kept.
type scenarioPage struct{ Try *desk.WhatIf }

// Lines are its changes as people type them.
func (p scenarioPage) Lines() []string {
	var out []string
	for _, c := range p.Try.Changes {
		out = append(out, c.String())
	}
	return out
}

func (s *server) scenario(w http.ResponseWriter, r *http.Request, v *View) error {
	x, err := s.Assess.Scenario(r.Context(), v.Who, r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read scenario: %w", err)
	}
	return s.ok(w, "scenario", "title.scenario", v, scenarioPage{&x})
}

// Moved are the dimensions that a scenario moves, as pairs of before and after.
func (v *View) Moved(w *desk.WhatIf) [][2]assessment.DimensionResult {
	var out [][2]assessment.DimensionResult
	for i, d := range w.Before.Dimensions {
		if i < len(w.After.Dimensions) && w.After.Dimensions[i].Score != d.Score {
			out = append(out, [2]assessment.DimensionResult{d, w.After.Dimensions[i]})
		}
	}
	return out
}
