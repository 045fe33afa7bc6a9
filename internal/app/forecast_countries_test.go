package app

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/report"
)

// listed are the countries of the panel's list that have an ISO code, by it.
func listed(t *testing.T) map[string]panel.Unit {
	t.Helper()
	out := map[string]panel.Unit{}
	for id := range 1000 {
		u, ok := panel.ByID(id)
		if !ok {
			continue
		}
		code := u.ISO()
		if was, twice := out[code]; code == "" || twice {
			t.Errorf("%d %s has the code %q, which %q has as well", u.ID, u.Name, code, was.Name)
			continue
		}
		out[code] = u
	}
	return out
}

// TestForecastsOfEveryCountry: whatever its name looks like in the panel's list, a country's
// forecast becomes the indicator of conflict, stands beside its assessment and in its reports.
func TestForecastsOfEveryCountry(t *testing.T) {
	t.Parallel()
	countries := listed(t)
	if len(countries) != 191 {
		t.Errorf("%d countries", len(countries))
	}
	inWorld(t, func(ctx context.Context, w *world) {
		org, month := w.ours.id, ledger.MonthAt(now)
		who := calendarOf(org)
		if _, err := w.app.desk.PutForecastPanel(ctx, who, "deaths.csv", []byte(fmt.Sprintf("country_id,month_id,ged_sb\n50,%d,9\n", month-2))); err != nil {
			t.Fatal(err)
		}
		var list []ledger.Entry
		for _, u := range countries {
			for m := month; m < month+ledger.Months+1; m++ {
				quantiles := make(dist.Grid, ledger.Levels)
				for i := range quantiles {
					quantiles[i] = float64(u.ID % 20)
				}
				list = append(list, ledger.Entry{
					Org: org, Kind: ledger.Model, Maker: "best", Unit: u.ID, Month: m, Threshold: ledger.Threshold, Chance: float64(u.ID) / 1000, Quantiles: quantiles, Origin: month - 2, Issued: now,
				})
			}
		}
		if err := w.app.db.PutForecasts(ctx, list); err != nil {
			t.Fatal(err)
		}
		if _, err := w.app.forecastsDue(ctx, org); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		numbers, err := w.app.desk.Indicators(ctx, who, "own.conflict_probability", "", now)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range numbers {
			found[o.Place] = true
		}
		if _, err := w.app.desk.Assess(ctx, who, desk.AssessOptions{Draws: 1}); err != nil {
			t.Fatal(err)
		}
		results, err := w.app.desk.Assessments(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		beside := map[string]*assessment.Probability{}
		for _, r := range results.Results {
			beside[r.Unit] = r.Probability
		}
		for code, u := range countries {
			if !found["country:"+code] {
				t.Errorf("%s (%s) has no indicator of conflict", u.Name, code)
			}
			if p := beside["country:"+code]; p == nil || p.What != "deaths" || p.P != float64(u.ID)/1000 {
				t.Errorf("%s (%s) has %+v beside its assessment, want %d‰", u.Name, code, p, u.ID)
			}
			if testing.Short() && u.ID != 152 && u.ID != 167 && u.ID != 180 { // names that are cut short
				continue
			}
			if rows := w.forecastRows(ctx, who, "country:"+code); len(rows) != ledger.Months+1 || rows[0].Country != code || rows[0].Chance != float64(u.ID)/1000 {
				t.Errorf("%s (%s) has these forecasts in its report: %+v", u.Name, code, rows)
			}
		}
	})
}

// forecastRows are the forecasts that a report of a country holds.
func (w *world) forecastRows(ctx context.Context, who desk.Principal, unit string) []report.Forecast {
	w.t.Helper()
	made, err := w.app.desk.MakeReport(ctx, who, desk.ReportWish{Product: report.CountryRep, Unit: unit})
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := w.app.desk.Report(ctx, who, made.ID, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	var s struct{ Forecasts []report.Forecast }
	if err := json.Unmarshal(v.Bytes.Snapshot, &s); err != nil {
		w.t.Fatal(err)
	}
	return s.Forecasts
}
