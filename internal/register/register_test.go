package register

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"watchfire.dev/internal/quantile"
)

var now = time.Date(2026, 10, 8, 9, 30, 0, 0, time.UTC)

// known is a rate that is known so well that counts are Poisson.
func known(rate float64) Frequency {
	return Frequency{PriorEvents: rate * 1e4, PriorYears: 1e4}
}

func risk(code string, f Frequency, i Impact) Entry {
	return Entry{Code: code, Title: "Risk " + code, Dimension: "security", Frequency: f, Impact: i}
}

// full is an entry with something of everything.
func full() Entry {
	return Entry{
		Code: "R-1", Title: "Attack on a convoy", Project: "quetta-rail-3", Dimension: "security", Owner: "S. Tesfaye", Department: "Security", Review: "2026-12-01", Note: "=not a formula",
		Causes:       []Part{{"c1", "Fighting near the road"}, {"c2", "Route is known"}},
		Consequences: []Part{{"k1", "People are killed"}, {"k2", "The road is closed"}},
		Frequency:    Frequency{PriorEvents: 1, PriorYears: 4, Peers: "six projects", Events: 2, Years: 3},
		Impact:       Impact{People: Size{.5, 4, 80}, Days: Size{3, 14, 0}, Money: Size{2e5, 1.5e6, 0}},
		Common:       []Loading{{"fighting", .6}, {"season", -.3}},
		Controls: []Control{
			{Code: "C1", Title: "Escort", Effect: Preventive, On: []string{"c1"}, Owner: "S. Tesfaye", Design: .8, Implementation: .9, Tested: "2026-10-08", TestDue: "2027-04-01", Duties: []Duty{{Enterprise, "HQ security", "Internal audit"}, {"Security", "Convoy leader", "Site manager"}}, Evidence: []Evidence{{"Drill report", "2026-10-08"}}},
			{Code: "C2", Title: "Medevac contract", Effect: Mitigating, Owner: "HQ medical", Design: .5, Implementation: 1, Tested: "2026-04-11", TestDue: "2026-10-01", Duties: []Duty{{Enterprise, "HQ medical", ""}, {"Camp", "Nurse", "Site manager"}}, Evidence: []Evidence{{Text: "Contract"}}},
			{Code: "C3", Title: "Second road", Effect: Mitigating, Design: .9, Implementation: .9},
		},
		Actions:    []Action{{Code: "A1", Title: "Open the second road", Owner: "Ali", Due: "2026-09-01", Started: "2026-07-01", Control: "C3", To: .8}, {Code: "A2", Title: "Train drivers", Due: "2026-10-20"}},
		Exceptions: []Exception{{"X1", "CEO", "Until the road is open", "2026-01-01", "2026-10-07"}},
		Target:     Target{2, 3, "2027-06-30"},
	}
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > by {
		t.Errorf("%s = %.8g, want %.8g ± %g", what, got, want, by)
	}
}

// TestGammaAgainstTables: closed forms and printed quantiles of chi-square.
func TestGammaAgainstTables(t *testing.T) {
	t.Parallel()
	near(t, "exponential", gammaQuantile(1, .9), -math.Log(.1), 1e-9)
	near(t, "chi-square 10, 95 %", 2*gammaQuantile(5, .95), 18.307038, 1e-5)
	near(t, "chi-square 1, 5 %", 2*gammaQuantile(.5, .05), .0039321, 1e-7)
	near(t, "chi-square 100, 95 %", 2*gammaQuantile(50, .95), 124.342113, 1e-5)
	near(t, "normal", quantile.NormalAt(.9), z90, 1e-12)
	near(t, "normal, left", quantile.NormalAt(.025), -1.959963985, 1e-8)
}

// TestFrequency: the posterior of one event in four prior years and two in three own.
func TestFrequency(t *testing.T) {
	t.Parallel()
	f := Frequency{PriorEvents: 1, PriorYears: 4, Events: 2, Years: 3}
	near(t, "mean", f.Mean(), 3./7, 1e-12)
	near(t, "chance", f.Chance(1), 1-math.Pow(7./8, 3), 1e-12)
	table := f.counts(1)
	near(t, "P(0)", table[0], math.Pow(7./8, 3), 1e-12)
	near(t, "P(0 or 1)", table[1], math.Pow(7./8, 3)*(1+3./8), 1e-12)
	if got := countAt(table, table[1]); got != 1 {
		t.Errorf("the count at the edge of 1 is %d", got)
	}
}

// TestTwoQuantiles: the fit gives back the two quantiles, the mean is the log-normal's, and
// the bound cuts what lies above.
func TestTwoQuantiles(t *testing.T) {
	t.Parallel()
	s := Size{P50: 100, P90: 300}
	near(t, "median", s.At(0, 1), 100, 1e-9)
	near(t, "P90", s.At(z90, 1), 300, 1e-9)
	sg := math.Log(3) / z90
	near(t, "mean", s.Mean(1), 100*math.Exp(sg*sg/2), 1e-9)
	near(t, "half of it", s.Mean(.5), s.Mean(1)/2, 1e-9)
	cut := Size{P50: 100, P90: 300, Most: 200}
	sum, n := 0.0, 200000
	for i := range n {
		sum += cut.At(quantile.NormalAt((float64(i)+.5)/float64(n)), 1)
	}
	near(t, "mean of the cut one", cut.Mean(1), sum/float64(n), .01)
	if cut.At(9, 1) != 200 || cut.At(9, .5) != 100 {
		t.Error("the bound does not hold")
	}
}

// TestCompoundPoisson: mean and variance of a year against the closed form.
func TestCompoundPoisson(t *testing.T) {
	t.Parallel()
	f, size := known(2.5), Size{P50: 1000, P90: 2500}
	const draws = 100_000
	run, err := Simulate([]Entry{risk("A", f, Impact{Money: size})}, Context{}, now, Options{Seed: 7, Draws: draws})
	if err != nil {
		t.Fatal(err)
	}
	got := run.Total(Inherent).Money
	mean := f.Mean() * size.Mean(1)
	variance := f.Mean()*(size.moment(2, 1)-size.Mean(1)*size.Mean(1)) + f.variance(1)*size.Mean(1)*size.Mean(1)
	near(t, "mean", got.Mean, mean, 1e-3)
	near(t, "drawn mean", got.Drawn, mean, 4*got.Error)
	near(t, "variance ÷ closed form", got.Error*got.Error*draws/variance, 1, .04)
	if p := run.Total(Residual).Money; p.P90 != got.P90 {
		t.Error("without controls the residual is not the inherent risk")
	}
}

// TestExceedanceOfCounts: with one unit an occurrence the curve is that of Poisson counts.
func TestExceedanceOfCounts(t *testing.T) {
	t.Parallel()
	run, err := Simulate([]Entry{risk("A", known(1), Impact{Days: Size{P50: 1, P90: 1}})}, Context{}, now, Options{Seed: 3, Draws: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	// P(N > k) of Poisson(1): .632, .264, .0803, .0190, .00366
	for _, x := range run.Total(Inherent).Days.Curve {
		want := 0.0
		for p, k := math.Exp(-1), 0; ; k++ {
			cum := 1.0
			q := p
			for j := 0; j <= k; j++ {
				cum -= q
				q /= float64(j + 1)
			}
			if cum <= x.Chance {
				want = float64(k)
				break
			}
		}
		// Left out: chances so near to a step that the drawing decides on which side they fall.
		if x.Loss != want && !slices.Contains([]float64{.65, .6, .25, .08}, x.Chance) {
			t.Errorf("P(L > x) = %g at x = %g, want %g", x.Chance, x.Loss, want)
		}
	}
}

// TestExceedanceOfTheRare: where two in a year are as good as impossible, the curve is the
// chance of one times the tail of its size.
func TestExceedanceOfTheRare(t *testing.T) {
	t.Parallel()
	size := Size{P50: 10, P90: 40}
	run, err := Simulate([]Entry{risk("A", known(.02), Impact{Money: size})}, Context{}, now, Options{Seed: 11, Draws: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range run.Total(Inherent).Money.Curve {
		if x.Loss == 0 {
			continue
		}
		tailOf := 0.0 // one or two occurrences; two add as one twice as large, nearly
		p1, p2 := .02*math.Exp(-.02), .0002*math.Exp(-.02)
		tailOf = p1*quantile.Normal(-size.reach(x.Loss, 1)) + p2*quantile.Normal(-size.reach(x.Loss/2, 1))
		se := math.Sqrt(x.Chance / 1e6)
		near(t, fmt.Sprintf("P(L > %g)", x.Loss), tailOf, x.Chance, 5*se+2e-5)
	}
}

// TestCommonCause: two risks that one cause drives fully happen in the same years, so the
// year's sum is always even, and its spread is twice that of two that know nothing of one
// another.
func TestCommonCause(t *testing.T) {
	t.Parallel()
	draw := func(loading float64) Losses {
		a := risk("A", known(.7), Impact{Days: Size{P50: 1, P90: 1}})
		b := risk("B", known(.7), Impact{Days: Size{P50: 1, P90: 1}})
		a.Common, b.Common = []Loading{{"war", loading}}, []Loading{{"war", loading}}
		run, err := Simulate([]Entry{a, b}, Context{}, now, Options{Seed: 5, Draws: 40_000})
		if err != nil {
			t.Fatal(err)
		}
		return run.Total(Inherent).Days
	}
	apart, half, tied := draw(0), draw(.7), draw(1)
	for _, x := range tied.Curve {
		if math.Mod(x.Loss, 2) != 0 {
			t.Errorf("an odd loss %g in a year of two tied risks", x.Loss)
		}
	}
	near(t, "variance tied ÷ apart", tied.Error*tied.Error/(apart.Error*apart.Error), 2, .1)
	if !(apart.Error < half.Error && half.Error < tied.Error) {
		t.Errorf("spread %g, %g, %g does not rise with the common cause", apart.Error, half.Error, tied.Error)
	}
	near(t, "the mean stays", tied.Drawn, apart.Drawn, 5*tied.Error)
}

// TestControls: what a control counts, rule by rule.
func TestControls(t *testing.T) {
	t.Parallel()
	good := full().Controls[0]
	near(t, "tested today", good.Effectiveness(now), .9*.8*.9, 1e-12)
	near(t, "half a year later", good.Effectiveness(now.AddDate(0, 0, 180)), .9*.8*.9/2, 1e-12)
	for _, c := range []struct {
		name   string
		change func(*Control)
		part   float64
		gap    Gap
	}{
		{"no owner", func(c *Control) { c.Owner = "" }, 0, NoOwner},
		{"no evidence", func(c *Control) { c.Evidence = nil }, 0, NoEvidence},
		{"never tested", func(c *Control) { c.Tested = "" }, 0, NoTest},
		{"tested tomorrow", func(c *Control) { c.Tested = "2026-10-09" }, 0, TestAhead},
		{"nobody must", func(c *Control) { c.Duties = []Duty{{Enterprise, "a", "b"}, {"Camp", "", "b"}} }, .5, NoMust},
		{"nobody checks", func(c *Control) { c.Duties = []Duty{{Enterprise, "a", "b"}, {"Camp", "a", ""}} }, .5, NoCheck},
		{"no duties at all", func(c *Control) { c.Duties = nil }, .5, NoMust},
		{"no department", func(c *Control) { c.Duties = c.Duties[:1] }, 1, NoDepartment},
		{"no enterprise", func(c *Control) { c.Duties = c.Duties[1:] }, 1, NoEnterprise},
		{"test overdue", func(c *Control) { c.TestDue = "2026-10-07" }, 1, TestExpired},
		{"due today", func(c *Control) { c.TestDue = "2026-10-08" }, 1, ""},
		{"no day for the test", func(c *Control) { c.TestDue = "" }, 1, NoTestDue},
	} {
		x := good
		x.Duties = slices.Clone(good.Duties)
		c.change(&x)
		near(t, c.name, x.Effectiveness(now), c.part*good.Effectiveness(now), 1e-12)
		if got := x.Gaps(now); c.gap == "" && len(got) > 0 || c.gap != "" && !slices.Contains(got, c.gap) {
			t.Errorf("%s: gaps %v, want %q", c.name, got, c.gap)
		}
	}
	many := slices.Repeat([]Control{good}, 9)
	near(t, "controls fail together", share(many, Preventive, now), least, 1e-12)
}

// TestFigures: inherent, residual and planned of the full entry, with its row.
func TestFigures(t *testing.T) {
	t.Parallel()
	c := Context{Scopes: []Scope{{ContractValue: 1e8}}, Appetite: []Line{{Score: 25}, {Dimension: "security", Score: 11}, {Project: "other", Score: 1}}}
	row := RowOf(full(), 3, c, now)
	if p := full().Check(); len(p) > 0 {
		t.Fatalf("%+v", p)
	}
	near(t, "inherent chance", row.Inherent.Chance, 1-math.Pow(7./8, 3), 1e-12)
	// P90 of people is 4 persons: class I3; 14 days: I3; 1.5 million of 100: I3.
	if row.Inherent.Impact != 4 || row.Inherent.Likelihood != 4 || row.Inherent.Score != 16 {
		t.Errorf("inherent %+v", row.Inherent)
	}
	near(t, "let through by the escort", row.Residual.Shares.Frequency, 1-.648, 1e-12)
	near(t, "by medevac, half for nobody checks, half a year old", row.Residual.Shares.Impact, 1-.9*.5/2/2, 1e-12)
	near(t, "residual chance", row.Residual.Chance, 1-math.Pow(7/(7+.352), 3), 1e-12)
	if !row.Breach || row.Line.Score != 11 || row.Accepted != nil || row.Due[0].Kind != BreachOpen {
		t.Errorf("breach %v, line %+v, accepted %+v, due %+v", row.Breach, row.Line, row.Accepted, row.Due)
	}
	kinds := ""
	for _, d := range row.Due {
		kinds += fmt.Sprintf("%s %s %v|", d.Kind, d.Thing, d.Late)
	}
	if kinds != "breach  true|action A1 true|test C2 true|exception X1 true|action A2 false|" {
		t.Errorf("due: %s", kinds)
	}
	e := full()
	e.Exceptions[0].Expires = "2026-10-08"
	if row := RowOf(e, 3, c, now); row.Accepted == nil || row.Due[0].Kind == BreachOpen {
		t.Error("an exception holds to the end of its day")
	}
	if got := RowOf(full(), 1, Context{}, now).Inherent.Impact; got != 4 {
		t.Errorf("class %d without a contract value: people and days still say I3", got)
	}
}

// TestIdentical: the same bytes for any order of the inputs and any number of processors,
// and other luck for another seed. It is not parallel: it sets the number of processors.
func TestIdentical(t *testing.T) {
	entries := book(40)
	c := Context{Scopes: []Scope{{ContractValue: 5e7}, {Project: "p", ContractValue: 1e8}}, Appetite: []Line{{Score: 9}, {Dimension: "cyber", Score: 4}}}
	draw := func(entries []Entry, c Context, seed uint64, procs int) []byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		run, err := Simulate(entries, c, now, Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(run)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	want := draw(entries, c, 1, 1)
	shuffled := slices.Clone(entries)
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	turned := Context{Scopes: []Scope{c.Scopes[1], c.Scopes[0]}, Appetite: []Line{c.Appetite[1], c.Appetite[0]}}
	if got := draw(shuffled, turned, 1, 2); !bytes.Equal(got, want) {
		t.Error("two processors and another order of the inputs change the run")
	}
	if bytes.Equal(draw(entries, c, 2, 2), want) {
		t.Error("another seed changes nothing")
	}
	if len(entries[0].Code) == 0 || !slices.IsSortedFunc(entries, func(a, b Entry) int { return compare(a.Code, b.Code) }) {
		t.Error("the inputs were changed")
	}
}

// book is a register of n risks of all sorts.
func book(n int) []Entry {
	var out []Entry
	for i := range n {
		e := risk(fmt.Sprintf("R-%03d", i), Frequency{PriorEvents: .5 + float64(i%7), PriorYears: 2, Events: float64(i % 3), Years: 4},
			Impact{People: Size{P50: .01 * float64(1+i%5), P90: .2}, Money: Size{P50: 1e4 * float64(1+i), P90: 2e5 * float64(1+i), Most: 5e7}})
		e.Dimension = Dimensions()[i%11]
		e.Common = []Loading{{"season", .3}, {"war", .5 * float64(i%2)}}
		if i%2 == 0 {
			e.Controls = []Control{full().Controls[0]}
			e.Controls[0].On = nil
		}
		out = append(out, e)
	}
	return out
}

// TestOneKeepsItsLuck: an entry alone loses in its years what it loses among others.
func TestOneKeepsItsLuck(t *testing.T) {
	t.Parallel()
	entries := book(5)
	var sum float64
	for _, e := range entries {
		run, err := SimulateOne(e, Context{}, now, Options{Seed: 9, Draws: 2000})
		if err != nil {
			t.Fatal(err)
		}
		sum += run.Total(Residual).Money.Drawn
	}
	all, err := Simulate(entries, Context{}, now, Options{Seed: 9, Draws: 2000})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "sum of the parts ÷ whole", sum/all.Total(Residual).Money.Drawn, 1, 1e-5)
}

// entryGen draws any entry that Check takes.
func entryGen() *rapid.Generator[Entry] {
	unit := rapid.Float64Range(0, 1)
	text := rapid.StringMatching(`[=+'a-zé中"][a-z ,;="\-]{0,12}[a-z中]`)
	day := rapid.SampledFrom([]Day{"", "2026-01-01", "2026-10-07", "2026-10-08", "2027-02-28"})
	size := rapid.Custom(func(t *rapid.T) Size {
		p50 := rapid.Float64Range(.01, 1e6).Draw(t, "p50")
		return Size{P50: p50, P90: p50 * rapid.Float64Range(1, 99).Draw(t, "spread"), Most: p50 * rapid.SampledFrom([]float64{0, 1, 30}).Draw(t, "most")}
	})
	return rapid.Custom(func(t *rapid.T) Entry {
		e := Entry{
			Code: rapid.StringMatching(`[A-Z]-[0-9]{1,3}`).Draw(t, "code"), Title: text.Draw(t, "title"), Dimension: rapid.SampledFrom(Dimensions()).Draw(t, "dimension"), Note: text.Draw(t, "note"),
			Frequency: Frequency{PriorEvents: rapid.Float64Range(.01, 20).Draw(t, "a"), PriorYears: rapid.Float64Range(.5, 20).Draw(t, "b"), Events: float64(rapid.IntRange(0, 9).Draw(t, "n")), Years: 3},
			Impact:    Impact{People: size.Draw(t, "people"), Money: size.Draw(t, "usd")},
			Causes:    []Part{{"c1", text.Draw(t, "cause")}},
		}
		for i := range rapid.IntRange(0, 4).Draw(t, "controls") {
			c := Control{Code: fmt.Sprint("C", i), Title: text.Draw(t, "control"), Effect: rapid.SampledFrom([]Effect{Preventive, Mitigating}).Draw(t, "effect"), Design: unit.Draw(t, "d"), Implementation: unit.Draw(t, "m"), Tested: day.Draw(t, "tested"), TestDue: day.Draw(t, "due"), Owner: rapid.SampledFrom([]string{"", "Ann"}).Draw(t, "owner")}
			if rapid.Bool().Draw(t, "evidence") {
				c.Evidence = []Evidence{{text.Draw(t, "what"), day.Draw(t, "when")}}
			}
			if rapid.Bool().Draw(t, "duties") {
				c.Duties = []Duty{{Enterprise, "a", rapid.SampledFrom([]string{"", "b"}).Draw(t, "checks")}, {"Camp", "c", "d"}}
			}
			e.Controls = append(e.Controls, c)
			if rapid.Bool().Draw(t, "action") {
				e.Actions = append(e.Actions, Action{Code: fmt.Sprint("A", i), Title: "x", Due: "2026-09-01", Control: c.Code, To: unit.Draw(t, "to")})
			}
		}
		return e
	})
}

// TestControlsNeverHurt: whatever the entry, the residual is at most the inherent risk and
// the planned at most the residual, in every figure, drawn ones included.
func TestControlsNeverHurt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := entryGen().Draw(t, "entry")
		if p := e.Check(); len(p) > 0 {
			t.Fatalf("the generator makes what is refused: %v", p)
		}
		row := RowOf(e, 1, Context{}, now)
		run, err := SimulateOne(e, Context{}, now, Options{Seed: 1, Draws: 200})
		if err != nil {
			t.Fatal(err)
		}
		steps := []Figures{row.Inherent, row.Residual, row.Planned}
		const slack = 1 + 1e-9
		for i := 1; i < len(steps); i++ {
			a, b := steps[i-1], steps[i]
			if b.Chance > a.Chance*slack || b.Severe > a.Severe*slack || b.Score > a.Score || b.Money > a.Money*slack || b.People > a.People*slack {
				t.Fatalf("%s %+v is worse than %s %+v", b.Stage, b, a.Stage, a)
			}
			x, y := run.Totals[i-1], run.Totals[i]
			if y.Money.P90 > x.Money.P90*(1+1e-6) || y.People.P99 > x.People.P99*(1+1e-6) || y.Severe > x.Severe*(1+1e-6) {
				t.Fatalf("%s loses more than %s", y.Stage, x.Stage)
			}
		}
		if row.Residual.Shares.Frequency < least || row.Residual.Shares.Impact < least {
			t.Fatalf("shares %+v", row.Residual.Shares)
		}
	})
}
