package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/hindcast"
	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/panel"
)

type forecastCmd struct {
	Run      forecastRun      `cmd:"" help:"Forecast deaths in conflict by country for fourteen months ahead."`
	Backtest forecastBacktest `cmd:"" help:"Score every rung of the ladder on past years, data to October of the year before."`
	Models   forecastModels   `cmd:"" help:"List the rungs of the ladder."`
	Keep     forecastKeep     `cmd:"" help:"Keep a model's forecast before anybody can know; it is never written over."`
	Say      forecastSay      `cmd:"" help:"Keep a person's forecast beside the models'."`
	Resolve  forecastResolve  `cmd:"" help:"Add the outcomes of months that are over to what was kept."`
	Panel    forecastPanel    `cmd:"" help:"Hand a panel to the desk: the server keeps and resolves by it on schedule."`
	Record   forecastRecord   `cmd:"" help:"How good everybody's kept forecasts were, beside base rate and persistence."`
}

// fromPanel is which forecast is wanted, and from what.
type fromPanel struct {
	History string `required:"" type:"path" help:"Panel of deaths by country and month (CSV)."`
	Origin  string `required:"" help:"Last month known, such as 2020-10; later months of the file are not looked at."`
	Model   string `default:"best" help:"Rung by name; 'forecast models' lists them."`
	Seed    uint64 `default:"1" help:"Seed of the rungs that draw."`
}

// what reads month and rung: before the panel, which may be large.
func (c *fromPanel) what() (panel.Month, ladder.Rung, error) {
	origin, err := panel.ParseMonth(c.Origin)
	if err != nil {
		return origin, ladder.Rung{}, fmt.Errorf("--origin: %w", err)
	}
	rung, err := rungOf(c.Model)
	return origin, rung, err
}

func (c *fromPanel) forecast(history panel.Panel, origin panel.Month, rung ladder.Rung) (panel.View, ladder.Field, error) {
	view, err := history.At(origin)
	if err != nil {
		return view, nil, fmt.Errorf("%s: %w", c.History, err)
	}
	field, err := ladder.NewShop(runtime.GOMAXPROCS(0)).Forecast(rung, view, c.Seed)
	return view, field, err
}

type forecastRun struct {
	fromPanel
	Out string `required:"" type:"path" help:"CSV to write: country_id, month_id, q1 to q1000."`
}

// Run writes the forecast. What was put into quarantine goes to standard error, and the exit
// code is 3 then.
func (c *forecastRun) Run(e *env) error {
	origin, rung, err := c.what()
	if err != nil {
		return err
	}
	history, problems, err := readPanel(e, c.History)
	if err != nil {
		return err
	}
	view, field, err := c.forecast(history, origin, rung)
	if err != nil {
		return err
	}
	if err := writeForecast(c.Out, view, field); err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "%s: %d countries, %s to %s, model %s\n", c.Out, view.Len(), origin+1, origin+ladder.Horizons, rung.Name)
	return quarantined(problems)
}

// writeForecast writes beside the file and moves it there: a reader never sees half of it.
func writeForecast(path string, v panel.View, field ladder.Field) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".forecast-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone when it was moved
	out := bufio.NewWriterSize(f, 1<<16)
	err = quantiles(out, v, field)
	if e := out.Flush(); err == nil {
		err = e
	}
	if e := f.Chmod(0o644); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// quantiles writes one line a country and month, deaths to three decimals.
func quantiles(out *bufio.Writer, v panel.View, field ladder.Field) error {
	line := []byte("country_id,month_id")
	for q := 1; q <= 1000; q++ {
		line = strconv.AppendInt(append(line, ",q"...), int64(q), 10)
	}
	for i, u := range v.Units() {
		for h, g := range field[i] {
			line = append(line, '\n')
			line = strconv.AppendInt(line, int64(u.ID), 10)
			line = append(line, ',')
			line = strconv.AppendInt(line, int64(v.Origin())+int64(h)+1, 10)
			for _, x := range g.Full() {
				line = strconv.AppendFloat(append(line, ','), float64(int64(x*1000+.5))/1000, 'f', -1, 64)
			}
			if _, err := out.Write(line); err != nil {
				return err
			}
			line = line[:0]
		}
	}
	return out.WriteByte('\n')
}

type forecastBacktest struct {
	Actuals string   `required:"" type:"path" help:"What happened, by country and month (CSV)."`
	History string   `required:"" type:"path" help:"Panel of deaths by country and month (CSV); each window sees it to October of the year before."`
	From    int      `required:"" help:"First year."`
	To      int      `required:"" help:"Last year."`
	Model   []string `help:"Only these rungs, and conflictology12 to compare with; default all."`
	Seeds   int      `default:"3" help:"Seeds of the rungs that draw; figures are the mean."`
	Figures bool     `help:"End with lines 'figure forecast.RUNG.NAME VALUE UNIT'."`
	Curve   bool     `help:"Add the reliability of the chance of 25 deaths or more."`
}

// Run prints the table.
func (c *forecastBacktest) Run(e *env) error {
	if c.Seeds < 1 || c.From > c.To {
		return fmt.Errorf("--from %d --to %d --seeds %d: want years in order and at least one seed: %w", c.From, c.To, c.Seeds, fault.ErrInvalid)
	}
	rungs := ladder.Rungs()
	if len(c.Model) > 0 {
		names := c.Model
		if !slices.Contains(names, "conflictology12") {
			names = append([]string{"conflictology12"}, names...)
		}
		rungs = nil
		for _, name := range names {
			r, err := rungOf(name)
			if err != nil {
				return err
			}
			rungs = append(rungs, r)
		}
	}
	history, problems, err := readPanel(e, c.History)
	if err != nil {
		return err
	}
	actuals, more, err := readPanel(e, c.Actuals)
	if err != nil {
		return err
	}
	results, err := hindcast.Run(hindcast.Plan{
		History: history, Actuals: actuals, From: c.From, To: c.To, Rungs: rungs, Seeds: c.Seeds, Workers: runtime.GOMAXPROCS(0),
		Progress: func(rung string, year int, seed uint64) {
			fmt.Fprintf(e.stderr, "%s: %d, seed %d\n", rung, year, seed)
		},
	})
	if err != nil {
		return err
	}
	if err := c.table(e.stdout, results); err != nil {
		return err
	}
	return quarantined(append(problems, more...))
}

// table prints what METHOD's table of measured rungs holds, and how sure it is.
func (c *forecastBacktest) table(out io.Writer, results []hindcast.Result) error {
	fmt.Fprintf(out, "Windows %d to %d, 3 to 14 months ahead, data to October of the year before; mean of %d seeds.\n", c.From, c.To, c.Seeds)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "model\tCRPS\tIGN\tMIS90\tECE(y>=25)\tAP(y>=25)\tAP(escalation)\tcover 90 %\twon\tgain over conflictology12, 95 %")
	for _, r := range results {
		m := r.Mean
		fmt.Fprintf(t, "%s\t%.2f\t%.3f\t%.1f\t%.4f\t%.3f\t%.3f\t%.1f %%\t", r.Rung, m.CRPS, m.IGN, m.MIS90, m.ECE25, m.AP25, m.Escalation, 100*m.Coverage)
		if r.Reference {
			fmt.Fprintf(t, "%d of %d\t%.2f (%.2f to %.2f)", r.Won, len(r.Windows), r.Gain, r.Interval[0], r.Interval[1])
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		if c.Curve {
			fmt.Fprintf(out, "\nreliability of %s: chance given, share that came, number\n", r.Rung)
			for _, b := range r.Reliability {
				if b.N > 0 {
					fmt.Fprintf(out, "%.3f  %.3f  %d\n", b.Mean, b.Observed, b.N)
				}
			}
		}
	}
	if !c.Figures {
		return nil
	}
	for _, r := range results {
		m := r.Mean
		for _, f := range []struct {
			name  string
			value float64
			unit  string
		}{
			{"crps", m.CRPS, "deaths"},
			{"ign", m.IGN, "bits"},
			{"mis90", m.MIS90, "deaths"},
			{"ece25", m.ECE25, "share"},
			{"ap25", m.AP25, "share"},
			{"windows_won", float64(r.Won), "windows"},
			{"escalation_ap", m.Escalation, "share"},
			{"cover90", m.Coverage, "share"},
			{"gain_low", r.Interval[0], "deaths"},
			{"gain_high", r.Interval[1], "deaths"},
		} {
			fmt.Fprintf(out, "figure forecast.%s.%s %s %s\n", r.Rung, f.name, strconv.FormatFloat(f.value, 'f', -1, 64), f.unit)
		}
	}
	return nil
}

type forecastModels struct{}

// Run lists the rungs.
func (forecastModels) Run(e *env) error {
	t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, r := range ladder.Rungs() {
		fmt.Fprintf(t, "%s\t%s\n", r.Name, r.About)
	}
	return t.Flush()
}

// rungOf finds a rung; a name that there is not is bad use.
func rungOf(name string) (ladder.Rung, error) {
	r, err := ladder.Find(name)
	if err != nil {
		return r, fmt.Errorf("--model: %v: %w", err, fault.ErrInvalid)
	}
	return r, nil
}

// readPanel reads a panel and says what of it is not used.
func readPanel(e *env, path string) (panel.Panel, []panel.Problem, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return panel.Panel{}, nil, err
	}
	return parsePanel(e, path, raw)
}

// parsePanel reads a panel and prints what is put into quarantine.
func parsePanel(e *env, path string, raw []byte) (panel.Panel, []panel.Problem, error) {
	p, problems, err := panel.Read(bytes.NewReader(raw), path)
	for _, x := range problems {
		fmt.Fprintln(e.stderr, "quarantine:", x)
	}
	return p, problems, err
}

// quarantined turns rows in quarantine into the exit code that says so.
func quarantined(problems []panel.Problem) error {
	if len(problems) > 0 {
		return exit{exitQuarantine}
	}
	return nil
}
