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
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/register"
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

func task() desk.AssessTask {
	return desk.AssessTask{
		ID: "ast_1", State: desk.TaskRunning, Options: desk.AssessOptions{Years: 5, Purpose: desk.Published}, Asked: Now.Add(-time.Minute), By: "acc_1", Name: "Amina Diallo",
		Began: Now.Add(-time.Minute), Beat: Now.Add(-time.Second), Attempt: 1, Step: "2023", Done: 84, Total: 214,
	}
}

// AskAssessment implements desk.Assessments.
func (Assess) AskAssessment(context.Context, desk.Principal, desk.AssessOptions) (desk.AssessTask, error) {
	return task(), nil
}

// AssessmentTasks implements desk.Assessments.
func (Assess) AssessmentTasks(context.Context, desk.Principal) ([]desk.AssessTask, error) {
	return []desk.AssessTask{task()}, nil
}

// AssessmentTask implements desk.Assessments.
func (Assess) AssessmentTask(context.Context, desk.Principal, string) (desk.AssessTask, error) {
	return task(), nil
}

// CancelAssessment implements desk.Assessments.
func (Assess) CancelAssessment(context.Context, desk.Principal, string) (desk.AssessTask, error) {
	t := task()
	t.State = desk.TaskCancelled
	return t, nil
}

func setting() desk.AssessSetting {
	return desk.AssessSetting{
		Version: 2, Made: Now.AddDate(0, 0, -9), By: "acc_1", Name: "Amina Diallo", Reason: "Board of May: people first", Weights: []assessment.Weight{{Dimension: "health", Weight: 1.5}, {Dimension: "security", Weight: 2}},
	}
}

// AssessmentSettings implements desk.Assessments.
func (Assess) AssessmentSettings(context.Context, desk.Principal) (desk.AssessSettings, error) {
	m, now := assessment.Default(), setting()
	out := desk.AssessSettings{Now: now, Basis: m.Version + " w:5f0c2a17", Method: m.Version, Hash: m.Hash, Before: []desk.AssessSetting{now, {Version: 1, Made: Now.AddDate(0, -2, 0), By: "acc_1", Name: "Amina Diallo", Reason: "A first try"}}}
	for _, d := range m.Dimensions {
		out.Weights = append(out.Weights, assessment.Weight{Dimension: d.ID, Weight: d.Weight})
	}
	return out, nil
}

// PreviewAssessSettings implements desk.Assessments.
func (Assess) PreviewAssessSettings(context.Context, desk.Principal, desk.AssessChange) (desk.AssessPreview, error) {
	w := assessedWorld()
	out := desk.AssessPreview{From: "2026.2", To: "2026.2 w:5f0c2a17", Units: len(w.results), Moved: 31, Classes: 2}
	for _, r := range w.results {
		if r.Kind != assessment.Country {
			out.Rows = append(out.Rows, desk.PreviewRow{Unit: r.Unit, Kind: r.Kind, Name: r.Name, Before: r.Score, After: r.Score + 0.3, ClassBefore: r.Class, ClassAfter: r.Class})
		}
	}
	return out, w.err
}

// PutAssessSettings implements desk.Assessments.
func (Assess) PutAssessSettings(context.Context, desk.Principal, desk.AssessChange) (desk.AssessSetting, desk.AssessTask, error) {
	return setting(), task(), nil
}

// AssessmentMethod implements desk.Assessments.
func (Assess) AssessmentMethod(context.Context, desk.Principal) (desk.MethodFile, error) {
	f := desk.MethodFile{Hash: assessment.Default().Hash, Version: assessment.Default().Version}
	f.Method, f.Reference = assessment.Files()
	return f, nil
}

// StressSets implements desk.Assessments.
func (Assess) StressSets(context.Context, desk.Principal) ([]assessment.Scenario, error) {
	return assessment.StressSets(), nil
}

// WhatIfControls implements desk.Assessments.
func (Assess) WhatIfControls(context.Context, desk.Principal, string) ([]assessment.Control, error) {
	return []assessment.Control{{ID: "MH-01/GUARDS", Dimension: "security", Design: 0.9, Implementation: 0.7, Risk: "MH-01", Share: 0.6}}, nil
}

// AssessmentsAt implements desk.Assessments.
func (a Assess) AssessmentsAt(ctx context.Context, who desk.Principal, _ desk.AssessPick) (desk.AssessList, error) {
	return a.Assessments(ctx, who)
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
			at := Now.AddDate(0, -2*(5-n), 0)
			v.Scores = append(v.Scores, desk.ScorePoint{Unit: r.Unit, At: at, Score: r.Score - 0.2*float64(5-n), Class: r.Class, ID: idOf(r.Unit), Method: "2026.2", Purpose: desk.Recomputed})
			v.Earlier = append(v.Earlier, desk.ScorePoint{Unit: r.Unit, At: at, Score: r.Score - 0.6, Class: r.Class, ID: fmt.Sprint("asm_earlier_", n), Method: "2026.1", Purpose: desk.Published})
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
	var err error
	w.Before, w.After, err = assessment.WhatIf(ctx, assessment.Default(), assessedWorld().snapshot, unit, changes, 1)
	e := register.Entry{Code: "MH-01", Dimension: "security", Frequency: register.Frequency{PriorEvents: 2, PriorYears: 8}, Impact: register.Impact{People: register.Size{P50: 0.4, P90: 3}, Days: register.Size{P50: 4, P90: 20}, Money: register.Size{P50: 2e5, P90: 2e6}}}
	w.Loss = &desk.LossMove{
		Risks: 1, Before: register.OutlookOf([]register.Entry{e}, register.Context{}, register.Residual, Now, 7), After: register.OutlookOf([]register.Entry{e.Oftener(1.6)}, register.Context{}, register.Residual, Now, 7),
		LevelBefore: level.Yellow, LevelAfter: level.Orange, Times: []desk.RateMove{{Dimension: "security", Times: 1.6}},
	}
	return w, err
}

// Scenario implements desk.Assessments.
func (a Assess) Scenario(ctx context.Context, who desk.Principal, id string) (desk.WhatIf, error) {
	list, err := a.Scenarios(ctx, who)
	if err != nil || id != "scn_coup" {
		return desk.WhatIf{}, fmt.Errorf("scenario %s: %w", id, fault.ErrNotFound)
	}
	return list[0], nil
}

// SaveScenario implements desk.Assessments.
func (a Assess) SaveScenario(ctx context.Context, who desk.Principal, unit, name string, changes []assessment.What) (desk.WhatIf, error) {
	return a.TryWhatIf(ctx, who, unit, name, changes)
}

// Scenarios implements desk.Assessments.
func (a Assess) Scenarios(ctx context.Context, who desk.Principal) ([]desk.WhatIf, error) {
	coup, _ := assessment.Changes("coup", nil)
	w, err := a.TryWhatIf(ctx, who, "project:nacala-port", "Coup in spring", coup)
	w.ID, w.Made, w.By = "scn_coup", Now.AddDate(0, 0, -3), "acc_1"
	return []desk.WhatIf{w}, err
}
