package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/journal"
)

// deaths is a panel of three countries to a month: one at war, one that was, one quiet.
func deaths(last panel.Month) []byte {
	var b bytes.Buffer
	b.WriteString("country_id,month_id,ged_sb\n")
	for m := panel.MonthOf(2018, 1); m <= last; m++ {
		fmt.Fprintf(&b, "50,%d,%d\n42,%d,0\n62,%d,%d\n", m, 30+int(m)%11, m, m, 20*(int(m)%2))
	}
	return b.Bytes()
}

// hands are those of a clock that a test moves while the server reads it.
type hands struct{ unix atomic.Int64 }

func (h *hands) set(t time.Time) { h.unix.Store(t.UnixNano()) }

// Now is where they stand, in UTC.
func (h *hands) Now() time.Time { return time.Unix(0, h.unix.Load()).UTC() }

// TestForecastsByThemselves walks through half a year: the server keeps a forecast for each
// new month of its panel, resolves it when the outcome is there, writes both into the
// journal, tells the assessments, and says what is late.
func TestForecastsByThemselves(t *testing.T) {
	t.Parallel()
	now := &hands{}
	now.set(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	file := filepath.Join(t.TempDir(), "deaths.csv")
	off := false
	cfg := config.Config{Data: t.TempDir(), BaseURL: "http://127.0.0.1:8080", Email: "a@example.org", Name: "Ours", BuiltInSources: &off, Language: "en", Database: engineOf(t), Forecasts: config.Forecasts{Panel: file, Model: "l5", Public: "only"}}
	a, err := Open(t.Context(), cfg, Options{Now: now.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = a.With(t.Context(), func(ctx context.Context) error {
		if _, err := a.EnsureFirst(ctx); err != nil {
			return err
		}
		orgs, err := a.db.Orgs(ctx)
		if err != nil {
			return err
		}
		year(ctx, t, a, orgs[0], file, now)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func year(ctx context.Context, t *testing.T, a *App, org, file string, now *hands) {
	t.Helper()
	who := desk.Principal{Account: "acc_1", Name: "A. Analyst", Org: org, Role: desk.Administrator, Scopes: desk.Administrator.Scopes()}
	hand := func(body []byte, fails bool) {
		t.Helper()
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := a.forecastsDue(ctx, org); (err != nil) != fails {
			t.Fatalf("%s: %v", now.Now(), err)
		}
	}
	hand(deaths(panel.MonthOf(2026, 1)), false)
	v, err := a.desk.Forecasts(ctx, who)
	if err != nil || v.State.Origin != "2026-01" || v.State.Model != "l5" || len(v.Countries) != 3 || v.Countries[0].Country != "ML" || v.Countries[0].Months[0].Month != "2026-03" {
		t.Fatalf("%+v, %v", v.State, err)
	}
	if m := v.Countries[0].Months[0]; m.Chance < .8 || m.Base != 1 || m.Persistence != 1 || m.Low < 20 || m.High > 60 || v.Countries[0].Quarter < .9 {
		t.Errorf("Mali: %+v, quarter %v", m, v.Countries[0].Quarter)
	}
	kept := len(entriesOf(ctx, t, a, org))
	hand(deaths(panel.MonthOf(2026, 1)), false) // nothing new: nothing happens
	if n := len(entriesOf(ctx, t, a, org)); n != kept || kept != 3*13 {
		t.Errorf("%d kept, then %d", kept, n)
	}
	observations(ctx, t, a, org, "2026-03", v.Countries[0].Quarter)
	now.set(now.Now().Add(time.Hour))
	if _, err := a.desk.Say(ctx, who, desk.ForecastWish{Country: "GH", Month: "2026-04", Chance: .5, Why: "an election", Override: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.desk.Say(ctx, who, desk.ForecastWish{Country: "GH", Month: "2026-02", Chance: .5}); !errors.Is(err, fault.ErrStale) {
		t.Errorf("of a month that is over: %v", err)
	}
	hand(deaths(panel.MonthOf(2026, 1)), false)
	if got := observation(ctx, t, a, org, "country:GH"); got < .3 {
		t.Errorf("after the override the indicator of Ghana is %v", got)
	}
	// A bad panel changes nothing and is a blind spot until a good one comes.
	hand(bytes.Replace(deaths(panel.MonthOf(2026, 2)), []byte("\n42,"), []byte("\n42x,"), 1), true)
	spots(ctx, t, a, who, "forecast_refused", true)
	now.set(time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC))
	hand(deaths(panel.MonthOf(2026, 3)), false)
	spots(ctx, t, a, who, "forecast_refused", false)
	resolved := 0
	for _, e := range entriesOf(ctx, t, a, org) {
		if !e.Resolved.IsZero() {
			resolved++
		}
	}
	if v, err = a.desk.Forecasts(ctx, who); err != nil || resolved != 3 || v.State.Origin != "2026-03" || v.Scores[0].N != 3 || v.Scores[0].Distributions != 3 {
		t.Errorf("%d resolved, %+v, %v", resolved, v.State, err)
	}
	now.set(now.Now().AddDate(0, 6, 0))
	hand(deaths(panel.MonthOf(2026, 3)), false)
	spots(ctx, t, a, who, "forecast_panel", true)
	for kind, want := range map[journal.Kind]int{journal.ForecastPanel: 2, journal.ForecastKept: 2, journal.ForecastResolved: 1, journal.ForecastOverridden: 1, journal.ForecastLate: 2} {
		rows, err := a.db.JournalRows(ctx, org, string(kind), desk.Page{})
		if err != nil || len(rows.Rows) != want {
			t.Errorf("%s: %d entries, want %d, %v", kind, len(rows.Rows), want, err)
		}
	}
	openForecasts(ctx, t, a)
}

// open checks what everybody reads: no person, and not what a person did to a chance.
func openForecasts(ctx context.Context, t *testing.T, a *App) {
	t.Helper()
	v, err := a.desk.PublicForecasts(ctx)
	if err != nil || len(v.Countries) != 3 || v.Places != nil || v.Recent != nil {
		t.Fatalf("%+v, %v", v, err)
	}
	for _, c := range v.Countries {
		for _, m := range c.Months {
			if m.By != "" || m.Why != "" || m.Counts != m.Chance || c.Quarter != c.Model {
				t.Errorf("%s: %+v", c.Country, m)
			}
		}
	}
	for _, s := range v.Scores {
		if s.Kind != ledger.Model {
			t.Errorf("%+v", s)
		}
	}
	if strings.Contains(fmt.Sprint(v), "Analyst") {
		t.Error("a person is named")
	}
}

func entriesOf(ctx context.Context, t *testing.T, a *App, org string) []ledger.Entry {
	t.Helper()
	list, err := a.db.Forecasts(ctx, org, false)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func observation(ctx context.Context, t *testing.T, a *App, org, place string) float64 {
	t.Helper()
	list, err := a.db.Observations(ctx, org, "own.conflict_probability", place, a.opts.Now())
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: %v, %v", place, list, err)
	}
	return list[len(list)-1].Value
}

func observations(ctx context.Context, t *testing.T, a *App, org, period string, mali float64) {
	t.Helper()
	list, err := a.db.Observations(ctx, org, "own.conflict_probability", "", a.opts.Now())
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, o := range list {
		if o.Period != period || o.Place == "country:ML" && o.Value != mali || o.Place == "country:GH" && o.Value != 0 {
			t.Errorf("%+v", o)
		}
	}
}

func spots(ctx context.Context, t *testing.T, a *App, who desk.Principal, reason string, want bool) {
	t.Helper()
	list, err := a.desk.Blind(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, b := range list {
		found = found || b.Reason == reason
	}
	if found != want {
		t.Errorf("%s among the blind spots: %v, want %v", reason, found, want)
	}
}
