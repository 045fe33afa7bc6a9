package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/register"
)

// analyst of the first organisation.
func analyst(org string) desk.Principal {
	return desk.Principal{Account: "acc_ann", Org: org, Name: "Ann", Role: desk.Analyst, Scopes: desk.Analyst.Scopes()}
}

// A run that is asked for is worked as a task: one at a time, the same asked twice is one, and
// nothing is published before all of it is.
func TestAssessmentsInTheBackground(t *testing.T) {
	t.Parallel()
	inWorld(t, func(ctx context.Context, w *world) {
		d, who := w.app.Desk(), analyst(w.ours.id)
		task, err := d.AskAssessment(ctx, who, desk.AssessOptions{Draws: 5, Years: 1})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := d.AskAssessment(ctx, who, desk.AssessOptions{Draws: 5, Years: 1}); err != nil || again.ID != task.ID {
			t.Errorf("asked again: %s, %v, want %s", again.ID, err, task.ID)
		}
		if _, err := d.AskAssessment(ctx, who, desk.AssessOptions{Draws: 6}); !errors.Is(err, fault.ErrConflict) {
			t.Errorf("another beside it: %v", err)
		}
		if _, err := d.Assess(ctx, who, desk.AssessOptions{Draws: 5}); !errors.Is(err, fault.ErrConflict) {
			t.Errorf("one that waits beside it: %v", err)
		}
		if _, err := d.AskAssessment(ctx, analyst(w.theirs.id), desk.AssessOptions{Draws: 5}); err != nil {
			t.Errorf("another organisation: %v", err)
		}
		// The process dies in the middle: it publishes nothing, and the next attempt does all.
		cut, stop := context.WithCancel(ctx)
		stop()
		if err := d.WorkAssessment(cut, w.ours.id, task.ID); err == nil {
			t.Error("an attempt that was cut off ended well")
		}
		if list, err := d.Assessments(ctx, who); err != nil || list.Run.ID != "" {
			t.Errorf("half of it was published: %+v %v", list.Run, err)
		}
		if err := d.WorkAssessment(ctx, w.ours.id, task.ID); err != nil {
			t.Fatal(err)
		}
		got, err := d.AssessmentTask(ctx, who, task.ID)
		if err != nil || got.State != desk.TaskDone || got.Run == "" || got.Done != got.Total || got.Done == 0 {
			t.Errorf("%+v %v", got, err)
		}
		runs, err := d.AssessmentRuns(ctx, who)
		if err != nil || len(runs) != 2 || runs[0].ID != got.Run || runs[0].Purpose != desk.Published || runs[1].Purpose != desk.Recomputed {
			t.Errorf("%+v %v", runs, err)
		}
		if err := d.WorkAssessment(ctx, w.ours.id, task.ID); err != nil {
			t.Errorf("worked again: %v", err)
		}
		if again, err := d.AssessmentRuns(ctx, who); err != nil || len(again) != 2 {
			t.Errorf("%d runs after working what is over, %v", len(again), err)
		}

		next, err := d.AskAssessment(ctx, who, desk.AssessOptions{Draws: 5})
		if err != nil {
			t.Fatal(err)
		}
		if c, err := d.CancelAssessment(ctx, who, next.ID); err != nil || c.State != desk.TaskCancelled || c.Note != "Ann" {
			t.Errorf("%+v %v", c, err)
		}
		if err := d.WorkAssessment(ctx, w.ours.id, next.ID); err != nil {
			t.Errorf("working what was cancelled: %v", err)
		}
		if again, err := d.AssessmentRuns(ctx, who); err != nil || len(again) != 2 {
			t.Errorf("what was cancelled was published: %d runs, %v", len(again), err)
		}
		if _, err := d.CancelAssessment(ctx, who, next.ID); !errors.Is(err, fault.ErrConflict) {
			t.Errorf("cancelled twice: %v", err)
		}
	})
}

// Weights and method are an organisation's own: a version with author and reason, a preview, the
// years before restated beside what was published, and the way back.
func TestOwnWeightsAndMethod(t *testing.T) {
	if testing.Short() {
		t.Skip("eleven runs over the world: under the race detector they take minutes")
	}
	t.Parallel()
	inWorld(t, func(ctx context.Context, w *world) {
		d, who := w.app.Desk(), analyst(w.ours.id)
		if _, err := d.Assess(ctx, who, desk.AssessOptions{Draws: 3}); err != nil {
			t.Fatal(err)
		}
		was, err := d.Assessment(ctx, who, "country:ML")
		if err != nil {
			t.Fatal(err)
		}
		change := desk.AssessChange{Reason: "the board of May", Weights: []assessment.Weight{{Dimension: "security", Weight: 9}}}
		p, err := d.PreviewAssessSettings(ctx, who, change)
		if err != nil || p.Moved == 0 || p.Units < 100 {
			t.Errorf("preview: %+v %v", p, err)
		}
		for name, bad := range map[string]desk.AssessChange{
			"no reason": {Weights: change.Weights}, "dimension": {Reason: "why not", Weights: []assessment.Weight{{Dimension: "weather", Weight: 1}}},
			"negative": {Reason: "why not", Weights: []assessment.Weight{{Dimension: "health", Weight: -1}}}, "method": {Reason: "why not", Method: "version: x\n"},
		} {
			if _, _, err := d.PutAssessSettings(ctx, who, bad); !errors.Is(err, fault.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		set, task, err := d.PutAssessSettings(ctx, who, change)
		if err != nil || set.Version != 1 || set.Name != "Ann" || task.Options.Years != desk.LeastYears {
			t.Fatalf("%+v %+v %v", set, task, err)
		}
		if _, _, err := d.PutAssessSettings(ctx, who, change); !errors.Is(err, fault.ErrConflict) && !errors.Is(err, fault.ErrStale) {
			t.Errorf("from an old version: %v", err)
		}
		if err := d.WorkAssessment(ctx, w.ours.id, task.ID); err != nil {
			t.Fatal(err)
		}
		now, err := d.Assessment(ctx, who, "country:ML")
		if err != nil {
			t.Fatal(err)
		}
		if now.Result.Score == was.Result.Score || len(now.Scores) != desk.LeastYears+1 || len(now.Earlier) != 1 || now.Earlier[0].Score != was.Result.Score || now.Stored.Method == was.Stored.Method {
			t.Errorf("score %v and %v, %d restated, earlier %+v, method %s", was.Result.Score, now.Result.Score, len(now.Scores), now.Earlier, now.Stored.Method)
		}
		if again, err := d.Assessment(ctx, who, was.Stored.ID); err != nil || again.Stored.Hash != was.Stored.Hash {
			t.Errorf("what was published changed: %v", err)
		}
		if v, err := d.VerifyAssessment(ctx, who, was.Stored.Run); err != nil || !v.Same {
			t.Errorf("the run before does not verify: %+v %v", v, err)
		}

		// A method of one's own, under a name of its own.
		raw, _ := assessment.Files()
		own := desk.AssessChange{Base: 1, Reason: "our own", Method: strings.Replace(string(raw), "red_tag: 8", "red_tag: 7", 1)}
		if _, _, err := d.PutAssessSettings(ctx, who, own); !errors.Is(err, fault.ErrConflict) {
			t.Errorf("under the name of the built-in one: %v", err)
		}
		own.Method = strings.Replace(own.Method, `version: "`+assessment.Default().Version, `version: "ours-1`, 1)
		own.Years = 5
		if _, task, err = d.PutAssessSettings(ctx, who, own); err != nil {
			t.Fatal(err)
		}
		if err := d.WorkAssessment(ctx, w.ours.id, task.ID); err != nil {
			t.Fatal(err)
		}
		if x, err := d.Assessment(ctx, who, "country:ML"); err != nil || x.Result.Method != "ours-1" || len(x.Earlier) < 2 {
			t.Errorf("%s, %d earlier, %v", x.Result.Method, len(x.Earlier), err)
		}
		zero := int64(0)
		if back, _, err := d.PutAssessSettings(ctx, who, desk.AssessChange{Base: 2, Reason: "back", Restore: &zero}); err != nil || back.Method != "" || len(back.Weights) != 0 || back.Undoes != 2 {
			t.Errorf("%+v %v", back, err)
		}
		if _, err := d.AssessmentSettings(ctx, analyst(w.theirs.id)); err != nil {
			t.Error(err)
		}
		if theirs, err := d.AssessmentSettings(ctx, analyst(w.theirs.id)); err != nil || theirs.Now.Version != 0 {
			t.Errorf("another organisation has our settings: %+v %v", theirs.Now, err)
		}
	})
}

// badPanels are tables that must not change what was published: each is refused, or its bad
// rows are put aside with line and reason.
func badPanels(t *testing.T) map[string][2]string {
	t.Helper()
	head, own := "iso3,country,year,rate_per_100k,source\n", "indicator,unit,place,period,value,known_at,source,grade,licence\n"
	good := strings.Builder{}
	for _, c := range []string{"KEN,Kenya", "MLI,Mali", "PER,Peru", "NPL,Nepal", "NAM,Namibia", "LAO,Laos"} {
		for _, y := range []string{"2021", "2022", "2023", "2024"} {
			good.WriteString(c + "," + y + ",5.5,WDI\n")
		}
	}
	swapped := strings.NewReplacer("KEN,Kenya", "Kenya,KEN", "MLI,Mali", "Mali,MLI").Replace(good.String())
	return map[string][2]string{
		"wrong unit":       {"own", own + "own.stock_days,weeks,country:ML,2026-01-01,2,,stores,A,\n"},
		"duplicate rows":   {"homicide", head + good.String() + "MLI,Mali,2024,77,WDI\n"},
		"unknown country":  {"homicide", head + good.String() + "QQQ,Wakanda,2024,77,WDI\n"},
		"a column shifted": {"homicide", head + strings.ReplaceAll(good.String(), "\n", "\n,")},
		"columns swapped":  {"homicide", head + swapped},
		"negative count":   {"homicide", head + good.String() + "MLI,Mali,2025,-7,WDI\n"},
		"1e308":            {"homicide", head + good.String() + "MLI,Mali,2025,1e308,WDI\n"},
		"NaN":              {"homicide", head + good.String() + "MLI,Mali,2025,NaN,WDI\n"},
		"mixed encodings":  {"homicide", head + good.String() + "MLI,Mal\xef,2025,9,WDI\n"},
		"an honest one":    {"homicide", head + good.String()},
	}
}

// Whatever comes in, a published assessment keeps its bytes, its inputs and its journal entry.
func TestBadPanelsLeaveThePublishedAlone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(ctx context.Context, w *world) {
		d, who := w.app.Desk(), analyst(w.ours.id)
		run, err := d.Assess(ctx, who, desk.AssessOptions{Draws: 3})
		if err != nil {
			t.Fatal(err)
		}
		inputs, err := d.AssessmentInputs(ctx, who, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		for name, panel := range badPanels(t) {
			got, err := d.ImportIndicators(ctx, who, panel[0], []byte(panel[1]), run.AsOf.AddDate(0, 0, -1))
			refused := errors.Is(err, fault.ErrInvalid)
			aside := err == nil && len(got.Report.Quarantined) > 0 && got.Report.Quarantined[0].Reason != "" && got.Report.Quarantined[0].Line > 1
			unmatched := err == nil && len(got.Report.Unmatched) > 0
			if (name == "an honest one") != (err == nil && !aside && !unmatched) || name != "an honest one" && !refused && !aside && !unmatched {
				t.Errorf("%s: %+v %v", name, got.Report, err)
			}
			again, err := d.AssessmentInputs(ctx, who, run.ID)
			if err != nil || string(again) != string(inputs) {
				t.Errorf("%s changed the inputs of what was published: %v", name, err)
			}
		}
		if v, err := d.VerifyAssessment(ctx, who, run.ID); err != nil || !v.Same {
			t.Errorf("after all of them: %+v %v", v, err)
		}
		if list, err := d.Assessments(ctx, who); err != nil || list.Run.Results != run.Results {
			t.Errorf("%+v %v", list.Run, err)
		}
	})
}

// The controls of the register lower a project's score, its chance of a severe impact stands
// beside it, and a what-if of a control moves score, loss and chance.
func TestRegisterInAssessments(t *testing.T) {
	t.Parallel()
	inWorld(t, func(ctx context.Context, w *world) {
		d, who := w.app.Desk(), analyst(w.ours.id)
		first, err := d.Assess(ctx, who, desk.AssessOptions{Draws: 20, AsOf: now.Add(-time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		unit, bare := "", assessment.Result{}
		list, err := d.Assessments(ctx, who)
		for _, r := range list.Results {
			if r.Kind == assessment.Project {
				unit, bare = r.Unit, r
			}
		}
		if err != nil || unit == "" || list.Run.ID != first.ID {
			t.Fatalf("no project among %d results: %v", len(list.Results), err)
		}
		if bare.Probability != nil {
			t.Errorf("without a risk the chance is %+v", bare.Probability)
		}
		day := register.DayOf(now.AddDate(0, 0, -10))
		risk := register.Entry{
			Code: "R-1", Title: "Attack on the camp", Project: strings.TrimPrefix(unit, "project:"), Dimension: "security", Owner: "Ann",
			Frequency: register.Frequency{PriorEvents: 2, PriorYears: 10}, Impact: register.Impact{People: register.Size{P50: 1, P90: 6}, Money: register.Size{P50: 1e5, P90: 1e6}},
			Controls: []register.Control{{
				Code: "GUARDS", Title: "Guards", Effect: register.Preventive, Owner: "Ann", Design: 0.9, Implementation: 0.8, Tested: day, TestDue: register.DayOf(now.AddDate(1, 0, 0)),
				Evidence: []register.Evidence{{Text: "audit"}}, Duties: []register.Duty{{Unit: register.Enterprise, Must: "Ann", Checks: "Ben"}},
			}},
		}
		if _, err := d.PutRisk(ctx, who, desk.NewRisk, risk); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Assess(ctx, who, desk.AssessOptions{Draws: 20, Seed: 3}); err != nil {
			t.Fatal(err)
		}
		got, err := d.Assessment(ctx, who, unit)
		if err != nil {
			t.Fatal(err)
		}
		security := got.Result.Dimensions[0]
		if p := got.Result.Probability; p == nil || p.What != "severe" || !(p.P > 0 && p.P < p.Base) || !(security.Score < security.Inherent) {
			t.Errorf("probability %+v, security %v with and %v without controls", got.Result.Probability, security.Score, security.Inherent)
		}
		none, err := assessment.ParseWhat("control:R-1/GUARDS=0,0")
		if err != nil {
			t.Fatal(err)
		}
		w1, err := d.TryWhatIf(ctx, who, unit, "", []assessment.What{none})
		if err != nil {
			t.Fatal(err)
		}
		if l := w1.Loss; l == nil || !(l.After.Money.Mean > l.Before.Money.Mean) || !(l.After.Severe.Mean > l.Before.Severe.Mean) || !(l.Before.Money.Low < l.Before.Money.Mean && l.Before.Money.Mean < l.Before.Money.High) {
			t.Errorf("without guards: %+v", w1.Loss)
		}
		if a := w1.After.Dimensions[0]; a.Score <= w1.Before.Dimensions[0].Score {
			t.Errorf("without guards security is %v, with them %v", a.Score, w1.Before.Dimensions[0].Score)
		}
		for _, set := range assessment.StressSets() {
			x, err := d.TryWhatIf(ctx, who, unit, "", set.Changes)
			if err != nil || set.Assumes["en"] == "" || set.Assumes["zh"] == "" {
				t.Errorf("%s: %v", set.ID, err)
				continue
			}
			if set.ID == "coup" && (x.Loss == nil || !(x.Loss.After.Money.Mean > x.Loss.Before.Money.Mean)) {
				t.Errorf("a coup leaves the loss at %+v", x.Loss)
			}
		}
		kept, err := d.SaveScenario(ctx, who, unit, "No guards", []assessment.What{none})
		if err != nil {
			t.Fatal(err)
		}
		if x, err := d.Scenario(ctx, who, kept.ID); err != nil || x.Loss == nil || x.Name != "No guards" || x.Changes[0].String() != none.String() {
			t.Errorf("%+v %v", x, err)
		}
		if _, err := d.Scenario(ctx, analyst(w.theirs.id), kept.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("another organisation's scenario: %v", err)
		}
		if _, err := d.TryWhatIf(ctx, who, unit, "", []assessment.What{{Control: &assessment.Control{ID: "R-9/X"}}}); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("a control of no risk: %v", err)
		}
	})
}

// What had been published on a day has an answer, and what would have been said with what was
// known then, which stands in no series and never counts as the newest.
func TestWhatWasKnownThen(t *testing.T) {
	t.Parallel()
	inWorld(t, func(ctx context.Context, w *world) {
		d, who := w.app.Desk(), analyst(w.ours.id)
		first, err := d.Assess(ctx, who, desk.AssessOptions{Draws: 3})
		if err != nil {
			t.Fatal(err)
		}
		then := now.AddDate(-3, 0, 0)
		old, err := d.Assess(ctx, who, desk.AssessOptions{Draws: 3, AsOf: then, Known: then})
		if err != nil || old.Purpose != desk.Then {
			t.Fatalf("%+v %v", old, err)
		}
		if list, err := d.Assessments(ctx, who); err != nil || list.Run.ID != first.ID {
			t.Errorf("the newest is %s, want %s (%v)", list.Run.ID, first.ID, err)
		}
		if list, err := d.AssessmentsAt(ctx, who, desk.AssessPick{Run: old.ID}); err != nil || len(list.Results) == 0 || !list.Results[0].Known.Equal(then) {
			t.Errorf("%+v %v", list.Run, err)
		}
		if x, err := d.Assessment(ctx, who, "country:ML"); err != nil || len(x.Scores) != 1 {
			t.Errorf("%d scores, %v", len(x.Scores), err)
		}
		if x, err := d.Assessment(ctx, who, "country:ML@"+now.Format("2006-01-02")); err != nil || x.Stored.Run != first.ID {
			t.Errorf("%+v %v", x.Stored, err)
		}
		for _, day := range []string{"2001-01-01", "soon"} {
			if _, err := d.Assessment(ctx, who, "country:ML@"+day); err == nil {
				t.Errorf("on %s there was one", day)
			}
		}
	})
}
