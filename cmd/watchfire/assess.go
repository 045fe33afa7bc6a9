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
	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/report"
)

type assessCmd struct {
	Run     assessRun     `cmd:"" help:"Reckon and publish the assessments of every country, project, site and route."`
	Show    assessShow    `cmd:"" help:"List the newest assessments, or show one."`
	Explain assessExplain `cmd:"" help:"Say in words what a score rests on, what changed, and what would change it."`
	Verify  assessVerify  `cmd:"" help:"Reckon a run again from its stored inputs, or from an exported bundle, and compare bytes; exit 1 where they differ."`
	Export  assessExport  `cmd:"" help:"Write a run as a bundle that anybody can verify with this program alone."`
	Compare assessCompare `cmd:"" help:"Set two assessments side by side, or all countries beside a public index."`
	Whatif  assessWhatif  `cmd:"" help:"What a score would be: assess whatif project:A own.stock_days=3 or --stress coup."`
	Method  assessMethod  `cmd:"" help:"Print the method file of assessments."`
	Set     assessSet     `cmd:"" help:"Show weights and method in force, or change them: assess set security=2 health=1.5 --reason WHY."`
	Stress  assessStress  `cmd:"" help:"List the stress sets with what each takes for granted."`
	Tasks   assessTasks   `cmd:"" help:"List what was asked to be assessed, or cancel what is under way."`
}

// on runs do on the data folder.
func (w *where) on(e *env, do func(context.Context, desk.Assessments, desk.Principal) error) error {
	if w.URL != "" {
		return fmt.Errorf("--url: ask the API of the server instead, /api/v1/assessments: %w", fault.ErrInvalid)
	}
	return w.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error { return do(ctx, a.Desk(), who) })
}

func indented(e *env, v any) error {
	out := json.NewEncoder(e.stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// day reads a day or an instant; "" = zero. A day stands for its end, so that all of it is known.
func day(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, fmt.Errorf("%.40q, want 2026-03-03 or an instant of RFC 3339: %w", s, fault.ErrInvalid)
	}
	return t.Add(24*time.Hour - time.Second), nil
}

type assessRun struct {
	where
	AsOf      string `help:"Day that is judged; default now."`
	Known     string `help:"Only what was known by that day; default now."`
	Seed      uint64 `help:"Seed of the draws; default follows from organisation and instant."`
	Draws     int    `help:"Draws for each unit; default as the method says."`
	Recompute int    `help:"Reckon the ends of so many years before as well, by today's method." placeholder:"YEARS"`
}

// Run reckons and publishes.
func (c *assessRun) Run(e *env) error {
	asOf, err := day(c.AsOf)
	if err != nil {
		return err
	}
	known, err := day(c.Known)
	if err != nil {
		return err
	}
	return c.on(e, func(ctx context.Context, d desk.Assessments, who desk.Principal) error {
		r, err := d.Assess(ctx, who, desk.AssessOptions{AsOf: asOf, Known: known, Seed: c.Seed, Draws: c.Draws, Years: c.Recompute})
		if err != nil {
			return err
		}
		if c.Recompute > 0 {
			fmt.Fprintf(e.stdout, "recomputed %d years before\n", c.Recompute)
		}
		_, err = fmt.Fprintf(e.stdout, "%s %s as of %s: %d units, method %s, inputs %.12s, results %.12s\n", r.Purpose, r.ID, r.AsOf.Format(time.DateOnly), r.Units, r.Method, r.Snapshot, r.Results)
		return err
	})
}

type assessShow struct {
	where
	Unit string `arg:"" optional:"" help:"country:KE, project:CODE, project:CODE@2026-03-03 for what had been published on a day, or the id of an assessment."`
	Kind string `help:"Only units of a kind: country, admin1, project, site, route, portfolio."`
	JSON bool   `help:"The whole result as JSON, byte for byte as it is stored."`
}

// Run lists or shows.
func (c *assessShow) Run(e *env) error {
	return c.on(e, func(ctx context.Context, d desk.Assessments, who desk.Principal) error {
		if c.Unit != "" {
			v, err := d.Assessment(ctx, who, c.Unit)
			if err != nil {
				return err
			}
			if c.JSON {
				_, err = fmt.Fprintf(e.stdout, "%s\n", v.Stored.Body)
				return err
			}
			return table(e, []assessment.Result{v.Result}, true)
		}
		list, err := d.Assessments(ctx, who)
		if err != nil {
			return err
		}
		if list.Run.ID == "" {
			return fmt.Errorf("no assessment was published yet, watchfire assess run makes one: %w", fault.ErrNotFound)
		}
		var some []assessment.Result
		for _, r := range list.Results {
			if c.Kind == "" || r.Kind == c.Kind {
				some = append(some, r)
			}
		}
		if c.JSON {
			return indented(e, some)
		}
		return table(e, some, false)
	})
}

// table prints results, one a line, with the dimensions of a single one below.
func table(e *env, list []assessment.Result, whole bool) error {
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "UNIT\tSCORE\tINTERVAL\tCLASS\tCONFIDENCE\tRANK\tDRIVERS")
	for _, r := range list {
		if !r.Assessed {
			fmt.Fprintf(w, "%s\t-\t-\tnot assessed\t%s\t-\t-\n", r.Unit, r.Confidence.Word)
			continue
		}
		var top []string
		for _, d := range r.Drivers[:min(3, len(r.Drivers))] {
			top = append(top, fmt.Sprintf("%s %+.2f", d.Indicator, d.Contribution))
		}
		fmt.Fprintf(w, "%s\t%.1f\t%.1f–%.1f\t%s\t%s\t%d/%d\t%s\n", r.Unit, r.Score, r.Low, r.High, r.Class, r.Confidence.Word, r.Rank, r.Of, strings.Join(top, ", "))
	}
	if whole {
		for _, d := range list[0].Dimensions {
			if !d.Assessed {
				fmt.Fprintf(w, "  %s\tnot assessed\n", d.ID)
				continue
			}
			fmt.Fprintf(w, "  %s\t%.1f\t\t%s\t%.0f %% known\n", d.ID, d.Score, d.Class, 100*d.Coverage)
		}
	}
	return w.Flush()
}

type assessExplain struct {
	where
	Unit string `arg:"" help:"country:KE, project:CODE, or the id of an assessment."`
	Lang string `help:"en or zh." default:"en"`
}

// Run explains.
func (c *assessExplain) Run(e *env) error {
	book, err := phrase.New()
	if err != nil {
		return err
	}
	return c.on(e, func(ctx context.Context, d desk.Assessments, who desk.Principal) error {
		v, err := d.Assessment(ctx, who, c.Unit)
		if err != nil {
			return err
		}
		for _, line := range book.ForPage(c.Lang).Assessment(v.Result) {
			if _, err := fmt.Fprintln(e.stdout, line.Text+evidence(line.Evidence)); err != nil {
				return err
			}
		}
		return nil
	})
}

func evidence(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return " [" + strings.Join(ids, ", ") + "]"
}

type assessVerify struct {
	where
	Which string `arg:"" name:"run" help:"Id of a run or a report, a unit such as project:CODE (its newest run), or the file of an exported bundle of either."`
}

// Run verifies.
func (c *assessVerify) Run(e *env) error {
	if raw, err := os.ReadFile(c.Which); err == nil {
		_, wrong := report.ReadBundle(raw)
		if wrong == nil {
			return (&reportVerify{Which: c.Which}).Run(e)
		}
		b, err := assessment.ReadBundle(raw)
		if err != nil { // it may be either: what is wrong with it as a report names the place
			return errors.Join(wrong, err)
		}
		v, err := b.Verify(e.ctx, 2)
		return verified(e, v, err)
	}
	if strings.Contains(c.Which, "@") || !strings.HasPrefix(c.Which, "run") && !strings.HasPrefix(c.Which, "asm") && !strings.Contains(c.Which, ":") {
		return (&reportVerify{where: c.where, Which: c.Which}).Run(e)
	}
	return c.on(e, func(ctx context.Context, d desk.Assessments, who desk.Principal) error {
		run, err := runOfUnit(ctx, d, who, c.Which)
		if err != nil {
			return err
		}
		v, err := d.VerifyAssessment(ctx, who, run)
		return verified(e, v, err)
	})
}

func runOfUnit(ctx context.Context, d desk.Assessments, who desk.Principal, name string) (string, error) {
	if strings.HasPrefix(name, "run") && !strings.Contains(name, ":") {
		return name, nil
	}
	v, err := d.Assessment(ctx, who, name)
	return v.Stored.Run, err
}

func verified(e *env, v assessment.Verification, err error) error {
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "run      %s\nmethod   %s\ninputs   %s\nresults  %s\nunits    %d\n", v.Run, v.Method, v.Snapshot, v.Results, v.Units)
	if v.Same {
		_, err := fmt.Fprintln(e.stdout, "ok: every byte is the same")
		return err
	}
	fmt.Fprintf(e.stderr, "%d units differ: %s\n", len(v.Differ), strings.Join(v.Differ[:min(10, len(v.Differ))], ", "))
	return exit{exitWrong}
}

type assessExport struct {
	where
	Unit string `arg:"" help:"Id of a run, or a unit (its newest run)."`
	Out  string `short:"o" help:"File to write; - is standard output." default:"-"`
}

// Run writes the bundle.
func (c *assessExport) Run(e *env) error {
	return c.on(e, func(ctx context.Context, d desk.Assessments, who desk.Principal) error {
		run, err := runOfUnit(ctx, d, who, c.Unit)
		if err != nil {
			return err
		}
		b, err := d.ExportAssessment(ctx, who, run)
		if err != nil {
			return err
		}
		raw, err := json.Marshal(b)
		if err != nil {
			return err
		}
		if c.Out == "-" {
			_, err = fmt.Fprintf(e.stdout, "%s\n", raw)
			return err
		}
		return os.WriteFile(c.Out, raw, 0o600)
	})
}

type assessCompare struct {
	where
	A     string `arg:"" optional:"" help:"Unit or id of an assessment."`
	B     string `arg:"" optional:"" help:"The other; now and then are project:CODE and project:CODE@2026-03-03."`
	Index string `help:"Public index, such as inform.risk, to set all countries beside."`
}

// Run compares.
func (c *assessCompare) Run(e *env) error {
	return c.on(e, func(ctx context.Context, d desk.Assessments, who desk.Principal) error {
		w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		if c.Index != "" {
			a, err := d.CompareIndex(ctx, who, c.Index)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s: rank correlation %.3f over %d countries\nUNIT\tOURS\tRANK\tTHEIRS\tRANK\tPERIOD\n", c.Index, a.Rho, a.N)
			for _, r := range a.Rows {
				fmt.Fprintf(w, "%s\t%.1f\t%g\t%g\t%g\t%s\n", r.Unit, r.Ours, r.OurRank, r.Theirs, r.TheirOwn, r.Period)
			}
			return w.Flush()
		}
		if c.A == "" || c.B == "" {
			return fmt.Errorf("give two units or ids, or --index: %w", fault.ErrInvalid)
		}
		x, err := d.CompareAssessments(ctx, who, c.A, c.B)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\t%s\t%s\nscore\t%.2f\t%.2f\t%+.2f\nclass\t%s\t%s\n", x.A.Unit, x.B.Unit, x.A.Score, x.B.Score, x.Score, x.A.Class, x.B.Class)
		for _, p := range x.Dimensions {
			fmt.Fprintf(w, "%s\t%s\t%s\n", p.ID, maybe(p.A), maybe(p.B))
		}
		for _, p := range x.Drivers[:min(10, len(x.Drivers))] {
			fmt.Fprintf(w, "%s\t\t\t%+.2f\n", p.Indicator, p.Gap)
		}
		return w.Flush()
	})
}

func maybe(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *v)
}

type assessWhatif struct {
	where
	Unit    string   `arg:"" help:"Unit, such as project:CODE."`
	Changes []string `arg:"" optional:"" help:"indicator=value, indicator+=value, indicator-=value, indicator*=value, people=value, control:RISK/CONTROL=design,implementation; @country behind the indicator changes the unit's country."`
	Stress  string   `help:"A stress set: coup, devaluation, corridor, outbreak, sanctions."`
	Save    string   `help:"Keep it under this name."`
	JSON    bool     `help:"Both results as JSON."`
}

// Run tries a scenario.
func (c *assessWhatif) Run(e *env) error {
	changes, err := assessment.Changes(c.Stress, c.Changes)
	if err != nil {
		return err
	}
	return c.on(e, func(ctx context.Context, d desk.Assessments, who desk.Principal) error {
		try := d.TryWhatIf
		if c.Save != "" {
			try = d.SaveScenario
		}
		w, err := try(ctx, who, c.Unit, c.Save, changes)
		if err != nil {
			return err
		}
		if c.JSON {
			return indented(e, w)
		}
		out := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintf(out, "%s\tnow\tthen\nscore\t%.2f\t%.2f\ninterval\t%.1f–%.1f\t%.1f–%.1f\nclass\t%s\t%s\n", c.Unit, w.Before.Score, w.After.Score,
			w.Before.Low, w.Before.High, w.After.Low, w.After.High, w.Before.Class, w.After.Class)
		for i, d := range w.Before.Dimensions {
			if a := w.After.Dimensions[i]; a.Score != d.Score {
				fmt.Fprintf(out, "%s\t%.2f\t%.2f\n", d.ID, d.Score, a.Score)
			}
		}
		if l := w.Loss; l != nil {
			fmt.Fprintf(out, "expected loss, USD a year\t%.0f (%.0f–%.0f)\t%.0f (%.0f–%.0f)\n", l.Before.Money.Mean, l.Before.Money.Low, l.Before.Money.High, l.After.Money.Mean, l.After.Money.Low, l.After.Money.High)
			fmt.Fprintf(out, "chance of I3+, 12 months\t%.1f %% (%.1f–%.1f)\t%.1f %% (%.1f–%.1f)\n", 100*l.Before.Severe.Mean, 100*l.Before.Severe.Low, 100*l.Before.Severe.High, 100*l.After.Severe.Mean, 100*l.After.Severe.Low, 100*l.After.Severe.High)
			fmt.Fprintf(out, "level, 90 days\t%s\t%s\n", l.LevelBefore, l.LevelAfter)
		}
		if w.ID != "" {
			fmt.Fprintf(out, "kept as\t%s\n", w.ID)
		}
		return out.Flush()
	})
}

type assessMethod struct {
	Reference bool `help:"The frozen reference instead."`
}

// Run prints the file.
func (c *assessMethod) Run(e *env) error {
	method, reference := assessment.Files()
	if c.Reference {
		method = reference
	}
	_, err := e.stdout.Write(method)
	return err
}
