package register

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/quantile"
)

// Options of a simulation.
type Options struct {
	Seed  uint64
	Draws int // years drawn; 0 = DefaultDraws
}

// DefaultDraws is how many years a simulation draws.
const DefaultDraws = 10000

// maxDraws bounds a simulation.
const maxDraws = 1_000_000

// Losses are the losses of one year in one unit.
type Losses struct {
	Mean  float64 `json:"mean"`  // expected annual loss, exactly: of the closed form
	Drawn float64 `json:"drawn"` // mean of the drawn years, and
	Error float64 `json:"error"` // its standard error: a check of the drawing
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	// Curve is the exceedance curve, from the likely to the rare.
	Curve []Exceeds `json:"curve"`
}

// Exceeds is one point of an exceedance curve: the chance that a year's loss is above Loss.
type Exceeds struct {
	Chance float64 `json:"chance"`
	Loss   float64 `json:"loss"`
}

// exceedances are the chances at which curves are read.
func exceedances() []float64 {
	return []float64{
		.95, .9, .85, .8, .75, .7, .65, .6, .55, .5, .45, .4, .35, .3, .25, .2, .175, .15, .125, .1, .08, .06, .05, .04, .03, .025, .02, .015, .01, .0075, .005, .003, .002, .001,
	}
}

// A Total is what all entries together, or one, lose in a year at one stage.
type Total struct {
	Stage  Stage   `json:"stage"`
	Severe float64 `json:"severe"` // chance of at least one occurrence of I3 or above
	People Losses  `json:"people"`
	Days   Losses  `json:"days"`
	Money  Losses  `json:"usd"`
}

// Of returns the losses in a unit.
func (t Total) Of(u Unit) Losses {
	switch u {
	case People:
		return t.People
	case Days:
		return t.Days
	default:
		return t.Money
	}
}

// A Run is one simulation, with what it takes to repeat it.
type Run struct {
	Method string    `json:"method"`
	At     time.Time `json:"at"` // controls and exceptions count as on this instant
	Seed   uint64    `json:"seed"`
	Draws  int       `json:"draws"`
	Inputs string    `json:"inputs"` // sha256 of entries and context in their canonical form
	Open   int       `json:"open"`   // entries that count; closed ones do not
	Totals []Total   `json:"totals"` // in the order of Stages
}

// Total returns the totals of a stage.
func (r Run) Total(s Stage) Total {
	for _, t := range r.Totals {
		if t.Stage == s {
			return t
		}
	}
	return Total{Stage: s}
}

// chunks are the parts in which years are drawn at the same time. Each year is summed over
// the entries in the order of their codes by whoever draws it, so that the number of
// processors changes nothing.
const chunks = 8

// Simulate draws years of the whole register. Counts of a year are tied by a Gaussian copula
// over the common causes; occurrences within a year are independent. Entries are taken in
// the order of their codes; the run is the same for any order of its inputs.
func Simulate(entries []Entry, c Context, now time.Time, o Options) (Run, error) {
	if o.Draws == 0 {
		o.Draws = DefaultDraws
	}
	if o.Draws < 100 || o.Draws > maxDraws {
		return Run{}, fmt.Errorf("%d draws: want 100 to %d: %w", o.Draws, maxDraws, fault.ErrInvalid)
	}
	sorted := canonical(entries)
	if p := CheckAll(sorted, c); len(p) > 0 {
		return Run{}, p
	}
	out := Run{Method: Method, At: now.UTC(), Seed: o.Seed, Draws: o.Draws, Inputs: hashOf(sorted, c)}
	totals := map[Stage]*years{}
	for _, s := range Stages() {
		totals[s] = newYears(o.Draws)
	}
	for _, e := range sorted {
		if e.Closed {
			continue
		}
		out.Open++
		for _, s := range Stages() {
			drawInto(totals[s], e, s, c.Scope(e.Project).ContractValue, now, o)
		}
	}
	for _, s := range Stages() {
		out.Totals = append(out.Totals, totals[s].total(s))
	}
	return out, nil
}

// SimulateOne draws years of one entry alone, with the luck that it has in the whole.
func SimulateOne(e Entry, c Context, now time.Time, o Options) (Run, error) {
	e.Closed = false
	return Simulate([]Entry{e}, c, now, o)
}

// canonical is a copy in the order of the codes, with lists whose order means nothing sorted.
func canonical(entries []Entry) []Entry {
	out := slices.Clone(entries)
	for i := range out {
		out[i].Common = slices.Clone(out[i].Common)
		slices.SortFunc(out[i].Common, func(a, b Loading) int { return compare(a.Factor, b.Factor) })
		out[i].Controls = slices.Clone(out[i].Controls)
		slices.SortFunc(out[i].Controls, func(a, b Control) int { return compare(a.Code, b.Code) })
	}
	slices.SortFunc(out, func(a, b Entry) int { return compare(a.Code, b.Code) })
	return out
}

// Hash names the inputs of a run: entries and context in their canonical form. What a run
// carries another hash of is older than the register.
func Hash(entries []Entry, c Context) string { return hashOf(canonical(entries), c) }

func hashOf(sorted []Entry, c Context) string {
	c.Version = 0 // a version without a change changes nothing
	c.Scopes, c.Appetite = slices.Clone(c.Scopes), slices.Clone(c.Appetite)
	slices.SortFunc(c.Scopes, func(a, b Scope) int { return compare(a.Project, b.Project) })
	slices.SortFunc(c.Appetite, func(a, b Line) int {
		return compare(a.Project+"\x00"+a.Dimension, b.Project+"\x00"+b.Dimension)
	})
	raw, err := json.Marshal(struct {
		Entries []Entry `json:"entries"`
		Context Context `json:"context"`
	}{sorted, c})
	if err != nil {
		panic(err) // a bug of ours: checked entries always encode
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// years are the losses of drawn years at one stage.
type years struct {
	loss   map[Unit][]float64
	mean   map[Unit]float64
	severe []bool
}

func newYears(draws int) *years {
	y := &years{loss: map[Unit][]float64{}, mean: map[Unit]float64{}, severe: make([]bool, draws)}
	for _, u := range Units() {
		y.loss[u] = make([]float64, draws)
	}
	return y
}

// drawInto adds the losses of an entry to every year.
func drawInto(y *years, e Entry, stage Stage, contract float64, now time.Time, o Options) {
	s := e.SharesAt(stage, now)
	f := e.FiguresAt(stage, contract, now)
	for _, u := range Units() {
		y.mean[u] += f.Loss(u)
	}
	d := drawer{
		table: e.Frequency.counts(s.Frequency), severe: e.Impact.reachClass(3, s.Impact, contract), impact: e.Impact, share: s.Impact,
		own: streamOf(o.Seed, "count", e.Code), size: streamOf(o.Seed, "size", e.Code), rest: 1,
	}
	for _, l := range e.Common {
		d.factors = append(d.factors, factor{streamOf(o.Seed, "factor", l.Factor), l.Loading})
		d.rest -= float64(l.Loading * l.Loading)
	}
	d.rest = math.Sqrt(math.Max(d.rest, 0))
	var wait sync.WaitGroup
	for i := range chunks {
		from, to := i*o.Draws/chunks, (i+1)*o.Draws/chunks
		wait.Go(func() {
			for year := from; year < to; year++ {
				d.year(y, year)
			}
		})
	}
	wait.Wait()
}

type factor struct {
	stream  stream
	loading float64
}

// A drawer draws the years of one entry at one stage.
type drawer struct {
	table     []float64
	severe    float64 // severity from which an occurrence is I3
	impact    Impact
	share     float64
	own, size stream
	factors   []factor
	rest      float64 // what common causes leave to the entry's own luck
}

func (d *drawer) year(y *years, year int) {
	z := float64(d.rest * d.own.normal(year, 0))
	for _, f := range d.factors {
		z += float64(f.loading * f.stream.normal(year, 0))
	}
	n := countAt(d.table, quantile.Normal(z))
	for k := range n {
		severity := d.size.normal(year, k)
		if severity >= d.severe {
			y.severe[year] = true
		}
		for _, u := range Units() {
			if size := d.impact.Of(u); !size.None() {
				y.loss[u][year] += size.At(severity, d.share)
			}
		}
	}
}

// total reads the drawn years.
func (y *years) total(stage Stage) Total {
	out := Total{Stage: stage}
	hit := 0
	for _, s := range y.severe {
		if s {
			hit++
		}
	}
	out.Severe = round(float64(hit) / float64(len(y.severe)))
	out.People, out.Days, out.Money = y.losses(People), y.losses(Days), y.losses(Money)
	return out
}

func (y *years) losses(u Unit) Losses {
	sorted := slices.Clone(y.loss[u])
	slices.Sort(sorted)
	n := float64(len(sorted))
	sum, squares := 0.0, 0.0
	for _, x := range sorted {
		sum += x
	}
	drawn := sum / n
	for _, x := range sorted {
		squares += float64((x - drawn) * (x - drawn))
	}
	out := Losses{
		Mean: round(y.mean[u]), Drawn: round(drawn), Error: round(math.Sqrt(squares / (n - 1) / n)),
		P50: round(above(sorted, .5)), P90: round(above(sorted, .1)), P99: round(above(sorted, .01)), Curve: []Exceeds{},
	}
	if sorted[len(sorted)-1] == 0 {
		return out
	}
	for _, p := range exceedances() {
		if p*n >= 5 { // fewer years than five say nothing about a chance
			out.Curve = append(out.Curve, Exceeds{p, round(above(sorted, p))})
		}
	}
	return out
}

// above is the loss that a share p of the sorted years passes.
func above(sorted []float64, p float64) float64 {
	i := len(sorted) - 1 - int(math.Floor(p*float64(len(sorted))+1e-9))
	return sorted[max(i, 0)]
}

// round keeps seven significant digits: what lies below is noise of the drawing, and of the
// mathematics of one machine against another's.
func round(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	scale := math.Pow(10, 6-math.Floor(math.Log10(math.Abs(x))))
	if math.IsInf(scale, 0) {
		return x
	}
	return math.Round(x*scale) / scale
}
