package app

import (
	"context"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// TestReportsTellWhatTheWatchKnows: a warning that was answered and ended, an attack that came
// before any warning and a theft near by stand in the reports of that time, and those can be
// made again.
func TestReportsTellWhatTheWatchKnows(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole reckoning")
	}
	at := &hands{}
	at.set(now)
	inWorldAt(t, at.Now, func(ctx context.Context, w *world) {
		org := w.ours.id
		who := desk.Principal{Org: org, Account: "acc_1", Name: "Ann", Scopes: desk.Administrator.Scopes()}
		heard := func(key string, hazard event.Hazard, from time.Time, severity string, lon float64, measures ...event.Measure) string {
			t.Helper()
			s := event.Signal{
				Org: org, Source: "quakes-ours", Key: key, Version: "1", Order: 1, Act: event.Report, Status: event.Actual, Hazard: hazard, Occurred: from, Received: at.Now(),
				Texts: []event.Text{{Language: "en", Headline: key}}, Grade: event.Grade{Reliability: "A", Credibility: 2}, Owner: "ours", Severity: severity, Certainty: "Observed",
				Measures: measures, Record: id.Hash([]byte(key)), Footprints: []event.Footprint{{Shape: geo.At(30.2, lon, 0), Role: event.Centre}},
			}
			s.ID = event.SignalID(s)
			if _, err := w.app.watch.Observe(ctx, watch.Observation{Signals: []event.Signal{s}}); err != nil {
				t.Fatal(err)
			}
			q, err := w.app.desk.Queue(ctx, who, desk.Filter{Show: desk.Open, Family: hazard.Family()})
			if err != nil {
				t.Fatal(err)
			}
			if len(q.Rows) == 0 {
				return ""
			}
			return q.Rows[0].Warning.ID
		}
		quake := heard("quake", event.Earthquake, now.Add(-time.Minute), "", 67.05, event.Measure{Name: "magnitude", Value: 6.9}, event.Measure{Name: "depth", Value: 10, Unit: "km"})
		at.set(now.Add(4 * time.Minute))
		if _, err := w.app.watch.Answer(ctx, watch.Answer{Org: org, Warning: quake, Kind: watch.HaveIt, By: "Ann", Account: "acc_1", Via: "api"}); err != nil {
			t.Fatal(err)
		}
		at.set(now.Add(time.Hour))
		if _, err := w.app.watch.ByHand(ctx, org, quake, warning.DoEnd, "acc_1", "it has passed"); err != nil {
			t.Fatal(err)
		}
		at.set(now.Add(26 * time.Hour))
		if heard("taken", event.Kidnap, now.Add(22*time.Hour), "Extreme", 67, event.Measure{Name: "observed_class", Value: 3}) == "" {
			t.Fatal("an attack is no warning")
		}
		if heard("theft", event.Crime, now.Add(25*time.Hour), "Minor", 67.08) != "" {
			t.Fatal("a small theft is a warning")
		}
		at.set(now.AddDate(0, 0, 7).Add(3 * time.Hour)) // Monday after: the week is over
		if _, err := w.app.desk.Assess(ctx, who, desk.AssessOptions{Draws: 20}); err != nil {
			t.Fatal(err)
		}
		made := func(product, unit string) *report.Snapshot {
			t.Helper()
			r, err := w.app.desk.MakeReport(ctx, who, desk.ReportWish{Product: product, Unit: unit})
			if err != nil {
				t.Fatal(err)
			}
			if v, err := w.app.desk.VerifyReport(ctx, who, r.ID, 0); err != nil || !v.Same {
				t.Errorf("%s is not the same again: %s, %v", r.ID, v.Where, err)
			}
			v, err := w.app.desk.Report(ctx, who, r.ID, 0)
			if err != nil {
				t.Fatal(err)
			}
			s, err := report.ReadSnapshot(v.Bytes.Snapshot)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		weekly := made(report.Weekly, "")
		if weekly.Org != "Ours" || weekly.Form != report.Form || weekly.Settled == nil || slices.Contains(weekly.Lacking, "record") {
			t.Errorf("head %q, form %d, %v", weekly.Org, weekly.Form, weekly.Lacking)
		}
		got := map[string]report.Score{}
		for _, s := range weekly.Record {
			s.Lead = nil
			got[s.Family] = s
		}
		if want := (report.Score{Family: "earthquake", Hit: 1, Leads: 1}); got["earthquake"] != want {
			t.Errorf("ended: %+v, want %+v", got["earthquake"], want)
		}
		if want := (report.Score{Family: "kidnap", Missed: 1}); got["kidnap"] != want {
			t.Errorf("came before any warning: %+v, want %+v", got["kidnap"], want)
		}
		if a := weekly.Contents.Answers; a == nil || a.Told != 2 || a.Orange.N != 2 || a.Orange.InTime != 1 || a.Orange.Never != 1 || a.Sent == 0 {
			t.Errorf("answers %+v", a)
		}
		if len(weekly.Near) != 1 || weekly.Near[0].Family != "crime" || weekly.Near[0].KM > nearBy {
			t.Errorf("near %+v", weekly.Near)
		}
		daily := made(report.Daily, "project:ours-rail")
		taken := slices.ContainsFunc(daily.Warnings, func(x report.Warning) bool { return x.Family == "kidnap" && x.Level >= 2 })
		asked := slices.ContainsFunc(daily.Advice, func(a report.Advice) bool { return a.Text == "Answer the warning" })
		if !taken || !asked || !slices.Contains(daily.Lacking, "calendar") || slices.Contains(daily.Lacking, "screening") {
			t.Errorf("daily: %+v, %+v, lacking %v", daily.Warnings, daily.Advice, daily.Lacking)
		}
	})
}

// nearBy is how far the theft may be, km.
const nearBy = 10
