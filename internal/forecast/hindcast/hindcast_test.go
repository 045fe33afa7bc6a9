package hindcast

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/panel"
)

// invented makes countries with wars that begin, last and end, and quiet ones, from 2009 to
// 2021.
func invented(t *testing.T) panel.Panel {
	t.Helper()
	chance := rand.New(rand.NewPCG(7, 7))
	var units []panel.Unit
	var cells []panel.Cell
	for id := 1; id <= 16; id++ {
		units = append(units, panel.Unit{ID: id, Name: string(rune('A' + id))})
		level := 0.0
		for m := panel.MonthOf(2009, 1); m <= panel.MonthOf(2021, 12); m++ {
			switch {
			case id <= 6:
			case level == 0 && chance.Float64() < .04:
				level = math.Exp(1 + 4*chance.Float64())
			case chance.Float64() < .04:
				level = 0
			}
			cells = append(cells, panel.Cell{Unit: id, Month: m, Value: math.Floor(level * chance.ExpFloat64())})
		}
	}
	p, err := panel.New(units, cells)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryRungIsADistributionAndBlindToWhatComes(t *testing.T) {
	t.Parallel()
	p := invented(t)
	origin := panel.MonthOf(2019, 10)
	for _, r := range ladder.Rungs() {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			if err := LooksAhead(p, origin, func(panel.Panel) ladder.Rung { return r }, 1); err != nil {
				t.Error(err)
			}
			v, err := p.At(origin)
			if err != nil {
				t.Fatal(err)
			}
			field, err := ladder.NewShop(2).Forecast(r, v, 1)
			if err != nil {
				t.Fatal(err)
			}
			for i := range field {
				if len(field[i]) != ladder.Horizons {
					t.Fatalf("%d months", len(field[i]))
				}
				for h, g := range field[i] {
					full := g.Full()
					for q, x := range full {
						if math.IsNaN(x) || x < 0 || q > 0 && x < full[q-1] {
							t.Fatalf("country %d, month %d, quantile %d: %v after %v", i, h, q, x, full[max(0, q-1)])
						}
					}
				}
			}
		})
	}
}

// TestAPlantedLeakIsCaught: a rung that holds the whole panel beside its view.
func TestAPlantedLeakIsCaught(t *testing.T) {
	t.Parallel()
	leak := func(whole panel.Panel) ladder.Rung {
		return ladder.NewRung("leak", func(v panel.View) (ladder.Field, error) {
			out := make(ladder.Field, v.Len())
			for i, u := range v.Units() {
				for h := range ladder.Horizons {
					y, _ := whole.Value(u.ID, v.Origin()+panel.Month(h+1))
					out[i] = append(out[i], dist.Poisson(y))
				}
			}
			return out, nil
		})
	}
	err := LooksAhead(invented(t), panel.MonthOf(2019, 10), leak, 1)
	if !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), "later") {
		t.Errorf("the leak went unseen: %v", err)
	}
}

// TestOrderAndProcessorsDoNotMatter: shuffled rows and one or several workers.
func TestOrderAndProcessorsDoNotMatter(t *testing.T) {
	t.Parallel()
	p := invented(t)
	var cells []panel.Cell
	for _, u := range p.Units() {
		for m := p.First(); m <= p.Last(); m++ {
			if y, ok := p.Value(u.ID, m); ok {
				cells = append(cells, panel.Cell{Unit: u.ID, Month: m, Value: y})
			}
		}
	}
	units := p.Units()
	chance := rand.New(rand.NewPCG(1, 1))
	chance.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
	chance.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
	shuffled, err := panel.New(units, cells)
	if err != nil {
		t.Fatal(err)
	}
	var want ladder.Field
	for _, run := range []struct {
		panel   panel.Panel
		workers int
	}{{p, 1}, {p, 2}, {shuffled, 1}, {shuffled, 3}} {
		v, err := run.panel.At(panel.MonthOf(2019, 10))
		if err != nil {
			t.Fatal(err)
		}
		best, err := ladder.Find("best")
		if err != nil {
			t.Fatal(err)
		}
		got, err := ladder.NewShop(run.workers).Forecast(best, v, 1)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%d workers: another forecast", run.workers)
		}
	}
}

func TestResultsStandAgainstTheReference(t *testing.T) {
	t.Parallel()
	p := invented(t)
	var rungs []ladder.Rung
	for _, name := range []string{"zero", "conflictology12", "l5"} {
		r, err := ladder.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		rungs = append(rungs, r)
	}
	results, err := Run(Plan{History: p, Actuals: p, From: 2018, To: 2020, Rungs: rungs, Seeds: 3, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	zero, same := results[0], results[1]
	sum, n := 0.0, 0.0
	for _, u := range p.Units() {
		for m := panel.MonthOf(2018, 1); m <= panel.MonthOf(2020, 12); m++ {
			y, _ := p.Value(u.ID, m)
			sum, n = sum+y, n+1
		}
	}
	if math.Abs(zero.Mean.CRPS-sum/n) > 1e-9 {
		t.Errorf("CRPS of zero %v, want the mean %v", zero.Mean.CRPS, sum/n)
	}
	if same.Won != 0 || same.Gain != 0 || same.Interval != [2]float64{} {
		t.Errorf("the reference against itself: %+v", same)
	}
	if _, err := Run(Plan{History: p, Actuals: p, From: 2022, To: 2022, Rungs: rungs}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("a window without actuals: %v", err)
	}
}

func TestBlocksResampleWholeOrigins(t *testing.T) {
	t.Parallel()
	if got := blocks([]float64{1, 1, 1, 1}); got != [2]float64{1, 1} {
		t.Errorf("equal gains: %v", got)
	}
	// The lowest mean, four times the worst, is one of 256 samples: within the lower 2.5 %.
	if got := blocks([]float64{-1, 3, 3, 3}); !(got[0] > -1 && got[0] <= 1 && got[1] == 3) {
		t.Errorf("one bad window of four: %v", got)
	}
	if got := blocks([]float64{1, 2, 3, 4, 5, 6, 7, 8}); !(got[0] > 2.5 && got[0] < 3.5 && got[1] > 5.5 && got[1] < 6.5) {
		t.Errorf("eight windows: %v", got)
	}
}

// TestPublishedScores reproduces the two scores that VIEWS published for its benchmarks on
// the windows 2018 to 2021, and what L5 is held to, on the recorded panels.
func TestPublishedScores(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	read := func(name string) panel.Panel {
		f, err := os.Open(filepath.Join(root, "history", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		p, problems, err := panel.Read(f, name)
		if err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
		return p
	}
	plan := Plan{
		History: read("state_based_deaths_country_month_1990_2021.csv"), Actuals: read("views_actuals_2018_2021.csv"),
		From: 2018, To: 2021, Seeds: 1, Workers: 1,
	}
	for _, name := range []string{"bootstrap", "lastpoisson", "l5"} {
		r, err := ladder.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		plan.Rungs = append(plan.Rungs, r)
	}
	results, err := Run(plan)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{25.72, 20.13} {
		if got := results[i].Mean.CRPS; math.Abs(got-want) > .05 {
			t.Errorf("%s: CRPS %.3f, published %.2f", results[i].Rung, got, want)
		}
	}
	if got := results[2].Mean.CRPS; got > 15 {
		t.Errorf("l5: CRPS %.3f, want at most 15.0", got)
	}
}
