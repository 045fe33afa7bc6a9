package exposure

import (
	"fmt"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// TestTravelAdviceUsesAllGovernments: METHOD.md 1.7: two governments one step up are yellow,
// one that newly says "do not travel" is orange, anything that stands or falls is green.
func TestTravelAdviceUsesAllGovernments(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	x := NewIndex(portfolio.Portfolio{
		Org: "o", Projects: []portfolio.Project{{ID: "p", Code: "p", Name: "P", Zone: "UTC", Country: "ML"}},
		Assets: []portfolio.Asset{{ID: "a", Project: "p", Kind: portfolio.Site, Code: "a", Name: "A", Country: "ML"}},
	})
	days := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	for _, tc := range []struct {
		name  string
		steps []event.Step // one for each government
		want  level.Level
	}{
		{"standing advice, however high", []event.Step{{Now: 4}, {Now: 4}, {Now: 3}}, level.Green},
		{"one government up", []event.Step{{Now: 3, Before: 2, Since: days(1)}, {Now: 2}}, level.Green},
		{"two governments up", []event.Step{{Now: 3, Before: 2, Since: days(1)}, {Now: 2, Before: 1, Since: days(40)}}, level.Yellow},
		{"two governments up, one long ago", []event.Step{{Now: 3, Before: 2, Since: days(1)}, {Now: 2, Before: 1, Since: days(91)}}, level.Green},
		{"one up, one down", []event.Step{{Now: 3, Before: 2, Since: days(1)}, {Now: 2, Before: 3, Since: days(1)}}, level.Green},
		{"one to do not travel", []event.Step{{Now: 4, Before: 3, Since: days(1)}, {Now: 2}}, level.Orange},
		{"all down", []event.Step{{Now: 3, Before: 4, Since: days(1)}, {Now: 1, Before: 4, Since: days(1)}}, level.Green},
		{"no step stated by any", []event.Step{{}, {}}, level.Green},
		{"no step stated by one", []event.Step{{}, {Now: 4, Before: 3, Since: days(1)}}, level.Orange},
	} {
		e := event.Event{ID: "e", State: event.Ongoing, Hazard: event.Advice, Places: []event.Place{{Country: "ML"}}}
		for i, s := range tc.steps {
			gov := fmt.Sprintf("government %d", i)
			e.Reports = append(e.Reports, event.Standing{
				Key: gov, Signal: "sig-" + gov, Stand: event.Live, Owner: gov, Advice: s, Received: now, Grade: event.Grade{Reliability: "A", Credibility: 2},
			})
		}
		got := level.Green
		for _, r := range x.Assess(e, now) {
			got = max(got, r.Level)
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	// Two sources of one government are one voice: the one that saw the change counts.
	twice := event.Event{ID: "e", State: event.Ongoing, Hazard: event.Advice, Places: []event.Place{{Country: "ML"}}, Reports: []event.Standing{
		{Key: "a", Signal: "a", Stand: event.Live, Owner: "us", Received: days(3), Advice: event.Step{Now: 3, Before: 2, Since: days(3)}},
		{Key: "b", Signal: "b", Stand: event.Live, Owner: "us", Received: days(3), Advice: event.Step{Now: 3, Before: 2, Since: days(3)}},
		{Key: "c", Signal: "c", Stand: event.Live, Owner: "us", Received: days(1), Advice: event.Step{Now: 3}},
	}}
	for _, r := range x.Assess(twice, now) {
		if r.Level != level.Green {
			t.Errorf("one government told thrice: %s", r.Level)
		}
	}
}
