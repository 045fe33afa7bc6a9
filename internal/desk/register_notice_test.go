package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/register"
)

// TestRegisterIsTold: the owner hears of a due day once before it and once when it has passed,
// whoever checks only then; what belongs to nobody goes to whom the project asks first; gaps
// come once a week.
func TestRegisterIsTold(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	shelf := &surveyShelf{rows: map[string]StoredSurvey{}}
	risks := &riskShelf{kept: map[string][]StoredRisk{}, alarms: map[string]int{}}
	now := time.Date(2026, 11, 30, 0, 0, 30, 0, time.UTC) // a Monday
	d := New(Config{Store: twoShelves{riskShelf: risks, people: shelf}, SurveyConfig: SurveyConfig{Notices: shelf}, Now: func() time.Time { return now }})
	duties := []register.Duty{{Unit: register.Enterprise, Must: "HQ", Checks: "Ben"}, {Unit: "Logistics", Must: "ann", Checks: "nobody we know"}}
	e := register.Entry{
		Code: "R-1", Title: "Flood", Project: "rail", Owner: "eva@example.org", Dimension: "natural", Frequency: register.Frequency{PriorEvents: 1, PriorYears: 5}, Impact: register.Impact{Days: register.Size{P50: 2, P90: 9}},
		Controls: []register.Control{{Code: "C1", Title: "Gauge", Effect: register.Mitigating, Owner: "ANN", Duties: duties, Design: .5, Implementation: 1, Evidence: []register.Evidence{{Text: "photo"}}, Tested: "2026-06-01", TestDue: "2026-12-05"}},
		Actions:  []register.Action{{Code: "A1", Title: "Raise the dam", Owner: "somebody who left", Due: "2026-12-20"}},
	}
	risks.kept["R-1"] = []StoredRisk{{Entry: e, Version: 1}}
	from := 0
	remind := func(day string) string {
		t.Helper()
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		now = at.Add(time.Minute)
		for range 2 {
			if err := d.RemindRegister(ctx, "o"); err != nil {
				t.Fatal(err)
			}
		}
		var out []string
		for _, o := range shelf.sent[from:] {
			line := fmt.Sprintf("%s %s:", o.Notice.Kind, strings.TrimPrefix(o.Notice.Contact, "con_"))
			for _, it := range o.Notice.Items {
				line += fmt.Sprintf(" %s %s %s %t", it.What, it.Entry, it.Thing, it.Late)
			}
			if n := o.Notifications; len(n) != 1 || n[0].Channel != "email" || n[0].Due.Hour() != 8 {
				t.Errorf("%s goes out as %+v", line, n)
			}
			out = append(out, line)
		}
		from = len(shelf.sent)
		return strings.Join(out, "; ")
	}
	for _, c := range []struct{ day, want string }{
		{"2026-11-27", ""},
		{"2026-11-30", "register_due ann: test R-1 C1 false"},
		{"2026-12-01", ""},
		{"2026-12-06", "register_due ann: test R-1 C1 true; register_gaps ann: test_expired R-1 C1 false; register_late ben: test R-1 C1 true"},
		{"2026-12-07", "register_gaps ann: test_expired R-1 C1 false"}, // the next week
		{"2026-12-14", "register_due eva: action R-1 A1 false; register_gaps ann: test_expired R-1 C1 false"},
		{"2026-12-21", "register_due eva: action R-1 A1 true; register_gaps ann: test_expired R-1 C1 false"},
	} {
		if got := remind(c.day); got != c.want {
			t.Errorf("%s:\n  %s\n  want %s", c.day, got, c.want)
		}
	}
}
