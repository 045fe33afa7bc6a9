package desk

import (
	"context"
	"errors"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// Suppressed lists what users' rules keep from being told now.
func (d *Desk) Suppressed(ctx context.Context, who Principal, eventID, project string) ([]Suppressed, error) {
	p, err := d.Portfolio(ctx, who)
	if err != nil {
		return nil, err
	}
	return d.suppressed(ctx, who.Org, eventID, project, p)
}

func (d *Desk) suppressed(ctx context.Context, org, eventID, project string, p portfolio.Portfolio) ([]Suppressed, error) {
	list, err := d.cfg.Store.Suppressions(ctx, org, eventID, project)
	if err != nil {
		return nil, err
	}
	index := d.index(p)
	out := make([]Suppressed, len(list))
	for i, s := range list {
		out[i] = Suppressed{Suppression: s, ProjectName: s.Project}
		if pr, ok := index.Project(s.Project); ok {
			out[i].ProjectName = pr.Name
		}
	}
	return out, nil
}

// Explain is the chain from signals to level, with what would change the strongest row. The
// latter is solved on the event as it is now at the instant of the revision.
func (d *Desk) Explain(ctx context.Context, who Principal, warningID string) (warning.Explanation, error) {
	if err := need(who, CanRead); err != nil {
		return warning.Explanation{}, err
	}
	_, w, err := d.cfg.Store.WarningRow(ctx, who.Org, warningID)
	if err != nil {
		return warning.Explanation{}, err
	}
	x := warning.Explain(w, d.cfg.Policy)
	if len(w.Rows) == 0 || d.cfg.Index == nil {
		return x, nil
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return x, err
	}
	e, _, err := d.cfg.Store.EventByID(ctx, who.Org, w.Rows[0].Event)
	if errors.Is(err, fault.ErrNotFound) {
		return x, nil // its bytes are gone: the chain stands without what would change it
	}
	if err != nil {
		return x, err
	}
	m, err := d.cfg.Store.Memory(ctx, who.Org)
	if err != nil {
		return x, err
	}
	x.Would = d.wouldChange(w, e, p, m)
	return x, nil
}

// A learner weighs reports by how their sources' earlier ones came out.
type learner interface {
	Learn(record func(source string) (hits, positives, falseAlarms, negatives int))
}

// wouldChange tries the warning's strongest row with other values.
func (d *Desk) wouldChange(w warning.Warning, e event.Event, p portfolio.Portfolio, m watch.Memory) []warning.Change {
	row := w.Rows[0]
	t := warning.Trial{Row: row, Event: e, Delta: w.Delta, Now: w.At, Policy: d.cfg.Policy}
	own := portfolio.Portfolio{Org: p.Org}
	for _, pr := range p.Projects {
		if pr.ID == row.Project {
			own.Projects = append(own.Projects, pr)
		}
	}
	for _, a := range p.Assets {
		if a.ID == row.Asset || row.Kind == exposure.ProjectKind && a.Project == row.Project {
			own.Assets = append(own.Assets, a)
		}
		if a.ID == row.Asset && a.Shape.Kind == geo.PointKind && len(a.Shape.Points) == 1 {
			t.Place = warning.Spot{Known: true, At: a.Shape.Points[0]}
		}
	}
	if len(own.Assets) == 0 {
		return nil // the asset was removed since
	}
	index := d.cfg.Index(own)
	if l, ok := index.(learner); ok {
		l.Learn(func(source string) (hits, positives, falseAlarms, negatives int) {
			r := m.Record(source)
			return r.Hits, r.Positives, r.FalseAlarms, r.Negatives
		})
	}
	t.Assess = func(e event.Event, now time.Time) []exposure.Exposure { return index.Assess(e, now) }
	return warning.WouldChange(t)
}

// withRecords adds how each source's earlier reports came out.
func (d *Desk) withRecords(ctx context.Context, org string, sources []SourceStatus) error {
	m, err := d.cfg.Store.Memory(ctx, org)
	if err != nil {
		return err
	}
	for i := range sources {
		sources[i].Record = recordOf(m, sources[i].ID)
	}
	return nil
}

func recordOf(m watch.Memory, source string) *SourceRecord {
	r := m.Record(source)
	if r == (watch.Record{}) {
		return nil
	}
	out := SourceRecord{Hits: r.Hits, Positives: r.Positives, FalseAlarms: r.FalseAlarms, Negatives: r.Negatives}
	out.Ratio, out.Cases = impact.Default().LearnedRatio(impact.Record(r))
	return &out
}
