package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/journal"
)

// TestSiteForecastsAreKept: as forecasts of countries, for places and weeks; a week in which
// nothing was seen is void, not quiet.
func TestSiteForecastsAreKept(t *testing.T, empty Maker) {
	now := time.Date(2026, 11, 29, 18, 30, 0, 0, time.UTC) // a Sunday
	db := start(t, empty(t), now).db
	week := site.WeekAt(now) + 1
	model := site.Entry{Org: "a", Kind: ledger.Model, Maker: site.Maker, Issued: now, Forecast: site.Forecast{
		Place: "project:P", Family: event.Conflict, Week: week, Chance: .25, Low: .1, High: .4, Expected: .3, Shape: 3, Rate: 10, Base: .2, Persistence: 1, Weeks: 50, Incidents: 10,
	}}
	person := model
	person.Kind, person.Maker, person.Name, person.Note, person.Chance = ledger.Override, "acc_1", "A. Analyst", "a march", .6
	other := model
	other.Org = "b"
	if err := db.PutSiteForecasts(t.Context(), []site.Entry{model, person, other}); err != nil {
		t.Fatal(err)
	}
	if err := db.PutSiteForecasts(t.Context(), []site.Entry{model}); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("written over: %v", err)
	}
	late, early := model, model
	late.Issued, early.Family = week.Starts(), event.Unrest
	if err := db.PutSiteForecasts(t.Context(), []site.Entry{early, late}); !errors.Is(err, fault.ErrStale) {
		t.Errorf("in its week: %v", err)
	}
	kept, err := db.SiteForecasts(t.Context(), "a", "")
	if err != nil || len(kept) != 2 { // nothing of what failed
		t.Fatalf("%+v, %v", kept, err)
	}
	slices.SortFunc(kept, func(a, b site.Entry) int { return len(a.Kind) - len(b.Kind) })
	if kept[0] != model || kept[1] != person {
		t.Errorf("kept %+v", kept)
	}
	if none, err := db.SiteForecasts(t.Context(), "a", "project:Q"); err != nil || len(none) != 0 {
		t.Errorf("of another place: %+v, %v", none, err)
	}
	if none, err := db.SiteForecastsSince(t.Context(), "a", week+1); err != nil || len(none) != 0 {
		t.Errorf("of later weeks: %+v, %v", none, err)
	}
	known := week.Ends().Add(site.Late)
	done, blind := kept[0], kept[1]
	done.Resolved, done.Outcome = known, 2
	blind.Resolved, blind.Void = known, true
	for i, want := range []int64{2, 0} {
		if n, err := db.ResolveSiteForecasts(t.Context(), []site.Entry{done, blind}); err != nil || n != want {
			t.Errorf("outcome %d: %d, %v", i, n, err)
		}
	}
	if open, err := db.SiteForecastsOpen(t.Context(), "a", week+9); err != nil || len(open) != 0 {
		t.Errorf("open %+v, %v", open, err)
	}
	if open, err := db.SiteForecastsOpen(t.Context(), "b", week); err != nil || len(open) != 1 {
		t.Errorf("open of the other %+v, %v", open, err)
	}
	kept, err = db.SiteForecasts(t.Context(), "a", "project:P")
	slices.SortFunc(kept, func(a, b site.Entry) int { return len(a.Kind) - len(b.Kind) })
	if err != nil || kept[0] != done || kept[1] != blind {
		t.Errorf("resolved %+v, %v", kept, err)
	}
	s, err := db.ForecastState(t.Context(), "a")
	if err != nil || s.SiteEntries != 2 || s.Week != week || s.SiteOpen != 0 || !s.SiteIssued.Equal(now) || !s.SiteResolved.Equal(known) {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestForecastPanels: a panel is kept once, and the one that reaches furthest comes first.
func TestForecastPanels(t *testing.T, empty Maker) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db := start(t, empty(t), now).db
	june, may := panel.MonthOf(2025, 6), panel.MonthOf(2025, 5)
	for i, p := range []desk.ForecastPanel{{Hash: "j", At: now, By: "acc_1", File: "june.csv", Last: june}, {Hash: "m", At: now.Add(time.Hour), By: "acc_1", File: "may.csv", Last: may}, {Hash: "j", At: now.Add(time.Hour), Last: june}} {
		fresh, err := db.PutForecastPanel(t.Context(), "a", p, []byte("body of "+p.Hash), journal.Draft{At: now, Org: "a", Kind: journal.ForecastPanel, Actor: "acc_1", Subject: "panel", Body: []byte("{}")})
		if err != nil || fresh != (i < 2) {
			t.Errorf("%d: %v, %v", i, fresh, err)
		}
	}
	list, err := db.ForecastPanels(t.Context(), "a", 10)
	if err != nil || len(list) != 2 || list[0] != (desk.ForecastPanel{Hash: "j", At: now, By: "acc_1", File: "june.csv", Last: june}) || list[1].Last != may {
		t.Fatalf("%+v, %v", list, err)
	}
	if raw, err := db.ForecastPanel(t.Context(), "a", "j"); err != nil || string(raw) != "body of j" {
		t.Errorf("%q, %v", raw, err)
	}
	if _, err := db.ForecastPanel(t.Context(), "b", "j"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("of another organisation: %v", err)
	}
	rows, err := db.JournalRows(t.Context(), "a", string(journal.ForecastPanel), desk.Page{})
	if err != nil || len(rows.Rows) != 2 {
		t.Errorf("the journal has %d, %v: want one for each panel", len(rows.Rows), err)
	}
}

// TestForecastState: what the schedule goes by.
func TestForecastState(t *testing.T, empty Maker) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db := start(t, empty(t), now).db
	if s, err := db.ForecastState(t.Context(), "a"); err != nil || s != (desk.ForecastState{}) {
		t.Errorf("of nothing: %+v, %v", s, err)
	}
	model := ledger.Entry{Org: "a", Kind: ledger.Model, Maker: "best", Unit: 50, Month: panel.MonthOf(2026, 4), Threshold: 25, Origin: panel.MonthOf(2026, 1), Issued: now, Panel: "p", Seed: 7}
	next := model
	next.Unit, next.Issued, next.Origin = 60, now.Add(time.Hour), panel.MonthOf(2026, 2)
	person := model
	person.Kind, person.Maker, person.Name, person.Issued, person.Note, person.Until = ledger.Override, "acc_1", "A. Analyst", now.Add(2*time.Hour), "truce", now.Add(240*time.Hour)
	if err := db.PutForecasts(t.Context(), []ledger.Entry{model, next, person}); err != nil {
		t.Fatal(err)
	}
	want := desk.ForecastState{Entries: 3, Said: person.Issued, Issued: next.Issued, Model: "best", Origin: next.Origin, Panel: "p", Seed: 7, FirstOpen: model.Month}
	if s, err := db.ForecastState(t.Context(), "a"); err != nil || s != want {
		t.Errorf("%+v, %v, want %+v", s, err, want)
	}
	list, err := db.ForecastsSince(t.Context(), "a", model.Month, next.Issued)
	if err != nil || len(list) != 2 || list[0].Unit != 60 || list[1].Name != person.Name || !list[1].Until.Equal(person.Until) {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := db.ForecastsSince(t.Context(), "a", model.Month+1, next.Issued); err != nil || len(list) != 0 {
		t.Errorf("of later months: %+v, %v", list, err)
	}
	if list, err := db.ForecastsOf(t.Context(), "a", 50); err != nil || len(list) != 2 {
		t.Errorf("of one country: %+v, %v", list, err)
	}
}

// asked counts how often it is asked where forecasts stand.
type asked struct {
	desk.ForecastStore
	states, panels int
}

func (c *asked) ForecastState(ctx context.Context, org string) (desk.ForecastState, error) {
	c.states++
	return c.ForecastStore.ForecastState(ctx, org)
}

func (c *asked) ForecastPanels(ctx context.Context, org string, limit int) ([]desk.ForecastPanel, error) {
	c.panels++
	return c.ForecastStore.ForecastPanels(ctx, org, limit)
}

// TestForecastsAreReadOnceForAPage: the header of a page asks what is late, and the page of
// forecasts asks where they stand: that is one read, and none for a page right after it. What
// was written shows at once, what another process wrote after a moment.
func TestForecastsAreReadOnceForAPage(t *testing.T, empty Maker) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db := start(t, empty(t), now).db
	store := &asked{ForecastStore: db}
	d := desk.New(desk.Config{
		Store: db, Catalogue: nothing{}, Now: func() time.Time { return now }, Witnesses: func() []desk.WitnessState { return nil },
		ForecastConfig: desk.ForecastConfig{Ahead: store},
	})
	who := desk.Principal{Account: "acc_1", Org: "a", Name: "Ann", Scopes: desk.Administrator.Scopes()}
	page := func(name string, reads int) desk.ForecastView {
		t.Helper()
		store.states, store.panels = 0, 0
		if _, err := d.Status(t.Context(), who); err != nil {
			t.Fatal(err)
		}
		v, err := d.Forecasts(t.Context(), who)
		if err != nil || store.states != reads || store.panels != reads {
			t.Errorf("%s: %d and %d reads, want %d (%v)", name, store.states, store.panels, reads, err)
		}
		return v
	}
	page("a page", 1)
	page("another at once", 0)
	panel := []byte("country_id,month_id,ged_sb\n50,552,9\n")
	if _, err := d.PutForecastPanel(t.Context(), who, "deaths.csv", panel); err != nil {
		t.Fatal(err)
	}
	if v := page("after a panel", 1); v.State.Panel.File != "deaths.csv" {
		t.Errorf("the panel that was handed in is not there: %+v", v.State)
	}
	other := ledger.Entry{Org: "a", Kind: ledger.Model, Maker: "best", Unit: 50, Month: ledger.MonthAt(now), Threshold: 25, Chance: .3, Origin: ledger.MonthAt(now) - 2, Issued: now}
	if err := db.PutForecasts(t.Context(), []ledger.Entry{other}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Second)
	if v := page("a moment later", 1); v.State.Entries != 1 {
		t.Errorf("what another process kept is not there: %+v", v.State)
	}
	now = now.Add(-time.Hour) // a clock that was set back
	page("an hour before", 1)
}
