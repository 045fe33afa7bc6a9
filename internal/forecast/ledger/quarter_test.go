package ledger

import (
	"errors"
	"math"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/panel"
)

// flat is a model's entry whose quantiles rise evenly to the top.
func flat(m panel.Month, top float64, issued time.Time) Entry {
	e := Entry{Org: "o", Kind: Model, Maker: "best", Unit: 50, Month: m, Threshold: Threshold, Origin: m - 2, Issued: issued, Quantiles: make(dist.Grid, Levels)}
	for i := range e.Quantiles {
		e.Quantiles[i] = top * (float64(i) + .5) / Levels
	}
	e.Chance = e.Quantiles.Exceeds(Threshold)
	return e
}

func TestQuarter(t *testing.T) {
	t.Parallel()
	m := panel.MonthOf(2021, 1)
	issued := day(2020, 12, 1)
	// Three months that rise evenly to 20: the sum rises to 60, and 25 is reached at 25/60.
	entries := []Entry{flat(m, 20, issued), flat(m+1, 20, issued), flat(m+2, 20, issued), flat(m+3, 900, issued)}
	if p, ok := Quarter(entries, m); !ok || math.Abs(p-.58) > .011 {
		t.Errorf("%v, %v: want .58", p, ok)
	}
	if _, ok := Quarter(entries, m-1); ok {
		t.Error("without the first month the quarter is not known")
	}
	if p, ok := Quarter([]Entry{{Kind: Model, Unit: 50, Month: m, Threshold: Threshold}}, m); !ok || p != 0 {
		t.Errorf("a certain zero: %v, %v", p, ok)
	}
}

func TestOverrideStandsUntilItEnds(t *testing.T) {
	t.Parallel()
	m := panel.MonthOf(2021, 1)
	model := flat(m, 50, day(2020, 12, 1))
	over := Entry{Org: "o", Kind: Override, Maker: "acc_1", Name: "A. Analyst", Unit: 50, Month: m, Threshold: Threshold, Chance: .9, Origin: m - 2, Issued: day(2020, 12, 10), Note: "the truce ends", Until: day(2021, 1, 15)}
	if err := over.Check(); err != nil {
		t.Fatal(err)
	}
	plain := over
	plain.Kind, plain.Chance, plain.Issued = Analyst, .1, day(2020, 12, 20)
	entries := []Entry{over, plain, model}
	for at, want := range map[time.Time]float64{day(2020, 12, 5): model.Chance, day(2020, 12, 11): .9, day(2021, 1, 14): .9, day(2021, 1, 15): model.Chance} {
		if e, ok := Official(entries, m, at); !ok || e.Chance != want {
			t.Errorf("on %s: %v, want %v", at.Format(time.DateOnly), e.Chance, want)
		}
	}
	before, _ := Shifted([]Entry{model}, m, day(2020, 12, 11))
	after, ok := Shifted(entries, m, day(2020, 12, 11))
	if want := 1 / (1 + math.Exp(-(logit(before) + logit(.9) - logit(model.Chance)))); !ok || math.Abs(after-want) > 1e-9 || after <= before {
		t.Errorf("shifted %v, want %v, from %v", after, want, before)
	}
	for name, spoil := range map[string]func(*Entry){
		"no reason": func(e *Entry) { e.Note = " " }, "no end": func(e *Entry) { e.Until = time.Time{} }, "too long": func(e *Entry) { e.Until = day(2021, 2, 2) },
	} {
		e := over
		spoil(&e)
		if err := e.Check(); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBesideTheModel: a person is held against what the model had said by then, not later.
func TestBesideTheModel(t *testing.T) {
	t.Parallel()
	m := panel.MonthOf(2021, 1)
	done := func(e Entry, p float64) Entry {
		e.Chance, e.Outcome, e.Resolved = p, 30, day(2021, 2, 10)
		return e
	}
	person := Entry{Org: "o", Kind: Analyst, Maker: "acc_1", Unit: 50, Month: m, Threshold: Threshold, Issued: day(2020, 12, 15)}
	s := Standings([]Entry{done(person, .8), done(flat(m, 50, day(2020, 12, 1)), .5), done(flat(m, 50, day(2021, 1, 20)), .99)})
	if len(s) != 2 || s[1].Against != 1 || math.Abs(s[1].ModelBrier-.25) > 1e-9 || math.Abs(s[1].OwnBrier-.04) > 1e-9 {
		t.Errorf("%+v", s)
	}
}
