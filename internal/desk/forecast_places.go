package desk

import (
	"context"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
)

// placesDue forecasts the coming week's incidents and resolves the weeks that are over.
func (d *Desk) placesDue(ctx context.Context, who Principal, s ForecastState, p portfolio.Portfolio) error {
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	this := site.WeekAt(now)
	resolve := s.SiteOpen > 0 && !now.Before(s.SiteOpen.Ends().Add(site.Late))
	keep := s.Week < this+1 && (now.After((this + 1).Starts().Add(-siteLead)) || s.Week < this)
	// Weeks are counted when they are over: in the same week there are no more of them.
	if keep && recall(&d.ahead, &d.ahead.early, who.Org) == this {
		keep = false
	}
	if len(p.Projects) == 0 || !resolve && !keep {
		return nil
	}
	past, err := d.watched(ctx, who.Org)
	if err != nil {
		return err
	}
	if keep && site.NewRecord(nil, past.seen).At(now).Weeks() < leastWeeks {
		remember(&d.ahead, &d.ahead.early, who.Org, this)
		keep = false
	}
	if !resolve && !keep { // before the dear part
		return nil
	}
	record := past.of(p)
	if resolve {
		if err := d.resolvePlaces(ctx, who, record, now); err != nil {
			return err
		}
	}
	if !keep {
		return nil
	}
	entries := site.Issue(who.Org, record.At(now).Ahead(this+1), now)
	if len(entries) == 0 {
		return nil
	}
	sum, err := hashOf(entries)
	if err != nil {
		return err
	}
	entry, err := d.assessEntry(who, journal.ForecastKept, "site", map[string]any{"model": site.Maker, "week": (this + 1).String(), "n": len(entries), "sha256": sum})
	if err != nil {
		return err
	}
	if err := d.cfg.Ahead.PutSiteForecasts(ctx, entries, entry); err != nil {
		return err
	}
	d.forecastsChanged(who.Org)
	return nil
}

// leastWeeks is how many weeks the watch must have seen before places are forecast: before,
// silence is not safety.
const leastWeeks = 4

func (d *Desk) resolvePlaces(ctx context.Context, who Principal, record site.Record, now time.Time) error {
	open, err := d.cfg.Ahead.SiteForecastsOpen(ctx, who.Org, site.WeekAt(now))
	if err != nil {
		return err
	}
	done := site.Resolve(open, record, now)
	if len(done) == 0 {
		return nil
	}
	hits, void := 0, 0
	for _, e := range done {
		hits += min(1, e.Outcome)
		if e.Void {
			void++
		}
	}
	entry, err := d.assessEntry(who, journal.ForecastResolved, "site", map[string]any{"n": len(done), "hits": hits, "void": void})
	if err != nil {
		return err
	}
	_, err = d.cfg.Ahead.ResolveSiteForecasts(ctx, done, entry)
	d.forecastsChanged(who.Org)
	return err
}

// mostRecorded is how many events, the newest first, forecasts of places look at.
const mostRecorded = 50_000

// siteRecord is the watch's own history as the forecasts of places read it.
func (d *Desk) siteRecord(ctx context.Context, org string, p portfolio.Portfolio) (site.Record, error) {
	past, err := d.watched(ctx, org)
	if err != nil {
		return site.Record{}, err
	}
	return past.of(p), nil
}

// pastOf is what the watch has heard: when each event was first heard of, and those that
// forecasts of places count.
type pastOf struct {
	seen   []time.Time
	events []event.Event
}

// watched reads an organisation's events. Those that were withdrawn or went into another are
// counted as heard of alone.
func (d *Desk) watched(ctx context.Context, org string) (out pastOf, err error) {
	err = d.eachEvent(ctx, org, mostRecorded, func(e event.Event) {
		out.seen = append(out.seen, heardOf(e))
		if e.State != event.Withdrawn && e.State != event.Absorbed && slices.Contains(site.Families(), e.Hazard.Family()) {
			out.events = append(out.events, e)
		}
	})
	return out, err
}

// of gives each project and site its events: those with a point of their own, uncertain by no
// more than the distance that makes an incident. Sites stand beside their projects where
// something has happened at one of them.
func (past pastOf) of(p portfolio.Portfolio) site.Record {
	assets := make(map[string][]portfolio.Asset, len(p.Projects))
	for _, a := range p.Assets {
		assets[a.Project] = append(assets[a.Project], a)
	}
	near := newNeighbours(past.events)
	histories := make([]site.History, 0, len(p.Projects))
	for _, pr := range p.Projects {
		whole := site.History{Place: "project:" + pr.Code}
		for _, a := range assets[pr.ID] {
			own := site.History{Place: "site:" + pr.Code + "/" + a.Code, Near: near.around(a)}
			whole.Near = nearest(whole.Near, own.Near)
			if a.Kind == portfolio.Site && slices.ContainsFunc(own.Near, func(o site.Occurrence) bool { return o.KM <= site.At }) {
				histories = append(histories, own)
			}
		}
		histories = append(histories, whole)
	}
	return site.NewRecord(histories, past.seen)
}

// heardOf is when the first report of an event came in.
func heardOf(e event.Event) time.Time {
	first := e.Updated
	for _, r := range e.Reports {
		if !r.Received.IsZero() && r.Received.Before(first) {
			first = r.Received
		}
	}
	return first
}
