package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"text/tabwriter"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/register"
)

type registerCmd struct {
	List   registerList   `cmd:"" help:"List the risks with inherent, residual and target score, gaps, and what is due."`
	Show   registerShow   `cmd:"" help:"Show one risk: figures, controls, what they lack."`
	Import registerImport `cmd:"" help:"Import a CSV file: every risk of it, or nothing."`
	Export registerExport `cmd:"" help:"Write the register as CSV."`
	Run    registerRun    `cmd:"" help:"Simulate the register, or a file on its own, and print what a year may cost."`
}

type registerList struct{ spoken }

// Run prints the register.
func (c *registerList) Run(e *env) error {
	var card desk.RegisterCard
	err := c.read(e, "/api/v1/register", &card, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		card, err = d.Register(ctx, who)
		return err
	})
	if err != nil {
		return err
	}
	s, done, err := c.speaker(e, card)
	if done || err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, s.T("register.code")+"\t"+s.T("register.stage.inherent")+"\t"+s.T("register.stage.residual")+"\t"+s.T("register.target")+"\t"+s.T("register.chance")+"\t"+s.T("register.eal")+"\t"+s.T("register.gaps")+"\t"+s.T("register.line")+"\t"+s.T("register.risk"))
	for _, r := range card.Rows {
		line := s.T("register.within")
		switch {
		case r.Entry.Closed:
			line = s.T("register.closed")
		case r.Line == nil:
			line = s.T("register.no_line")
		case r.Breach && r.Accepted != nil:
			line = s.T("register.accepted", "Name", r.Accepted.Acceptor, "Day", string(r.Accepted.Expires))
		case r.Breach:
			line = s.T("register.breach")
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%.0f\t%d\t%s\t%s\n", r.Entry.Code, r.Inherent.Score, r.Residual.Score, r.Entry.Target.Score(), s.Percent(r.Residual.Chance), r.Residual.Money, len(r.Gaps), line, r.Entry.Title)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return printDue(e, s, card.Due)
}

func printDue(e *env, s phrase.Speaker, list []register.Due) error {
	for _, d := range list {
		when := s.T("register.by", "Day", string(d.Day))
		if d.Late {
			when = s.T("register.since", "Day", string(d.Day))
		}
		if d.Day == "" {
			when = s.T("register.breach")
		}
		if _, err := fmt.Fprintf(e.stdout, "%s: %s %s %s · %s · %s\n", s.T("register.due."+string(d.Kind)), d.Entry, d.Thing, d.Title, when, d.Owner); err != nil {
			return err
		}
	}
	return nil
}

type registerShow struct {
	spoken
	Code string `arg:"" help:"Code of the risk."`
}

// Run prints one risk.
func (c *registerShow) Run(e *env) error {
	var card desk.RiskCard
	err := c.read(e, "/api/v1/register/risks/"+url.PathEscape(c.Code), &card, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		card, err = d.Risk(ctx, who, c.Code)
		return err
	})
	if err != nil {
		return err
	}
	s, done, err := c.speaker(e, card)
	if done || err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s %s\n", card.Entry.Code, card.Entry.Title)
	for _, f := range []register.Figures{card.Inherent, card.Residual, card.Planned} {
		fmt.Fprintf(e.stdout, "  %s: %s %d · %s %s · %s · %s %.4g\n", s.T("register.stage."+string(f.Stage)), s.T("register.score"), f.Score, s.T("register.chance"), s.Percent(f.Chance), s.T(fmt.Sprint("register.impact.", f.Impact)), s.T("register.eal"), f.Money)
	}
	for _, x := range card.Entry.Controls {
		fmt.Fprintf(e.stdout, "  %s %s: %s\n", x.Code, x.Title, s.T("register.takes", "P", s.Percent(x.Effectiveness(clock.System()))))
		for _, g := range card.Gaps {
			if g.Control == x.Code {
				fmt.Fprintln(e.stdout, "    "+s.T("register.gap."+string(g.Gap)))
			}
		}
	}
	return printDue(e, s, card.Due)
}

type registerImport struct {
	where
	File string `arg:"" help:"CSV file."`
}

// Run imports a file. Exit 2 when anything is wrong with it; each mistake is a line with row
// and field.
func (c *registerImport) Run(e *env) error {
	raw, err := readFile(e, c.File)
	if err != nil {
		return err
	}
	if _, problems := register.ReadCSV(raw); len(problems) > 0 {
		for _, p := range problems {
			fmt.Fprintf(e.stderr, "%s: row %d, %s: %s\n", c.File, p.Row, p.Field, p.What)
		}
		return fmt.Errorf("%d problems, nothing was changed: %w", len(problems), fault.ErrInvalid)
	}
	var out desk.ImportedRisks
	name := filepath.Base(c.File)
	if c.URL != "" {
		err = c.call(e.ctx, http.MethodPost, "/api/v1/register/import?name="+url.QueryEscape(name), "text/csv", raw, &out)
	} else {
		err = c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) (err error) {
			out, err = a.Desk().ImportRisks(ctx, who, name, raw)
			return err
		})
	}
	var problems register.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Fprintf(e.stderr, "%s: %s: %s\n", c.File, p.Field, p.What)
		}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%d risks written, %d as they were\n", len(out.Written), len(out.Unchanged))
	return err
}

type registerExport struct {
	where
	Out string `short:"o" help:"File to write; - is standard output." default:"-"`
}

// Run writes the register.
func (c *registerExport) Run(e *env) error {
	var raw []byte
	err := c.read(e, "/api/v1/register/export", &raw, func(ctx context.Context, d *desk.Desk, who desk.Principal) (err error) {
		raw, err = d.ExportRisks(ctx, who)
		return err
	})
	if err != nil {
		return err
	}
	return writeFile(e, c.Out, raw)
}

type registerRun struct {
	spoken
	Seed  uint64 `help:"Of the chance; default the day as a number, such as 20261031."`
	Draws int    `help:"Years drawn." default:"10000"`
	File  string `help:"Simulate this CSV file on its own, without an installation; nothing is kept."`
	At    string `help:"Day on which controls count, with --file: 2026-10-31. Default today."`
}

// Run simulates and prints the totals.
func (c *registerRun) Run(e *env) error {
	run, err := c.run(e)
	if err != nil {
		return err
	}
	s, done, err := c.speaker(e, run)
	if done || err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, s.T("register.stage")+"\t\t"+s.T("register.eal_of", "Unit", "")+"\tP50\tP90\tP99\t"+s.T("register.severe"))
	for _, t := range run.Totals {
		for _, u := range register.Units() {
			l := t.Of(u)
			fmt.Fprintf(w, "%s\t%s\t%.6g\t%.6g\t%.6g\t%.6g\t%s\n", s.T("register.stage."+string(t.Stage)), s.T("register.unit."+string(u)), l.Mean, l.P50, l.P90, l.P99, s.Percent(t.Severe))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.stdout, s.T("register.run_line", "Draws", run.Draws, "Time", s.Time(run.At, "UTC"), "Seed", run.Seed, "Method", run.Method, "Hash", run.Inputs))
	return err
}

func (c *registerRun) run(e *env) (register.Run, error) {
	o := register.Options{Seed: c.Seed, Draws: c.Draws}
	if c.File != "" {
		return c.alone(e, o)
	}
	var kept desk.RiskRun
	if c.URL != "" {
		body, err := json.Marshal(map[string]any{"seed": c.Seed, "draws": c.Draws})
		if err != nil {
			return kept.Run, err
		}
		err = c.call(e.ctx, http.MethodPost, "/api/v1/register/runs", "application/json", body, &kept)
		return kept.Run, err
	}
	err := c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) (err error) {
		kept, err = a.Desk().RunRegister(ctx, who, o)
		return err
	})
	return kept.Run, err
}

// alone simulates a file.
func (c *registerRun) alone(e *env, o register.Options) (register.Run, error) {
	raw, err := readFile(e, c.File)
	if err != nil {
		return register.Run{}, err
	}
	entries, problems := register.ReadCSV(raw)
	if len(problems) > 0 {
		return register.Run{}, fmt.Errorf("%s: %w", c.File, problems)
	}
	day := register.Day(c.At)
	if c.At == "" {
		day = register.DayOf(clock.System())
	}
	now, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		return register.Run{}, fmt.Errorf("day %q: %w", c.At, fault.ErrInvalid)
	}
	if o.Seed == 0 {
		y, m, d := now.Date()
		o.Seed = uint64(y*10000 + int(m)*100 + d) //nolint:gosec // a date is not negative
	}
	return register.Simulate(entries, register.Context{}, now, o)
}
