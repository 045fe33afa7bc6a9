package capout

import (
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

var t0 = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

func example() warning.Warning {
	return warning.Warning{
		ID: "wrn_1", Project: "p", Family: event.Earthquake, Hazard: event.Earthquake, Revision: 1, State: warning.Issued, Level: level.Red, Reason: warning.Opened,
		P: level.P{1, .99, .95, .85, .3}, At: t0, OpenedAt: t0, Fresh: t0, Expires: t0.Add(24 * time.Hour), Method: "2026.1", TLP: "CLEAR",
		Events: []warning.EventRef{{ID: "e", Title: "M 6.9", Measures: event.Measures{{Name: "magnitude", Value: 6.9}}}},
		Rows: []exposure.Exposure{{
			Event: "e", Asset: "a", Name: "Camp 2", Hazard: event.Earthquake, How: exposure.Distance, DistanceKM: 12, Level: level.Red, Persons: 300,
			Intensity: exposure.Intensity{Value: 7.1, Unit: "MMI", Sigma: .8}, P: level.P{1, .99, .95, .85, .3}, Formula: "f", Source: "s", Method: "2026.1",
		}},
	}
}

func TestStatesInCAP(t *testing.T) {
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Sender: "watch.example.org", Book: book, Languages: []string{"en", "zh"}}
	project := portfolio.Project{ID: "p", Name: "Quetta Rail", Zone: "Asia/Karachi"}
	first := example()
	next := func(s warning.State) warning.Warning {
		w := example()
		w.Revision, w.State, w.At, w.AllClear = 2, s, t0.Add(time.Hour), true
		w.Reason = warning.PersonEnded
		return w
	}
	for name, c := range map[string]struct {
		w        warning.Warning
		earlier  []warning.Warning
		msg      cap.MsgType
		urgency  cap.Urgency
		response cap.ResponseType
	}{
		"new":       {first, nil, cap.MsgAlert, cap.UrgencyImmediate, cap.ResponseExecute},
		"ended":     {next(warning.Ended), []warning.Warning{first}, cap.MsgUpdate, cap.UrgencyPast, cap.ResponseAllClear},
		"cancelled": {next(warning.Cancelled), []warning.Warning{first}, cap.MsgCancel, cap.UrgencyPast, cap.ResponseAllClear},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := Alert(cfg, c.w, project, c.earlier, nil)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := cap.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			back, problems, err := cap.Parse(raw, cap.Options{})
			if err != nil {
				t.Fatalf("%v %v", err, problems)
			}
			i := back.Infos[0]
			if back.MsgType != c.msg || i.Urgency != c.urgency || i.ResponseTypes[0] != c.response || len(back.Infos) != 2 || len(back.References) != len(c.earlier) {
				t.Errorf("%s %s %v, %d infos, %d references", back.MsgType, i.Urgency, i.ResponseTypes, len(back.Infos), len(back.References))
			}
			if i.Severity != cap.SeveritySevere || i.Certainty != cap.CertaintyLikely || i.Expires.IsZero() {
				t.Errorf("%s %s, expires %v", i.Severity, i.Certainty, i.Expires)
			}
		})
	}
}

func TestRestrictedEvidenceIsRestricted(t *testing.T) {
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	w := example()
	w.TLP = "AMBER"
	a, err := Alert(Config{Sender: "watch.example.org", Book: book}, w, portfolio.Project{Name: "P", Zone: "UTC"}, nil, nil)
	if err != nil || a.Scope != cap.ScopeRestricted || !strings.Contains(a.Restriction, "AMBER") {
		t.Errorf("%v %s %q", err, a.Scope, a.Restriction)
	}
}

func TestFeedIsReadByOurOwnReader(t *testing.T) {
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	a, err := Alert(Config{Sender: "watch.example.org", Book: book}, example(), portfolio.Project{Name: "P & Q <b>", Zone: "UTC"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Feed([]Entry{{a, "https://watch.example.org/cap/o/wrn_1/1.xml"}}, "https://watch.example.org/cap/o.atom", "Warnings", t0)
	if err != nil {
		t.Fatal(err)
	}
	index, err := cap.ParseIndex(raw)
	if err != nil || len(index.Entries) != 1 {
		t.Fatalf("%v %+v", err, index)
	}
}
