package desk

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
)

// Say keeps a person's forecast beside the model's, or in its place.
func (d *Desk) Say(ctx context.Context, who Principal, w ForecastWish) (Kept, error) {
	if err := d.mayForecast(who, CanPush); err != nil {
		return Kept{}, err
	}
	if w.Override {
		if err := need(who, CanRules); err != nil {
			return Kept{}, err
		}
	}
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	var out Kept
	var err error
	if strings.TrimSpace(w.Place) != "" {
		out, err = d.sayOfPlace(ctx, who, w, now)
	} else {
		out, err = d.sayOfCountry(ctx, who, w)
	}
	if err == nil {
		d.forecastsChanged(who.Org)
	}
	return out, err
}

func (d *Desk) sayOfCountry(ctx context.Context, who Principal, w ForecastWish) (Kept, error) {
	u, err := unitNamed(strings.TrimSpace(w.Country))
	if err != nil {
		return Kept{}, fmt.Errorf("%w: %w", fault.ErrInvalid, err)
	}
	month, err := panel.ParseMonth(strings.TrimSpace(w.Month))
	if err != nil {
		return Kept{}, err
	}
	newest, there, err := d.newestPanel(ctx, who.Org)
	if err != nil {
		return Kept{}, err
	}
	if !there {
		return Kept{}, fmt.Errorf("forecast of %s: there is no panel yet that gives base rate and persistence: %w", u.Name, fault.ErrInvalid)
	}
	p, err := d.parsed(ctx, who.Org, newest)
	if err != nil {
		return Kept{}, err
	}
	view, err := p.At(min(newest.Last, month-1))
	if err != nil {
		return Kept{}, err
	}
	if w.Threshold == 0 {
		w.Threshold = ledger.Threshold
	}
	if w.Override && w.Threshold != ledger.Threshold {
		return Kept{}, fmt.Errorf("override of %s: it stands in the place of the model's chance of %d deaths or more, not of %v: %w", u.Name, ledger.Threshold, w.Threshold, fault.ErrInvalid)
	}
	return d.SayFrom(ctx, who, view, ledger.Statement{
		Maker: who.Account, Name: who.Name, Country: strconv.Itoa(u.ID), Month: month, Threshold: w.Threshold, Chance: w.Chance, Why: strings.TrimSpace(w.Why),
		Override: w.Override, Until: w.Until.UTC(),
	})
}

// SayFrom keeps a person's forecast of a country with the yardsticks of a view.
func (d *Desk) SayFrom(ctx context.Context, who Principal, v panel.View, x ledger.Statement) (Kept, error) {
	if err := d.mayForecast(who, CanPush); err != nil {
		return Kept{}, err
	}
	e, err := ledger.Say(who.Org, v, x, d.cfg.Now().UTC().Truncate(time.Microsecond))
	if err != nil {
		return Kept{}, err
	}
	u, _ := panel.ByID(e.Unit)
	entry, err := d.saidEntry(who, e.Kind, "country:"+u.ISO(), map[string]any{"by": x.Maker, "month": e.Month.String(), "threshold": e.Threshold, "chance": e.Chance, "reason": e.Note, "until": stampOf(e.Until)})
	if err != nil {
		return Kept{}, err
	}
	if err := d.cfg.Ahead.PutForecasts(ctx, []ledger.Entry{e}, entry); err != nil {
		return Kept{}, err
	}
	return keptCountries([]ledger.Entry{e})[0], nil
}

func (d *Desk) sayOfPlace(ctx context.Context, who Principal, w ForecastWish, now time.Time) (Kept, error) {
	week := site.WeekAt(now) + 1
	if w.Week != "" {
		var err error
		if week, err = site.ParseWeek(strings.TrimSpace(w.Week)); err != nil {
			return Kept{}, err
		}
	}
	if week > site.WeekAt(now)+1 {
		return Kept{}, fmt.Errorf("week %s: forecasts of places are kept of the coming week: %w", week, fault.ErrInvalid)
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return Kept{}, err
	}
	place := strings.TrimSpace(w.Place)
	if err := inPortfolio(p, place); err != nil {
		return Kept{}, err
	}
	record, err := d.siteRecord(ctx, who.Org, p)
	if err != nil {
		return Kept{}, err
	}
	e, err := site.Say(who.Org, record.At(now), who.Account, who.Name, place, event.Hazard(strings.TrimSpace(w.Family)), week, w.Chance, strings.TrimSpace(w.Why), w.Override, now)
	if err != nil {
		return Kept{}, err
	}
	entry, err := d.saidEntry(who, e.Kind, place, map[string]any{"week": week.String(), "family": string(e.Family), "chance": e.Chance, "reason": e.Note})
	if err != nil {
		return Kept{}, err
	}
	if err := d.cfg.Ahead.PutSiteForecasts(ctx, []site.Entry{e}, entry); err != nil {
		return Kept{}, err
	}
	return keptPlaces([]site.Entry{e})[0], nil
}

// inPortfolio refuses a place that is no project and no site with a forecast of its own.
func inPortfolio(p portfolio.Portfolio, place string) error {
	if placeName(p, place) == place {
		return fmt.Errorf("place %.80q: want project:CODE or site:CODE/ASSET of the portfolio: %w", place, fault.ErrInvalid)
	}
	return nil
}

func (d *Desk) saidEntry(who Principal, kind ledger.Kind, subject string, body map[string]any) (journal.Draft, error) {
	k := journal.ForecastSaid
	if kind == ledger.Override {
		k = journal.ForecastOverridden
	}
	return d.assessEntry(who, k, subject, body)
}
