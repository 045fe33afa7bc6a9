package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
)

// Times of forecasts (design): a panel that was taken must be forecast from within panelGrace;
// a month is expected in the panel panelDue after its end; the places of a week are forecast
// siteLead before it begins.
const (
	panelGrace = 6 * time.Hour
	panelDue   = 75 * 24 * time.Hour
	siteLead   = 6 * time.Hour
	// looks is how often it is looked whether something is due.
	looks = time.Minute
)

// conflictChance is the indicator that assessments read.
const conflictChance = "own.conflict_probability"

// outlook holds what of forecasts is dear to reckon, by organisation.
type outlook struct {
	mu     sync.Mutex
	panels map[string]parsedPanel
	scores map[string]scored
	seen   map[string]seenCountries
	now    map[string]forecastsNow // where they stand, for a moment
	turns  map[string]int          // how often that was changed
	spread map[string]string       // what of the indicator was written last
	// resolved is the panel that has given all outcomes that it can, early the week in which too
	// few were watched to forecast places: both need no second look.
	resolved map[string]string
	early    map[string]site.Week
	// refused are panels that came by themselves and were no good: file and since when.
	refused map[string]refusedPanel
}

// recall and remember are for the marks of an outlook.
func recall[T any](o *outlook, m *map[string]T, org string) T {
	o.mu.Lock()
	defer o.mu.Unlock()
	return (*m)[org]
}

func remember[T any](o *outlook, m *map[string]T, org string, v T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if *m == nil {
		*m = map[string]T{}
	}
	(*m)[org] = v
}

type refusedPanel struct {
	file  string
	since time.Time
}

type parsedPanel struct {
	hash  string
	panel panel.Panel
}

func (d *Desk) mayForecast(who Principal, s Scope) error {
	if err := need(who, s); err != nil {
		return err
	}
	if d.cfg.Ahead == nil {
		return fmt.Errorf("forecasts: %w", fault.ErrUnavailable)
	}
	return nil
}

// newestPanel is the panel that reaches furthest; false = there is none.
func (d *Desk) newestPanel(ctx context.Context, org string) (ForecastPanel, bool, error) {
	list, err := d.cfg.Ahead.ForecastPanels(ctx, org, 1)
	if err != nil || len(list) == 0 {
		return ForecastPanel{}, false, err
	}
	return list[0], true, nil
}

// parsed reads a stored panel; the newest one read is kept.
func (d *Desk) parsed(ctx context.Context, org string, p ForecastPanel) (panel.Panel, error) {
	kept := recall(&d.ahead, &d.ahead.panels, org)
	if kept.hash == p.Hash {
		return kept.panel, nil
	}
	raw, err := d.cfg.Ahead.ForecastPanel(ctx, org, p.Hash)
	if err != nil {
		return panel.Panel{}, err
	}
	out, _, err := panel.Read(bytes.NewReader(raw), p.File)
	if err != nil {
		return panel.Panel{}, err
	}
	remember(&d.ahead, &d.ahead.panels, org, parsedPanel{p.Hash, out})
	return out, nil
}

// PutForecastPanel takes a panel to forecast from and to resolve by. One with rows in
// quarantine is refused with all of them: what is kept is kept for good.
func (d *Desk) PutForecastPanel(ctx context.Context, who Principal, file string, raw []byte) (out PanelTaken, err error) {
	if err := d.mayForecast(who, CanPortfolio); err != nil {
		return out, err
	}
	file = firstOf(file, "panel.csv")
	defer func() { d.ahead.refuse(who, file, err, d.cfg.Now()) }()
	var p panel.Panel
	var problems []panel.Problem
	p, problems, err = panel.Read(bytes.NewReader(raw), file)
	for _, x := range problems {
		out.Problems = append(out.Problems, x.String())
	}
	if err != nil {
		return out, err
	}
	if len(problems) > 0 {
		return out, fmt.Errorf("%s: %d rows in quarantine, the first: %s: %w", file, len(problems), problems[0], fault.ErrInvalid)
	}
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	if last := p.Last(); !now.After(ledger.Ends(last)) {
		return out, fmt.Errorf("%s: it speaks of %s, which is not over: %w", file, last, fault.ErrInvalid)
	}
	out.Panel = ForecastPanel{Hash: id.Hash(raw), At: now, By: who.Account, File: file, Last: p.Last()}
	var entry journal.Draft
	entry, err = d.assessEntry(who, journal.ForecastPanel, "panel", map[string]any{
		"sha256": out.Panel.Hash, "file": file, "countries": len(p.Units()), "first": p.First().String(), "last": p.Last().String(),
	})
	if err != nil {
		return out, err
	}
	if out.New, err = d.cfg.Ahead.PutForecastPanel(ctx, who.Org, out.Panel, raw, entry); err == nil {
		remember(&d.ahead, &d.ahead.panels, who.Org, parsedPanel{out.Panel.Hash, p})
	}
	d.forecastsChanged(who.Org)
	return out, err
}

// refuse notes a panel that came by itself and was refused; one that is taken ends that.
func (o *outlook) refuse(who Principal, file string, err error, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err == nil:
		delete(o.refused, who.Org)
	case who.Account == BySchedule && o.refused[who.Org].file != file:
		if o.refused == nil {
			o.refused = map[string]refusedPanel{}
		}
		o.refused[who.Org] = refusedPanel{file, now}
	}
}

// BySchedule is the account of what is done without anybody asking.
const BySchedule = "schedule"

// ForecastsDue keeps what is due of an organisation's forecasts, resolves what can be, notes
// what is late once, and says when to look again. One part that fails does not keep the
// others: the errors come back joined.
func (d *Desk) ForecastsDue(ctx context.Context, who Principal) (time.Time, error) {
	if d.cfg.Ahead == nil {
		return d.cfg.Now().Add(24 * time.Hour), nil
	}
	next := d.cfg.Now().Add(looks)
	s, err := d.readForecasts(ctx, who.Org)
	if err != nil {
		return next, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return next, err
	}
	err = errors.Join(d.countriesDue(ctx, who, s), d.placesDue(ctx, who, s.ForecastState, p))
	return next, errors.Join(err, d.noteLateForecasts(ctx, who, p))
}

// countriesDue resolves by the newest panel, forecasts from its last month if that was not
// done, and writes the indicator that follows.
func (d *Desk) countriesDue(ctx context.Context, who Principal, s forecastsNow) error {
	if !s.panel {
		return nil
	}
	newest := s.newest
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	if s.FirstOpen > 0 && s.FirstOpen <= newest.Last && now.After(ledger.Ends(s.FirstOpen)) && recall(&d.ahead, &d.ahead.resolved, who.Org) != newest.Hash {
		if err := d.resolveCountries(ctx, who, newest, now); err != nil {
			return err
		}
		// What is open still is of countries that this panel does not have.
		remember(&d.ahead, &d.ahead.resolved, who.Org, newest.Hash)
	}
	if newest.Last > s.Origin && newest.Last+ladder.Horizons >= ledger.MonthAt(now) {
		if err := d.keepCountries(ctx, who, newest, now); err != nil {
			return err
		}
		var err error
		if s, err = d.readForecasts(ctx, who.Org); err != nil {
			return err
		}
	}
	return d.spreadChance(ctx, who, s.ForecastState, now)
}

func (d *Desk) resolveCountries(ctx context.Context, who Principal, newest ForecastPanel, now time.Time) error {
	p, err := d.parsed(ctx, who.Org, newest)
	if err != nil {
		return err
	}
	_, _, err = d.resolveBy(ctx, who, p, newest.Hash, now)
	return err
}

// ResolveForecasts adds the outcomes that a panel knows, and tells to how many of how many
// open forecasts. hash is the panel's SHA-256.
func (d *Desk) ResolveForecasts(ctx context.Context, who Principal, p panel.Panel, hash string) (resolved int64, open int, err error) {
	if err := d.mayForecast(who, CanPortfolio); err != nil {
		return 0, 0, err
	}
	return d.resolveBy(ctx, who, p, hash, d.cfg.Now().UTC().Truncate(time.Microsecond))
}

func (d *Desk) resolveBy(ctx context.Context, who Principal, p panel.Panel, hash string, now time.Time) (int64, int, error) {
	open, err := d.cfg.Ahead.Forecasts(ctx, who.Org, true)
	if err != nil {
		return 0, 0, err
	}
	done := ledger.Resolve(open, p, now)
	if len(done) == 0 {
		return 0, len(open), nil
	}
	hits := 0
	for _, e := range done {
		if e.Outcome >= e.Threshold {
			hits++
		}
	}
	entry, err := d.assessEntry(who, journal.ForecastResolved, "country", map[string]any{"n": len(done), "hits": hits, "panel": hash, "last": p.Last().String()})
	if err != nil {
		return 0, len(open), err
	}
	n, err := d.cfg.Ahead.ResolveForecasts(ctx, done, entry)
	d.forecastsChanged(who.Org)
	return n, len(open), err
}

func (d *Desk) keepCountries(ctx context.Context, who Principal, newest ForecastPanel, now time.Time) error {
	p, err := d.parsed(ctx, who.Org, newest)
	if err != nil {
		return err
	}
	rung, err := ladder.Find(firstOf(d.cfg.Rung, "best"))
	if err != nil {
		return err
	}
	view, err := p.At(newest.Last)
	if err != nil {
		return err
	}
	seed := max(1, d.cfg.Seed)
	field, err := ladder.NewShop(max(1, d.cfg.Workers)).Forecast(rung, view, seed)
	if err != nil {
		return err
	}
	_, err = d.keep(ctx, who, ledger.Source{Rung: rung.Name, Panel: newest.Hash, Seed: seed}, view, field, now)
	return err
}

// KeepForecasts keeps a model's forecast of the months that are not over, and tells of how
// many countries and months that was.
func (d *Desk) KeepForecasts(ctx context.Context, who Principal, from ledger.Source, v panel.View, field ladder.Field) (int, error) {
	if err := d.mayForecast(who, CanPortfolio); err != nil {
		return 0, err
	}
	return d.keep(ctx, who, from, v, field, d.cfg.Now().UTC().Truncate(time.Microsecond))
}

func (d *Desk) keep(ctx context.Context, who Principal, from ledger.Source, v panel.View, field ladder.Field, now time.Time) (int, error) {
	entries := ledger.Issue(who.Org, from, v, field, now)
	if len(entries) == 0 {
		return 0, fmt.Errorf("forecast from %s: all %d months ahead are over: %w", v.Origin(), ladder.Horizons, fault.ErrInvalid)
	}
	sum, err := hashOf(entries)
	if err != nil {
		return 0, err
	}
	entry, err := d.assessEntry(who, journal.ForecastKept, "country", map[string]any{
		"model": from.Rung, "seed": from.Seed, "origin": v.Origin().String(), "panel": from.Panel, "n": len(entries), "sha256": sum,
	})
	if err != nil {
		return 0, err
	}
	if err := d.cfg.Ahead.PutForecasts(ctx, entries, entry); err != nil {
		return 0, err
	}
	d.forecastsChanged(who.Org)
	return len(entries), nil
}

// hashOf is the SHA-256 of what was said: the canonical JSON of the entries in their order.
func hashOf(entries any) (string, error) {
	raw, err := json.Marshal(entries)
	if err != nil {
		return "", fmt.Errorf("hash of forecasts: %w: %w", fault.ErrInvalid, err)
	}
	return id.Hash(raw), nil
}

// spreadChance writes the indicator of conflict for the running month: anew for a month, an
// issue, what people have said since, and an override that has ended.
func (d *Desk) spreadChance(ctx context.Context, who Principal, s ForecastState, now time.Time) error {
	month := ledger.MonthAt(now)
	if d.cfg.Assess == nil || s.Issued.IsZero() || s.Origin >= month {
		return nil
	}
	mark := fmt.Sprint(now.Format(time.DateOnly), " ", s.Said.UnixNano())
	if recall(&d.ahead, &d.ahead.spread, who.Org) == mark {
		return nil
	}
	entries, err := d.cfg.Ahead.ForecastsSince(ctx, who.Org, month, s.Issued)
	if err != nil {
		return err
	}
	start, known := ledger.Ends(month-1), s.Said
	if known.Before(start) {
		known = start
	}
	for _, e := range entries {
		if e.Kind == ledger.Override && e.Month < month+ledger.Months && e.Until.After(known) && !e.Until.After(now) {
			known = e.Until
		}
	}
	var list []indicator.Observation
	for _, of := range byUnit(entries) {
		chance, ok := ledger.Shifted(of, month, now)
		unit, found := panel.ByID(of[0].Unit)
		if !ok || !found {
			continue
		}
		o, err := indicator.Own(indicator.Observation{
			Indicator: conflictChance, Place: "country:" + unit.ISO(), Period: month.String(), Value: chance, KnownAt: known,
			Source: fmt.Sprintf("own forecast, model %s, deaths to %s", s.Model, s.Origin), Grade: "B",
		}, now)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", conflictChance, unit.Name, err)
		}
		list = append(list, o)
	}
	if len(list) == 0 {
		return nil
	}
	entry, err := d.assessEntry(who, journal.IndicatorsAdded, conflictChance, map[string]any{"n": len(list), "period": month.String(), "origin": s.Origin.String(), "model": s.Model})
	if err != nil {
		return err
	}
	// After a start the same observations may stand there already: then they are not journalled again.
	have, err := d.cfg.Assess.Observations(ctx, who.Org, conflictChance, list[0].Place, now)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(have, func(o indicator.Observation) bool { return o.ID == list[0].ID }) {
		if _, err := d.cfg.Assess.AddObservations(ctx, who.Org, who.Account, now, list, entry); err != nil {
			return err
		}
	}
	remember(&d.ahead, &d.ahead.spread, who.Org, mark)
	return nil
}

// byUnit splits entries by country, in the order of their ids.
func byUnit(entries []ledger.Entry) [][]ledger.Entry {
	by := map[int][]ledger.Entry{}
	var units []int
	for _, e := range entries {
		if by[e.Unit] == nil {
			units = append(units, e.Unit)
		}
		by[e.Unit] = append(by[e.Unit], e)
	}
	slices.Sort(units)
	out := make([][]ledger.Entry, 0, len(units))
	for _, u := range units {
		out = append(out, by[u])
	}
	return out
}
