package phrase

import (
	"errors"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

var (
	project = portfolio.Project{ID: "prj_1", Name: "Quetta Rail, lot 3", Zone: "Asia/Karachi"}
	at      = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)
)

func quake() warning.Warning {
	return warning.Warning{
		ID: "wrn_1", Revision: 3, State: warning.Issued, Hazard: event.Earthquake, Family: event.Earthquake,
		Level: level.Red, Cell: level.Red, Reason: warning.Raised, Method: "1.3", At: at, Expires: at.Add(24 * time.Hour),
		P:        level.P{1, 0.97, 0.91, 0.83, 0.3},
		Evidence: []string{"sig_1", "sig_2"},
	}
}

func rows() []exposure.Exposure {
	return []exposure.Exposure{
		{
			Asset: "ast_1", Name: "Camp 2", How: exposure.Distance, DistanceKM: 31, Persons: 412, Level: level.Red,
			Intensity: exposure.Intensity{Value: 7.1, Unit: "mmi", Sigma: 0.8}, P: level.P{1, 0.97, 0.91, 0.83, 0.3}, Source: "Allen, Wald and Worden 2012",
		},
		{
			Asset: "ast_2", Name: "Yard", How: exposure.Distance, DistanceKM: 38, Level: level.Orange,
			Intensity: exposure.Intensity{Value: 6.2, Unit: "mmi", Sigma: 0.8}, P: level.P{1, 0.9, 0.7, 0.4, 0.1},
		},
	}
}

func TestWarningSaysWhatWhereWhenAndWhatToDo(t *testing.T) {
	t.Parallel()
	w := quake()
	w.Rows = rows()
	w.Events = []warning.EventRef{{ID: "evt_1", Title: "M 6.9 - 31 km SW of Quetta", Measures: event.Measures{{Name: "magnitude", Value: 6.9}}}}
	got, err := book(t).For("en").Warning(w, project, "")
	if err != nil {
		t.Fatal(err)
	}
	want := "Earthquake M 6.9, 31\u00a0km from Camp 2 and 1 more · now, as of 7 Oct 2026, 09:06 Karachi (UTC+5) · Stop work, leave buildings and tunnels"
	if got.First != want {
		t.Errorf("first line\n got %s\nwant %s", got.First, want)
	}
	if want := "RED: Earthquake M 6.9, 31\u00a0km from Camp 2 and 1 more · Quetta Rail, lot 3"; got.Subject != want {
		t.Errorf("subject %q, want %q", got.Subject, want)
	}
	why := strings.Join(got.Why, "\n")
	for _, part := range []string{"MMI 7.1 ± 0.8 at Camp 2", "a death or worse (severe, I3): very likely, 83 %", "2 reports", "Allen"} {
		if !strings.Contains(why, part) {
			t.Errorf("why lacks %q:\n%s", part, why)
		}
	}
	if len(got.Places) != 2 || !strings.Contains(got.Places[0], "412 people") {
		t.Errorf("places: %q", got.Places)
	}
}

func TestEveryHazardLevelAndStateHasWholeWords(t *testing.T) {
	t.Parallel()
	b := book(t)
	for _, lang := range Languages() {
		for _, h := range event.Hazards() {
			for l := level.Green; l <= level.Red; l++ {
				for _, state := range []warning.State{warning.Draft, warning.Issued, warning.Ended, warning.Cancelled, warning.Expired} {
					w := quake()
					w.Hazard, w.Level, w.State, w.Rows = h, l, state, rows()
					w.ETA = at.Add(19 * time.Hour)
					if _, err := b.For(lang).Warning(w, project, "UTC"); err != nil {
						t.Fatalf("%s %s %s %s: %v", lang, h, l, state, err)
					}
				}
			}
		}
	}
}

func TestMissingPartIsAnError(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*warning.Warning, *portfolio.Project){
		"id":       func(w *warning.Warning, _ *portfolio.Project) { w.ID = "" },
		"revision": func(w *warning.Warning, _ *portfolio.Project) { w.Revision = 0 },
		"hazard":   func(w *warning.Warning, _ *portfolio.Project) { w.Hazard = "" },
		"time":     func(w *warning.Warning, _ *portfolio.Project) { w.At = time.Time{} },
		"rows":     func(w *warning.Warning, _ *portfolio.Project) { w.Rows = nil },
		"project":  func(_ *warning.Warning, p *portfolio.Project) { p.Name = "" },
		"level":    func(w *warning.Warning, _ *portfolio.Project) { w.Level = 9 },
	} {
		w, p := quake(), project
		w.Rows = rows()
		spoil(&w, &p)
		got, err := book(t).For("en").Warning(w, p, "UTC")
		if !errors.Is(err, ErrIncomplete) || !errors.Is(err, fault.ErrInvalid) || got.First != "" {
			t.Errorf("without %s: %q, %v", name, got.First, err)
		}
	}
}

func TestHostileTitleStaysOneLine(t *testing.T) {
	t.Parallel()
	w := quake()
	w.Rows, w.Hazard = rows(), event.Flood
	w.Events = []warning.EventRef{{ID: "evt_1", Title: "River\r\nBcc: all@example.org\u2028\u202e" + strings.Repeat("x", 500)}}
	got, err := book(t).For("en").Warning(w, project, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(got.Subject, "\r\n\u2028\u202e") || len([]rune(got.Subject)) > 300 {
		t.Errorf("subject %q", got.Subject)
	}
}
