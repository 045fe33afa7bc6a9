package watch

import (
	"context"
	"testing"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

func portioned() *turn {
	return &turn{Service: &Service{cfg: Config{Portion: 1}}, ctx: context.Background(), batch: &Batch{}}
}

// A pass that finishes what the one before left, and then decides something that is much and
// for one project, still says that nothing is left: or the next start would decide it again.
func TestOnePortionLeavesWhatIsOver(t *testing.T) {
	t.Parallel()
	turn := portioned()
	turn.batch.left(Left{Org: "o", Groups: []Group{{Project: "p"}}, Done: 1})
	turn.divide([]portion{{org: "o", project: "q", groups: 1, all: &Left{Org: "o", Groups: []Group{{Project: "q"}}}}})
	if l := turn.batch.Left; turn.divided() || len(l) != 1 || l[0].Org != "o" || !l[0].Over() {
		t.Errorf("%+v: want one batch that says that nothing is left", l)
	}
	other := portioned()
	other.batch.left(Left{Org: "x", Groups: []Group{{Project: "p"}}, Done: 1})
	list := make([]portion, 3)
	all := &Left{Org: "o", Groups: make([]Group, len(list))}
	for i := range list {
		list[i] = portion{org: "o", groups: 1, warnings: nil, rows: []OrgDecision{{Decision: Decision{Event: &event.Event{}}}}, all: all}
	}
	other.divide(list)
	batches := other.batches()
	if !other.divided() || other.batch != batches[0] || len(batches[0].Left) != 2 || !batches[0].Left[0].Over() || batches[0].Left[1].Over() || !batches[0].Left[1].Begins {
		t.Errorf("%+v: want what is over of one and what begins of the other", batches[0].Left)
	}
	if last := batches[len(batches)-1].Left; len(last) != 1 || !last[0].Over() {
		t.Errorf("%+v: the last one leaves nothing", last)
	}
}

// Warnings that run out while signals change no event are decided, whatever there is much of.
func TestTimersAreInNoPortion(t *testing.T) {
	t.Parallel()
	out := []Decision{{Warning: &warning.Warning{Project: "p"}}, {Warning: &warning.Warning{Project: "q"}}}
	if head, tail := headOf(out); len(head) != 2 || len(tail) != 0 {
		t.Errorf("%d before the portions, %d in them", len(head), len(tail))
	}
	changed := append([]Decision{{Warning: &warning.Warning{Project: "r"}}, {Event: &event.Event{}}}, out...)
	head, tail := headOf(changed)
	if len(head) != 2 || len(tail) != 2 {
		t.Errorf("%d before the portions, %d in them", len(head), len(tail))
	}
	list, others := portions("o", nil, tail, []Group{{Project: "p"}})
	if len(list) != 1 || len(list[0].warnings) != 1 || len(others) != 1 || others[0].Warning.Project != "q" {
		t.Errorf("%+v, others %+v: a warning of no group is lost", list, others)
	}
}

// Who was asked earlier in a pass is known in each of its portions, and once.
func TestPortionsKnowWhoWasAsked(t *testing.T) {
	t.Parallel()
	turn := portioned()
	w := warning.Warning{ID: "wrn_1", Revision: 1}
	turn.batch.Notifications = []response.Notification{{Warning: w.ID, Contact: "ann"}}
	for i := range 3 {
		if got := turn.asked(w); len(got) != 1 || got[0].Contact != "ann" {
			t.Errorf("portion %d: asked %+v", i, got)
		}
		turn.another()
	}
}
