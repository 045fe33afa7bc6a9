package desk

import (
	"context"
	"fmt"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/pulse"
)

// Health says how alive the watch itself is.
type Health interface {
	Vitals(ctx context.Context, who Principal) (Vitals, error)
	// Sender tells how the sending of notifications goes.
	Sender(ctx context.Context, who Principal) (Sender, error)
}

// Vitals is the judgement on every part of the watch, the worst first.
type Vitals struct {
	Checks []pulse.Check `json:"checks"`
	Worst  pulse.State   `json:"worst"`
	Urgent bool          `json:"urgent"` // the outgoing heartbeat is held back
}

// Vitals implements Health. Private sources of other organisations are left out, and sources
// that are switched off are no part of the watch.
func (d *Desk) Vitals(ctx context.Context, who Principal) (Vitals, error) {
	if err := need(who, CanRead); err != nil {
		return Vitals{}, err
	}
	if d.cfg.Vitals == nil {
		return Vitals{}, fmt.Errorf("vitals: this process does not serve: %w", fault.ErrUnavailable)
	}
	f, err := d.cfg.Vitals(ctx)
	if err != nil {
		return Vitals{}, fmt.Errorf("facts of the self-check: %w", err)
	}
	sources, err := d.sources(ctx, who)
	if err != nil {
		return Vitals{}, err
	}
	f.Sources = SourceFacts(sources)
	if f.Reports, err = d.LateReports(ctx, who.Org); err != nil {
		return Vitals{}, err
	}
	list := pulse.Assess(f, d.cfg.Limits)
	return Vitals{Checks: list, Worst: pulse.Worst(list), Urgent: pulse.Urgent(list)}, nil
}

// SourceFacts are the facts of the sources that are switched on.
func SourceFacts(list []SourceStatus) []pulse.SourceFact {
	var out []pulse.SourceFact
	for _, s := range list {
		if s.On {
			out = append(out, pulse.SourceFact{ID: s.ID, Name: s.Name, BlindSince: s.BlindSince, Heard: !s.LastContent.IsZero() || s.Inward()})
		}
	}
	return out
}
