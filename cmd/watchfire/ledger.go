package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/id"
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
	history, sum, err := wholePanel(e, c.History)
	if err != nil {
		return err
	}
	view, field, err := c.forecast(history, origin, rung)
	if err != nil {
		return err
	}
	return c.with(e, func(ctx context.Context, a *app.App, who desk.Principal) error {
		n, err := a.Desk().KeepForecasts(ctx, who, ledger.Source{Rung: rung.Name, Panel: sum, Seed: c.Seed}, view, field)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "kept %d forecasts of %s from %s\n", n, rung.Name, origin)
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
	Override  bool    `help:"It stands in the place of the model's until the month ends; --why is needed."`
	History   string  `required:"" type:"path" help:"Panel of what is known now, for base rate and persistence."`
}

// Run keeps a person's forecast beside the models'.
func (c *forecastSay) Run(e *env) error {
	month, err := panel.ParseMonth(c.Month)
	if err != nil {
		return fmt.Errorf("--month: %w", err)
	}
	history, _, err := wholePanel(e, c.History)
	if err != nil {
		return err
	}
	view, err := history.At(min(history.Last(), month-1))
	if err != nil {
		return fmt.Errorf("%s: %w", c.History, err)
	}
	return c.with(e, func(ctx context.Context, a *app.App, who desk.Principal) error {
		entry, err := a.Desk().SayFrom(ctx, who, view, ledger.Statement{
			Maker: c.Who, Name: c.Who, Country: c.Country, Month: month, Threshold: c.Threshold, Chance: c.Chance, Why: c.Why, Override: c.Override,
		})
		if err != nil {
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
	actuals, sum, err := wholePanel(e, c.Actuals)
	if err != nil {
		return err
	}
	return c.with(e, func(ctx context.Context, a *app.App, who desk.Principal) error {
		n, open, err := a.Desk().ResolveForecasts(ctx, who, actuals, sum)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "resolved %d of %d open forecasts\n", n, open)
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
			if s.Distributions > 0 {
				crps = fmt.Sprintf("%.2f", s.CRPS)
			}
			fmt.Fprintf(t, "%.4f\t%.4f\t%.4f\t%.3f\t%s\t%.4f\n", s.Brier, s.BaseBrier, s.PersistenceBrier, s.Log, crps, s.ECE)
		}
		return t.Flush()
	})
}

type forecastPanel struct {
	book
	File string `arg:"" type:"path" help:"Panel of deaths by country and month (CSV)."`
}

// Run hands a panel to the desk: the server forecasts from it and resolves by it.
func (c *forecastPanel) Run(e *env) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return c.with(e, func(ctx context.Context, a *app.App, who desk.Principal) error {
		out, err := a.Desk().PutForecastPanel(ctx, who, filepath.Base(c.File), raw)
		for _, p := range out.Problems {
			fmt.Fprintln(e.stderr, "quarantine:", p)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "taken %s to %s\n", out.Panel.File, out.Panel.Last)
		return err
	})
}

// wholePanel reads a panel, with the SHA-256 of its file in hexadecimal, and refuses one with
// rows in quarantine.
func wholePanel(e *env, path string) (panel.Panel, string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return panel.Panel{}, "", err
	}
	p, problems, err := parsePanel(e, path, raw)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%s: %d rows in quarantine, the first: %s: %w", path, len(problems), problems[0], fault.ErrInvalid)
	}
	return p, id.Hash(raw), err
}
