package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
)

// indices are indicators that are an index themselves, with the direction of each.
var indices = [...]struct {
	name        string
	higherWorse bool
}{
	{"inform.risk", true}, {"wgi.stability", false}, {"vdem.liberal", false}, {"ti.cpi", false}, {"climate.gain", false}, {"undp.hdi", false},
}

// Indices lists the public indices that scores can be set beside.
func Indices() []string {
	var out []string
	for _, x := range indices {
		out = append(out, x.name)
	}
	return out
}

// CompareIndex sets the newest run beside a public index, as it was known then.
func (d *Desk) CompareIndex(ctx context.Context, who Principal, name string) (assessment.Against, error) {
	for _, x := range indices {
		if x.name != name {
			continue
		}
		list, err := d.Assessments(ctx, who)
		if err != nil {
			return assessment.Against{}, err
		}
		obs, err := d.known(ctx, who.Org, name, "", list.Run.Known)
		if err != nil {
			return assessment.Against{}, err
		}
		return assessment.AgainstIndex(list.Results, indicator.Select(obs, list.Run.AsOf, list.Run.Known), name, x.higherWorse), nil
	}
	return assessment.Against{}, fmt.Errorf("index %.60q, want one of %s: %w", name, strings.Join(Indices(), ", "), fault.ErrInvalid)
}

// mostChanges bounds a scenario.
const mostChanges = 100

// TryWhatIf says what a scenario would do to a unit, from the inputs of the newest published
// run. Nothing is stored.
func (d *Desk) TryWhatIf(ctx context.Context, who Principal, unit, name string, changes []assessment.What) (WhatIf, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return WhatIf{}, err
	}
	return d.whatIf(ctx, who, unit, name, changes)
}

func (d *Desk) whatIf(ctx context.Context, who Principal, unit, name string, changes []assessment.What) (WhatIf, error) {
	out := WhatIf{Name: name, Unit: unit, Changes: changes}
	if len(changes) == 0 || len(changes) > mostChanges {
		return out, fmt.Errorf("%d changes, want 1 to %d: %w", len(changes), mostChanges, fault.ErrInvalid)
	}
	run, err := d.newest(ctx, who.Org)
	if err != nil {
		return out, err
	}
	_, raw, err := d.cfg.Assess.AssessRun(ctx, who.Org, run.ID)
	if err != nil {
		return out, err
	}
	m, err := d.methodOf(ctx, who.Org, run.MethodHash)
	if err != nil {
		return out, err
	}
	s, err := assessment.ReadSnapshot(raw)
	if err != nil {
		return out, err
	}
	out.Run = run.ID
	entries, c, err := d.entriesFor(ctx, who.Org, unit)
	if err != nil {
		return out, err
	}
	if out.Changes, err = completed(s, entries, c, changes); err != nil {
		return out, err
	}
	if out.Before, out.After, err = assessment.WhatIf(ctx, m, s, unit, out.Changes, assessWorkers); err != nil {
		return out, err
	}
	out.Loss = d.lossOf(s, entries, c, out)
	return out, nil
}

// SaveScenario tries a scenario and keeps it.
func (d *Desk) SaveScenario(ctx context.Context, who Principal, unit, name string, changes []assessment.What) (WhatIf, error) {
	if err := d.mayAssess(who, CanRules); err != nil {
		return WhatIf{}, err
	}
	if name = strings.TrimSpace(name); name == "" || len(name) > 200 {
		return WhatIf{}, fmt.Errorf("a scenario needs a name of at most 200 bytes: %w", fault.ErrInvalid)
	}
	w, err := d.whatIf(ctx, who, unit, name, changes)
	if err != nil {
		return w, err
	}
	w.ID = id.Random("scn")
	body, err := json.Marshal(w)
	if err != nil {
		return w, err
	}
	entry, err := d.assessEntry(who, journal.ScenarioSaved, w.ID, map[string]any{"name": name, "unit": unit, "run": w.Run})
	if err != nil {
		return w, err
	}
	return w, d.cfg.Assess.PutScenario(ctx, who.Org, StoredScenario{ID: w.ID, Name: name, Unit: unit, Made: d.cfg.Now(), By: who.Account, Body: body}, entry)
}

// Scenarios lists what was kept.
func (d *Desk) Scenarios(ctx context.Context, who Principal) ([]WhatIf, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return nil, err
	}
	list, err := d.cfg.Assess.Scenarios(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	out := make([]WhatIf, 0, len(list))
	for _, s := range list {
		w, err := whatIfOf(s)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func whatIfOf(s StoredScenario) (WhatIf, error) {
	var w WhatIf
	if err := json.Unmarshal(s.Body, &w); err != nil {
		return w, fmt.Errorf("read scenario %s: %w", s.ID, err)
	}
	w.ID, w.Name, w.Made, w.By = s.ID, s.Name, s.Made, s.By
	return w, nil
}

// Scenario is one that was kept.
func (d *Desk) Scenario(ctx context.Context, who Principal, name string) (WhatIf, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return WhatIf{}, err
	}
	list, err := d.cfg.Assess.Scenarios(ctx, who.Org)
	if err != nil {
		return WhatIf{}, err
	}
	for _, s := range list {
		if s.ID == name {
			return whatIfOf(s)
		}
	}
	return WhatIf{}, fmt.Errorf("scenario %.60q: %w", name, fault.ErrNotFound)
}

// StressSets are the scenarios that come with the program, with what they take for granted.
func (d *Desk) StressSets(_ context.Context, who Principal) ([]assessment.Scenario, error) {
	return assessment.StressSets(), d.mayAssess(who, CanRead)
}
