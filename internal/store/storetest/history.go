package storetest

import (
	"testing"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// TestHistory: what reports tell of the past of warnings and events.
func TestHistory(t *testing.T, empty Maker) {
	begin := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	b := start(t, empty(t), begin)
	ctx := t.Context()
	if _, err := b.watch.SetPortfolio(ctx, watch.PortfolioVersion{Actor: "ann", Changes: 4, Portfolio: example()}); err != nil {
		t.Fatal(err)
	}
	b.take(quake("usgs:1", 1, 4)) // orange
	id := b.sent[0].Warning
	answer := func(kind watch.AnswerKind) {
		b.Helper()
		if _, err := b.watch.Answer(ctx, watch.Answer{Org: "o", Warning: id, Kind: kind, By: "One", Contact: "c1", Via: "link"}); err != nil {
			b.Fatal(err)
		}
	}
	b.pass(5 * time.Minute)
	answer(watch.Note) // no acknowledgement
	b.pass(5 * time.Minute)
	answer(watch.HaveIt)
	b.pass(10 * time.Minute)
	b.take(quake("usgs:1", 9, 9.5)) // red
	b.pass(3 * time.Minute)
	answer(watch.HaveIt)
	b.pass(time.Minute)
	if open, err := b.db.WarningLives(ctx, "o", begin, b.clock()); err != nil || len(open) != 1 || open[0].Sent == 0 || open[0].Failed != 0 || open[0].Arrived > open[0].Sent {
		t.Errorf("while it is open: %+v, %v", open, err)
	}
	if _, err := b.watch.ByHand(ctx, "o", id, warning.DoEnd, "ann", "it is over"); err != nil {
		t.Fatal(err)
	}
	lives, err := b.db.WarningLives(ctx, "o", begin, b.clock())
	if err != nil || len(lives) != 1 {
		t.Fatalf("%+v, %v", lives, err)
	}
	l := lives[0]
	if l.Head.ID != id || l.Head.State != warning.Ended || l.Head.Reason != warning.PersonEnded || l.Head.Told.Level != level.Red {
		t.Errorf("head %+v", l.Head)
	}
	at := func(minutes int) time.Time { return begin.Add(time.Duration(minutes) * time.Minute) }
	for k, want := range map[int][2]time.Time{1: {at(0), at(10)}, 2: {at(0), at(10)}, 3: {at(20), at(23)}} {
		if !l.Told[k].Truncate(time.Minute).Equal(want[0]) || !l.Answered[k].Truncate(time.Minute).Equal(want[1]) {
			t.Errorf("level %d: told %s, answered %s, want %v", k, l.Told[k], l.Answered[k], want)
		}
	}
	for name, span := range map[string][2]time.Time{"after its end": {b.clock().Add(time.Minute), b.clock().Add(time.Hour)}, "before it was opened": {begin.Add(-time.Hour), begin}} {
		if got, err := b.db.WarningLives(ctx, "o", span[0], span[1]); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := b.db.WarningLives(ctx, "elsewhere", begin, b.clock()); err != nil || len(got) != 0 {
		t.Errorf("another organisation: %+v, %v", got, err)
	}
	b.pastEvents(begin, l.Head)
}

// pastEvents finds the event of a warning by time, word and id, with its rows.
func (b *bench) pastEvents(begin time.Time, w warning.Warning) {
	b.Helper()
	ctx := b.Context()
	for word, want := range map[string]int{"": 1, "magnitude": 1, "observed_class": 0} {
		if got, err := b.db.EventsChanged(ctx, "o", begin, b.clock(), word); err != nil || len(got) != want {
			b.Errorf("events that hold %q: %d, want %d (%v)", word, len(got), want, err)
		}
	}
	if got, err := b.db.EventsChanged(ctx, "o", begin.Add(-time.Hour), begin, ""); err != nil || len(got) != 0 {
		b.Errorf("events of before: %d (%v)", len(got), err)
	}
	ids := []string{w.Events[0].ID, "evt_none"}
	events, err := b.db.EventsByID(ctx, "o", ids)
	if err != nil || len(events) != 1 || events[0].ID != ids[0] {
		b.Errorf("events by id %+v, %v", events, err)
	}
	rows, err := b.db.RowsOf(ctx, "o", ids)
	if err != nil || len(rows) != 1 || rows[0].Asset != "a" || rows[0].Revision != events[0].Revision {
		b.Errorf("rows %+v, %v", rows, err)
	}
	whole, err := b.db.WarningsWhole(ctx, "o", []string{w.ID})
	if err != nil || len(whole) != 1 || whole[0].Revision != w.Revision {
		b.Errorf("warnings %+v, %v", whole, err)
	}
	o, err := b.db.Organisation(ctx, "o")
	if err != nil || o.Name != "O" {
		b.Errorf("organisation %+v, %v", o, err)
	}
}
