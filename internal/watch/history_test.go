package watch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// Random histories: whatever comes, in whatever order, the promises of the life cycle hold.

var t0 = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

// mute suppresses project b.
type mute struct{}

func (mute) Rate(_ event.Event, x exposure.Exposure, _ portfolio.Asset) (warning.Effect, bool, []string) {
	if x.Project != "b" {
		return warning.Effect{}, false, nil
	}
	return warning.Effect{Rules: []string{"mute"}, Suppress: []string{"mute"}}, true, nil
}

// voices are the kinds of sources in a history.
var voices = []event.Signal{
	{Source: "seis", Owner: "seis", Instrument: true, Grade: event.Grade{Reliability: "A", Credibility: 1}},
	{Source: "part", Owner: "part", Grade: event.Grade{Reliability: "B", Credibility: 2}},
	{Source: "chat", Owner: "chat", Grade: event.Grade{Reliability: "C", Credibility: 3}},
	{Source: "wire", Owner: "wire", News: true, Grade: event.Grade{Reliability: "B", Credibility: 3}},
}

// input is one step of a history, as a replay would find it.
type input struct {
	at      time.Time
	signals []event.Signal
	act     *Act
	rules   *bool // project b muted or not
	sites   *sites
}

func drawSignal(t *rapid.T, n int, at time.Time) event.Signal {
	s := voices[rapid.IntRange(0, len(voices)-1).Draw(t, "voice")]
	s.Key = fmt.Sprintf("%s:%d", s.Source, rapid.IntRange(1, 3).Draw(t, "key"))
	s.Version, s.Order, s.Received, s.Status = fmt.Sprint(n), int64(n), at, event.Actual
	s.Hazard = []event.Hazard{event.Flood, event.Flood, event.Conflict}[rapid.IntRange(0, 2).Draw(t, "hazard")]
	s.Key += string(s.Hazard) // one report is of one hazard
	s.Act = []event.Act{event.Report, event.Report, event.Report, event.Report, event.Update, event.Cancel, event.End}[rapid.IntRange(0, 6).Draw(t, "act")]
	p := 1.0
	for k := 1; k <= level.Classes; k++ {
		p *= rapid.SampledFrom([]float64{0, 0.1, 0.5, 0.8, 0.95, 1}).Draw(t, "p")
		s.Measures = append(s.Measures, event.Measure{Name: fmt.Sprintf("p%d", k), Value: p})
	}
	if rapid.IntRange(0, 4).Draw(t, "ahead") == 0 {
		s.Onset = at.Add(time.Duration(rapid.IntRange(1, 900).Draw(t, "hours")) * time.Hour)
	}
	if rapid.IntRange(0, 4).Draw(t, "valid") == 0 {
		s.Expires = at.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "valid hours")) * time.Hour)
	}
	s.Texts = []event.Text{{Language: "en", Headline: "x"}}
	s.ID = event.SignalID(s)
	return s
}

// history draws inputs with instants of their own.
func history(t *rapid.T) []input {
	var out []input
	now, n := t0, 0
	here := &sites{}
	for range rapid.IntRange(1, 25).Draw(t, "steps") {
		now = now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "minutes")) * time.Minute)
		in := input{at: now}
		switch rapid.IntRange(0, 14).Draw(t, "kind") {
		case 12, 13, 14:
			here = here.edited(t)
			in.sites = here
		case 0:
			in.act = &Act{What: "silent", Subject: "seis", Since: now.Add(-time.Hour), Every: time.Hour}
		case 1:
			in.act = &Act{What: "seen", Subject: "seis"}
		case 2:
			on := rapid.Bool().Draw(t, "muted")
			in.rules = &on
		case 3:
			in.act = &Act{What: string(rapid.SampledFrom([]warning.Act{warning.DoEnd, warning.DoCancel, warning.DoSign, warning.DoHelp}).Draw(t, "by hand")), Actor: "ann", Reason: "r"}
		default:
			for range rapid.IntRange(1, 4).Draw(t, "batch") {
				n++
				in.signals = append(in.signals, drawSignal(t, n, now))
			}
		}
		out = append(out, in)
	}
	return out
}

// run lives a history and calls see for each decision. A person's act goes to the first
// active warning; where there is none, nothing happens.
type run struct {
	core *Core
	log  []Decision
	last map[string]warning.Warning // newest of each id

	settled bool // its matchers depend on nothing that is learned
	open    int  // see Core.Keep
}

func newRun() *run {
	return &run{core: NewCore("o", warning.DefaultPolicy(), &flat{}, nil), last: map[string]warning.Warning{}}
}

// opens sets how many events stay open.
func (r *run) opens(n int) {
	r.open = n
	r.core.Keep(n)
}

func (r *run) apply(in input) []Decision {
	defer func() { r.core.Rest() }()
	var out []Decision
	switch {
	case in.sites != nil:
		out = r.core.SetPortfolio(in.at, &flat{sites: in.sites, settled: r.settled})
	case in.rules != nil && *in.rules:
		out = r.core.SetRules(in.at, mute{})
	case in.rules != nil:
		out = r.core.SetRules(in.at, nil)
	case in.act != nil && (in.act.What == "silent" || in.act.What == "seen"):
		out = r.core.Silence(in.at, *in.act)
	case in.act != nil:
		out = r.core.Advance(in.at)
		r.keep(out)
		if id := r.active(); id != "" {
			more, err := r.core.ByHand(in.at, id, warning.Act(in.act.What), in.act.Actor, in.act.Reason)
			if err == nil {
				if says, ok := Judgement(*more[len(more)-1].Warning); ok {
					more = append(more, r.core.Judge(in.at.Add(time.Microsecond), says)...)
				}
				r.keep(more)
				out = append(out, more...)
			}
		}
		return out
	default:
		out = r.core.Observe(in.at, in.signals)
	}
	r.keep(out)
	return out
}

func (r *run) keep(out []Decision) {
	r.log = append(r.log, out...)
	for _, d := range out {
		if d.Warning != nil {
			r.last[d.Warning.ID] = *d.Warning
		}
	}
}

func (r *run) active() string { return r.activeOf("") }

// activeOf is the first active warning of a project, "" = of any.
func (r *run) activeOf(project string) string {
	var ids []string
	for id, w := range r.last {
		if warning.Active(w) && (project == "" || w.Project == project) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func (r *run) bytes(t *rapid.T) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, d := range r.log {
		if err := enc.Encode(d); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestPromisesOfTheLifeCycle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, pol := newRun(), warning.DefaultPolicy()
		before := map[string]warning.Warning{}
		falls := map[string]int{}
		watchLast := func(out []Decision) {
			for _, d := range out {
				if d.Warning == nil {
					continue
				}
				was, known := before[d.Warning.ID]
				if known {
					checkStep(t, was, *d.Warning, pol)
				} else if d.Warning.Reason != warning.Opened || !d.Warning.FreshUntil.After(d.Warning.At) || len(d.Warning.Evidence) == 0 {
					t.Fatalf("opened without fresh evidence: %s, fresh until %s at %s", d.Warning.Reason, d.Warning.FreshUntil, d.Warning.At)
				}
				if known && d.Warning.Level < was.Level {
					falls[d.Warning.ID]++
				}
				before[d.Warning.ID] = *d.Warning
			}
		}
		var said time.Time // end of the longest validity that anything said
		for _, in := range history(t) {
			watchLast(r.apply(in))
			for _, s := range in.signals {
				for _, until := range []time.Time{s.Expires, s.Received.Add(pol.TTL(s.Hazard.Family()))} {
					if until.After(said) {
						said = until
					}
				}
			}
			for _, w := range r.last {
				if !warning.Active(w) {
					continue
				}
				if !w.Expires.After(r.core.Now()) {
					t.Fatalf("%s stands at %s beyond its time to live %s", w.Level, r.core.Now(), w.Expires)
				}
				if w.Level == level.Red && w.Expires.After(said.Add(pol.Dwell(w.Family))) {
					t.Fatalf("red until %s, but nothing is fresh beyond %s", w.Expires, said)
				}
			}
		}
		// Left alone, everything comes to an end and says so, one level at a time.
		watchLast(r.core.Advance(said.Add(200 * 24 * time.Hour)))
		r.keep(nil)
		for _, w := range before {
			if warning.Active(w) {
				t.Fatalf("%s is active at %s long after its last evidence", w.ID, w.Level)
			}
			// Flips: a fall needs a dwell or a time to live, so their number is bounded by the span.
			shortest := min(pol.Dwell(w.Family), pol.TTL(w.Family))
			if most := int(w.At.Sub(w.OpenedAt)/shortest)*3 + 3; falls[w.ID] > most {
				t.Fatalf("%d falls in %s, at most %d", falls[w.ID], w.At.Sub(w.OpenedAt), most)
			}
		}
	})
}

// checkStep compares two revisions of one warning.
func checkStep(t *rapid.T, was, is warning.Warning, pol warning.Policy) {
	switch {
	case is.Revision != was.Revision+1:
		t.Fatalf("revision %d after %d", is.Revision, was.Revision)
	case is.At.Before(was.At):
		t.Fatalf("revision of %s after %s", is.At, was.At)
	case !warning.Active(was):
		t.Fatal("a closed warning went on")
	case is.Level > was.Level && is.Reason != warning.Raised && is.Reason != warning.Confirmed:
		t.Fatalf("rose from %s to %s by %s", was.Level, is.Level, is.Reason)
	case is.Level > was.Level && is.Reason == warning.Raised && !is.FreshUntil.After(is.At):
		t.Fatalf("rose to %s on evidence that ended %s", is.Level, is.FreshUntil)
	case is.Level+1 < was.Level:
		t.Fatalf("fell from %s to %s at once", was.Level, is.Level)
	case is.Level < was.Level && is.Reason != warning.Lowered && is.Reason != warning.Stale:
		t.Fatalf("fell by %s", is.Reason)
	case is.Reason == warning.Lowered && (was.LowSince.IsZero() || is.At.Sub(was.LowSince) < pol.Dwell(is.Family)):
		t.Fatalf("fell %s after the dwell began", is.At.Sub(was.LowSince))
	case is.Reason == warning.Stale && (is.At.Before(was.Expires) || was.FreshUntil.After(is.At)):
		t.Fatalf("called stale at %s, carried until %s, fresh until %s", is.At, was.Expires, was.FreshUntil)
	case warning.Active(is) && is.Level == level.Green:
		t.Fatal("active at green")
	case !warning.Active(is) && !is.AllClear:
		t.Fatal("closed without an all-clear")
	}
}

func TestOrderInsideABatchDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := history(t)
		a, b := newRun(), newRun()
		for _, in := range steps {
			a.apply(in)
			in.signals = slices.Clone(in.signals)
			slices.Reverse(in.signals)
			if n := len(in.signals); n > 1 {
				k := rapid.IntRange(0, n-1).Draw(t, "turn")
				in.signals = append(in.signals[k:], in.signals[:k]...)
			}
			b.apply(in)
		}
		if !bytes.Equal(a.bytes(t), b.bytes(t)) {
			t.Fatal("another order inside a batch decides otherwise")
		}
	})
}

func TestDuplicatesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := history(t)
		a, b := newRun(), newRun()
		var seen []event.Signal
		for _, in := range steps {
			a.apply(in)
			b.apply(in)
			if seen = append(seen, in.signals...); len(seen) == 0 {
				continue
			}
			again := seen[rapid.IntRange(0, len(seen)-1).Draw(t, "again")]
			if out := b.core.Observe(in.at, []event.Signal{again, again}); len(out) > 0 {
				t.Fatalf("a message told again made %d decisions", len(out))
			}
		}
		if !bytes.Equal(a.bytes(t), b.bytes(t)) {
			t.Fatal("duplicates changed the decisions")
		}
	})
}

func TestReplayAndRestartDecideAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := history(t)
		live, again, restarted := newRun(), newRun(), newRun()
		again.opens(rapid.IntRange(0, 3).Draw(t, "open")) // most is packed, and opened when it is needed
		restarted.opens(rapid.IntRange(0, 1).Draw(t, "open after the restart"))
		cut := rapid.IntRange(0, len(steps)).Draw(t, "cut")
		signals := map[string]event.Signal{}
		muted, here := false, (*sites)(nil)
		for i, in := range steps {
			live.apply(in)
			again.apply(in)
			if i == cut {
				restarted.restart(t, signals, muted, here)
			}
			restarted.apply(in)
			for _, s := range in.signals {
				signals[s.ID] = s
			}
			if in.rules != nil {
				muted = *in.rules
			}
			if in.sites != nil {
				here = in.sites
			}
		}
		if !bytes.Equal(live.bytes(t), again.bytes(t)) {
			t.Fatal("the same history twice decides otherwise")
		}
		if a, b := live.bytes(t), restarted.bytes(t); !bytes.Equal(a, b) {
			for i := range min(len(live.log), len(restarted.log)) {
				x, _ := json.Marshal(live.log[i])
				y, _ := json.Marshal(restarted.log[i])
				if !bytes.Equal(x, y) {
					k := 0
					for k < len(x) && k < len(y) && x[k] == y[k] {
						k++
					}
					t.Fatalf("after a restart at step %d decision %d differs from byte %d\nlive      …%s\nrestarted …%s", cut, i, k, x[max(0, k-200):], y[max(0, k-200):])
				}
			}
			t.Fatalf("%d decisions live, %d after a restart", len(live.log), len(restarted.log))
		}
	})
}

// restart builds the core again from what a store holds.
func (r *run) restart(t interface{ Fatal(args ...any) }, signals map[string]event.Signal, muted bool, here *sites) {
	st := State{Now: r.core.Now(), Signals: signals, Matched: r.core.Matched(), Assessed: map[string]time.Time{}}
	for _, d := range r.log {
		if d.Event != nil {
			st.Assessed[d.Event.ID] = d.At
		}
	}
	r.core.merger.Each(func(e event.Event) { st.Events = append(st.Events, e) })
	slices.SortStableFunc(st.Events, func(a, b event.Event) int { return a.Updated.Compare(b.Updated) })
	for g := range r.core.wards {
		if w := r.core.lastOf(g); w != nil {
			st.Warnings = append(st.Warnings, *w)
		}
	}
	for _, byGroup := range r.core.hushed {
		for _, s := range byGroup {
			st.Suppressed = append(st.Suppressed, s)
		}
	}
	st.Memory = r.core.memory
	raw, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var loaded State
	if err := json.Unmarshal(raw, &loaded); err != nil {
		t.Fatal(err)
	}
	var rater Rater
	if muted {
		rater = mute{}
	}
	r.core = NewCore("o", warning.DefaultPolicy(), &flat{sites: here}, rater)
	r.core.Keep(r.open)
	r.core.Restore(loaded)
}

// TestHigherChancesThroughAHistory: the same history with higher chances is never at a lower
// level, whatever hysteresis and time to live did before.
func TestHigherChancesThroughAHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low, high := newRun(), newRun()
		for _, in := range history(t) {
			if len(in.signals) == 0 {
				continue
			}
			up := in
			up.signals = slices.Clone(in.signals)
			for i := range up.signals {
				s := &up.signals[i]
				s.Measures = slices.Clone(s.Measures)
				x := rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "more")
				for k := range s.Measures {
					s.Measures[k].Value += (1 - s.Measures[k].Value) * x
				}
			}
			low.apply(in)
			high.apply(up)
			for _, project := range []string{"a", "b"} {
				a, b := low.stands(project), high.stands(project)
				for family, l := range a {
					if b[family] < l && !high.ranOut(project, family, low.waitsFrom(project, family)) {
						t.Fatalf("%s %s stands at %s, with higher chances at %s\nlow:\n%shigh:\n%s", project, family, l, b[family], low.story(project), high.story(project))
					}
				}
			}
		}
	})
}

// waitsFrom is since when no evidence carries the level that a project's warning of a family has,
// so that it stands for the dwell alone; zero = evidence carries it.
func (r *run) waitsFrom(project string, family event.Hazard) (from time.Time) {
	for _, w := range r.last {
		switch {
		case w.Project != project || w.Family != family || !warning.Active(w):
		case max(w.Cell, w.Floor) >= w.Level:
			return time.Time{}
		case from.IsZero() || w.LowSince.Before(from):
			from = w.LowSince
		}
	}
	return from
}

// ranOut tells whether a warning of a project fell since then with the time to live of what carried
// it; since zero = no. A source that says for how long it speaks is taken at its word, at once; a source that says less
// than before is believed after the dwell. So who carries a level by a word that holds an hour
// may fall before who carries it no more.
func (r *run) ranOut(project string, family event.Hazard, since time.Time) bool {
	return !since.IsZero() && slices.ContainsFunc(r.log, func(d Decision) bool {
		w := d.Warning
		return w != nil && !w.At.Before(since) && w.Project == project && w.Family == family && (w.Reason == warning.RanOut || w.Reason == warning.Stale)
	})
}

// stands are the levels of a project's active warnings by family.
func (r *run) stands(project string) map[event.Hazard]level.Level {
	out := map[event.Hazard]level.Level{}
	for _, w := range r.last {
		if w.Project == project && warning.Active(w) {
			out[w.Family] = max(out[w.Family], w.Level)
		}
	}
	return out
}

// story tells a project's warnings, one revision a line, for a failure's message.
func (r *run) story(project string) string {
	var b bytes.Buffer
	for _, d := range r.log {
		if w := d.Warning; w != nil && w.Project == project {
			fmt.Fprintf(&b, "%s %s %s %s cell %s floor %s p %.2f until %s low since %s\n", w.At.Format("02 15:04"), w.Family, w.Level, w.Reason, w.Cell, w.Floor, w.P[1:], w.Expires.Format("02 15:04"), w.LowSince.Format("02 15:04"))
		}
	}
	return b.String()
}
