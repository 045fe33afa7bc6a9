package storetest

import (
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
)

// TestForecastsAreKept: a forecast is written once, before its month is over, and gets its
// outcome once; organisations do not see one another's.
func TestForecastsAreKept(t *testing.T, empty Maker) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db := start(t, empty(t), now).db
	model := ledger.Entry{
		Org: "a", Kind: ledger.Model, Maker: "best", Unit: 50, Month: panel.MonthOf(2026, 4), Threshold: 25, Chance: .3, Base: .25, Persistence: 1,
		Quantiles: dist.Grid{0, 12.5, 80}, Origin: panel.MonthOf(2026, 1), Issued: now,
	}
	person := model
	person.Kind, person.Maker, person.Chance, person.Quantiles, person.Note = ledger.Analyst, "acc_1", .6, nil, "the truce ends"
	other := model
	other.Org = "b"
	if err := db.PutForecasts(t.Context(), []ledger.Entry{model, person, other}); err != nil {
		t.Fatal(err)
	}
	louder := model
	louder.Chance = .9
	if err := db.PutForecasts(t.Context(), []ledger.Entry{louder}); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("a forecast was written over: %v", err)
	}
	late := model
	late.Issued = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	early := person
	early.Issued = now.Add(time.Hour)
	if err := db.PutForecasts(t.Context(), []ledger.Entry{early, late}); !errors.Is(err, fault.ErrStale) {
		t.Errorf("a forecast of a month that is over: %v", err)
	}
	kept, err := db.Forecasts(t.Context(), "a", false)
	if err != nil || len(kept) != 2 { // analyst before model; nothing of what failed
		t.Fatalf("%+v, %v", kept, err)
	}
	if kept[0].Note != person.Note || kept[0].Quantiles != nil || kept[1].Chance != .3 || len(kept[1].Quantiles) != 3 || kept[1].Quantiles[1] != 12.5 ||
		!kept[1].Issued.Equal(now) || kept[1].Month != model.Month || !kept[1].Resolved.IsZero() {
		t.Errorf("kept %+v", kept)
	}
	known := time.Date(2026, 5, 3, 0, 0, 0, 0, time.UTC)
	done := kept[1]
	done.Resolved, done.Outcome = known, 31
	again := done
	again.Outcome = 0
	for i, e := range []ledger.Entry{done, again} {
		if n, err := db.ResolveForecasts(t.Context(), []ledger.Entry{e}); err != nil || n != int64(1-i) {
			t.Errorf("outcome %d: %d, %v", i, n, err)
		}
	}
	if open, err := db.Forecasts(t.Context(), "a", true); err != nil || len(open) != 1 || open[0].Kind != ledger.Analyst {
		t.Errorf("open %+v, %v", open, err)
	}
	if kept, err = db.Forecasts(t.Context(), "a", false); err != nil || kept[1].Outcome != 31 || !kept[1].Resolved.Equal(known) {
		t.Errorf("resolved %+v, %v", kept, err)
	}
}
