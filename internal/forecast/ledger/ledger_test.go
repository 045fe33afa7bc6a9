package ledger

import (
	"errors"
	"math"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/panel"
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestEnds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{"2020-11": day(2020, 12, 1), "2020-12": day(2021, 1, 1), "2021-01": day(2021, 2, 1)} {
		m, err := panel.ParseMonth(text)
		if err != nil || !Ends(m).Equal(want) {
			t.Errorf("%s ends %s, want %s (%v)", text, Ends(m), want, err)
		}
	}
}

func entry() Entry {
	return Entry{Org: "o", Kind: Analyst, Maker: "acc_1", Unit: 50, Month: panel.MonthOf(2021, 1), Threshold: 25, Chance: .5, Origin: panel.MonthOf(2020, 10), Issued: day(2020, 11, 20)}
}

// TestNobodyForecastsWhatIsOver: the last moment is the end of the month.
func TestNobodyForecastsWhatIsOver(t *testing.T) {
	t.Parallel()
	e := entry()
	e.Issued = day(2021, 2, 1).Add(-time.Second)
	if err := e.Check(); err != nil {
		t.Error(err)
	}
	e.Issued = day(2021, 2, 1)
	if err := e.Check(); !errors.Is(err, fault.ErrStale) {
		t.Errorf("after the month: %v", err)
	}
	for name, spoil := range map[string]func(*Entry){
		"chance":    func(e *Entry) { e.Chance = 1.1 },
		"NaN":       func(e *Entry) { e.Chance = math.NaN() },
		"threshold": func(e *Entry) { e.Threshold = 0 },
		"origin":    func(e *Entry) { e.Origin = e.Month },
		"kind":      func(e *Entry) { e.Kind = "oracle" },
	} {
		e := entry()
		spoil(&e)
		if err := e.Check(); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func history(t *testing.T, last panel.Month) panel.Panel {
	t.Helper()
	var cells []panel.Cell
	for m := panel.MonthOf(2015, 1); m <= last; m++ {
		cells = append(cells, panel.Cell{Unit: 50, Month: m, Value: float64(20 + int(m)%2*10)}, panel.Cell{Unit: 42, Month: m})
	}
	p, err := panel.New([]panel.Unit{{ID: 50, Name: "Mali"}, {ID: 42, Name: "Ghana"}}, cells)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestIssueAndResolve(t *testing.T) {
	t.Parallel()
	v, err := history(t, panel.MonthOf(2020, 10)).At(panel.MonthOf(2020, 10))
	if err != nil {
		t.Fatal(err)
	}
	rung, err := ladder.Find("conflictology12")
	if err != nil {
		t.Fatal(err)
	}
	field, err := ladder.NewShop(1).Forecast(rung, v, 1)
	if err != nil {
		t.Fatal(err)
	}
	entries := Issue("o", Source{Rung: "conflictology12"}, v, field, day(2020, 12, 5))
	if len(entries) != 2*13 { // November is over
		t.Fatalf("%d entries, want 13 months of 2 countries", len(entries))
	}
	for _, e := range entries {
		switch {
		case e.Unit == 50 && (e.Chance != .5 || e.Base != .5 || e.Persistence != 0 || len(e.Quantiles) != Levels):
			t.Errorf("Mali, %s: chance %v, base %v, persistence %v, %d quantiles", e.Month, e.Chance, e.Base, e.Persistence, len(e.Quantiles))
		case e.Unit == 42 && (e.Chance != 0 || e.Quantiles != nil):
			t.Errorf("Ghana: %+v", e)
		}
	}
	truth := history(t, panel.MonthOf(2021, 2))
	done := Resolve(entries, truth, day(2021, 2, 10))
	if len(done) != 2*2 { // December and January; February is known to the file but not over
		t.Fatalf("%d resolved", len(done))
	}
	if again := Resolve(done, truth, day(2022, 1, 1)); len(again) != 0 {
		t.Errorf("%d resolved twice", len(again))
	}
	s := Standings(append(done, Entry{Kind: Analyst, Maker: "acc_1"}))
	if len(s) != 2 || s[0].Kind != Model || s[0].N != 4 || s[1].Open != 1 || s[1].Distributions != 0 {
		t.Fatalf("%+v", s)
	}
	// Mali: .25 twice, Ghana: 0 twice. Half 20, half 30 at either: 5 − ½·5.
	if m := s[0]; math.Abs(m.Brier-.125) > 1e-9 || math.Abs(m.CRPS-1.25) > 1e-9 || math.Abs(m.PersistenceBrier-.25) > 1e-9 {
		t.Errorf("%+v", m)
	}
}

func TestLogScoreIsFinite(t *testing.T) {
	t.Parallel()
	e := entry()
	e.Chance, e.Outcome, e.Resolved = 0, 30, day(2021, 2, 2)
	if s := Standings([]Entry{e}); math.Abs(s[0].Log-math.Log2(1000)) > 1e-9 {
		t.Errorf("log score %v", s[0].Log)
	}
}

func TestThinKeepsTheMiddle(t *testing.T) {
	t.Parallel()
	g := make(dist.Grid, dist.Size)
	for i := range g {
		g[i] = float64(i)
	}
	if q := thin(g); q[0] != 5 || q[Levels-1] != 995 {
		t.Errorf("%v to %v", q[0], q[Levels-1])
	}
}

func TestSayFindsTheCountry(t *testing.T) {
	t.Parallel()
	v, err := history(t, panel.MonthOf(2020, 10)).At(panel.MonthOf(2020, 10))
	if err != nil {
		t.Fatal(err)
	}
	for _, country := range []string{"Mali", "50"} {
		e, err := Say("o", v, Statement{Maker: "acc_1", Country: country, Month: panel.MonthOf(2021, 1), Threshold: 15, Chance: .9}, day(2020, 12, 1))
		if err != nil || e.Unit != 50 || e.Base != 1 || e.Persistence != 1 || e.Kind != Analyst {
			t.Errorf("%s: %+v, %v", country, e, err)
		}
	}
	if _, err := Say("o", v, Statement{Maker: "acc_1", Country: "Atlantis", Month: panel.MonthOf(2021, 1), Threshold: 15, Chance: .9}, day(2020, 12, 1)); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
	if _, err := Say("o", v, Statement{Maker: "acc_1", Country: "Mali", Month: panel.MonthOf(2021, 1), Threshold: 15, Chance: .9}, day(2021, 3, 1)); !errors.Is(err, fault.ErrStale) {
		t.Error(err)
	}
}
