package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/report"
)

type reportApprove struct {
	where
	Report string `arg:"" help:"Id of a report, or monthly@project:CODE for the newest of a product and a unit."`
	By     string `required:"" help:"Who stands behind it, by name."`
}

// Run approves, and queues the letters to the readers.
func (c *reportApprove) Run(e *env) error {
	return c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error {
		who.Name = c.By
		r, err := a.Desk().ApproveReport(ctx, who, c.Report)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "approved %s by %s, edition %d\n", r.ID, r.Approved, r.Edition)
		n, err := a.Desk().SendReports(ctx, who)
		if n > 0 {
			fmt.Fprintf(e.stdout, "letters queued: %d\n", n)
		}
		return err
	})
}

type reportSend struct {
	where
	Report string   `arg:"" help:"Id of a report, or monthly@project:CODE for the newest of a product and a unit."`
	To     []string `required:"" sep:"none" placeholder:"WHO=TLP" help:"contact:CODE, account:EMAIL, role:ROLE, rota:CODE or CHANNEL:ADDRESS, with the label that the reader is cleared for; may be repeated."`
}

// Run sends.
func (c *reportSend) Run(e *env) error {
	var to []report.Recipient
	for _, text := range c.To {
		r := report.Recipient{Address: text, TLP: "AMBER"}
		if i := strings.LastIndexByte(text, '='); i > 0 {
			r.Address, r.TLP = text[:i], text[i+1:]
		}
		to = append(to, r)
	}
	return c.reports(e, func(ctx context.Context, d desk.Reports, who desk.Principal) error {
		n, nobody, err := d.SendReport(ctx, who, c.Report, to)
		for _, x := range nobody {
			fmt.Fprintf(e.stderr, "%s reaches nobody\n", x)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "letters queued: %d\n", n)
		return err
	})
}

type reportReaders struct {
	where
	Report string `arg:"" help:"Id of a report, or monthly@project:CODE for the newest of a product and a unit."`
	JSON   bool   `help:"As JSON."`
}

// Run lists who got it.
func (c *reportReaders) Run(e *env) error {
	return c.reports(e, func(ctx context.Context, d desk.Reports, who desk.Principal) error {
		list, err := d.ReportLetters(ctx, who, c.Report)
		if err != nil {
			return err
		}
		if c.JSON {
			return indented(e, list)
		}
		w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "READER\tAS\tEDITION\tTLP\tFILE\tCHANNEL\tSTATE\tAT")
		for _, l := range list {
			for _, x := range l.Ways {
				fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", l.Name, l.Kind, l.Edition, l.TLP, l.File, x.Channel, x.State, x.At.Format(time.RFC3339))
			}
		}
		return w.Flush()
	})
}
