package storetest

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
)

// TestObservations: an edition is added and never changed, numbers come back to the last
// digit, and what was known then is what was known then.
func TestObservations(t *testing.T, empty Maker) {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	ctx, now := t.Context(), b.clock()
	o := func(place string, v float64, known time.Time) indicator.Observation {
		return indicator.Observation{
			Indicator: "wgi.law", Unit: "standard normal units", Place: place, Period: "2025", Value: v, KnownAt: known, Source: "World Bank", Grade: "B", Licence: "CC BY 4.0",
		}.WithID()
	}
	first, second := o("country:KE", -math.Pi/3, now.AddDate(0, -2, 0)), o("country:KE", 1.0/3, now.AddDate(0, -1, 0))
	other := o("country:NA", 5e-324, now.AddDate(0, -1, 0))
	entry := journal.Draft{At: now, Org: "o", Kind: journal.IndicatorsAdded, Actor: "ann", Subject: "wgi", Body: []byte(`{"rows":3}`)}
	if n, err := b.db.AddObservations(ctx, "o", "ann", now, []indicator.Observation{first, second, other}, entry); err != nil || n != 3 {
		t.Fatalf("%d added, %v", n, err)
	}
	if n, err := b.db.AddObservations(ctx, "o", "ann", now, []indicator.Observation{second, first}); err != nil || n != 0 {
		t.Errorf("the same again: %d added, %v", n, err)
	}
	all, err := b.db.Observations(ctx, "o", "", "", now)
	if err != nil || len(all) != 3 || all[0] != first || all[1] != second || all[2] != other {
		t.Errorf("%+v, %v", all, err)
	}
	if got, err := b.db.Observations(ctx, "o", "wgi.law", "country:KE", now.AddDate(0, 0, -40)); err != nil || len(got) != 1 || got[0] != first {
		t.Errorf("known 40 days ago: %+v, %v", got, err)
	}
	if got, err := b.db.Observations(ctx, "elsewhere", "", "", now); err != nil || len(got) != 0 {
		t.Errorf("another organisation's numbers: %+v, %v", got, err)
	}
	if b.kinds(journal.IndicatorsAdded) != 1 {
		t.Error("the import is not in the journal")
	}
	b.verifyJournal()
}

// TestAssessments: a run, its inputs and its results are stored together and come back byte
// for byte.
func TestAssessments(t *testing.T, empty Maker) {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	ctx, now := t.Context(), b.clock()
	inputs := bytes.Repeat([]byte(`{"units":[]}`), 500)
	put := func(id, purpose string, asOf, made time.Time, score float64) desk.StoredAssessment {
		t.Helper()
		a := desk.StoredAssessment{ID: "a" + id, Run: id, Unit: "country:KE", Kind: "country", Score: score, Class: "high", Method: "m1", Hash: "h", Body: []byte(`{"unit":"country:KE"}`)}
		run := desk.AssessRun{ID: id, Org: "o", Snapshot: "s", Method: "m1", MethodHash: "mh", Purpose: purpose, AsOf: asOf, Known: now, Made: made, By: "ann", Units: 1, Results: "r"}
		entry := journal.Draft{At: now, Org: "o", Kind: journal.AssessPublished, Actor: "ann", Subject: id, Body: []byte(`{"units":1}`)}
		if err := b.db.PutAssessRun(ctx, run, inputs, []desk.StoredAssessment{a}, desk.AssessFence{}, entry); err != nil {
			t.Fatal(err)
		}
		return a
	}
	put("r1", desk.Recomputed, now.AddDate(-1, 0, 0), now.Add(-time.Hour), 4)
	put("r2", desk.Published, now.AddDate(0, 0, -1), now.Add(-time.Minute), 1.0/3)
	want := put("r3", desk.Published, now.AddDate(0, 0, -1), now, 5.25)

	runs, err := b.db.AssessRuns(ctx, "o", desk.Published, 10)
	if err != nil || len(runs) != 2 || runs[0].ID != "r3" || runs[1].ID != "r2" {
		t.Errorf("published runs: %+v, %v", runs, err)
	}
	run, raw, err := b.db.AssessRun(ctx, "o", "r3")
	if err != nil || !bytes.Equal(raw, inputs) || run.Method != "m1" || !run.Made.Equal(now) {
		t.Errorf("%+v, %d bytes, %v", run, len(raw), err)
	}
	if _, _, err := b.db.AssessRun(ctx, "elsewhere", "r3"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another organisation's run: %v", err)
	}
	list, err := b.db.AssessmentsOf(ctx, "o", "r3")
	if err != nil || len(list) != 1 || list[0].ID != want.ID || !bytes.Equal(list[0].Body, want.Body) || list[0].Score != 5.25 {
		t.Errorf("%+v, %v", list, err)
	}
	if got, err := b.db.Assessment(ctx, "o", "ar2"); err != nil || got.Score != 1.0/3 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := b.db.Assessment(ctx, "elsewhere", "ar2"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another organisation's assessment: %v", err)
	}
	points, err := b.db.Scores(ctx, "o", "m1", now.AddDate(-5, 0, 0))
	if err != nil || len(points) != 2 || points[0].Score != 4 || points[1].Score != 5.25 {
		t.Errorf("of two for one day the later counts: %+v, %v", points, err)
	}
	if last, err := b.db.LastPublished(ctx, "o"); err != nil || !last.Equal(now) {
		t.Errorf("last published %s, %v", last, err)
	}
	if last, err := b.db.LastPublished(ctx, "elsewhere"); err != nil || !last.IsZero() {
		t.Errorf("never published: %s, %v", last, err)
	}
	for _, name := range []string{"Coup", "Coup, worse"} {
		if err := b.db.PutScenario(ctx, "o", desk.StoredScenario{ID: "s1", Name: name, Unit: "project:A", Made: now, By: "ann", Body: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := b.db.Scenarios(ctx, "o"); err != nil || len(got) != 1 || got[0].Name != "Coup, worse" {
		t.Errorf("%+v, %v", got, err)
	}
	b.verifyJournal()
}
