package desk

import (
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/warning"
)

// TestScorecard: each way in which a warning can end counts as the method says, and a harm
// before which nobody was told is a miss, once.
func TestScorecard(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 6, 0, 0, 0, time.UTC) }
	life := func(id string, family event.Hazard, told, closed time.Time, state warning.State, reason warning.Reason, events ...string) WarningLife {
		l := WarningLife{Head: warning.Warning{ID: id, Project: "p", Family: family, State: state, Reason: reason, At: closed}, Told: [4]time.Time{1: told, 2: told}}
		for _, e := range events {
			l.Head.Events = append(l.Head.Events, warning.EventRef{ID: e})
		}
		return l
	}
	yellow := life("yellow", event.Flood, day(4), day(5), warning.Cancelled, warning.PersonCancel)
	yellow.Told[2] = time.Time{}
	elsewhere := life("elsewhere", event.Flood, day(1), day(29), warning.Ended, warning.PersonEnded)
	elsewhere.Head.Project = "q"
	cyclone := life("cyclone", event.Cyclone, day(3), day(6), warning.Ended, warning.SourceEnded)
	cyclone.Head.Told.ETA = day(4)
	card := scorecard{
		from: day(2), to: day(30), period: day(20), onset: map[string]time.Time{"e1": day(5).Add(6 * time.Hour), "e2": day(6)},
		lives: []WarningLife{
			life("ended", event.Flood, day(5), day(8), warning.Ended, warning.SourceEnded, "e1"),          // lead 6 h
			life("after", event.Flood, day(7), day(9), warning.Ended, warning.PersonEnded, "e2"),          // told after the onset: lead 0
			life("false", event.Flood, day(10), day(11), warning.Cancelled, warning.PersonCancel),         // false
			life("faded", event.Flood, day(10), day(12), warning.Ended, warning.Lowered),                  // undecided
			life("ran out", event.Unrest, day(10), day(21), warning.Expired, warning.RanOut),              // undecided, in the period
			life("faded with harm", event.Unrest, day(22), day(25), warning.Ended, warning.Lowered, "h1"), // hit by harm, lead 24 h, in the period
			life("late", event.Conflict, day(15), day(16), warning.Ended, warning.PersonEnded, "h2"),      // the miss that it was
			life("open", event.Conflict, day(28), day(28), warning.Issued, warning.Opened),                // open
			life("long ago", event.Flood, day(1), day(1), warning.Ended, warning.PersonEnded),             // before the record
			yellow, cyclone, elsewhere,
		},
		harms: []harm{
			{event: "h1", project: "p", family: event.Unrest, at: day(23)},
			{event: "h2", project: "p", family: event.Conflict, at: day(14)},
			{event: "h3", project: "p", family: event.Conflict, at: day(26)}, // nobody was ever told
			{event: "h4", project: "p", family: event.Conflict, at: day(1)},  // before the record
			{event: "h5", project: "r", family: event.Flood, at: day(6)},     // another project's warning is no warning
		},
	}
	got, frame := card.reckon()
	want := map[string]report.Score{
		"conflict": {Missed: 2},
		"cyclone":  {Hit: 1, Leads: 1},
		"flood":    {Hit: 3, False: 1, Open: 1, Missed: 1, Leads: 2},
		"unrest":   {Hit: 1, Open: 1, Leads: 1},
	}
	leads := map[string]float64{"cyclone": 24, "flood": 3, "unrest": 24}
	for _, s := range got {
		w := want[s.Family]
		if w.Family = s.Family; s.Lead != nil {
			if *s.Lead != leads[s.Family] {
				t.Errorf("%s: lead %v h, want %v", s.Family, *s.Lead, leads[s.Family])
			}
			s.Lead = nil
		}
		if s != w {
			t.Errorf("%+v, want %+v", s, w)
		}
		delete(want, s.Family)
	}
	if len(want) > 0 {
		t.Errorf("not counted: %v", want)
	}
	if frame.Period != (report.Score{Hit: 2, Missed: 1, Open: 1}) {
		t.Errorf("frame %+v", frame)
	}
}

// TestHarms: only what people saw at class I2 or above, of events that stand, at projects of
// the unit, once for each event and project.
func TestHarms(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	events := []event.Event{
		{ID: "e", Hazard: event.Conflict, State: event.Over, Occurred: at, Updated: at.Add(time.Hour)},
		{ID: "gone", Hazard: event.Conflict, State: event.Withdrawn, Occurred: at},
	}
	rows := []exposure.Exposure{
		{Event: "e", Project: "p", Asset: "a", Observed: 3},
		{Event: "e", Project: "p", Asset: "b", Observed: 2},
		{Event: "e", Project: "other", Observed: 4},
		{Event: "e", Project: "q", Observed: 1},
		{Event: "gone", Project: "p", Observed: 4},
	}
	got := harmsOf(events, rows, func(p string) bool { return p != "other" })
	if len(got) != 1 || got[0] != (harm{event: "e", project: "p", family: event.Conflict.Family(), at: at}) {
		t.Errorf("%+v", got)
	}
}
