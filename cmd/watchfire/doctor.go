package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/pulse"
)

type doctorCmd struct {
	Config string `help:"Configuration file." type:"existingfile"`
	Data   string `help:"Data folder; default that of the configuration." type:"existingdir"`
	JSON   bool   `help:"Print one JSON object."`
	Alive  bool   `help:"Only ask whether the serving process answers: for health checks of containers."`
	All    bool   `help:"List what works too."`
}

// examined is what the command prints as JSON.
type examined struct {
	Checks []pulse.Check `json:"checks"`
	Worst  pulse.State   `json:"worst"`
}

// Run prints what needs somebody; exit 1 when anything does.
func (c *doctorCmd) Run(e *env) error {
	cfg, err := config.Load(c.Config, os.Getenv)
	if err != nil {
		return err
	}
	if c.Data != "" {
		cfg.Data = c.Data
	}
	if c.Alive {
		return app.Ask(e.ctx, cfg, "/healthz")
	}
	checks, err := app.Examine(e.ctx, cfg, clock.System)
	if err != nil {
		return err
	}
	worst := pulse.Worst(checks)
	if c.JSON {
		if err := json.NewEncoder(e.stdout).Encode(examined{checks, worst}); err != nil {
			return err
		}
	} else if err := c.table(e, checks); err != nil {
		return err
	}
	if worst != pulse.OK && worst != pulse.Unknown {
		return exit{exitWrong}
	}
	return nil
}

func (c *doctorCmd) table(e *env, checks []pulse.Check) error {
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	for _, k := range checks {
		if !c.All && (k.State == pulse.OK || k.State == pulse.Unknown) {
			continue
		}
		name, note := k.Name, k.Detail
		if k.Subject != "" {
			name += " " + k.Subject
		}
		switch {
		case k.State == pulse.Late && k.By != 0:
			note = "by " + k.By.Round(time.Second).String() + " " + note
		case !k.Since.IsZero():
			note = "since " + k.Since.UTC().Format(time.RFC3339) + " " + note
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", k.State, name, note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "%d checks, %d need somebody\n", len(checks), pulse.Wrong(checks))
	return err
}
