package desk

import (
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/warning"
)

// TestAnswersOf: each level is asked anew; what was told before the period does not count in it.
func TestAnswersOf(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return from.Add(time.Duration(minutes) * time.Minute) }
	lives := []WarningLife{
		{Told: [4]time.Time{1: at(0), 2: at(0)}, Answered: [4]time.Time{1: at(30), 2: at(30)}, Sent: 3, Arrived: 2},                      // just in time
		{Told: [4]time.Time{1: at(0), 2: at(0), 3: at(60)}, Answered: [4]time.Time{1: at(40), 2: at(40), 3: at(66)}, Sent: 5, Failed: 2}, // late at both, reached nobody
		{Told: [4]time.Time{1: at(5), 2: at(5)}, Sent: 1, Arrived: 1},                                                                    // never
		{Told: [4]time.Time{1: at(5)}, Answered: [4]time.Time{1: at(6)}, Sent: 9},                                                        // yellow asks for nothing
		{Told: [4]time.Time{1: at(-9), 2: at(-9), 3: at(1)}, Answered: [4]time.Time{1: at(0), 2: at(0), 3: at(5)}, Sent: 4, Arrived: 4},  // orange before the period, red in it
	}
	got := answersOf(lives, from, from.AddDate(0, 0, 7))
	if o := got.Orange; o.N != 3 || o.InTime != 1 || o.Never != 1 || o.Minutes == nil || *o.Minutes != 35 || o.Limit != 30 {
		t.Errorf("orange %+v", o)
	}
	if r := got.Red; r.N != 2 || r.InTime != 1 || r.Never != 0 || r.Minutes == nil || *r.Minutes != 5 {
		t.Errorf("red %+v", r)
	}
	if got.Told != 3 || got.Sent != 9 || got.Failed != 2 || got.Reached != 2 {
		t.Errorf("%+v", got)
	}
}

// TestNearMisses: below the level of a warning and within 25 km, the nearest asset, or harm of
// class I1; what was a warning for the project, is far, is vague or did not happen is none.
func TestNearMisses(t *testing.T) {
	t.Parallel()
	row := func(e, project, asset string, km float64, l level.Level, observed int) exposure.Exposure {
		return exposure.Exposure{Event: e, Project: project, Asset: asset, DistanceKM: km, How: exposure.Distance, Level: l, Observed: observed}
	}
	vague := row("vague", "p", "a", 0, level.Green, 0)
	vague.How = exposure.Country
	got := closest([]exposure.Exposure{
		row("close", "p", "b", 12, level.Green, 0), row("close", "p", "a", 7, level.Green, 0), row("close", "q", "c", 25, level.Green, 0),
		row("warned", "p", "a", 1, level.Yellow, 0), row("warned", "p", "b", 9, level.Green, 0),
		row("far", "p", "a", 25.1, level.Green, 0), vague,
		row("harm", "p", "a", 0, level.Yellow, 1), row("grave", "p", "a", 0, level.Orange, 2), row("grave", "p", "b", 3, level.Green, 0),
	})
	var names []string
	for _, r := range got {
		names = append(names, r.Event+"/"+r.Project+"/"+r.Asset)
	}
	if want := []string{"harm/p/a", "close/p/a", "close/q/c"}; len(names) != 3 || names[0] != want[0] || names[1] != want[1] || names[2] != want[2] {
		t.Errorf("%v, want %v", names, want)
	}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 0, 7)
	for name, c := range map[string]struct {
		e    event.Event
		want bool
	}{
		"in it":          {event.Event{Hazard: event.Crime, State: event.Over, Occurred: from}, true},
		"begins in it":   {event.Event{Hazard: event.Flood, State: event.Ongoing, Onset: from.Add(time.Hour)}, true},
		"after it":       {event.Event{Hazard: event.Flood, State: event.Ongoing, Onset: to}, false},
		"withdrawn":      {event.Event{Hazard: event.Crime, State: event.Withdrawn, Occurred: from}, false},
		"nobody knows":   {event.Event{Hazard: event.Crime, State: event.Ongoing}, false},
		"of no place":    {event.Event{Hazard: event.Advice, State: event.Ongoing, Occurred: from}, false},
		"long before it": {event.Event{Hazard: event.Crime, State: event.Ongoing, Occurred: from.Add(-time.Second)}, false},
	} {
		if got := happened(c.e, from, to); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestRoutesOf: the highest level of the rows, no higher than the warning's, and each stretch once.
func TestRoutesOf(t *testing.T) {
	t.Parallel()
	p := portfolio.Portfolio{Assets: []portfolio.Asset{
		{ID: "r1", Project: "p", Kind: portfolio.Route, Code: "a2", Name: "A2"},
		{ID: "r2", Project: "p", Kind: portfolio.Route, Code: "c80", Name: "C80"},
		{ID: "s", Project: "p", Kind: portfolio.Site, Code: "camp"},
		{ID: "r3", Project: "q", Kind: portfolio.Route, Code: "x"},
	}}
	open := []warning.Warning{
		{ID: "w1", Level: level.Orange, Rows: []exposure.Exposure{{Asset: "r1", Level: level.Red, FromKM: 10, ToKM: 20}, {Asset: "r1", Level: level.Yellow, FromKM: 10, ToKM: 20}, {Asset: "s", Level: level.Red}}},
		{ID: "w2", Level: level.Yellow, Rows: []exposure.Exposure{{Asset: "r1", Level: level.Yellow, FromKM: 40, ToKM: 41}, {Asset: "r2", Level: level.Green, FromKM: 1, ToKM: 2}}},
	}
	got := routesOf(p, open, func(id string) bool { return id == "p" }, func(w warning.Warning) string { return w.ID })
	if len(got) != 2 || got[0].Level != 2 || got[0].Warning != "w1" || len(got[0].Parts) != 2 || got[0].Parts[1] != (report.Stretch{From: 40, To: 41}) {
		t.Errorf("%+v", got)
	}
	if len(got) == 2 && (got[1].Level != 0 || got[1].Parts != nil || got[1].Warning != "") {
		t.Errorf("a route without a warning: %+v", got[1])
	}
}
