package watch

import (
	"fmt"
	"math"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
)

// told is a flood report with chances of I1 to I3 at a site.
func told(voice, key, minute int, act event.Act, p ...float64) event.Signal {
	s := voices[voice]
	s.Key, s.Version, s.Order = fmt.Sprintf("%s:%d", s.Source, key), fmt.Sprint(minute), int64(minute)
	s.Received, s.Status, s.Hazard, s.Act = t0.Add(time.Duration(minute)*time.Minute), event.Actual, event.Flood, act
	s.Texts = []event.Text{{Language: "en", Headline: "flood"}}
	s.Places = []event.Place{{Country: "PK"}}
	for k, v := range p {
		s.Measures = append(s.Measures, event.Measure{Name: fmt.Sprintf("p%d", k+1), Value: v})
	}
	s.ID = event.SignalID(s)
	return s
}

func (r *run) tell(signals ...event.Signal) []Decision {
	return r.apply(input{at: signals[0].Received, signals: signals})
}

func suppressions(out []Decision) []Suppression {
	var list []Suppression
	for _, d := range out {
		list = append(list, d.Suppressed...)
	}
	return list
}

func TestSuppressionIsToldOncePerChange(t *testing.T) {
	t.Parallel()
	r := newRun()
	on, off := true, false
	r.apply(input{at: t0, rules: &on})
	first := suppressions(r.tell(told(0, 1, 1, event.Report, 1, 1)))
	if len(first) != 1 || first[0].Project != "b" || first[0].Level != level.Yellow || first[0].Assets != 2 || first[0].Rules[0] != "mute" {
		t.Fatalf("begun: %+v", first)
	}
	if again := suppressions(r.tell(told(0, 1, 2, event.Report, 1, 1))); len(again) != 0 {
		t.Errorf("a signal that changes nothing was told again: %+v", again)
	}
	higher := suppressions(r.tell(told(0, 1, 3, event.Report, 1, 1, 1)))
	if len(higher) != 1 || higher[0].Level != level.Orange || !higher[0].Since.Equal(first[0].Since) {
		t.Errorf("a higher level: %+v", higher)
	}
	lifted := r.apply(input{at: t0.Add(4 * time.Minute), rules: &off})
	if list := suppressions(lifted); len(list) != 1 || !list[0].Lifted {
		t.Errorf("lifted: %+v", list)
	}
	warned := false
	for _, d := range lifted {
		warned = warned || d.Warning != nil && d.Warning.Project == "b" && d.Warning.Level == level.Orange
	}
	if !warned {
		t.Error("the project is not warned when the rule is gone")
	}
	r.apply(input{at: t0.Add(5 * time.Minute), rules: &on})
	if list := suppressions(r.tell(told(0, 1, 6, event.End))); len(list) != 1 || !list[0].Lifted {
		t.Errorf("the end of the event: %+v", list)
	}
	if r.apply(input{at: t0.Add(7 * time.Minute), rules: &on}); len(r.core.hushed) != 0 {
		t.Errorf("kept: %+v", r.core.hushed)
	}
	quiet := suppressions(r.tell(told(0, 2, 8, event.Report, 0.3)))
	if len(quiet) != 0 {
		t.Errorf("nobody would have been warned at green, yet: %+v", quiet)
	}
}

func TestSendersAreLearnedFromWhatBecameOfTheirEvents(t *testing.T) {
	t.Parallel()
	r := newRun()
	for i := range 6 { // the partner and the chat report six floods: four happened
		act := event.End
		if i >= 4 {
			act = event.Cancel
		}
		r.tell(told(1, i, 10*i+1, event.Report, .5))
		r.tell(told(1, i, 10*i+2, act))
	}
	r.tell(told(2, 9, 100, event.Report, .5))
	r.tell(told(2, 9, 101, event.Cancel))
	if got, want := r.core.memory.Record("part"), (Record{Hits: 4, Positives: 4, FalseAlarms: 2, Negatives: 3}); got != want {
		t.Errorf("partner: %+v, want %+v", got, want)
	}
	if got, want := r.core.memory.Record("chat"), (Record{Hits: 0, Positives: 4, FalseAlarms: 1, Negatives: 3}); got != want {
		t.Errorf("chat: %+v, want %+v", got, want)
	}
	// A report that goes on after all is counted back; a person's word stands.
	r.tell(told(1, 0, 200, event.Report, 1, 1, 1))
	if got := r.core.memory.Record("part"); got.Hits != 3 || got.Positives != 3 {
		t.Errorf("taken back: %+v", got)
	}
	out, err := r.core.ByHand(t0.Add(300*time.Minute), r.active(), warning.DoCancel, "ann", "a rumour")
	if err != nil {
		t.Fatal(err)
	}
	says, ok := Judgement(*out[len(out)-1].Warning)
	if !ok {
		t.Fatal("a person's act says nothing of the events")
	}
	r.core.Judge(t0.Add(301*time.Minute), says)
	if got := r.core.memory.Record("part"); got.FalseAlarms != 3 || got.Negatives != 4 {
		t.Errorf("a person's judgement: %+v", got)
	}
	r.tell(told(1, 0, 400, event.End))
	if got := r.core.memory.Record("part"); got.FalseAlarms != 3 || got.Hits != 3 {
		t.Errorf("the source overruled a person: %+v", got)
	}
	if m, changed := r.core.Memory(); !changed || len(m.Resolved) != 7 {
		t.Errorf("memory changed %v, %d resolved", changed, len(m.Resolved))
	}
	if _, changed := r.core.Memory(); changed {
		t.Error("memory is stored twice")
	}
}

func TestSilenceWidensAndEndsNothing(t *testing.T) {
	t.Parallel()
	r, pol := newRun(), warning.DefaultPolicy()
	s := told(0, 1, 1, event.Report, 1, 1, .7)
	s.Expires = t0.Add(40 * 24 * time.Hour)
	s.ID = event.SignalID(s)
	r.tell(s)
	open := r.last[r.activeOf("a")]
	silent := Act{What: "silent", Subject: "seis", Since: t0.Add(time.Hour), Every: 2 * time.Hour}
	half := pol.HalfLife(silent.Every)
	if half != 12*time.Hour {
		t.Fatalf("half-life %s, want six intervals of two hours", half)
	}
	r.apply(input{at: t0.Add(time.Hour), act: &silent})
	r.keep(r.core.Advance(silent.Since.Add(half)))
	w := r.last[open.ID]
	// Base rate 0.2, said 0.9: half the way is 0.55.
	if want := 0.7 * 0.55 / 0.9; math.Abs(w.P[3]-want) > 1e-12 || len(w.Blind) != 1 || w.Rows[0].PEvent != 0.55 {
		t.Errorf("P(I3) = %v after a half-life, want %v; blind %v; the event is real with %v", w.P[3], want, w.Blind, w.Rows[0].PEvent)
	}
	r.keep(r.core.Advance(t0.Add(30 * 24 * time.Hour)))
	if w = r.last[open.ID]; !warning.Active(w) || w.Level < level.Yellow {
		t.Errorf("silence brought the warning to %s, %s", w.Level, w.State)
	}
	heap := len(r.core.due.heap)
	for range 5 { // told again, it changes nothing
		r.apply(input{at: r.core.Now().Add(time.Minute), act: &silent})
	}
	if n := len(r.core.due.heap); n > heap {
		t.Errorf("%d timers after %d", n, heap)
	}
	r.apply(input{at: r.core.Now().Add(time.Minute), act: &Act{What: "seen", Subject: "seis"}})
	if w = r.last[open.ID]; w.P[3] != 0.7 || len(w.Blind) != 0 {
		t.Errorf("heard again: P(I3) = %v, blind %v", w.P[3], w.Blind)
	}
}

func TestAnOldEventDoesNotComeBackWithANewOne(t *testing.T) {
	t.Parallel()
	r, pol := newRun(), warning.DefaultPolicy()
	r.tell(told(0, 1, 1, event.Report, 1, 1, 1, .9))
	first := r.active()
	r.keep(r.core.Advance(t0.Add(20 * pol.TTL(event.Flood))))
	if w := r.last[first]; w.State != warning.Expired {
		t.Fatalf("%s at %s: want expired", w.State, w.Level)
	}
	minute := int(20*pol.TTL(event.Flood)/time.Minute) + 60
	r.tell(told(0, 2, minute, event.Report, .9, .3))
	if w := r.last[r.active()]; w.Level != level.Yellow || len(w.Evidence) != 1 {
		t.Errorf("a weak new event opened %s on %d reports, want yellow on one", w.Level, len(w.Evidence))
	}
}

func TestWhatAPersonClosedComesBackWithNewsOnly(t *testing.T) {
	t.Parallel()
	r := newRun()
	r.tell(told(0, 1, 1, event.Report, 1, 1, .3)) // orange
	first := r.activeOf("a")
	out, err := r.core.ByHand(t0.Add(10*time.Minute), first, warning.DoCancel, "ann", "wrong river")
	if err != nil {
		t.Fatal(err)
	}
	r.keep(out)
	r.tell(told(1, 2, 20, event.Report, .01)) // another event that nobody would be warned of
	if id := r.active(); id != "" && r.last[id].Project == "a" {
		t.Errorf("a harmless event opened %s again", r.last[id].Level)
	}
	r.tell(told(1, 3, 30, event.Report, .9, .3)) // one at yellow: it stands alone
	w := r.last[r.activeOf("a")]
	if w.ID == first || w.Level != level.Yellow || len(w.Rows) != 2 {
		t.Errorf("a new event opened %s with %d rows, want yellow on the two new ones", w.Level, len(w.Rows))
	}
	r.tell(told(0, 1, 40, event.Report, 1, 1, .3)) // something new is heard of the first
	if w = r.last[w.ID]; w.Level != level.Orange {
		t.Errorf("%s after news of the closed event, want orange", w.Level)
	}
}

func TestSuppressionOfAForgottenEventIsLifted(t *testing.T) {
	t.Parallel()
	c := NewCore("o", warning.DefaultPolicy(), &flat{}, nil)
	c.Restore(State{Now: t0, Suppressed: []Suppression{{Event: "gone", Project: "b", Family: event.Flood, Level: level.Orange, Since: t0}}})
	if list := suppressions(c.Advance(t0.Add(time.Hour))); len(list) != 1 || !list[0].Lifted || list[0].Event != "gone" {
		t.Errorf("%+v", list)
	}
	if list := suppressions(c.Advance(t0.Add(2 * time.Hour))); len(list) != 0 {
		t.Errorf("lifted twice: %+v", list)
	}
}
