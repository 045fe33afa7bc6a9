package desk

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
)

// assessWorkers is how many processors one run may take: the watch goes on beside it.
const assessWorkers = 2

// method is what assessments are reckoned with.
func (d *Desk) method() *assessment.Method {
	if d.cfg.Method != nil {
		return d.cfg.Method
	}
	return assessment.Default()
}

// mayAssess checks the scope and that there is a store of assessments.
func (d *Desk) mayAssess(who Principal, s Scope) error {
	if err := need(who, s); err != nil {
		return err
	}
	if d.cfg.Assess == nil {
		return fmt.Errorf("assessments: %w", fault.ErrUnavailable)
	}
	return nil
}

// known are the starter set and what came in, as of an instant.
func (d *Desk) known(ctx context.Context, org, name, place string, at time.Time) ([]indicator.Observation, error) {
	list, err := d.cfg.Assess.Observations(ctx, org, name, place, at)
	if err != nil {
		return nil, err
	}
	for _, o := range indicator.Starter() {
		if (name == "" || o.Indicator == name) && (place == "" || o.Place == place) && !o.KnownAt.After(at) {
			list = append(list, o)
		}
	}
	indicator.Sort(list)
	return list, nil
}

// Indicators lists what was known at an instant.
func (d *Desk) Indicators(ctx context.Context, who Principal, name, place string, known time.Time) ([]indicator.Observation, error) {
	if err := d.mayAssess(who, CanRead); err != nil {
		return nil, err
	}
	if known.IsZero() {
		known = d.cfg.Now()
	}
	return d.known(ctx, who.Org, name, place, known)
}

// ImportIndicators reads a panel or the organisation's own table. What is refused changes
// nothing; what is put aside is reported; a published assessment keeps the inputs it had.
func (d *Desk) ImportIndicators(ctx context.Context, who Principal, panel string, raw []byte, known time.Time) (IndicatorImport, error) {
	var out IndicatorImport
	if err := d.mayAssess(who, CanPortfolio); err != nil {
		return out, err
	}
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	if known.After(now) {
		return out, fmt.Errorf("known at %s, which is still to come: %w", known.UTC().Format(time.RFC3339), fault.ErrInvalid)
	}
	var list []indicator.Observation
	var err error
	if panel == "own" {
		list, out.Report, err = indicator.ReadOwn(raw, now)
	} else {
		m, ok := indicator.FindMapping(panel)
		if !ok {
			return out, fmt.Errorf("panel %.60q: %w", panel, fault.ErrNotFound)
		}
		list, out.Report, err = indicator.Read(m, raw, known)
	}
	if err != nil {
		return out, err
	}
	entry, err := d.assessEntry(who, journal.IndicatorsAdded, panel, map[string]any{
		"sha256": id.Hash(raw), "rows": out.Report.Rows, "taken": out.Report.Taken, "quarantined": len(out.Report.Quarantined),
	})
	if err != nil {
		return out, err
	}
	out.Added, err = d.cfg.Assess.AddObservations(ctx, who.Org, who.Account, now, list, entry)
	return out, err
}

// PutIndicator adds one number of the organisation's own.
func (d *Desk) PutIndicator(ctx context.Context, who Principal, o indicator.Observation) (indicator.Observation, error) {
	if err := d.mayAssess(who, CanPortfolio); err != nil {
		return o, err
	}
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	o, err := indicator.Own(o, now)
	if err != nil {
		return o, err
	}
	entry, err := d.assessEntry(who, journal.IndicatorsAdded, o.Indicator, map[string]any{"id": o.ID, "place": o.Place, "period": o.Period})
	if err != nil {
		return o, err
	}
	_, err = d.cfg.Assess.AddObservations(ctx, who.Org, who.Account, now, []indicator.Observation{o}, entry)
	return o, err
}

func (d *Desk) assessEntry(who Principal, kind journal.Kind, subject string, body map[string]any) (journal.Draft, error) {
	raw, err := journal.Body(body)
	if err != nil {
		return journal.Draft{}, err
	}
	return journal.Draft{At: d.cfg.Now(), Org: who.Org, Kind: kind, Actor: who.Account, Subject: subject, Body: raw}, nil
}

// mostYears is how many years before can be reckoned again.
const mostYears = 30

// checked holds options against an instant.
func (o AssessOptions) checked(now time.Time) (AssessOptions, error) {
	if o.Purpose == "" {
		o.Purpose = purposeOf(o, now)
	}
	switch {
	case o.AsOf.After(now) || o.Known.After(now):
		return o, fmt.Errorf("as of %s, known %s: it is still to come: %w", o.AsOf.Format(time.RFC3339), o.Known.Format(time.RFC3339), fault.ErrInvalid)
	case o.Purpose != Published && o.Purpose != Recomputed && o.Purpose != Then:
		return o, fmt.Errorf("purpose %.20q, want published, recomputed or then: %w", o.Purpose, fault.ErrInvalid)
	case o.Draws < 0 || o.Draws > 10_000:
		return o, fmt.Errorf("%d draws, want 0 to 10,000: %w", o.Draws, fault.ErrInvalid)
	case o.Years < 0 || o.Years > mostYears:
		return o, fmt.Errorf("%d years, want 0 to %d: %w", o.Years, mostYears, fault.ErrInvalid)
	}
	return o, nil
}

// purposeOf is what a run is for: what judges today is published; an instant of the past with
// today's numbers is a recomputation, with those of the past it says what was known then.
func purposeOf(o AssessOptions, now time.Time) string {
	old := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) > 24*time.Hour }
	switch {
	case old(o.Known):
		return Then
	case old(o.AsOf):
		return Recomputed
	}
	return Published
}

// at fills in the instant that was asked for.
func (o AssessOptions) at(asked time.Time) AssessOptions {
	if o.AsOf.IsZero() {
		o.AsOf = asked
	}
	if o.Known.IsZero() {
		o.Known = asked
	}
	return o
}

// snapshot gathers the inputs of a run, with the method that it is made by.
func (d *Desk) snapshot(ctx context.Context, who Principal, o AssessOptions) (*assessment.Snapshot, *assessment.Method, error) {
	b, err := d.basis(ctx, who.Org)
	if err != nil {
		return nil, nil, err
	}
	in, err := d.inputs(ctx, who, o)
	if err != nil {
		return nil, nil, err
	}
	if in.Weights == nil {
		in.Weights = b.now.Weights
	}
	points, err := d.cfg.Assess.Scores(ctx, who.Org, basisName(b.method, in.Weights), o.AsOf.AddDate(-6, 0, 0))
	if err != nil {
		return nil, nil, err
	}
	for _, x := range points {
		if x.At.Before(o.AsOf) {
			in.History[x.Unit] = append(in.History[x.Unit], assessment.Point{At: x.At, Score: x.Score})
		}
	}
	if o.Purpose == Published {
		if err := d.previous(ctx, who.Org, in.Previous); err != nil {
			return nil, nil, err
		}
	}
	return assessment.Build(b.method, in), b.method, nil
}

// inputs are what was known of every unit, apart from scores of the past.
func (d *Desk) inputs(ctx context.Context, who Principal, o AssessOptions) (assessment.Inputs, error) {
	org := who.Org
	p, err := d.portfolio(ctx, org)
	if err != nil {
		return assessment.Inputs{}, err
	}
	if o.Purpose == Published && d.cfg.Now().Sub(o.AsOf) < 24*time.Hour {
		if err := d.countEvents(ctx, who, p, o.Known); err != nil {
			return assessment.Inputs{}, err
		}
	}
	list, err := d.known(ctx, org, "", "", o.Known)
	if err != nil {
		return assessment.Inputs{}, err
	}
	in := assessment.Inputs{
		Observations: list, AsOf: o.AsOf, Known: o.Known, Seed: o.Seed, Draws: o.Draws, Weights: o.Weights,
		Units: unitsOf(p, list), History: map[string][]assessment.Point{}, Previous: map[string]*assessment.Previous{},
	}
	if in.Seed == 0 {
		in.Seed = seedOf(org, o.AsOf)
	}
	return in, d.seams(ctx, org, o, &in)
}

// seedOf is the seed of a run: it follows from what is assessed, so that nobody chooses it.
func seedOf(org string, asOf time.Time) uint64 {
	h := id.Hash([]byte(org + "\x00" + asOf.UTC().Format(time.RFC3339Nano)))
	return binary.BigEndian.Uint64([]byte(h)[:8]) >> 1
}

// mostPast is how many years of scores a page shows.
const mostPast = 12

// previous finds what each unit's last published assessment rested on.
func (d *Desk) previous(ctx context.Context, org string, into map[string]*assessment.Previous) error {
	runs, err := d.cfg.Assess.AssessRuns(ctx, org, Published, 1)
	if err != nil || len(runs) == 0 {
		return err
	}
	list, err := d.cfg.Assess.AssessmentsOf(ctx, org, runs[0].ID)
	if err != nil {
		return err
	}
	for _, a := range list {
		r, err := resultOf(a)
		if err != nil {
			return err
		}
		if r.Assessed {
			into[a.Unit] = &assessment.Previous{ID: a.ID, At: r.AsOf, Score: r.Score, Class: r.Class, Method: r.Method, Values: assessment.ValuesInUse(r)}
		}
	}
	return nil
}

func resultOf(a StoredAssessment) (assessment.Result, error) {
	var r assessment.Result
	if err := json.Unmarshal(a.Body, &r); err != nil {
		return r, fmt.Errorf("read assessment %s: %w", a.ID, err)
	}
	return r, nil
}

// A reckoning says how a run is made and under which name it is stored.
type reckoning struct {
	name, purpose string
	workers       int
	fence         AssessFence
	told          func(done, all int)
}

// runOf reckons a snapshot and stores what comes out.
func (d *Desk) runOf(ctx context.Context, who Principal, s *assessment.Snapshot, m *assessment.Method, r reckoning) error {
	raw, err := s.Canonical(m)
	if err != nil {
		return err
	}
	results, err := assessment.AssessTelling(ctx, m, s, r.workers, r.told)
	if err != nil {
		return err
	}
	r.fence.At = d.cfg.Now()
	made, err := d.madeAfterAll(ctx, who.Org, r.fence.At)
	if err != nil {
		return err
	}
	run := AssessRun{
		ID: r.name, Org: who.Org, Snapshot: assessment.Hash(raw), Method: basisName(m, s.Weights), MethodHash: m.Hash, Purpose: r.purpose,
		AsOf: s.AsOf, Known: s.Known, Made: made, By: who.Account, Units: len(results),
	}
	stored, hash, err := bodies(run, results)
	if err != nil {
		return err
	}
	run.Results = hash
	entry, err := d.assessEntry(who, journal.AssessPublished, run.ID, map[string]any{
		"snapshot": run.Snapshot, "results": hash, "method": run.Method, "method_sha256": m.Hash, "purpose": r.purpose, "units": len(results), "as_of": s.AsOf.Format(time.RFC3339),
	})
	if err != nil {
		return err
	}
	method, reference := m.Files()
	if err := d.cfg.Assess.KeepMethodFile(ctx, who.Org, MethodFile{m.Hash, m.Version, method, reference}, run.Made); err != nil {
		return err
	}
	return d.cfg.Assess.PutAssessRun(ctx, run, raw, stored, r.fence, entry)
}

// madeAfterAll is an instant behind every run that is stored: what was published last is the
// newest, also within one tick of a clock and after the clock was set back.
func (d *Desk) madeAfterAll(ctx context.Context, org string, now time.Time) (time.Time, error) {
	made := now.UTC().Truncate(time.Microsecond)
	runs, err := d.cfg.Assess.AssessRuns(ctx, org, "", 1)
	if err == nil && len(runs) > 0 && !made.After(runs[0].Made) {
		made = runs[0].Made.Add(time.Microsecond)
	}
	return made, err
}

// bodies makes the stored form of results and the hash of all of them.
func bodies(run AssessRun, results []assessment.Result) ([]StoredAssessment, string, error) {
	all := make([][]byte, 0, len(results))
	out := make([]StoredAssessment, 0, len(results))
	for _, r := range results {
		body, err := r.Canonical()
		if err != nil {
			return nil, "", err
		}
		all = append(all, body)
		out = append(out, StoredAssessment{ID: id.Derived("asm", run.ID, r.Unit), Run: run.ID, Unit: r.Unit, Kind: r.Kind, Score: r.Score, Class: r.Class, Method: run.Method, Hash: id.Hash(body), Body: body})
	}
	return out, assessment.HashResults(all), nil
}
