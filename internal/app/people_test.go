package app

import (
	"strings"
	"testing"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/watch"
)

// TestWhatFailsWhileItRunsIsToldToo: a rule that compiles and cannot judge what it is given.
func TestWhatFailsWhileItRunsIsToldToo(t *testing.T) {
	t.Parallel()
	r := newRaters()
	rater, err := r.set([]watch.RuleVersion{{Org: "o", ID: "rul_1", Version: 1, Body: []byte(`{"id":"rul_1","name":"Big","when":"event.magnitude > 5.0","then":"raise","mode":"on"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.faults("o"); len(got) != 0 {
		t.Fatalf("before it ran: %+v", got)
	}
	for range 3 {
		rater.Rate(event.Event{ID: "e", Hazard: event.Flood}, exposure.Exposure{Asset: "a"}, portfolio.Asset{ID: "a"})
	}
	got := r.faults("o")
	if len(got) != 1 || got[0].Rule != "rul_1" || got[0].Broken || got[0].Count != 3 || !strings.Contains(got[0].Reason, "magnitude") {
		t.Errorf("%+v", got)
	}
	if other := r.faults("x"); len(other) != 0 {
		t.Errorf("another organisation sees %+v", other)
	}
	if _, err := r.set([]watch.RuleVersion{{Org: "o", ID: "rul_1", Version: 2, Body: []byte(`{"id":"rul_1","name":"Big","when":"has(event.magnitude) && event.magnitude > 5.0","then":"raise","mode":"on"}`)}}); err != nil {
		t.Fatal(err)
	}
	if got := r.faults("o"); len(got) != 0 {
		t.Errorf("after it was mended: %+v", got)
	}
}
