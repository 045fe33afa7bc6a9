package main

import (
	"fmt"
	"strings"
	"time"
)

// history is what came of one installation, as its database, its journal and the world
// outside tell it. Judging it needs nothing else, so that tests can write one by hand.
type history struct {
	accepted   map[string]string // keys that were answered with yes, and the path that must hear of each; "" = none
	stored     map[string]bool   // keys that the database holds
	unread     int               // records that were stored and never worked through
	told       map[string]bool   // paths that heard
	revisions  []revision
	notices    []notice
	calls      map[string]int // calls that were taken outside, by idempotency key
	versions   map[string]int // different idempotency keys for one path, warning, revision and purpose
	doubt      int            // messages that may have come twice: what was in flight in each kill
	starts     []time.Time    // of the process: in one-node mode the bound of a red counts from there
	redBound   time.Duration  // from a red's decision to the beginning of its first attempt
	unseen     []string       // sources past their limit that nobody calls blind
	badJournal string         // what the verifier says; "" = valid
}

// revision is one revision of a warning.
type revision struct {
	warning   string
	n         int
	notify    bool
	journaled bool
}

// notice is one notification.
type notice struct {
	id, warning  string
	revision     int
	level        int
	state        string
	digest       bool
	queued, sent time.Time // sent is when the first attempt began; zero = never
}

const red = 3

// open tells whether something of ours is still to come.
func (n *notice) open() bool { return n.state == "pending" || n.state == "sending" }

// tally is what a history came to.
type tally struct {
	lost, orphans, late, twice, open, unseen, journal int
	why                                               []string // of each, at most a few
}

const fewReasons = 12

func (t *tally) say(count *int, format string, args ...any) {
	*count++
	if len(t.why) < fewReasons {
		t.why = append(t.why, fmt.Sprintf(format, args...))
	}
}

func (t *tally) add(o tally) {
	t.lost, t.orphans, t.late, t.twice = t.lost+o.lost, t.orphans+o.orphans, t.late+o.late, t.twice+o.twice
	t.open, t.unseen, t.journal = t.open+o.open, t.unseen+o.unseen, t.journal+o.journal
	t.why = append(t.why, o.why...)
}

// err is nil when every promise held.
func (t *tally) err() error {
	if t.lost+t.orphans+t.late+t.twice+t.open+t.unseen+t.journal == 0 {
		return nil
	}
	return fmt.Errorf("lost %d, orphans %d, reds late %d, twice beyond what was in flight %d, without end %d, silence not shown %d, journals bad %d: %s",
		t.lost, t.orphans, t.late, t.twice, t.open, t.unseen, t.journal, strings.Join(t.why, "; "))
}

// judge holds a history against the promises of TRUST.md section 1.
func (h *history) judge() tally {
	var t tally
	h.judgeInputs(&t)
	h.judgeRevisions(&t)
	h.judgeNotices(&t)
	h.judgeCalls(&t)
	for _, s := range h.unseen {
		t.say(&t.unseen, "the silence of %s is not shown", s)
	}
	if h.badJournal != "" {
		t.say(&t.journal, "journal: %s", h.badJournal)
	}
	return t
}

// judgeInputs: yes means on disk, and somebody hears of it (promises 1 and 4).
func (h *history) judgeInputs(t *tally) {
	for key, path := range h.accepted {
		switch {
		case !h.stored[key]:
			t.say(&t.lost, "%s was accepted and is not there", key)
		case path != "" && !h.told[path]:
			t.say(&t.lost, "%s was accepted and %s never heard of it", key, path)
		}
	}
	for range h.unread {
		t.say(&t.lost, "a record was stored and never worked through")
	}
}

// judgeRevisions: all or nothing (promise 3).
func (h *history) judgeRevisions(t *tally) {
	type key struct {
		warning string
		n       int
	}
	noticed, known := map[key]bool{}, map[key]bool{}
	for _, n := range h.notices {
		noticed[key{n.warning, n.revision}] = true
	}
	for _, r := range h.revisions {
		known[key{r.warning, r.n}] = true
		if r.notify && !noticed[key{r.warning, r.n}] {
			t.say(&t.orphans, "revision %s/%d has no notification", r.warning, r.n)
		}
		if !r.journaled {
			t.say(&t.orphans, "revision %s/%d is not in the journal", r.warning, r.n)
		}
	}
	for _, n := range h.notices {
		if !n.digest && !known[key{n.warning, n.revision}] {
			t.say(&t.orphans, "notification %s has no revision %s/%d", n.id, n.warning, n.revision)
		}
	}
}

// judgeNotices: each ends, and a red is tried in time (promises 4 and 6).
func (h *history) judgeNotices(t *tally) {
	for _, n := range h.notices {
		if n.open() {
			t.say(&t.open, "notification %s is still %s", n.id, n.state)
		}
		if n.level != red || n.sent.IsZero() {
			continue
		}
		from := n.queued
		for _, s := range h.starts { // what a process left behind is due from the next start on
			if s.After(from) && s.Before(n.sent) {
				from = s
			}
		}
		if by := n.sent.Sub(from); by > h.redBound {
			t.say(&t.late, "red %s was first tried after %.1f s", n.id, by.Seconds())
		}
	}
}

// judgeCalls: duplicates only from doubt, and with the same key (promise 5).
func (h *history) judgeCalls(t *tally) {
	if twice := h.twice(); twice > h.doubt {
		t.say(&t.twice, "%d calls came twice, %d were in flight", twice, h.doubt)
		t.twice += twice - h.doubt - 1
	}
	for what, n := range h.versions {
		if n > 1 {
			t.say(&t.twice, "%s came under %d keys", what, n)
		}
	}
}

// twice is how many calls came beyond the first of their key.
func (h *history) twice() int {
	n := 0
	for _, k := range h.calls {
		n += k - 1
	}
	return n
}
