package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
)

// AssessmentRuns lists runs, the newest first.
func (d *Desk) AssessmentRuns(ctx context.Context, who Principal) ([]AssessRun, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return nil, err
	}
	return d.cfg.Assess.AssessRuns(ctx, who.Org, "", 200)
}

// newest is the newest published run; fault.ErrNotFound where there is none.
func (d *Desk) newest(ctx context.Context, org string) (AssessRun, error) {
	runs, err := d.cfg.Assess.AssessRuns(ctx, org, Published, 1)
	if err != nil {
		return AssessRun{}, err
	}
	if len(runs) == 0 {
		return AssessRun{}, fmt.Errorf("no assessment was published yet: %w", fault.ErrNotFound)
	}
	return runs[0], nil
}

// runOn is the newest published run that was there at an instant, zero = now; fault.ErrNotFound
// where there was none.
func (d *Desk) runOn(ctx context.Context, org string, on time.Time) (AssessRun, error) {
	if on.IsZero() {
		return d.newest(ctx, org)
	}
	runs, err := d.cfg.Assess.AssessRuns(ctx, org, Published, 1000)
	if err != nil {
		return AssessRun{}, err
	}
	for _, r := range runs {
		if !r.Made.After(on) {
			return r, nil
		}
	}
	return AssessRun{}, fmt.Errorf("no assessment had been published by %s: %w", on.UTC().Format(time.RFC3339), fault.ErrNotFound)
}

// Assessments is the newest published run; an empty list where there is none.
func (d *Desk) Assessments(ctx context.Context, who Principal) (AssessList, error) {
	out, err := d.AssessmentsAt(ctx, who, AssessPick{})
	if errors.Is(err, fault.ErrNotFound) {
		return out, nil
	}
	return out, err
}

// AssessmentsAt is a run by its id, or the newest that had been published at an instant.
func (d *Desk) AssessmentsAt(ctx context.Context, who Principal, p AssessPick) (AssessList, error) {
	out := AssessList{IDs: map[string]string{}}
	if err := d.mayAssess(who, CanRead); err != nil {
		return out, err
	}
	var err error
	if p.Run != "" {
		out.Run, _, err = d.cfg.Assess.AssessRun(ctx, who.Org, p.Run)
	} else {
		out.Run, err = d.runOn(ctx, who.Org, p.On)
	}
	if err != nil {
		return out, err
	}
	list, err := d.cfg.Assess.AssessmentsOf(ctx, who.Org, out.Run.ID)
	if err != nil {
		return out, err
	}
	for _, a := range list {
		r, err := resultOf(a)
		if err != nil {
			return out, err
		}
		out.IDs[a.Unit] = a.ID
		out.Results = append(out.Results, r)
	}
	return out, nil
}

// dayOf reads the day or instant behind an "@"; a day stands for its end.
func dayOf(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("%.40q, want 2026-03-03 or an instant of RFC 3339: %w", text, fault.ErrInvalid)
	}
	return t.Add(24*time.Hour - time.Second), nil
}

// Assessment is one of them, by its id, by its unit, or by its unit as it had been published on
// a day: "project:CODE@2026-03-03".
func (d *Desk) Assessment(ctx context.Context, who Principal, idOrUnit string) (AssessView, error) {
	var out AssessView
	if err := d.mayAssess(who, CanRead); err != nil {
		return out, err
	}
	name := idOrUnit
	if unit, day, dated := strings.Cut(name, "@"); strings.Contains(unit, ":") {
		var on time.Time
		var err error
		if dated {
			if on, err = dayOf(day); err != nil {
				return out, err
			}
		}
		run, err := d.runOn(ctx, who.Org, on)
		if err != nil {
			return out, err
		}
		name = id.Derived("asm", run.ID, unit)
	}
	a, err := d.cfg.Assess.Assessment(ctx, who.Org, name)
	if err != nil {
		return out, err
	}
	if out.Result, err = resultOf(a); err != nil {
		return out, err
	}
	out.Stored = a
	points, err := d.cfg.Assess.ScoresOf(ctx, who.Org, a.Unit, a.AsOf.AddDate(-mostPast, 0, 0))
	for _, p := range points {
		switch {
		case p.At.After(a.AsOf):
		case p.Method == a.Method:
			out.Scores = append(out.Scores, p)
		default:
			out.Earlier = append(out.Earlier, p)
		}
	}
	return out, err
}

// AssessmentInputs are the canonical bytes of a run's snapshot.
func (d *Desk) AssessmentInputs(ctx context.Context, who Principal, run string) ([]byte, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return nil, err
	}
	_, raw, err := d.cfg.Assess.AssessRun(ctx, who.Org, run)
	return raw, err
}

// VerifyAssessment reckons a run again from its stored inputs and compares byte by byte.
func (d *Desk) VerifyAssessment(ctx context.Context, who Principal, run string) (assessment.Verification, error) {
	b, r, err := d.bundle(ctx, who, run)
	if err != nil {
		return assessment.Verification{}, err
	}
	v, err := b.Verify(ctx, assessWorkers)
	// What was published stands in the journal with these two hashes.
	v.Same = v.Same && v.Snapshot == r.Snapshot && v.Results == r.Results
	return v, err
}

// ExportAssessment is a run as an outsider can reckon it again.
func (d *Desk) ExportAssessment(ctx context.Context, who Principal, run string) (assessment.Bundle, error) {
	b, _, err := d.bundle(ctx, who, run)
	if err != nil {
		return b, err
	}
	entry, err := d.assessEntry(who, journal.Exported, run, map[string]any{"what": "assessment run"})
	if err != nil {
		return b, err
	}
	return b, d.cfg.Journal.Journal(ctx, entry)
}

func (d *Desk) bundle(ctx context.Context, who Principal, run string) (assessment.Bundle, AssessRun, error) {
	var b assessment.Bundle
	if err := d.mayAssess(who, CanRead); err != nil {
		return b, AssessRun{}, err
	}
	r, raw, err := d.cfg.Assess.AssessRun(ctx, who.Org, run)
	if err != nil {
		return b, r, err
	}
	list, err := d.cfg.Assess.AssessmentsOf(ctx, who.Org, run)
	if err != nil {
		return b, r, err
	}
	m, err := d.methodOf(ctx, who.Org, r.MethodHash)
	if err != nil {
		return b, r, fmt.Errorf("run %s: %w", run, err)
	}
	method, reference := m.Files()
	b = assessment.Bundle{Run: r.ID, Method: string(method), Reference: string(reference), Snapshot: string(raw)}
	for _, a := range list {
		b.Results = append(b.Results, string(a.Body))
	}
	return b, r, nil
}

// CompareAssessments sets two assessments side by side.
func (d *Desk) CompareAssessments(ctx context.Context, who Principal, a, b string) (assessment.Comparison, error) {
	one, err := d.Assessment(ctx, who, a)
	if err != nil {
		return assessment.Comparison{}, err
	}
	two, err := d.Assessment(ctx, who, b)
	if err != nil {
		return assessment.Comparison{}, err
	}
	return assessment.Compare(one.Result, two.Result), nil
}
