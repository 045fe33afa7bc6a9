package site

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
)

var monday = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

func TestWeeks(t *testing.T) {
	t.Parallel()
	w := WeekAt(monday)
	if w.String() != "2026-W49" || !w.Starts().Equal(monday) || WeekAt(monday.Add(-time.Second)) != w-1 || WeekAt(w.Ends().Add(-time.Nanosecond)) != w {
		t.Errorf("%s from %s", w, w.Starts())
	}
	if early := WeekAt(time.Date(1969, 12, 30, 0, 0, 0, 0, time.UTC)); early != -1 {
		t.Errorf("before the first Monday: %d", early)
	}
	for _, text := range []string{"2026-W49", "2020-W53", "2027-W01"} {
		if w, err := ParseWeek(text); err != nil || w.String() != text {
			t.Errorf("%s: %s, %v", text, w, err)
		}
	}
	for _, text := range []string{"2026-W54", "2026-49", "soon", "2026-W4", "2026-W00"} {
		if _, err := ParseWeek(text); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// world watches two places for a hundred weeks: one with a clash each fourth week, one quiet.
func world() Record {
	busy, quiet := History{Place: "project:A"}, History{Place: "project:B"}
	var seen []time.Time
	for i := 1; i <= 100; i++ {
		at := monday.Add(-time.Duration(i)*span + 30*time.Hour)
		seen = append(seen, at)
		if i%4 == 0 {
			busy.Near = append(busy.Near, Occurrence{Event: "e", Hazard: event.Conflict, When: at, Known: at.Add(time.Hour), KM: 4})
			quiet.Near = append(quiet.Near, Occurrence{Event: "e", Hazard: event.Conflict, When: at, Known: at.Add(time.Hour), KM: 200})
		}
	}
	return NewRecord([]History{quiet, busy}, seen)
}

func find(t *testing.T, list []Forecast, place string, family event.Hazard) Forecast {
	t.Helper()
	for _, f := range list {
		if f.Place == place && f.Family == family {
			return f
		}
	}
	t.Fatalf("no forecast of %s, %s", place, family)
	return Forecast{}
}

func TestAhead(t *testing.T) {
	t.Parallel()
	list := world().At(monday.Add(-6 * time.Hour)).Ahead(WeekAt(monday))
	if len(list) != 2*len(Families()) || !slices.IsSortedFunc(list, func(a, b Forecast) int {
		if a.Place < b.Place {
			return -1
		}
		return 0
	}) {
		t.Fatalf("%d forecasts", len(list))
	}
	a, b := find(t, list, "project:A", event.Conflict), find(t, list, "project:B", event.Conflict)
	// A clash in a quarter of the weeks; the last week is not over when the view is cut.
	if a.Weeks != 99 || a.Incidents != 24 && a.Incidents != 25 || math.Abs(a.Base-.25) > .01 || a.Chance < .15 || a.Chance > .35 || a.Low >= a.Chance || a.High <= a.Chance || a.High > .5 {
		t.Errorf("busy: %+v", a)
	}
	if b.Incidents != 0 || b.Base != 0 || b.Chance <= 0 || b.Chance > .05 || b.Persistence != 0 {
		t.Errorf("quiet: %+v", b)
	}
	if k := find(t, list, "project:A", event.Kidnap); k.Chance <= 0 || k.Chance > .02 {
		t.Errorf("a family without incidents: %+v", k)
	}
	// Chance and interval against a hand reckoning: no effect is left where the past is even.
	if want := 1 - math.Pow(a.Rate/(a.Rate+1), a.Shape); math.Abs(a.Chance-want) > 1e-12 {
		t.Errorf("chance %v, want %v", a.Chance, want)
	}
}

// TestFreshEventsRaise: where incidents come in bursts, an incident last week raises the next.
func TestFreshEventsRaise(t *testing.T) {
	t.Parallel()
	make := func(last bool) Forecast {
		h := History{Place: "project:A"}
		var seen []time.Time
		for i := 1; i <= 104; i++ {
			at := monday.Add(-time.Duration(i)*span + 80*time.Hour)
			seen = append(seen, at)
			if burst := i/6%4 == 2; burst || i == 1 && last {
				h.Near = append(h.Near, Occurrence{Hazard: event.Conflict, When: at, Known: at, KM: 2, Deaths: 3})
			}
		}
		return find(t, NewRecord([]History{h}, seen).At(monday.Add(-time.Hour)).Ahead(WeekAt(monday)), "project:A", event.Conflict)
	}
	calm, fresh := make(false), make(true)
	if fresh.Chance < 1.5*calm.Chance {
		t.Errorf("fresh %v, calm %v", fresh.Chance, calm.Chance)
	}
}

// looksAhead tells whether a forecast changes with what happened or became known later.
func looksAhead(r Record, origin time.Time, ask func(Record) []Forecast) bool {
	other := Record{watched: slices.Clone(r.watched)}
	for _, h := range r.places {
		for i := range 3 {
			h.Near = append(slices.Clone(h.Near), Occurrence{Event: "later", Hazard: event.Conflict, When: origin.Add(time.Duration(i+1) * time.Hour), Known: origin.Add(20 * time.Hour), KM: 1},
				Occurrence{Event: "late", Hazard: event.Conflict, When: origin.Add(-10 * 24 * time.Hour), Known: origin.Add(time.Hour), KM: 1})
		}
		other.places = append(other.places, h)
	}
	other.watched = append(other.watched, origin.Add(time.Hour))
	return !reflect.DeepEqual(ask(r), ask(other))
}

// TestNoLookAhead: a view holds nothing of what came later, and a leak that is planted on
// purpose is caught, so that the test can fail.
func TestNoLookAhead(t *testing.T) {
	t.Parallel()
	r, origin, w := world(), monday.Add(-6*time.Hour), WeekAt(monday)
	if looksAhead(r, origin, func(r Record) []Forecast { return r.At(origin).Ahead(w) }) {
		t.Error("the forecast changes with what came after its origin")
	}
	if !looksAhead(r, origin, func(r Record) []Forecast { return r.At(origin.Add(2 * 24 * time.Hour)).Ahead(w) }) {
		t.Error("a leak of two days was not caught")
	}
	if !looksAhead(r, origin, func(r Record) []Forecast {
		v := r.At(origin)
		for i := range r.places { // what becomes known later about the past
			v.places[i].Near = r.places[i].Near
		}
		return v.Ahead(w)
	}) {
		t.Error("a leak of late reports was not caught")
	}
}

func TestKeepAndResolve(t *testing.T) {
	t.Parallel()
	r, w := world(), WeekAt(monday)
	v := r.At(monday.Add(-4*span - 6*time.Hour))
	entries := Issue("o", v.Ahead(w-4), monday.Add(-4*span-time.Hour))
	for _, e := range entries {
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
	}
	late := entries[0]
	late.Issued = (w - 4).Starts()
	if err := late.Check(); !errors.Is(err, fault.ErrStale) {
		t.Errorf("in its week: %v", err)
	}
	if early := Resolve(entries, r, (w - 3).Starts().Add(Late-time.Second)); len(early) != 0 {
		t.Errorf("%d resolved while reports may be late", len(early))
	}
	done := Resolve(entries, r, (w - 3).Starts().Add(Late))
	if len(done) != len(entries) {
		t.Fatalf("%d of %d resolved", len(done), len(entries))
	}
	for _, e := range done {
		if want := e.Place == "project:A" && e.Family == event.Conflict; (e.Outcome == 1) != want || e.Void {
			t.Errorf("%s, %s: %d, void %v", e.Place, e.Family, e.Outcome, e.Void)
		}
	}
	blind := Resolve(Issue("o", v.Ahead(w+9), monday), r, (w + 12).Starts())
	if len(blind) == 0 || !blind[0].Void {
		t.Error("a week in which nothing was seen has no outcome")
	}
	s := ledger.Score(Judge(append(done, blind...)))
	if len(s) != 1 || s[0].N != len(done) || s[0].Distributions != len(done) || s[0].Brier <= 0 {
		t.Errorf("%+v", s)
	}
}

// TestSay: a person is kept beside the model, with the model's yardsticks, and an override
// needs a reason.
func TestSay(t *testing.T) {
	t.Parallel()
	v, w, now := world().At(monday.Add(-6*time.Hour)), WeekAt(monday), monday.Add(-5*time.Hour)
	e, err := Say("o", v, "acc_1", "A. Analyst", "project:A", event.Conflict, w, .7, "a march is called", false, now)
	if err != nil || e.Kind != ledger.Analyst || e.Chance != .7 || e.Base != find(t, v.Ahead(w), "project:A", event.Conflict).Base {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := Say("o", v, "acc_1", "A", "project:A", event.Conflict, w, .7, "", true, now); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("an override without a reason: %v", err)
	}
	if _, err := Say("o", v, "acc_1", "A", "project:Z", event.Conflict, w, .7, "", false, now); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a place that there is not: %v", err)
	}
}

func TestCRPSOfCounts(t *testing.T) {
	t.Parallel()
	// Shape 1, rate 1: geometric with halves. At 0: sum of (2^-(k+1))² = 1/3.
	if got := CRPS(1, 1, 0); math.Abs(got-1./3) > 1e-6 {
		t.Errorf("%v, want 1/3", got)
	}
	// At 1: ½² for k = 0, then (¼)² + (⅛)² + … = 1/4 + 1/12.
	if got := CRPS(1, 1, 1); math.Abs(got-1./3) > 1e-6 {
		t.Errorf("%v, want 1/3", got)
	}
	if got := CRPS(1, 1e9, 3); math.Abs(got-3) > 1e-6 {
		t.Errorf("a certain zero at 3: %v", got)
	}
}
