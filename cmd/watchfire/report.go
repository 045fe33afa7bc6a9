package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/report"
)

type reportCmd struct {
	List     reportList     `cmd:"" help:"List reports that were made, or what can be made."`
	Make     reportMake     `cmd:"" help:"Freeze what is known now and make a report of it: report make monthly project:CODE."`
	Show     reportShow     `cmd:"" help:"Write a report as HTML, JSON, workbook or PDF."`
	Approve  reportApprove  `cmd:"" help:"Put a name to a report."`
	Send     reportSend     `cmd:"" help:"Send a published report to readers: --to contact:CODE=AMBER --to role:board=GREEN."`
	Readers  reportReaders  `cmd:"" help:"Show who got a report, over which channel, and what became of it."`
	Verify   reportVerify   `cmd:"" help:"Make a report again from its stored inputs, or from an exported bundle, and compare bytes; exit 1 where they differ."`
	Export   reportExport   `cmd:"" help:"Write a report as a bundle that anybody can verify with this program alone."`
	Template reportTemplate `cmd:"" help:"Show or set the layout of a product: name, colour, paper, sections and their labels, as JSON."`
	Calendar reportCalendar `cmd:"" help:"Schedules: list them, add one from JSON, end one, make what is due."`
}

// reports runs do on the data folder.
func (w *where) reports(e *env, do func(context.Context, desk.Reports, desk.Principal) error) error {
	return w.here(e, "reports are made where the data are", func(ctx context.Context, d *desk.Desk, who desk.Principal) error { return do(ctx, d, who) })
}

type reportList struct {
	where
	Products bool `help:"What can be made instead, with its sections."`
	JSON     bool `help:"As JSON."`
}

// Run lists.
func (c *reportList) Run(e *env) error {
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	if c.Products {
		if c.JSON {
			return indented(e, report.Products())
		}
		fmt.Fprintln(w, "PRODUCT\tSUBJECT\tPAGES\tDUE\tSECTIONS")
		for _, p := range report.Products() {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", p.ID, p.Subject, p.Pages, p.Due.Every, strings.Join(p.Sections, " "))
		}
		return w.Flush()
	}
	return c.reports(e, func(ctx context.Context, d desk.Reports, who desk.Principal) error {
		list, err := d.Reports(ctx, who)
		if err != nil {
			return err
		}
		if c.JSON {
			return indented(e, list)
		}
		fmt.Fprintln(w, "REPORT\tEDITION\tMADE\tTLP\tAPPROVED\tINPUTS")
		for _, r := range list {
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%.12s\n", r.ID, r.Edition, r.Made.Format(time.RFC3339), r.TLP, r.Approved, r.Snapshot)
		}
		return w.Flush()
	})
}

type reportMake struct {
	where
	Product  string   `arg:"" help:"One of: shift daily weekly monthly country board annual prebid trip incident."`
	Unit     string   `arg:"" optional:"" help:"project:CODE, country:KE; default all projects together."`
	Lang     string   `help:"en, zh or ar." default:"en" enum:"en,zh,ar"`
	Zone     string   `help:"Zone of the reader, such as Africa/Nairobi." default:"UTC"`
	TLP      string   `name:"tlp" help:"Label of the report." default:"AMBER"`
	Ask      []string `help:"A decision that is asked; may be repeated." sep:"none"`
	Scenario string   `help:"Id of a scenario that was kept."`
	Warning  string   `help:"Id of the warning that a post-incident review is about."`
}

// Run makes.
func (c *reportMake) Run(e *env) error {
	return c.reports(e, func(ctx context.Context, d desk.Reports, who desk.Principal) error {
		r, err := d.MakeReport(ctx, who, desk.ReportWish{Product: c.Product, Unit: c.Unit, Lang: c.Lang, Zone: c.Zone, TLP: c.TLP, Decisions: c.Ask, Scenario: c.Scenario, Warning: c.Warning})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "made %s edition %d: inputs %.12s, html %.12s, json %.12s\n", r.ID, r.Edition, r.Snapshot, r.HTML, r.JSON)
		return err
	})
}

type reportShow struct {
	where
	Report  string `arg:"" help:"Id of a report, or monthly@project:CODE for the newest of a product and a unit."`
	Edition int    `help:"0 = the newest."`
	Format  string `help:"html, json, xlsx, pdf, or inputs: what it is made of." default:"html" enum:"html,json,xlsx,pdf,inputs"`
	For     string `help:"For a reader who is cleared for this TLP label; default as it was made." placeholder:"TLP"`
	Paper   string `help:"A4 or letter; default as the template says." placeholder:"PAPER"`
	Browser string `help:"Program that prints PDF; default an installed Chromium or Chrome."`
	Out     string `short:"o" help:"File to write; - is standard output." default:"-"`
}

// Run writes one form.
func (c *reportShow) Run(e *env) error {
	var raw []byte
	err := c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error {
		v, err := a.Desk().Report(ctx, who, c.Report, c.Edition)
		if err != nil {
			return err
		}
		var over string
		raw, over, err = a.ReportForm(ctx, v, app.ReportForm{Format: c.Format, For: c.For, Paper: c.Paper, Browser: c.Browser})
		if over != "" {
			fmt.Fprintln(e.stderr, over)
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeFile(e, c.Out, raw)
}

type reportVerify struct {
	where
	Which   string `arg:"" name:"report" help:"Id of a report, monthly@project:CODE, or the file of an exported bundle."`
	Edition int    `help:"0 = the newest."`
}

// Run verifies.
func (c *reportVerify) Run(e *env) error {
	if raw, err := os.ReadFile(c.Which); err == nil {
		b, err := report.ReadBundle(raw)
		if err != nil {
			return err
		}
		book, err := phrase.New()
		if err != nil {
			return err
		}
		v, err := b.Verify(e.ctx, book, 2)
		return verifiedReport(e, v, err)
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return c.reports(e, func(ctx context.Context, d desk.Reports, who desk.Principal) error {
		v, err := d.VerifyReport(ctx, who, c.Which, c.Edition)
		return verifiedReport(e, v, err)
	})
}

func verifiedReport(e *env, v report.Verification, err error) error {
	if err != nil {
		return err
	}
	run := "not in the bundle"
	if v.Run {
		run = fmt.Sprintf("reckoned again, the same: %t", v.Results)
	}
	fmt.Fprintf(e.stdout, "report       %s\ninputs       %s\nHTML         the same: %t\nJSON         the same: %t\nassessments  %s\n", v.Report, v.Snapshot, v.HTML, v.JSON, run)
	if v.Same {
		_, err := fmt.Fprintln(e.stdout, "ok: every byte is the same")
		return err
	}
	fmt.Fprintln(e.stderr, "differs:", v.Where)
	return exit{exitWrong}
}

type reportExport struct {
	where
	Report  string `arg:"" help:"Id of a report, or monthly@project:CODE for the newest of a product and a unit."`
	Edition int    `help:"0 = the newest."`
	Out     string `short:"o" help:"File to write; - is standard output." default:"-"`
}

// Run exports.
func (c *reportExport) Run(e *env) error {
	return c.reports(e, func(ctx context.Context, d desk.Reports, who desk.Principal) error {
		b, err := d.ExportReport(ctx, who, c.Report, c.Edition)
		if err != nil {
			return err
		}
		raw, err := json.Marshal(b)
		if err != nil {
			return err
		}
		return writeFile(e, c.Out, append(raw, '\n'))
	})
}

type reportTemplate struct {
	where
	Product string `arg:"" help:"Product."`
	Set     string `help:"File with the template to set." placeholder:"FILE"`
	Preview string `help:"Unit: write the page that the template of --set would give, and set nothing." placeholder:"UNIT"`
}

// Run shows, previews or sets.
func (c *reportTemplate) Run(e *env) error {
	p, ok := report.Find(c.Product)
	if !ok {
		return fmt.Errorf("product %.40q: %w", c.Product, fault.ErrNotFound)
	}
	return c.reports(e, func(ctx context.Context, d desk.Reports, who desk.Principal) error {
		t, err := d.ReportTemplate(ctx, who, c.Product)
		if err != nil {
			return err
		}
		if c.Set != "" {
			raw, err := os.ReadFile(c.Set)
			if err != nil {
				return err
			}
			if t, err = report.ReadTemplate(p, raw); err != nil {
				return err
			}
		}
		switch {
		case c.Preview != "":
			raw, err := d.PreviewReport(ctx, who, desk.ReportWish{Product: c.Product, Unit: c.Preview}, t)
			if err != nil {
				return err
			}
			return writeFile(e, "-", raw)
		case c.Set != "":
			return d.PutReportTemplate(ctx, who, c.Product, t)
		}
		return indented(e, t)
	})
}

type reportCalendar struct {
	where
	Add string `help:"File with a schedule: product, unit, zone, tlp, recipients, approver." placeholder:"FILE"`
	End string `help:"Id of a schedule to end." placeholder:"ID"`
	Due bool   `name:"run" help:"Make what is due."`
}

// Run works on the calendar.
func (c *reportCalendar) Run(e *env) error {
	return c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error {
		d := a.Desk()
		if c.Add != "" {
			raw, err := os.ReadFile(c.Add)
			if err != nil {
				return err
			}
			var s report.Schedule
			if err := json.Unmarshal(raw, &s); err != nil {
				return fmt.Errorf("%s: %w: %w", c.Add, fault.ErrInvalid, err)
			}
			if _, err = d.PutReportSchedule(ctx, who, s); err != nil {
				return err
			}
		}
		if c.End != "" {
			if err := d.RemoveReportSchedule(ctx, who, c.End); err != nil {
				return err
			}
		}
		if c.Due {
			_, made, err := d.ReportsDue(ctx, who)
			for _, r := range made {
				fmt.Fprintf(e.stdout, "made %s edition %d\n", r.ID, r.Edition)
			}
			if err != nil {
				return err
			}
			n, err := d.SendReports(ctx, who)
			if n > 0 {
				fmt.Fprintf(e.stdout, "letters queued: %d\n", n)
			}
			if err != nil {
				return err
			}
		}
		list, err := d.ReportSchedules(ctx, who)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "SCHEDULE\tPRODUCT\tUNIT\tNEXT\tZONE\tLAST\tSTATE\tAPPROVER")
		for _, x := range list {
			zone, err := time.LoadLocation(x.Schedule.Zone)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.Schedule.ID, x.Schedule.Product, x.Schedule.Unit, x.Next.In(zone).Format("2006-01-02 15:04"), x.Schedule.Zone, x.Last, x.State, x.Schedule.Approver)
		}
		return w.Flush()
	})
}
