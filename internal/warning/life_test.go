package warning

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

var t0 = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

// source is one standing report: its grade, owner and whether it is an instrument or news.
type source struct {
	grade, owner     string
	instrument, news bool
}

var (
	usgs    = source{"A", "usgs", true, false}
	partner = source{"B", "partner", false, false}
	second  = source{"B", "second", false, false}
	blogC   = source{"C", "blog", false, false}
	press   = source{"B", "wire", false, true}
)

// threat is an ongoing event at one site with the given chances and sources.
func threat(id string, h event.Hazard, p level.P, received time.Time, from ...source) Threat {
	e := event.Event{ID: id, Hazard: h, State: event.Ongoing, Revision: 1, Title: id, Fresh: received}
	for i, s := range from {
		e.Reports = append(e.Reports, event.Standing{
			Key: id + s.owner, Signal: id + "/" + s.owner + received.Format(time.RFC3339Nano), Stand: event.Live, Source: s.owner, Owner: s.owner,
			Grade: event.Grade{Reliability: s.grade, Credibility: 2}, Instrument: s.instrument, News: s.news, Received: received, Order: int64(i),
		})
	}
	p = p.Monotone()
	l, _ := level.Default().LevelOf(p, 0)
	return Threat{Event: e, Rows: []exposure.Exposure{{
		Event: id, Revision: 1, Hazard: h, Project: "p", Asset: "site", Name: "Site", Persons: 100, P: p, Level: l, PEvent: 1,
	}}}
}

func evidence(now time.Time, threats ...Threat) Evidence {
	ev := Evidence{Now: now, Org: "o", Project: "p", Family: event.Earthquake, Threats: threats}
	if len(threats) > 0 {
		ev.Family = threats[0].Event.Hazard.Family()
	}
	return ev
}

func p(i1, i2, i3, i4 float64) level.P { return level.P{1, i1, i2, i3, i4} }

func must(t testing.TB, prev *Warning, ev Evidence) Warning {
	t.Helper()
	w, ok := Decide(prev, ev, DefaultPolicy())
	if !ok {
		t.Fatal("no revision")
	}
	return w
}

func TestPromotionRule(t *testing.T) {
	red := p(.99, .95, .9, .3) // the matrix says red
	tests := map[string]struct {
		p    level.P
		from []source
		want level.Level
		sign bool
	}{
		"instrument above 80 %: red at once":    {red, []source{usgs}, level.Red, false},
		"two independent B: red needs a person": {red, []source{partner, second}, level.Orange, true},
		"one B: orange, red may be signed":      {red, []source{partner}, level.Orange, true},
		"one C: yellow":                         {red, []source{blogC}, level.Yellow, false},
		"news alone never raises orange":        {red, []source{press}, level.Yellow, false},
		"news beside a B: orange":               {red, []source{press, partner}, level.Orange, true},
		"instrument on 60 % of I4: a person":    {p(.99, .7, .7, .6), []source{usgs}, level.Orange, true},
		"instrument, I2 very likely: orange":    {p(.95, .85, .04, 0), []source{usgs}, level.Orange, false},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			w := must(t, nil, evidence(t0, threat("e", event.Earthquake, c.p, t0, c.from...)))
			if w.Level != c.want || (w.Proposal == ProposalOpen) != c.sign {
				t.Errorf("%s, proposal %q; want %s, proposed %v", w.Level, w.Proposal, c.want, c.sign)
			}
			if !w.Notify {
				t.Error("a new warning is not told")
			}
		})
	}
}

func TestOneOwnerIsOneSource(t *testing.T) {
	twin := source{"C", "blog", false, false}
	c := CeilingOf(threat("e", event.Conflict, p(.9, .9, .9, .9), t0, blogC, twin).Event.Reports)
	if c.Level != level.Yellow {
		t.Errorf("two reports of one owner reach %s, want yellow", c.Level)
	}
}

func TestUpgradeIsImmediateAndDowngradeWaits(t *testing.T) {
	pol := DefaultPolicy()
	w := must(t, nil, evidence(t0, threat("e", event.Earthquake, p(.9, .3, .02, 0), t0, usgs)))
	if w.Level != level.Yellow {
		t.Fatalf("%s, want yellow", w.Level)
	}
	w = must(t, &w, evidence(t0.Add(time.Minute), threat("e", event.Earthquake, p(.99, .9, .6, .1), t0.Add(time.Minute), usgs)))
	if w.Level != level.Orange || w.Reason != Raised || !w.Notify {
		t.Fatalf("%s %s notify %v, want orange raised and told", w.Level, w.Reason, w.Notify)
	}
	w = must(t, &w, evidence(t0.Add(2*time.Minute), threat("e", event.Earthquake, p(.5, .1, .01, 0), t0.Add(2*time.Minute), usgs)))
	if w.Level != level.Orange || w.LowSince.IsZero() {
		t.Fatalf("%s, dwell since %v: a lower cell must hold first", w.Level, w.LowSince)
	}
	if _, ok := Advance(w, w.LowSince.Add(pol.Dwell(event.Earthquake)-time.Second), pol); ok {
		t.Fatal("lowered before the dwell was over")
	}
	next, ok := Advance(w, w.LowSince.Add(pol.Dwell(event.Earthquake)+time.Hour), pol)
	if !ok || next.Level != level.Yellow || next.Reason != Lowered || next.Notify {
		t.Fatalf("%v %s %s notify %v: want yellow, lowered, not told", ok, next.Level, next.Reason, next.Notify)
	}
	if !next.At.Equal(w.LowSince.Add(pol.Dwell(event.Earthquake))) {
		t.Errorf("stamped %v, want the due instant", next.At)
	}
}

func TestMarginHoldsALevelJustBelowItsEdge(t *testing.T) {
	w := must(t, nil, evidence(t0, threat("e", event.Earthquake, p(.9, .85, .01, 0), t0, usgs)))
	w = must(t, &w, evidence(t0.Add(time.Minute), threat("e", event.Earthquake, p(.9, .6, .01, 0), t0.Add(time.Minute), usgs)))
	if w.Level != level.Orange || !w.LowSince.IsZero() {
		t.Errorf("%s, dwell %v: 60 %% is not below 0.7 × 80 %%", w.Level, w.LowSince)
	}
}

func TestTimeToLiveNeverEndsInSilence(t *testing.T) {
	pol := DefaultPolicy()
	w := must(t, nil, evidence(t0, threat("e", event.Earthquake, p(.99, .95, .9, .3), t0, usgs)))
	var story []Reason
	for Active(w) {
		next, ok := Advance(w, Due(w, pol), pol)
		if !ok || len(story) > 20 {
			t.Fatalf("stuck after %v", story)
		}
		if next.Level+1 < w.Level {
			t.Fatalf("fell from %s to %s at once", w.Level, next.Level)
		}
		story, w = append(story, next.Reason), next
	}
	want := []Reason{ReviewDue, Stale, Stale, RanOut}
	if len(story) != len(want) || w.State != Expired || !w.AllClear || !w.Notify {
		t.Errorf("%v, then %s all-clear %v; want %v, then expired and told", story, w.State, w.AllClear, want)
	}
}

func TestEndedAndCancelledAreDifferent(t *testing.T) {
	th := threat("e", event.Flood, p(.9, .6, .01, 0), t0, usgs)
	w := must(t, nil, evidence(t0, th))
	for state, want := range map[event.State]State{event.Over: Ended, event.Withdrawn: Cancelled} {
		ev := evidence(t0.Add(time.Hour))
		ev.Family, ev.Settled = event.Flood, []event.Event{{ID: "e", State: state}}
		got := must(t, &w, ev)
		if got.State != want || !got.AllClear {
			t.Errorf("event %s: warning %s, all-clear %v; want %s with all-clear", state, got.State, got.AllClear, want)
		}
	}
}

func TestARedNeedsTwoPeopleToCancel(t *testing.T) {
	w := must(t, nil, evidence(t0, threat("e", event.Earthquake, p(.99, .95, .9, .3), t0, usgs)))
	if _, err := ByHand(w, DoCancel, "ann", "", t0); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("cancelled without a reason: %v", err)
	}
	asked, err := ByHand(w, DoCancel, "ann", "wrong place", t0)
	if err != nil || !Active(asked) || asked.AllClear {
		t.Fatalf("first person: %v, %s", err, asked.State)
	}
	if _, err := ByHand(asked, DoCancel, "ann", "again", t0); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("the same person twice: %v", err)
	}
	done, err := ByHand(asked, DoCancel, "ben", "yes, wrong place", t0)
	if err != nil || done.State != Cancelled || !done.AllClear {
		t.Errorf("second person: %v, %s", err, done.State)
	}
	if _, err := ByHand(done, DoEnd, "ben", "late", t0); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("a closed warning was ended: %v", err)
	}
}

func TestSignature(t *testing.T) {
	pol := DefaultPolicy()
	th := threat("e", event.Conflict, p(.99, .95, .9, .3), t0, partner, second)
	w := must(t, nil, evidence(t0, th))
	lapsed, ok := Advance(w, t0.Add(pol.Confirm), pol)
	if !ok || lapsed.Reason != NotConfirmed || lapsed.Level != level.Orange {
		t.Fatalf("%v %s %s: nobody signed, so it stays orange", ok, lapsed.Reason, lapsed.Level)
	}
	signed, err := ByHand(lapsed, DoSign, "ann", "", t0.Add(time.Hour))
	if err != nil || signed.Level != level.Red || !signed.Notify {
		t.Fatalf("signed late: %v %s", err, signed.Level)
	}
	again := must(t, &signed, evidence(t0.Add(2*time.Hour), threat("e", event.Conflict, p(.99, .95, .91, .3), t0.Add(2*time.Hour), partner, second)))
	if again.Level != level.Red || again.Proposal != ProposalSigned {
		t.Errorf("%s, proposal %q: a signed red stays while the matrix says red", again.Level, again.Proposal)
	}
}

func TestToldAgainOnlyOnMaterialChange(t *testing.T) {
	th := threat("e", event.Flood, p(.9, .6, .01, 0), t0, usgs)
	w := must(t, nil, evidence(t0, th))
	same := must(t, &w, evidence(t0.Add(time.Minute), threat("e", event.Flood, p(.91, .61, .01, 0), t0.Add(time.Minute), usgs)))
	if same.Notify {
		t.Error("the same level was told again")
	}
	more := threat("e", event.Flood, p(.9, .6, .01, 0), t0.Add(2*time.Minute), usgs)
	row := more.Rows[0]
	row.Asset = "camp"
	more.Rows = append(more.Rows, row)
	if got := must(t, &same, evidence(t0.Add(2*time.Minute), more)); !got.Notify || got.Reason != Changed {
		t.Errorf("twice the people: notify %v, %s", got.Notify, got.Reason)
	}
	if _, ok := Decide(&same, evidence(t0.Add(time.Minute), threat("e", event.Flood, p(.91, .61, .01, 0), t0.Add(time.Minute), usgs)), DefaultPolicy()); ok {
		t.Error("a second look at the same evidence made a revision")
	}
}

func TestWhatAPersonEndedStaysEnded(t *testing.T) {
	w := must(t, nil, evidence(t0, threat("e", event.Flood, p(.9, .6, .01, 0), t0, usgs)))
	ended, err := ByHand(w, DoEnd, "ann", "water is down", t0.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	later := t0.Add(2 * time.Hour)
	if _, ok := Decide(&ended, evidence(later, threat("e", event.Flood, p(.9, .6, .01, 0), later, usgs)), DefaultPolicy()); ok {
		t.Error("the same event at the same level opened it again")
	}
	if got := must(t, &ended, evidence(later, threat("e", event.Flood, p(.99, .95, .9, 0), later, usgs))); got.ID == ended.ID || !got.Notify {
		t.Error("a higher level must make a new warning that is told")
	}
	if got := must(t, &ended, evidence(later, threat("f", event.Flood, p(.9, .6, .01, 0), later, usgs))); got.ID == ended.ID {
		t.Error("another event must make a new warning")
	}
}

// TestRandomHistories: whatever comes, no level without evidence, no fall of more than one
// level at once or before the dwell, revisions without gaps, and the same history twice gives
// the same bytes.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type step struct {
			after time.Duration
			p     level.P
			from  []source
		}
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			q := rapid.SliceOfN(rapid.Float64Range(0, 1), 4, 4).Draw(t, "p")
			n := rapid.IntRange(1, 3).Draw(t, "sources")
			return step{
				time.Duration(rapid.IntRange(1, 400).Draw(t, "minutes")) * time.Minute, p(q[0], q[1], q[2], q[3]).Monotone(),
				[]source{usgs, partner, blogC, press}[rapid.IntRange(0, 1).Draw(t, "first"):][:n],
			}
		}), 1, 30).Draw(t, "steps")
		run := func() []byte {
			pol := DefaultPolicy()
			var last *Warning
			var log []Warning
			keep := func(w Warning) {
				if last != nil && last.ID == w.ID {
					check(t, *last, w, pol)
				}
				last, log = &w, append(log, w)
			}
			now := t0
			for _, s := range steps {
				now = now.Add(s.after)
				for last != nil && !Due(*last, pol).IsZero() && !Due(*last, pol).After(now) {
					w, ok := Advance(*last, now, pol)
					if !ok {
						t.Fatal("due, but nothing changes")
					}
					keep(w)
				}
				if w, ok := Decide(last, evidence(now, threat("e", event.Earthquake, s.p, now, s.from...)), pol); ok {
					keep(w)
				}
			}
			raw, err := json.Marshal(log)
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
		if a, b := run(), run(); string(a) != string(b) {
			t.Fatal("two runs differ")
		}
	})
}

func check(t *rapid.T, was, is Warning, pol Policy) {
	if is.Revision != was.Revision+1 {
		t.Fatalf("revision %d after %d", is.Revision, was.Revision)
	}
	if is.Level > was.Level && is.Reason != Raised {
		t.Fatalf("rose from %s to %s by %s", was.Level, is.Level, is.Reason)
	}
	if is.Level+1 < was.Level {
		t.Fatalf("fell from %s to %s at once", was.Level, is.Level)
	}
	if is.Reason == Lowered && is.At.Sub(was.LowSince) < pol.Dwell(is.Family) {
		t.Fatalf("fell %s after the dwell began", is.At.Sub(was.LowSince))
	}
	if is.Level > level.Green && len(is.Evidence) == 0 {
		t.Fatalf("%s without evidence", is.Level)
	}
	if Active(is) && is.Level == level.Green {
		t.Fatal("active at green")
	}
}
