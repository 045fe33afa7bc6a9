package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/portfolio/sheet"
	"watchfire.dev/internal/replay"
	"watchfire.dev/internal/rule"
	"watchfire.dev/internal/watch"
)

type replayCmd struct {
	Signals   string `help:"Signals, one JSON object a line, as 'feed parse' prints them." type:"existingfile" xor:"from" required:""`
	Installed bool   `help:"Replay what this installation took, from its data folder." xor:"from" required:""`
	Portfolio string `help:"Portfolio file (CSV, XLSX or GeoJSON); needed with --signals." type:"existingfile"`
	Until     string `help:"Let time pass until then after the last input (RFC 3339)."`
	Config    string `help:"Configuration file." type:"existingfile"`
	Org       string `help:"Organisation, with --installed; default the first."`
	Whole     bool   `help:"Write every decision whole, with what the log leaves out because it stands in the line or earlier."`
}

// Run prints the decision log on standard output and a summary on standard error.
func (c *replayCmd) Run(e *env) error {
	settings, err := config.Load(c.Config, os.Getenv)
	if err != nil {
		return err
	}
	method, err := app.MethodOf(settings)
	if err != nil {
		return err
	}
	policy, err := app.PolicyOf(settings)
	if err != nil {
		return err
	}
	cfg := replay.Config{
		Org: "replay", Policy: policy, Rater: rule.Set, Workers: runtime.GOMAXPROCS(0),
		Matcher: func(p portfolio.Portfolio) watch.Matcher { return app.IndexOf(p, method, policy) },
	}
	if c.Until != "" {
		t, err := time.Parse(time.RFC3339, c.Until)
		if err != nil {
			return fmt.Errorf("--until %q: want a time such as 2026-03-01T04:00:00Z: %w", c.Until, fault.ErrInvalid)
		}
		cfg.Until = t
	}
	steps, err := c.steps(e, settings, &cfg)
	if err != nil {
		return err
	}
	// A replay makes rows at a rate that no desk ever sees: collecting less often pays.
	debug.SetGCPercent(300)
	sum, err := c.decide(cfg, steps, e.stdout)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "%d inputs, %d signals → %d event revisions, %d warning revisions; decision log sha256 %s\n",
		sum.Inputs, sum.Signals, sum.Events, sum.Warnings, sum.SHA256)
	return nil
}

// decide writes the log, or with --whole what it says in full. The sum is the log's in both.
func (c *replayCmd) decide(cfg replay.Config, steps []replay.Step, out io.Writer) (replay.Summary, error) {
	if !c.Whole {
		return replay.Run(cfg, steps, out)
	}
	log, in := io.Pipe()
	expanded := make(chan error, 1)
	go func() {
		err := replay.Expand(log, out)
		log.CloseWithError(err) //nolint:errcheck // it returns nil
		expanded <- err
	}()
	sum, err := replay.Run(cfg, steps, in)
	in.CloseWithError(err) //nolint:errcheck // it returns nil
	return sum, errors.Join(err, <-expanded)
}

func (c *replayCmd) steps(e *env, settings config.Config, cfg *replay.Config) ([]replay.Step, error) {
	if c.Installed {
		return c.installed(e, settings, cfg)
	}
	if c.Portfolio == "" {
		return nil, fmt.Errorf("--portfolio is needed with --signals: %w", fault.ErrInvalid)
	}
	p, err := readPortfolio(c.Portfolio, portfolio.Portfolio{Org: cfg.Org})
	if err != nil {
		return nil, err
	}
	cfg.Portfolio = p
	f, err := os.Open(c.Signals)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	steps, err := replay.ReadSignals(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Signals, err)
	}
	return steps, nil
}

func (c *replayCmd) installed(e *env, settings config.Config, cfg *replay.Config) ([]replay.Step, error) {
	db, err := app.OpenExisting(e.ctx, settings)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if cfg.Org, err = orgOf(e.ctx, db, c.Org); err != nil {
		return nil, err
	}
	cfg.Portfolio.Org = cfg.Org
	return db.Inputs(e.ctx, cfg.Org)
}

// readPortfolio reads a portfolio file onto a base; every problem is named.
func readPortfolio(name string, base portfolio.Portfolio) (portfolio.Portfolio, error) {
	f, err := os.Open(name)
	if err != nil {
		return base, err
	}
	defer f.Close()
	p, _, problems := sheet.Read(f, name, base)
	if len(problems) > 0 {
		return base, fmt.Errorf("%s: %s (and %d more): %w", name, problems[0], len(problems)-1, fault.ErrInvalid)
	}
	return p, nil
}
