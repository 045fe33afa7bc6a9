package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
)

type indicatorQuery struct {
	Paging
	Indicator string `query:"indicator" maxLength:"100" doc:"One indicator; missing = all."`
	Place     string `query:"place" maxLength:"120" doc:"One place, such as country:KE or project:CODE; missing = all."`
	Known     string `query:"known" maxLength:"40" doc:"What was known at this instant (RFC 3339); missing = now."`
}

// NewIndicator is a number of the organisation's own as a client writes it.
type NewIndicator struct {
	Indicator string    `json:"indicator" minLength:"1" maxLength:"100"`
	Unit      string    `json:"unit,omitempty" maxLength:"100" doc:"Missing = the indicator's; another one is refused."`
	Place     string    `json:"place" minLength:"1" maxLength:"120"`
	Period    string    `json:"period" minLength:"4" maxLength:"10" doc:"2026, 2026-Q2, 2026-06 or 2026-06-03"`
	Value     float64   `json:"value"`
	KnownAt   time.Time `json:"known_at,omitzero" doc:"Missing = now."`
	Source    string    `json:"source" minLength:"1" maxLength:"300"`
	Grade     string    `json:"grade,omitempty" maxLength:"1" doc:"Admiralty grade A to F; missing = B."`
	Licence   string    `json:"licence,omitempty" maxLength:"300" doc:"Missing = own."`
}

type newIndicatorInput struct{ Body NewIndicator }

type panelInput struct {
	Panel   string `query:"panel" maxLength:"100" default:"own" doc:"A panel that the program can read, or own for the organisation's own table."`
	Known   string `query:"known" maxLength:"40" doc:"When this edition was published (RFC 3339); missing = as the panel's mapping says."`
	RawBody []byte `contentType:"text/csv"`
}

type assessQuery struct {
	Paging
	On  string `query:"on" maxLength:"40" doc:"As it had been published at this instant (RFC 3339); missing = now."`
	Run string `query:"run" maxLength:"60" doc:"A run by its id instead."`
}

type runInput struct {
	Body struct {
		AsOf  time.Time `json:"as_of,omitzero" doc:"Instant that is judged; missing = now."`
		Known time.Time `json:"known,omitzero" doc:"Only what was known by then; missing = now."`
		Draws int       `json:"draws,omitempty" minimum:"0" maximum:"10000" doc:"0 = as the method says."`
		Years int       `json:"years,omitempty" minimum:"0" maximum:"30" doc:"Recompute the ends of so many years before as well."`
	}
}

type compareQuery struct {
	A     string `query:"a" maxLength:"120" doc:"Unit or id of an assessment."`
	B     string `query:"b" maxLength:"120" doc:"The other."`
	Index string `query:"index" maxLength:"100" doc:"A public index instead: all countries beside it."`
}

// WhatIfBody is a scenario as a client writes it.
type WhatIfBody struct {
	Unit    string            `json:"unit" minLength:"1" maxLength:"120"`
	Name    string            `json:"name,omitempty" maxLength:"200"`
	Stress  string            `json:"stress,omitempty" maxLength:"40" doc:"A stress set that comes with the program."`
	Lines   []string          `json:"lines,omitempty" nullable:"false" maxItems:"100" doc:"Changes as people type them: own.stock_days=5, wgi.stability@country-=1, people=120, control:R-1/GUARDS=0.9,0.8."`
	Changes []assessment.What `json:"changes,omitempty" nullable:"false"`
}

func (b WhatIfBody) changes() ([]assessment.What, error) {
	out, err := assessment.Changes(b.Stress, b.Lines)
	if err != nil {
		return nil, err
	}
	return append(out, b.Changes...), nil
}

type whatIfInput struct{ Body WhatIfBody }

// comparison is one of its two parts.
type comparison struct {
	Pair  *assessment.Comparison `json:"pair,omitempty"`
	Index *assessment.Against    `json:"index,omitempty"`
}

func (s *server) assessments() {
	if s.Assess == nil {
		return
	}
	s.indicators()
	add(s, operation{
		verb: http.MethodGet, path: "/assessments", id: "list-assessments", tag: "assessments", scope: desk.CanRead, errors: []int{http.StatusNotFound}, summary: "The newest published assessment of each unit",
		about: "With on: as it had been published at that instant. With run: one run, whatever it was made for.",
	}, func(ctx context.Context, who desk.Principal, in *assessQuery) (List[assessment.Result], error) {
		on, err := instant(in.On)
		if err != nil {
			return List[assessment.Result]{}, err
		}
		list, err := s.Assess.AssessmentsAt(ctx, who, desk.AssessPick{Run: in.Run, On: on})
		if errors.Is(err, fault.ErrNotFound) && in.Run == "" && in.On == "" {
			err = nil // none yet
		}
		return cut(in.Paging, list.Results, func(r assessment.Result) string { return r.Unit }), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/assessments/{id}", id: "get-assessment", tag: "assessments", scope: desk.CanRead,
		summary: "One assessment with its scores of the past", about: "By its id, or by its unit, such as project:CODE: then the newest published one; project:CODE@2026-03-03 is the one that had been published on that day.",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.AssessView, error) {
		v, err := s.Assess.Assessment(ctx, who, in.ID)
		v.Scores = full(v.Scores)
		return v, err
	})
	s.assessmentTasks()
	add(s, operation{
		verb: http.MethodGet, path: "/assessment-runs", id: "list-assessment-runs", tag: "assessments", scope: desk.CanRead,
		summary: "Runs with the hashes of their inputs and results, the newest first",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[desk.AssessRun], error) {
		list, err := s.Assess.AssessmentRuns(ctx, who)
		return listOf(list, ""), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/assessment-runs/{id}/bundle", id: "export-assessments", tag: "assessments", scope: desk.CanRead,
		summary: "A run with method and inputs, for who wants to reckon it again",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (assessment.Bundle, error) {
		b, err := s.Assess.ExportAssessment(ctx, who, in.ID)
		b.Results = full(b.Results)
		return b, err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/assessment-runs/{id}/verify", id: "verify-assessments", tag: "assessments", scope: desk.CanRead,
		summary: "Reckon a run again from its stored inputs and compare every byte",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (assessment.Verification, error) {
		return s.Assess.VerifyAssessment(ctx, who, in.ID)
	})
	s.assessmentTrials()
	s.assessmentSettings()
}

// assessmentSettings shows and changes an organisation's own weights and method.
func (s *server) assessmentSettings() {
	add(s, operation{
		verb: http.MethodGet, path: "/assessment-settings", id: "get-assessment-settings", tag: "assessments", scope: desk.CanRead, summary: "Weights and method in force, and every version before",
	}, func(ctx context.Context, who desk.Principal, _ *none) (desk.AssessSettings, error) {
		out, err := s.Assess.AssessmentSettings(ctx, who)
		out.Before, out.Weights, out.Now.Weights = full(out.Before), full(out.Weights), full(out.Now.Weights)
		return out, err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/assessment-settings/method", id: "get-assessment-method", tag: "assessments", scope: desk.CanRead, summary: "The method file in force, with its reference",
	}, func(ctx context.Context, who desk.Principal, _ *none) (methodBody, error) {
		f, err := s.Assess.AssessmentMethod(ctx, who)
		return methodBody{Version: f.Version, SHA256: f.Hash, Method: string(f.Method), Reference: string(f.Reference)}, err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/assessment-settings/preview", id: "preview-assessment-settings", tag: "assessments", scope: desk.CanRules, max: 8 << 20, errors: []int{http.StatusNotFound},
		summary: "What other weights or another method would do to today's scores; nothing is stored", example: map[string]any{"base": 0, "weights": []map[string]any{{"dimension": "security", "weight": 2}}},
	}, func(ctx context.Context, who desk.Principal, in *changeInput) (desk.AssessPreview, error) {
		out, err := s.Assess.PreviewAssessSettings(ctx, who, in.Body)
		out.Rows, out.Weights = full(out.Rows), full(out.Weights)
		return out, err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/assessment-settings", id: "set-assessment-settings", tag: "assessments", scope: desk.CanRules, max: 8 << 20, status: http.StatusCreated, errors: []int{http.StatusNotFound},
		summary: "Change weights or method, by name and with a reason",
		about:   "A version is added. At least five years are reckoned again by it in the background, as a series beside what was published.",
		example: map[string]any{"base": 0, "reason": "board of May", "weights": []map[string]any{{"dimension": "security", "weight": 2}}},
	}, func(ctx context.Context, who desk.Principal, in *changeInput) (settingMade, error) {
		set, task, err := s.Assess.PutAssessSettings(ctx, who, in.Body)
		set.Weights = full(set.Weights)
		return settingMade{set, task}, err
	})
}

type changeInput struct{ Body desk.AssessChange }

type methodBody struct {
	Version   string `json:"version"`
	SHA256    string `json:"sha256"`
	Method    string `json:"method"`
	Reference string `json:"reference"`
}

type settingMade struct {
	Setting desk.AssessSetting `json:"setting"`
	Task    desk.AssessTask    `json:"task"`
}

// assessmentTasks asks for runs and follows them.
func (s *server) assessmentTasks() {
	add(s, operation{
		verb: http.MethodPost, path: "/assessments", id: "run-assessments", tag: "assessments", scope: desk.CanRules, status: http.StatusAccepted,
		summary: "Ask for the assessment of every unit", example: map[string]any{"years": 5},
		about: "It is reckoned in the background and published at once when all of it is done: follow the task that comes back. One at a time; asking again for the same returns what is under way.",
	}, func(ctx context.Context, who desk.Principal, in *runInput) (desk.AssessTask, error) {
		return s.Assess.AskAssessment(ctx, who, desk.AssessOptions{AsOf: in.Body.AsOf, Known: in.Body.Known, Draws: in.Body.Draws, Years: in.Body.Years})
	})
	add(s, operation{
		verb: http.MethodGet, path: "/assessment-tasks", id: "list-assessment-tasks", tag: "assessments", scope: desk.CanRead, summary: "What was asked to be assessed, the newest first",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[desk.AssessTask], error) {
		list, err := s.Assess.AssessmentTasks(ctx, who)
		return listOf(list, ""), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/assessment-tasks/{id}", id: "get-assessment-task", tag: "assessments", scope: desk.CanRead, summary: "How far an assessment is",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.AssessTask, error) {
		return s.Assess.AssessmentTask(ctx, who, in.ID)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/assessment-tasks/{id}/cancel", id: "cancel-assessment", tag: "assessments", scope: desk.CanRules, summary: "Cancel an assessment that is not over: nothing of it is published",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.AssessTask, error) {
		return s.Assess.CancelAssessment(ctx, who, in.ID)
	})
}

// assessmentTrials compares and asks what if.
func (s *server) assessmentTrials() {
	add(s, operation{
		verb: http.MethodGet, path: "/assessments/compare", id: "compare-assessments", tag: "assessments", scope: desk.CanRead, errors: []int{http.StatusNotFound},
		summary: "Two assessments side by side, or all countries beside a public index",
	}, func(ctx context.Context, who desk.Principal, in *compareQuery) (comparison, error) {
		if in.Index != "" {
			a, err := s.Assess.CompareIndex(ctx, who, in.Index)
			return comparison{Index: &a}, err
		}
		c, err := s.Assess.CompareAssessments(ctx, who, in.A, in.B)
		return comparison{Pair: &c}, err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/assessments/what-if", id: "try-what-if", tag: "assessments", scope: desk.CanRead, errors: []int{http.StatusNotFound},
		summary: "What a score would be under other numbers; nothing is stored", example: map[string]any{"unit": "project:CODE", "stress": "coup"},
	}, func(ctx context.Context, who desk.Principal, in *whatIfInput) (desk.WhatIf, error) {
		changes, err := in.Body.changes()
		if err != nil {
			return desk.WhatIf{}, err
		}
		return s.Assess.TryWhatIf(ctx, who, in.Body.Unit, in.Body.Name, changes)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/assessments/scenarios", id: "save-scenario", tag: "assessments", scope: desk.CanRules, status: http.StatusCreated, errors: []int{http.StatusNotFound},
		summary: "Keep a what-if for a report", example: map[string]any{"unit": "project:CODE", "name": "Coup in May", "stress": "coup"},
	}, func(ctx context.Context, who desk.Principal, in *whatIfInput) (desk.WhatIf, error) {
		changes, err := in.Body.changes()
		if err != nil {
			return desk.WhatIf{}, err
		}
		return s.Assess.SaveScenario(ctx, who, in.Body.Unit, in.Body.Name, changes)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/assessments/stress", id: "list-stress-sets", tag: "assessments", scope: desk.CanRead, summary: "The stress sets that come with the program, with what they take for granted",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[assessment.Scenario], error) {
		list, err := s.Assess.StressSets(ctx, who)
		return listOf(list, ""), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/assessments/scenarios/{id}", id: "get-scenario", tag: "assessments", scope: desk.CanRead, summary: "One scenario that was kept",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.WhatIf, error) {
		return s.Assess.Scenario(ctx, who, in.ID)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/assessments/scenarios", id: "list-scenarios", tag: "assessments", scope: desk.CanRead, summary: "The scenarios that were kept",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[desk.WhatIf], error) {
		list, err := s.Assess.Scenarios(ctx, who)
		return listOf(list, ""), err
	})
}

func (s *server) indicators() {
	add(s, operation{
		verb: http.MethodGet, path: "/indicators", id: "list-indicators", tag: "assessments", scope: desk.CanRead,
		summary: "Numbers that assessments rest on, as they were known at an instant", about: "Each number carries its source, its licence and the day since when it is known.",
	}, func(ctx context.Context, who desk.Principal, in *indicatorQuery) (List[indicator.Observation], error) {
		known, err := instant(in.Known)
		if err != nil {
			return List[indicator.Observation]{}, err
		}
		list, err := s.Assess.Indicators(ctx, who, in.Indicator, in.Place, known)
		return cut(in.Paging, sortedByID(list), func(o indicator.Observation) string { return o.ID }), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/indicators", id: "add-indicator", tag: "assessments", scope: desk.CanPortfolio, status: http.StatusCreated, summary: "Add a number of your own",
		example: map[string]any{"indicator": "own.stock_days", "place": "project:CODE", "period": "2026-06-01", "value": 12, "source": "stores"},
	}, func(ctx context.Context, who desk.Principal, in *newIndicatorInput) (indicator.Observation, error) {
		b := in.Body
		return s.Assess.PutIndicator(ctx, who, indicator.Observation{
			Indicator: b.Indicator, Unit: b.Unit, Place: b.Place, Period: b.Period, Value: b.Value, KnownAt: b.KnownAt, Source: b.Source, Grade: b.Grade, Licence: b.Licence,
		})
	})
	add(s, operation{
		verb: http.MethodPost, path: "/indicators/imports", id: "import-indicators", tag: "assessments", scope: desk.CanPortfolio, status: http.StatusCreated, max: 64 << 20,
		takes: "text/csv", form: "docs/indicators.md", summary: "Import a public panel or your own table",
		about: "Rows that break the contract are put aside with their line and reason; a panel that is not the one of the contract is refused as a whole.",
	}, func(ctx context.Context, who desk.Principal, in *panelInput) (desk.IndicatorImport, error) {
		known, err := instant(in.Known)
		if err != nil {
			return desk.IndicatorImport{}, err
		}
		return s.Assess.ImportIndicators(ctx, who, in.Panel, in.RawBody, known)
	})
}

// instant reads RFC 3339; "" = zero.
func instant(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%.40q, want an instant of RFC 3339: %w", s, fault.ErrInvalid)
	}
	return t, nil
}

func sortedByID(list []indicator.Observation) []indicator.Observation {
	slices.SortFunc(list, func(a, b indicator.Observation) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
