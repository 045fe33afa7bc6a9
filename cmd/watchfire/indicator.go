package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
)

type indicatorCmd struct {
	List   indicatorList   `cmd:"" help:"What indicators there are, with unit and what is known of each; --panels lists what can be imported."`
	Show   indicatorShow   `cmd:"" help:"The values of an indicator, with source and date."`
	Import indicatorImport `cmd:"" help:"Import a public panel or your own table (CSV, also gzipped); exit 3 where rows were put aside."`
}

type indicatorList struct {
	where
	Panels bool   `help:"List the panels and their licences instead."`
	Lang   string `help:"en or zh." default:"en"`
}

// Run lists.
func (c *indicatorList) Run(e *env) error {
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	if c.Panels {
		fmt.Fprintln(w, "PANEL\tTITLE\tLICENCE\tPASSED ON\tINDICATORS")
		for _, m := range indicator.Mappings() {
			var names []string
			for _, x := range m.Columns {
				names = append(names, x.Indicator)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%t\t%s\n", m.ID, m.Title, m.Licence, m.Redistribute, strings.Join(names, " "))
		}
		fmt.Fprintf(w, "own\tyour own table: %s\t\t\t\n", strings.Join(indicator.OwnColumns(), ","))
		return w.Flush()
	}
	return c.on(e, func(ctx context.Context, d *desk.Desk, who desk.Principal) error {
		all, err := d.Indicators(ctx, who, "", "", time.Time{})
		if err != nil {
			return err
		}
		count, last := map[string]int{}, map[string]string{}
		for _, o := range all {
			count[o.Indicator]++
			last[o.Indicator] = max(last[o.Indicator], o.Period)
		}
		fmt.Fprintln(w, "INDICATOR\tUNIT\tVALUES\tNEWEST\tNAME")
		for _, x := range indicator.All() {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", x.ID, x.Unit, count[x.ID], last[x.ID], x.Name(c.Lang))
		}
		return w.Flush()
	})
}

type indicatorShow struct {
	where
	Indicator string `arg:""`
	Place     string `arg:"" optional:"" help:"country:KE, project:CODE, site:PROJECT/CODE."`
	Known     string `help:"What was known on a day, such as 2026-03-03; default now."`
	CSV       bool   `help:"As a table that indicator import own reads back."`
}

// Run shows every edition that was known.
func (c *indicatorShow) Run(e *env) error {
	if _, ok := indicator.Find(c.Indicator); !ok {
		return fmt.Errorf("indicator %.60q: %w", c.Indicator, fault.ErrNotFound)
	}
	known, err := day(c.Known)
	if err != nil {
		return err
	}
	return c.on(e, func(ctx context.Context, d *desk.Desk, who desk.Principal) error {
		list, err := d.Indicators(ctx, who, c.Indicator, c.Place, known)
		if err != nil {
			return err
		}
		if c.CSV {
			return indicator.Write(e.stdout, list)
		}
		w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "PLACE\tPERIOD\tVALUE\tUNIT\tKNOWN SINCE\tGRADE\tSOURCE\tLICENCE")
		for _, o := range list {
			fmt.Fprintf(w, "%s\t%s\t%g\t%s\t%s\t%s\t%s\t%s\n", o.Place, o.Period, o.Value, o.Unit, o.KnownAt.UTC().Format(time.DateOnly), o.Grade, o.Source, o.Licence)
		}
		return w.Flush()
	})
}

type indicatorImport struct {
	where
	Panel  string `arg:"" help:"Name of the panel (indicator list --panels), or own."`
	File   string `arg:"" help:"File to import; - is standard input."`
	Known  string `help:"When this edition was published; default as the panel's mapping says."`
	DryRun bool   `help:"Read and report; store nothing."`
}

// Run imports and reports what did not match.
func (c *indicatorImport) Run(e *env) error {
	raw, err := readFile(e, c.File)
	if err != nil {
		return err
	}
	if filepath.Ext(c.File) == ".gz" {
		if raw, err = unzipped(raw); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
	}
	known, err := day(c.Known)
	if err != nil {
		return err
	}
	if c.DryRun {
		rep, err := dryRead(c.Panel, raw, known)
		if err != nil {
			return err
		}
		return reported(e, desk.IndicatorImport{Report: rep})
	}
	return c.on(e, func(ctx context.Context, d *desk.Desk, who desk.Principal) error {
		out, err := d.ImportIndicators(ctx, who, c.Panel, raw, known)
		if err != nil {
			return err
		}
		return reported(e, out)
	})
}

// dryRead reads without an installation.
func dryRead(panel string, raw []byte, known time.Time) (indicator.Report, error) {
	if panel == "own" {
		_, rep, err := indicator.ReadOwn(raw, time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))
		return rep, err
	}
	m, ok := indicator.FindMapping(panel)
	if !ok {
		return indicator.Report{}, fmt.Errorf("panel %.60q: %w", panel, fault.ErrNotFound)
	}
	_, rep, err := indicator.Read(m, raw, known)
	return rep, err
}

func unzipped(raw []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.ErrInvalid, err)
	}
	out, err := io.ReadAll(io.LimitReader(z, 64<<20+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.ErrInvalid, err)
	}
	return out, nil
}

// shown is how many rows that were put aside are printed.
const shown = 50

func reported(e *env, out desk.IndicatorImport) error {
	r := out.Report
	fmt.Fprintf(e.stdout, "%s: %d rows, %d numbers taken (%d new), %d missing, %d of regions, %d repeated, %d rows put aside\n",
		r.Panel, r.Rows, r.Taken, out.Added, r.Missing, r.Aggregates, r.Repeated, len(r.Quarantined))
	for _, u := range r.Unmatched {
		fmt.Fprintf(e.stderr, "no country: code %q, name %q, %d rows\n", u.Code, u.Name, u.Rows)
	}
	for i, q := range r.Quarantined {
		if i == shown {
			fmt.Fprintf(e.stderr, "and %d more\n", len(r.Quarantined)-shown)
			break
		}
		fmt.Fprintf(e.stderr, "line %d: %s: %s\n", q.Line, q.Reason, q.Detail)
	}
	if len(r.Quarantined) > 0 {
		return exit{exitQuarantine}
	}
	return nil
}
