package assessment

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
)

// Every stress set makes a project worse, and the snapshot it began from stays as it was.
func TestStressSets(t *testing.T) {
	t.Parallel()
	m := Default()
	s := world(t, 4, 50)
	want, err := s.Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(StressSets()) != 5 {
		t.Errorf("%d stress sets", len(StressSets()))
	}
	for _, x := range StressSets() {
		before, after, err := WhatIf(context.Background(), m, s, "project:P001", x.Changes, 1)
		if err != nil {
			t.Fatalf("%s: %v", x.ID, err)
		}
		if before.Snapshot == after.Snapshot {
			t.Errorf("%s changes nothing", x.ID)
		}
		worse := 0
		for i := range before.Dimensions {
			if after.Dimensions[i].Score < before.Dimensions[i].Score-1e-9 {
				t.Errorf("%s makes %s better", x.ID, before.Dimensions[i].ID)
			}
			if after.Dimensions[i].Score > before.Dimensions[i].Score+0.05 {
				worse++
			}
		}
		if worse == 0 {
			t.Errorf("%s moves no dimension", x.ID)
		}
	}
	if got, err := s.Canonical(m); err != nil || string(got) != string(want) {
		t.Errorf("a scenario changed the snapshot (%v)", err)
	}
	if _, _, err := WhatIf(context.Background(), m, s, "project:none", nil, 1); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("an unknown unit: %v", err)
	}
}

// A scenario leaves the snapshot as it is even where that is in no canonical order, so that many
// may be tried on it at once.
func TestWhatIfOnlyReads(t *testing.T) {
	t.Parallel()
	m := Default()
	s := world(t, 3, 40)
	away := time.FixedZone("", 8*3600)
	for i := range s.Units {
		u := &s.Units[i]
		slices.Reverse(u.Values)
		u.History = []Point{{At: s.AsOf.In(away), Score: 4}, {At: s.AsOf.AddDate(0, -1, 0).In(away), Score: 3}}
		u.Previous = &Previous{ID: "a", At: s.AsOf.AddDate(0, -1, 0).In(away), Score: 3, Class: "medium", Method: m.Version, Values: slices.Clone(u.Values)}
	}
	slices.Reverse(s.Units)
	want, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if _, _, err := WhatIf(context.Background(), m, s, "project:P001", StressSets()[0].Changes, 1); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, err := json.Marshal(s); err != nil || string(got) != string(want) {
		t.Errorf("a scenario changed the snapshot (%v)", err)
	}
}

// One unit by itself is scored as in the whole, apart from its rank.
func TestOne(t *testing.T) {
	t.Parallel()
	m := Default()
	s := world(t, 3, 40)
	out, err := Assess(context.Background(), m, s, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out {
		if r.Kind != Project && r.Kind != Portfolio {
			continue
		}
		one, err := One(context.Background(), m, s, r.Unit, 1)
		if err != nil {
			t.Fatal(err)
		}
		r.Rank, r.Of, r.RankLow, r.RankHigh = 0, 0, 0, 0
		a, _ := r.Canonical()
		b, _ := one.Canonical()
		if string(a) != string(b) {
			t.Errorf("%s by itself:\n%s\n%s", r.Unit, a, b)
		}
	}
}

func TestPeopleMoveThePortfolio(t *testing.T) {
	t.Parallel()
	m := Default()
	s := world(t, 4, 20)
	n := 5000.0
	before, after, err := WhatIf(context.Background(), m, s, "portfolio:all", []What{{At: "project:P001", People: &n}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if before.Score == after.Score {
		t.Errorf("5,000 people on one project leave the portfolio at %v", before.Score)
	}
}

func TestParseWhat(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"own.stock_days=5", "wgi.stability-=1", "own.grievances+=3", "own.kidnaps*=2", "own.kidnaps>=2", "people=120", "wgi.law@country=-1", "wgi.stability@country-=1", "control:R-1/GUARDS=0.9,0.5"} {
		got, err := ParseWhat(c)
		if err != nil || got.String() != c {
			t.Errorf("%s: %s %v", c, got, err)
		}
	}
	if got, err := ParseWhat("wgi.stability@country-=1"); err != nil || got.At != "country" || got.Indicator != "wgi.stability" || *got.Add != -1 {
		t.Errorf("%+v %v", got, err)
	}
	m, s := Default(), world(t, 1, 2)
	if _, err := Apply(m, s, "project:P000", []What{{At: "country:XX", Indicator: "wgi.law"}}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("a change of nowhere: %v", err)
	}
	for _, c := range []string{"", "own.stock_days", "own.stock_days=many", "=", "x=NaN", "control:R-1/G=2,1", "control:R-1/G=1", "control:=1,1"} {
		if _, err := ParseWhat(c); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%q: %v", c, err)
		}
	}
}

// Our order of countries agrees with INFORM's, whose components are among our inputs.
func TestAgainstINFORM(t *testing.T) {
	t.Parallel()
	out, err := Assess(context.Background(), Default(), world(t, 0, 5), 2)
	if err != nil {
		t.Fatal(err)
	}
	a := AgainstIndex(out, indicator.Select(indicator.Starter(), asOf, asOf), "inform.risk", true)
	if a.N < 180 || a.Rho < 0.8 || a.Rho > 0.999 {
		t.Errorf("%d countries, rho %v", a.N, a.Rho)
	}
	t.Logf("rho %.3f over %d countries; furthest apart %+v", a.Rho, a.N, a.Rows[0])
}

func TestCompare(t *testing.T) {
	t.Parallel()
	out, err := Assess(context.Background(), Default(), world(t, 2, 20), 1)
	if err != nil {
		t.Fatal(err)
	}
	var a, b Result
	for _, r := range out {
		switch r.Unit {
		case "project:P000":
			a = r
		case "project:P001":
			b = r
		}
	}
	c := Compare(a, b)
	gap := 0.0
	for _, d := range c.Drivers {
		gap += d.Gap
	}
	if diff := gap + b.Baseline - a.Baseline - c.Score; diff > 1e-4 || diff < -1e-4 {
		t.Errorf("the gaps of the drivers sum to %v, the scores differ by %v", gap, c.Score)
	}
}

// TestChanges: a stress set comes first and what is typed after it; whoever asks gets the same
// errors, and a set that is added to stays as it is.
func TestChanges(t *testing.T) {
	t.Parallel()
	coup, err := Changes("coup", nil)
	if err != nil || len(coup) == 0 {
		t.Fatal(coup, err)
	}
	both, err := Changes("coup", []string{"people=120", "own.stock_days-=3"})
	if n := len(coup); err != nil || len(both) != n+2 || both[0].String() != coup[0].String() || both[n].String() != "people=120" || both[n+1].String() != "own.stock_days-=3" {
		t.Errorf("%v, %v", both, err)
	}
	both[0].Indicator = "changed"
	if again, _ := Changes("coup", nil); again[0].Indicator == "changed" {
		t.Error("the set of the program was changed")
	}
	if none, err := Changes("", nil); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
	for want, c := range map[string]struct {
		set   string
		lines []string
	}{
		"coup, devaluation, corridor, outbreak, sanctions": {set: "flood"},
		`"people=many"`: {lines: []string{"people=1", "people=many"}},
	} {
		if _, err := Changes(c.set, c.lines); !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
