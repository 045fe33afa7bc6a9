package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

type assessSet struct {
	where
	Weights   []string `arg:"" optional:"" help:"dimension=weight; those left out keep what they have."`
	Method    string   `help:"A method file of your own." type:"existingfile"`
	Reference string   `help:"Its reference; default that of the program." type:"existingfile"`
	BuiltIn   bool     `help:"Back to the method of the program."`
	Restore   int64    `help:"Back to an earlier version, 0 = as the program comes." default:"-1"`
	Reason    string   `help:"Why."`
	Years     int      `help:"Years before that are reckoned again." default:"5"`
	Preview   bool     `help:"Only say what would change."`
}

func (c *assessSet) change(now desk.AssessSettings) (desk.AssessChange, error) {
	out := desk.AssessChange{Base: now.Now.Version, Reason: c.Reason, Weights: now.Now.Weights, BuiltIn: c.BuiltIn, Years: c.Years}
	if len(c.Weights) > 0 {
		out.Weights = now.Weights
	}
	for _, text := range c.Weights {
		name, value, _ := strings.Cut(text, "=")
		x, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return out, fmt.Errorf("%.40q, want dimension=weight: %w", text, fault.ErrInvalid)
		}
		known := false
		for i := range out.Weights {
			if out.Weights[i].Dimension == name {
				out.Weights[i].Weight, known = x, true
			}
		}
		if !known {
			return out, fmt.Errorf("%.40q is no dimension: %w", name, fault.ErrInvalid)
		}
	}
	for name, into := range map[string]*string{c.Method: &out.Method, c.Reference: &out.Reference} {
		if name == "" {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return out, err
		}
		*into = string(raw)
	}
	if c.Restore >= 0 {
		out.Restore = &c.Restore
	}
	return out, nil
}

// Run shows or changes.
func (c *assessSet) Run(e *env) error {
	if c.URL != "" {
		return fmt.Errorf("--url: ask the API of the server instead, /api/v1/assessment-settings: %w", fault.ErrInvalid)
	}
	return c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error {
		d := a.Desk()
		now, err := d.AssessmentSettings(ctx, who)
		if err != nil {
			return err
		}
		if len(c.Weights) == 0 && c.Method == "" && !c.BuiltIn && c.Restore < 0 {
			return inForce(e, now)
		}
		change, err := c.change(now)
		if err != nil {
			return err
		}
		if c.Preview {
			p, err := d.PreviewAssessSettings(ctx, who, change)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintf(w, "%s → %s: %d of %d units move by 0.1 or more, %d change their class\n", p.From, p.To, p.Moved, p.Units, p.Classes)
			for _, r := range p.Rows {
				fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%s\t%s\n", r.Unit, r.Before, r.After, r.ClassBefore, r.ClassAfter)
			}
			return w.Flush()
		}
		set, task, err := d.PutAssessSettings(ctx, who, change)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "version %d is in force; reckoning %d years before again\n", set.Version, task.Options.Years)
		if err := d.WorkAssessment(ctx, who.Org, task.ID); err != nil { // no server works it here
			return err
		}
		done, err := d.AssessmentTask(ctx, who, task.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "%s %s %s\n", done.State, done.Run, done.Note)
		return err
	})
}

func inForce(e *env, s desk.AssessSettings) error {
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "in force\t%s (version %d), method %s %.12s\n", s.Basis, s.Now.Version, s.Method, s.Hash)
	for _, x := range s.Weights {
		fmt.Fprintf(w, "%s\t%g\n", x.Dimension, x.Weight)
	}
	for _, v := range s.Before {
		fmt.Fprintf(w, "version %d\t%s\t%s\t%s\n", v.Version, v.Made.Format(time.RFC3339), v.Name, v.Reason)
	}
	return w.Flush()
}

type assessStress struct {
	Lang string `help:"en or zh." default:"en"`
}

// Run lists the sets.
func (c *assessStress) Run(e *env) error {
	for _, s := range assessment.StressSets() {
		fmt.Fprintf(e.stdout, "%s: %s\n  %s\n", s.ID, s.Names[c.Lang], s.Assumes[c.Lang])
		for _, x := range s.Changes {
			fmt.Fprintf(e.stdout, "  %s\n", x)
		}
	}
	return nil
}

type assessTasks struct {
	where
	Cancel string `help:"Cancel this one." placeholder:"TASK"`
}

// Run lists or cancels.
func (c *assessTasks) Run(e *env) error {
	if c.URL != "" {
		return fmt.Errorf("--url: ask the API of the server instead, /api/v1/assessment-tasks: %w", fault.ErrInvalid)
	}
	return c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error {
		if c.Cancel != "" {
			t, err := a.Desk().CancelAssessment(ctx, who, c.Cancel)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(e.stdout, "%s %s\n", t.State, t.ID)
			return err
		}
		list, err := a.Desk().AssessmentTasks(ctx, who)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		for _, t := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d years\t%s\t%d/%d\t%s\t%s\n", t.ID, t.State, t.Asked.Format(time.RFC3339), t.Options.Years, t.Step, t.Done, t.Total, t.Run, t.Note)
		}
		return w.Flush()
	})
}
