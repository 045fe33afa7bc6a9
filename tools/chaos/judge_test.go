package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// good is a history in which every promise held: two reds, of which one was sent twice after
// a kill.
func good() *history {
	h := &history{
		accepted: map[string]string{"chaos-0": "p0", "chaos-1": "p1"}, stored: map[string]bool{"chaos-0": true, "chaos-1": true},
		told: map[string]bool{"p0": true, "p1": true}, calls: map[string]int{"ntf_0": 1, "ntf_1": 2}, doubt: 1, redBound: time.Minute,
		versions: map[string]int{"p0 wrn_0/1 alarm": 1, "p1 wrn_1/1 alarm": 1}, starts: []time.Time{noon},
	}
	for i := range 2 {
		w := fmt.Sprintf("wrn_%d", i)
		h.revisions = append(h.revisions, revision{warning: w, n: 1, notify: true, journaled: true})
		h.notices = append(h.notices, notice{
			id: fmt.Sprintf("ntf_%d", i), warning: w, revision: 1, level: red, state: "sent", queued: noon.Add(time.Second), sent: noon.Add(2 * time.Second),
		})
	}
	return h
}

// TestTheJudgeFindsWhatIsWrong breaks the good history, one promise at a time.
func TestTheJudgeFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		spoil func(*history)
		want  tally // without the reasons
	}{
		{"nothing", func(*history) {}, tally{}},
		{"accepted and not there", func(h *history) { delete(h.stored, "chaos-1") }, tally{lost: 1}},
		{"accepted and never told", func(h *history) { delete(h.told, "p0") }, tally{lost: 1}},
		{"nobody need be told", func(h *history) { delete(h.told, "p0"); h.accepted["chaos-0"] = "" }, tally{}},
		{"stored and never read", func(h *history) { h.unread = 2 }, tally{lost: 2}},
		{"doubled beyond what was in flight", func(h *history) { h.calls["ntf_0"] = 4 }, tally{twice: 3}},
		{"doubled without a kill", func(h *history) { h.doubt = 0 }, tally{twice: 1}},
		{"doubled under another key", func(h *history) { h.versions["p0 wrn_0/1 alarm"] = 2 }, tally{twice: 1}},
		{"a red late", func(h *history) { h.notices[0].sent = noon.Add(62 * time.Second) }, tally{late: 1}},
		{"a red as late as may be", func(h *history) { h.notices[0].sent = noon.Add(61 * time.Second) }, tally{}},
		{"a red that waited for the start", func(h *history) {
			h.notices[0].sent = noon.Add(10 * time.Minute)
			h.starts = append(h.starts, noon.Add(9*time.Minute+30*time.Second))
		}, tally{}},
		{"a red late after the start", func(h *history) {
			h.notices[0].sent = noon.Add(11 * time.Minute)
			h.starts = append(h.starts, noon.Add(9*time.Minute+30*time.Second))
		}, tally{late: 1}},
		{"an orange as late", func(h *history) { h.notices[0].level, h.notices[0].sent = 2, noon.Add(time.Hour) }, tally{}},
		{"never ends", func(h *history) { h.notices[1].state = "pending" }, tally{open: 1}},
		{"a revision without notification", func(h *history) { h.notices = h.notices[:1] }, tally{orphans: 1}},
		{"a quiet revision without notification", func(h *history) { h.notices = h.notices[:1]; h.revisions[1].notify = false }, tally{}},
		{"a revision that is not in the journal", func(h *history) { h.revisions[0].journaled = false }, tally{orphans: 1}},
		{"a notification without revision", func(h *history) { h.notices[0].revision = 7 }, tally{orphans: 2}},
		{"silence taken for safety", func(h *history) { h.unseen = []string{"met"} }, tally{unseen: 1}},
		{"a journal that was changed", func(h *history) { h.badJournal = "entry 7" }, tally{journal: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := good()
			tc.spoil(h)
			got := h.judge()
			bad := got.err()
			got.why = nil
			if fmt.Sprint(got) != fmt.Sprint(tc.want) {
				t.Errorf("found %+v, want %+v", got, tc.want)
			}
			if (bad != nil) != (tc.want.lost+tc.want.orphans+tc.want.late+tc.want.twice+tc.want.open+tc.want.unseen+tc.want.journal > 0) {
				t.Errorf("the verdict is %v", bad)
			}
		})
	}
}

// TestWhatIsNotRunIsNotPassed: a row passes when all of its parts do; a part that was not
// run, or failed, keeps it from that, and only a failure is an error.
func TestWhatIsNotRunIsNotPassed(t *testing.T) {
	t.Parallel()
	part := func(n int, err error) row {
		return row{n: n, name: "part", play: func(l *lab) error { l.tally.late++; return err }}
	}
	cannot := fmt.Errorf("no such thing here: %w", errNotRun)
	list := []row{part(1, nil), part(1, nil), part(2, nil), part(2, cannot), part(3, cannot), part(3, errors.New("lost")), part(4, nil), part(5, cannot)}
	for _, tc := range []struct {
		rows   string
		want   string
		failed bool
	}{
		{"12345", "2 rows passed, 1 failed, 2 not run", true},
		{"1245", "2 rows passed, 0 failed, 2 not run", false},
		{"3", "0 rows passed, 1 failed, 0 not run", true},
	} {
		var out bytes.Buffer
		failed := run(&out, settings{}, list, func(r row) bool { return strings.Contains(tc.rows, fmt.Sprint(r.n)) }).print(&out, 1)
		if failed != tc.failed || !strings.Contains(out.String(), tc.want) {
			t.Errorf("rows %s: failed %v\n%s", tc.rows, failed, &out)
		}
	}
}

// TestEveryRowIsThere: all 27, each with what passes.
func TestEveryRowIsThere(t *testing.T) {
	t.Parallel()
	there := map[int]bool{}
	for _, r := range rows() {
		there[r.n] = true
		if r.must == "" || r.name == "" || r.play == nil {
			t.Errorf("row %d is not whole", r.n)
		}
	}
	for n := 1; n <= 27; n++ {
		if !there[n] {
			t.Errorf("row %d is not there", n)
		}
	}
}
