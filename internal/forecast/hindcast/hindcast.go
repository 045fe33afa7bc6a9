// Package hindcast asks the rungs of the ladder what they would have said at past origins,
// and scores the answers against what came. Windows are those of the VIEWS prediction
// challenge: data to October of a year, forecasts for January to December of the next. A
// seeded rung runs with several seeds and is reported by their mean. The package also tells
// a model that looks ahead: it gives it a panel whose later months were replaced, and the
// answer must be the same.
package hindcast

import (
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/forecast/score"
)

// The windows of the challenge: origin in October, months 3 to 14 ahead.
const (
	originMonth  = 10
	firstHorizon = 3
)

// alarm is the number of deaths a month that a yes-or-no warning is about.
const alarm = 25

// nearQuiet is the mean of the last twelve months, in deaths, below which 25 deaths or more
// are an escalation.
const nearQuiet = 10

// Plan says what to score.
type Plan struct {
	History  panel.Panel
	Actuals  panel.Panel
	From, To int // years
	Rungs    []ladder.Rung
	Seeds    int // at least 1; seeds 1, 2, …
	Workers  int
	Progress func(rung string, year int, seed uint64) // may be nil
}

// Scores are the figures of one rung over some windows.
type Scores struct {
	CRPS, IGN, MIS90 float64 // deaths, bits, deaths
	ECE25, AP25      float64
	Escalation       float64 // average precision where the last year was near-quiet
	Coverage         float64 // of the 90 % interval where somebody died in the last year
}

// Result is a rung with its figures.
type Result struct {
	Rung        string
	Mean        Scores
	Windows     []float64 // CRPS by year, mean over seeds
	Reliability [10]score.Bin
	// Against conflictology12, when that was in the plan:
	Won       int        // windows with the lower CRPS
	Gain      float64    // mean CRPS that it is lower by
	Interval  [2]float64 // 95 %, origin-block bootstrap
	Reference bool       // whether there was anything to compare with
}

// reference is the rung that windows are won against.
const reference = "conflictology12"

// cell is one scored country-month.
type cell struct {
	crps, ign, mis    float64
	chance            float64
	hit, near, active bool
	covered           bool
}

// Run scores every rung of the plan. An error is fault.ErrInvalid when history or actuals
// do not reach, or whatever a rung gave.
func Run(plan Plan) ([]Result, error) {
	if plan.From > plan.To || len(plan.Rungs) == 0 {
		return nil, fmt.Errorf("windows %d to %d: %w", plan.From, plan.To, fault.ErrInvalid)
	}
	shop := ladder.NewShop(plan.Workers)
	var out []Result
	var base []float64
	for _, r := range plan.Rungs {
		res, err := one(plan, shop, r)
		if err != nil {
			return nil, err
		}
		if r.Name == reference {
			base = res.Windows
		}
		out = append(out, res)
	}
	for i := range out {
		if base != nil {
			out[i].against(base)
		}
	}
	return out, nil
}

// one scores a rung with its seeds.
func one(plan Plan, shop *ladder.Shop, r ladder.Rung) (Result, error) {
	seeds := max(1, plan.Seeds)
	if !r.Seeded {
		seeds = 1
	}
	res := Result{Rung: r.Name, Windows: make([]float64, plan.To-plan.From+1)}
	var all []score.Call
	for seed := 1; seed <= seeds; seed++ {
		var cells []cell
		for year := plan.From; year <= plan.To; year++ {
			if plan.Progress != nil {
				plan.Progress(r.Name, year, uint64(seed))
			}
			c, err := window(plan, shop, r, year, uint64(seed))
			if err != nil {
				return Result{}, err
			}
			sum := 0.0
			for _, x := range c {
				sum += x.crps
			}
			res.Windows[year-plan.From] += sum / float64(len(c)) / float64(seeds)
			cells = append(cells, c...)
		}
		res.Mean.add(scoresOf(cells), 1/float64(seeds))
		all = append(all, calls(cells, func(cell) bool { return true })...)
	}
	res.Reliability = score.Reliability(all)
	return res, nil
}

// window scores one year.
func window(plan Plan, shop *ladder.Shop, r ladder.Rung, year int, seed uint64) ([]cell, error) {
	origin := panel.MonthOf(year-1, originMonth)
	view, err := plan.History.At(origin)
	if err != nil {
		return nil, fmt.Errorf("window %d: %w", year, err)
	}
	field, err := shop.Forecast(r, view, seed)
	if err != nil {
		return nil, err
	}
	var out []cell
	for i, u := range view.Units() {
		last := view.Series(i)
		year := 0.0
		for _, y := range last[max(0, len(last)-12):] {
			year += y
		}
		for h := firstHorizon; h <= ladder.Horizons; h++ {
			if y, ok := plan.Actuals.Value(u.ID, origin+panel.Month(h)); ok {
				out = append(out, scored(field[i][h-1], y, year))
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("window %d: the actuals have no month of it: %w", year, fault.ErrInvalid)
	}
	return out, nil
}

func scored(g dist.Grid, y, year float64) cell {
	return cell{
		crps: score.CRPS(g, y), ign: score.Ignorance(g, y), mis: score.Interval(g, y),
		chance: g.Exceeds(alarm), hit: y >= alarm, near: year/12 < nearQuiet, active: year > 0, covered: score.Covered(g, y),
	}
}

func calls(cells []cell, want func(cell) bool) []score.Call {
	var out []score.Call
	for _, c := range cells {
		if want(c) {
			out = append(out, score.Call{P: c.chance, Hit: c.hit})
		}
	}
	return out
}

func scoresOf(cells []cell) Scores {
	var s Scores
	active := 0.0
	for _, c := range cells {
		s.CRPS += c.crps
		s.IGN += c.ign
		s.MIS90 += c.mis
		if c.active {
			active++
			if c.covered {
				s.Coverage++
			}
		}
	}
	n := float64(len(cells))
	s.CRPS, s.IGN, s.MIS90 = s.CRPS/n, s.IGN/n, s.MIS90/n
	if active > 0 {
		s.Coverage /= active
	}
	all := calls(cells, func(cell) bool { return true })
	s.ECE25, s.AP25 = score.ECE(all), score.AveragePrecision(all)
	s.Escalation = score.AveragePrecision(calls(cells, func(c cell) bool { return c.near }))
	return s
}

// add adds a weighted part to a mean.
func (s *Scores) add(o Scores, w float64) {
	s.CRPS += w * o.CRPS
	s.IGN += w * o.IGN
	s.MIS90 += w * o.MIS90
	s.ECE25 += w * o.ECE25
	s.AP25 += w * o.AP25
	s.Escalation += w * o.Escalation
	s.Coverage += w * o.Coverage
}

// against compares the windows with the reference's.
func (r *Result) against(base []float64) {
	r.Reference = true
	gains := make([]float64, len(base))
	for i := range base {
		gains[i] = base[i] - r.Windows[i]
		r.Gain += gains[i] / float64(len(base))
		if gains[i] > 0 {
			r.Won++
		}
	}
	r.Interval = blocks(gains)
}

// resamples is the number of bootstrap samples when there are too many windows for all.
const resamples = 10000

// blocks gives the 95 % interval of the mean under resampling of whole origins: all samples
// that there are when they are few, else seeded ones.
func blocks(gains []float64) [2]float64 {
	n := len(gains)
	var means []float64
	if total := math.Pow(float64(n), float64(n)); total <= resamples {
		for k := range int(total) {
			sum := 0.0
			for range n {
				sum += gains[k%n]
				k /= n
			}
			means = append(means, sum/float64(n))
		}
	} else {
		means = score.Resample(gains, resamples)
	}
	slices.Sort(means)
	last := float64(len(means) - 1)
	return [2]float64{means[int(.025*last)], means[int(math.Ceil(.975*last))]}
}
