package webtest

import (
	"context"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// Suppressed lists what the invented world's rules keep back.
func (d *Desk) Suppressed(_ context.Context, who desk.Principal, eventID, project string) ([]desk.Suppressed, error) {
	if !ours(who) {
		return nil, nil
	}
	var out []desk.Suppressed
	for _, s := range d.Hushed {
		if (eventID == "" || s.Event == eventID) && (project == "" || s.Project == project) {
			out = append(out, s)
		}
	}
	return out, nil
}

// Explain answers the chain of one warning.
func (d *Desk) Explain(_ context.Context, who desk.Principal, id string) (warning.Explanation, error) {
	r, err := d.row(who, id)
	if err != nil {
		return warning.Explanation{}, err
	}
	x := warning.Explain(r.Warning, warning.DefaultPolicy())
	if r.Warning.Hazard == event.Earthquake {
		x.Would = []warning.Change{
			{Of: "magnitude", Is: 6.9, Level: r.Warning.Level, At: 6.5, Falls: true},
			{Of: "distance", Unit: "km", Is: 31, Level: r.Warning.Level, At: 44, Falls: true},
		}
	}
	return x, nil
}

func hushed() []desk.Suppressed {
	return []desk.Suppressed{{
		ProjectName: "Quetta Rail, lot 3",
		Suppression: watch.Suppression{
			Event: "evt_00", Title: "Earthquake M 6.9", Project: "prj_quetta-rail-3", Family: event.Earthquake, Rules: []string{"small-quakes"},
			Level: level.Orange, Assets: 1, Persons: 40, Since: Now.Add(-3 * 60e9), At: Now.Add(-3 * 60e9),
		},
	}}
}

// weighed fills in what the decision core writes into a warning beside its level.
func weighed(w *warning.Warning, instrument bool) {
	w.Matrix, w.Ceiling, w.Floor = w.Level, level.Orange, w.Level
	w.Methods = warning.Methods{Policy: "2026.1", Matrix: "2026.1", Playbook: "2026.1", Impact: []string{"1.3"}}
	for h := level.Immediate; h <= level.Outlook; h++ {
		w.Horizons[h] = w.P
	}
	e := &w.Events[0]
	e.Ceiling = warning.Ceiling{Level: level.Orange}
	e.Trust = exposure.Trust{Base: 0.2, P: 0.51, Weights: []exposure.Weight{{
		Signal: "sig_0", Source: "src_2", TermEffect: impact.TermEffect{
			Term: impact.Term{Reliability: 'B', Credibility: 2}, Weight: 0.8, LogRatio: 1.79, Strength: 1.43, Discount: 1, Effect: 1.43, After: 0.51,
			Learned: impact.Learned{Ratio: 1.9, Cases: 14},
		},
	}}}
	if instrument {
		w.Ceiling, e.Ceiling = level.Red, warning.Ceiling{Level: level.Red, AtOnce: true}
		e.Trust = exposure.Trust{Base: 0.5, P: 0.99, Instrument: "usgs-all-day"}
		w.Actions = []warning.Action{
			{Action: "stand_down_lifting", Class: 2, Cost: 500, Loss: 50_000, P: w.P[2], Trigger: 0.01, Crossed: w.P[2] > 0.01},
			{Action: "clear_camp", Class: 3, Horizon: level.Short, Cost: 20_000, Loss: 500_000, P: w.P[3], Trigger: 0.04, Crossed: w.P[3] > 0.04},
		}
	}
}
