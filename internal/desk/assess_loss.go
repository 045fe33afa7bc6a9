package desk

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/register"
)

// entriesFor are the open risks of a unit: of a project and its sites and routes the project's,
// of the portfolio those of all projects; no others have any.
func (d *Desk) entriesFor(ctx context.Context, org, unit string) ([]register.Entry, register.Context, error) {
	stored, c, err := d.risks(ctx, org)
	if err != nil {
		return nil, c, err
	}
	kind, code, _ := strings.Cut(unit, ":")
	code, _, _ = strings.Cut(code, "/")
	var out []register.Entry
	for _, e := range entriesOf(stored) {
		own := e.Project == code && slices.Contains([]string{assessment.Project, assessment.Site, assessment.Route}, kind)
		if !e.Closed && e.Project != "" && (own || kind == assessment.Portfolio) {
			out = append(out, e)
		}
	}
	return out, c, nil
}

// WhatIfControls are the controls of the register that a scenario of a unit can change.
func (d *Desk) WhatIfControls(ctx context.Context, who Principal, unit string) ([]assessment.Control, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return nil, err
	}
	entries, c, err := d.entriesFor(ctx, who.Org, unit)
	return byProjects(entries, c, d.cfg.Now()), err
}

func byProjects(entries []register.Entry, c register.Context, now time.Time) []assessment.Control {
	var out []assessment.Control
	for len(entries) > 0 {
		project := entries[0].Project
		var mine, rest []register.Entry
		for _, e := range entries {
			if e.Project == project {
				mine = append(mine, e)
			} else {
				rest = append(rest, e)
			}
		}
		out, entries = append(out, controlsOf(mine, c.Scope(project).ContractValue, now)...), rest
	}
	return out
}

// completed fills in what a change of a control leaves out: the risk it stands against, that
// risk's share of its dimension, and the project. A control that the register does not know is
// a new one, preventive, against the risk before the slash.
func completed(s *assessment.Snapshot, entries []register.Entry, c register.Context, changes []assessment.What) ([]assessment.What, error) {
	out := slices.Clone(changes)
	for i, w := range out {
		if w.Control == nil || w.Control.Dimension != "" {
			continue
		}
		x := *w.Control
		risk, _, _ := strings.Cut(x.ID, "/")
		k := slices.IndexFunc(entries, func(e register.Entry) bool { return e.Code == risk })
		if k < 0 || !strings.Contains(x.ID, "/") {
			return nil, fmt.Errorf("control %.60q: want RISK/CONTROL of an open risk of the unit: %w", x.ID, fault.ErrInvalid)
		}
		e := entries[k]
		x.Dimension, x.Risk, x.Tested, x.Evidence = e.Dimension, e.Code, s.AsOf, "scenario"
		x.Share = sharesOf(projectOf(entries, e.Project), c.Scope(e.Project).ContractValue, s.AsOf)[e.Code]
		for _, u := range s.Units { // the run's own share, where it knew the risk
			for _, known := range u.Controls {
				if known.Risk == risk {
					x.Share = known.Share
				}
				if known.ID == x.ID {
					x.Mitigating = known.Mitigating
				}
			}
		}
		out[i].At, out[i].Control = assessment.Project+":"+e.Project, &x
	}
	return out, nil
}

func projectOf(entries []register.Entry, project string) []register.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e register.Entry) bool { return e.Project != project })
}

const (
	// doubling is how many points of a dimension's inherent score double its rates: one class.
	doubling = 1.5
	// mostTimes bounds what a scenario does to a rate.
	mostTimes = 4
)

// lossOf says what a scenario does to the register's figures: nil without a risk.
func (d *Desk) lossOf(s *assessment.Snapshot, entries []register.Entry, c register.Context, w WhatIf) *LossMove {
	if len(entries) == 0 {
		return nil
	}
	out := &LossMove{Risks: len(entries), Times: []RateMove{}}
	times := map[string]float64{}
	for i, b := range w.Before.Dimensions {
		a := w.After.Dimensions[i]
		if b.Assessed && a.Assessed && a.Inherent != b.Inherent {
			times[b.ID] = math.Min(mostTimes, math.Max(1./mostTimes, math.Exp2((a.Inherent-b.Inherent)/doubling)))
			out.Times = append(out.Times, RateMove{b.ID, math.Round(100*times[b.ID]) / 100})
		}
	}
	after := make([]register.Entry, len(entries))
	for i, e := range entries {
		if x, ok := times[e.Dimension]; ok {
			e = e.Oftener(x)
		}
		after[i] = changed(s, e, w)
	}
	now := s.AsOf
	out.Before, out.After = register.OutlookOf(entries, c, register.Residual, now, s.Seed), register.OutlookOf(after, c, register.Residual, now, s.Seed)
	out.LevelBefore, _ = d.cfg.Policy.Matrix.LevelOf(out.Before.P, 0)
	out.LevelAfter, _ = d.cfg.Policy.Matrix.LevelOf(out.After.P, 0)
	return out
}

// changed is an entry under the changes of heads and controls.
func changed(s *assessment.Snapshot, e register.Entry, w WhatIf) register.Entry {
	for _, x := range w.Changes {
		switch {
		case x.People != nil:
			for _, u := range s.Units {
				me := u.ID == assessment.Project+":"+e.Project && (x.At == "" || x.At == "unit" || x.At == u.ID)
				if me && u.People > 0 {
					e = e.Crowded(*x.People / u.People)
				}
			}
		case x.Control != nil && x.Control.Risk == e.Code:
			e.Controls = slices.Clone(e.Controls)
			_, code, _ := strings.Cut(x.Control.ID, "/")
			k := slices.IndexFunc(e.Controls, func(c register.Control) bool { return c.Code == code })
			if k < 0 {
				k = len(e.Controls)
				e.Controls = append(e.Controls, register.Control{Code: code, Effect: register.Preventive})
			}
			k2 := &e.Controls[k]
			k2.Design, k2.Implementation, k2.Tested = x.Control.Design, x.Control.Implementation, register.DayOf(x.Control.Tested)
			k2.Owner, k2.Evidence = firstOf(k2.Owner, "scenario"), []register.Evidence{{Text: "scenario"}}
			k2.Duties = []register.Duty{{Unit: register.Enterprise, Must: "scenario", Checks: "scenario"}}
		}
	}
	return e
}

// AssessmentMethod is the method file in force, with its reference.
func (d *Desk) AssessmentMethod(ctx context.Context, who Principal) (MethodFile, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return MethodFile{}, err
	}
	b, err := d.basis(ctx, who.Org)
	if err != nil {
		return MethodFile{}, err
	}
	f := MethodFile{Hash: b.method.Hash, Version: b.method.Version}
	f.Method, f.Reference = b.method.Files()
	return f, nil
}
