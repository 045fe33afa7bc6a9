package main

import (
	"context"
	"fmt"
	"math"
	"text/tabwriter"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
)

// book is where kept forecasts are: an installation that no desk holds open.
type book struct {
	Config string `help:"Configuration file." type:"existingfile"`
	Org    string `help:"Organisation; default the first."`
}

func (b book) with(e *env, do func(context.Context, *app.App, desk.Principal) error) error {
	return (&where{Config: b.Config, Org: b.Org}).local(e.ctx, do)
}

type forecastKeep struct {
	book
	fromPanel
}

// Run keeps a model's forecast of the months that are not over. A panel with rows in
// quarantine is not forecast from: what is kept is kept for good.
func (c *forecastKeep) Run(e *env) error {
	origin, rung, err := c.what()
	if err != nil {
		return err
	}
	history, err := wholePanel(e, c.History)
	if err != nil {
		return err
	}
	view, field, err := c.forecast(history, origin, rung)
	if err != nil {
		return err
	}
	return c.with(e, func(ctx context.Context, a *app.App, who desk.Principal) error {
		entries := ledger.Issue(who.Org, rung.Name, view, field, clock.System())
		if len(entries) == 0 {
			return fmt.Errorf("forecast from %s: all %d months ahead are over: %w", origin, ladder.Horizons, fault.ErrInvalid)
		}
		if err := a.DB().PutForecasts(ctx, entries); err != nil {
			return err
		}
		_, err := fmt.Fprintf(e.stdout, "kept %d forecasts of %s from %s\n", len(entries), rung.Name, origin)
		return err
	})
}

type forecastSay struct {
	book
	Who       string  `required:"" help:"Whose forecast it is: the address of an account."`
	Country   string  `required:"" help:"Country by name or id, as in the panel."`
	Month     string  `required:"" help:"Month, such as 2027-03."`
	Threshold float64 `default:"25" help:"Deaths; the forecast is of at least so many."`
	Chance    float64 `required:"" help:"Chance from 0 to 1."`
	Why       string  `help:"Reason, kept with it."`
	History   string  `required:"" type:"path" help:"Panel of what is known now, for base rate and persistence."`
}

// Run keeps a person's forecast beside the models'.
func (c *forecastSay) Run(e *env) error {
	month, err := panel.ParseMonth(c.Month)
	if err != nil {
		return fmt.Errorf("--month: %w", err)
	}
	history, err := wholePanel(e, c.History)
	if err != nil {
		return err
	}
	view, err := history.At(min(history.Last(), month-1))
	if err != nil {
		return fmt.Errorf("%s: %w", c.History, err)
	}
	return c.with(e, func(ctx context.Context, a *app.App, who desk.Principal) error {
		entry, err := ledger.Say(who.Org, c.Who, view, c.Country, month, c.Threshold, c.Chance, c.Why, clock.System())
		if err != nil {
			return err
		}
		if err := a.DB().PutForecasts(ctx, []ledger.Entry{entry}); err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "kept; base rate %.2f, persistence %.0f\n", entry.Base, entry.Persistence)
		return err
	})
}

type forecastResolve struct {
	book
	Actuals string `required:"" type:"path" help:"Panel of what happened (CSV)."`
}

// Run adds the outcomes of months that are over and in the panel.
func (c *forecastResolve) Run(e *env) error {
	actuals, err := wholePanel(e, c.Actuals)
	if err != nil {
		return err
	}
	return c.with(e, func(ctx context.Context, a *app.App, who desk.Principal) error {
		open, err := a.DB().Forecasts(ctx, who.Org, true)
		if err != nil {
			return err
		}
		n, err := a.DB().ResolveForecasts(ctx, ledger.Resolve(open, actuals, clock.System()))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "resolved %d of %d open forecasts\n", n, len(open))
		return err
	})
}

type forecastRecord struct {
	book
}

// Run prints how good everybody was.
func (c *forecastRecord) Run(e *env) error {
	return c.with(e, func(ctx context.Context, a *app.App, who desk.Principal) error {
		entries, err := a.DB().Forecasts(ctx, who.Org, false)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "kind\tmaker\tresolved\topen\tBrier\tbase rate\tpersistence\tlog, bits\tCRPS, deaths\tECE")
		for _, s := range ledger.Standings(entries) {
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\t", s.Kind, s.Maker, s.N, s.Open)
			if s.N == 0 {
				fmt.Fprintln(t)
				continue
			}
			crps := "none"
			if !math.IsNaN(s.CRPS) {
				crps = fmt.Sprintf("%.2f", s.CRPS)
			}
			fmt.Fprintf(t, "%.4f\t%.4f\t%.4f\t%.3f\t%s\t%.4f\n", s.Brier, s.BaseBrier, s.PersistenceBrier, s.Log, crps, s.ECE)
		}
		return t.Flush()
	})
}

// wholePanel reads a panel and refuses one with rows in quarantine.
func wholePanel(e *env, path string) (panel.Panel, error) {
	p, problems, err := readPanel(e, path)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%s: %d rows in quarantine, the first: %s: %w", path, len(problems), problems[0], fault.ErrInvalid)
	}
	return p, err
}
