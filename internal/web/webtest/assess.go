package webtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
)

// Assess is the assessments of the invented world: the starter set and two projects, reckoned
// once with few draws. Nothing that is done to it lasts.
type Assess struct{}

var _ desk.Assessments = Assess{}

type assessed struct {
	snapshot *assessment.Snapshot
	results  []assessment.Result
	err      error
}

var assessedWorld = sync.OnceValue(func() assessed {
	m := assessment.Default()
	obs := indicator.Starter()
	in := assessment.Inputs{AsOf: Now, Known: Now, Seed: 7, Draws: 20, Observations: obs, History: map[string][]assessment.Point{}}
	for i, p := range []struct{ code, name, country string }{{"quetta-rail-3", "Quetta rail, lot 3", "PK"}, {"nacala-port", "Nacala port", "MZ"}} {
		u := assessment.Unit{ID: "project:" + p.code, Kind: assessment.Project, Name: p.name, Country: p.country, People: float64(300 + i)}
		for n := range 5 {
			in.History[u.ID] = append(in.History[u.ID], assessment.Point{At: Now.AddDate(0, -2*(5-n), 0), Score: 5 + 0.3*float64(n)})
		}
		in.Units = append(in.Units, u)
	}
	in.Units = append(in.Units, assessment.Unit{ID: "portfolio:all", Kind: assessment.Portfolio, Name: "All", Members: []assessment.Member{{Unit: in.Units[0].ID, Weight: 300}, {Unit: in.Units[1].ID, Weight: 301}}})
	s := assessment.Build(m, in)
	out, err := assessment.Assess(context.Background(), m, s, 2)
	return assessed{s, out, err}
})

// idOf makes an id that stands in an address.
func idOf(unit string) string { return "asm_" + strings.ReplaceAll(unit, ":", "_") }

// Indicators implements desk.Assessments.
func (Assess) Indicators(_ context.Context, _ desk.Principal, name, place string, _ time.Time) ([]indicator.Observation, error) {
	var out []indicator.Observation
	for _, o := range indicator.Starter() {
		if (name == "" || o.Indicator == name) && (place == "" || o.Place == place) {
			out = append(out, o)
		}
	}
	return out, nil
}

// ImportIndicators implements desk.Assessments.
func (Assess) ImportIndicators(_ context.Context, _ desk.Principal, _ string, raw []byte, _ time.Time) (desk.IndicatorImport, error) {
	_, rep, err := indicator.ReadOwn(raw, Now)
	return desk.IndicatorImport{Report: rep}, err
}

// PutIndicator implements desk.Assessments.
func (Assess) PutIndicator(_ context.Context, _ desk.Principal, o indicator.Observation) (indicator.Observation, error) {
	return indicator.Own(o, Now)
}

// Assess implements desk.Assessments.
func (Assess) Assess(context.Context, desk.Principal, desk.AssessOptions) (desk.AssessRun, error) {
	return run(), nil
}

// Recompute implements desk.Assessments.
func (Assess) Recompute(context.Context, desk.Principal, int) ([]desk.AssessRun, error) {
	return nil, nil
}

func run() desk.AssessRun {
	w := assessedWorld()
	r := desk.AssessRun{ID: "run_1", Method: assessment.Default().Version, Purpose: desk.Published, AsOf: Now, Known: Now, Made: Now, Units: len(w.results)}
	if len(w.results) > 0 {
		r.Snapshot = w.results[0].Snapshot
	}
	return r
}

// AssessmentRuns implements desk.Assessments.
func (Assess) AssessmentRuns(context.Context, desk.Principal) ([]desk.AssessRun, error) {
	return []desk.AssessRun{run()}, nil
}

// Assessments implements desk.Assessments.
func (Assess) Assessments(context.Context, desk.Principal) (desk.AssessList, error) {
	w := assessedWorld()
	out := desk.AssessList{Run: run(), IDs: map[string]string{}, Results: w.results}
	for _, r := range w.results {
		out.IDs[r.Unit] = idOf(r.Unit)
	}
	return out, w.err
}

// Assessment implements desk.Assessments.
func (Assess) Assessment(_ context.Context, _ desk.Principal, name string) (desk.AssessView, error) {
	for _, r := range assessedWorld().results {
		if r.Unit != name && idOf(r.Unit) != name {
			continue
		}
		v := desk.AssessView{Result: r, Stored: desk.StoredAssessment{ID: idOf(r.Unit), Run: "run_1", Unit: r.Unit, Kind: r.Kind, AsOf: Now, Made: Now, Score: r.Score, Class: r.Class, Method: r.Method}}
		for n := range 6 {
			v.Scores = append(v.Scores, desk.ScorePoint{Unit: r.Unit, At: Now.AddDate(0, -2*(5-n), 0), Score: r.Score - 0.2*float64(5-n), Class: r.Class, ID: idOf(r.Unit)})
		}
		return v, nil
	}
	return desk.AssessView{}, fmt.Errorf("assessment %s: %w", name, fault.ErrNotFound)
}

// AssessmentInputs implements desk.Assessments.
func (Assess) AssessmentInputs(context.Context, desk.Principal, string) ([]byte, error) {
	return nil, fault.ErrNotFound
}

// VerifyAssessment implements desk.Assessments.
func (Assess) VerifyAssessment(context.Context, desk.Principal, string) (assessment.Verification, error) {
	return assessment.Verification{Same: true}, nil
}

// ExportAssessment implements desk.Assessments.
func (Assess) ExportAssessment(context.Context, desk.Principal, string) (assessment.Bundle, error) {
	return assessment.Bundle{}, nil
}

// CompareAssessments implements desk.Assessments.
func (a Assess) CompareAssessments(ctx context.Context, who desk.Principal, x, y string) (assessment.Comparison, error) {
	one, err := a.Assessment(ctx, who, x)
	if err != nil {
		return assessment.Comparison{}, err
	}
	two, err := a.Assessment(ctx, who, y)
	return assessment.Compare(one.Result, two.Result), err
}

// CompareIndex implements desk.Assessments.
func (Assess) CompareIndex(_ context.Context, _ desk.Principal, name string) (assessment.Against, error) {
	return assessment.AgainstIndex(assessedWorld().results, indicator.Select(indicator.Starter(), Now, Now), name, true), nil
}

// TryWhatIf implements desk.Assessments.
func (Assess) TryWhatIf(ctx context.Context, _ desk.Principal, unit, name string, changes []assessment.What) (desk.WhatIf, error) {
	w := desk.WhatIf{Name: name, Unit: unit, Run: "run_1", Changes: changes}
	s := *assessedWorld().snapshot // sorted already, so that what follows only reads it
	var err error
	w.Before, w.After, err = assessment.WhatIf(ctx, assessment.Default(), &s, unit, changes, 1)
	return w, err
}

// SaveScenario implements desk.Assessments.
func (a Assess) SaveScenario(ctx context.Context, who desk.Principal, unit, name string, changes []assessment.What) (desk.WhatIf, error) {
	return a.TryWhatIf(ctx, who, unit, name, changes)
}

// Scenarios implements desk.Assessments.
func (a Assess) Scenarios(ctx context.Context, who desk.Principal) ([]desk.WhatIf, error) {
	s, _ := assessment.StressSet("coup")
	w, err := a.TryWhatIf(ctx, who, "project:nacala-port", "Coup in spring", s.Changes)
	return []desk.WhatIf{w}, err
}
