package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/watch"
)

// feed is a source that repeats each message until somebody takes it.
type feed struct {
	w        *world
	chance   *rand.Rand
	accepted []string // ids of signals that were answered with yes
}

// voices are the kinds of sources.
var voices = []event.Signal{
	{Source: "seis", Owner: "seis", Instrument: true, Grade: event.Grade{Reliability: "A", Credibility: 1}},
	{Source: "part", Owner: "part", Grade: event.Grade{Reliability: "B", Credibility: 2}},
	{Source: "chat", Owner: "chat", Grade: event.Grade{Reliability: "C", Credibility: 3}},
}

// signals draws what the sources say.
func signals(r *rand.Rand, most int) []event.Signal {
	var out []event.Signal
	storm := oneIn(r, 6)
	n := 2 + r.IntN(most)
	for i := range n {
		s := voices[pick(r, 0, 0, 0, 1, 2)]
		s.Hazard = pick(r, event.Flood, event.Flood, event.Earthquake)
		key := 1 + r.IntN(3)
		s.Key = fmt.Sprintf("%s:%d%s", s.Source, key, s.Hazard)
		s.Version, s.Order, s.Status = fmt.Sprint(i), int64(i), event.Actual
		s.Act = pick(r, event.Report, event.Report, event.Report, event.Report, event.Report, event.Update, event.Cancel, event.End)
		p := 1.0
		for k := 1; k <= level.Classes; k++ {
			p *= pick(r, 0.3, 0.8, 0.95, 1, 1)
			s.Measures = append(s.Measures, event.Measure{Name: fmt.Sprintf("p%d", k), Value: p})
		}
		s.Texts = []event.Text{{Language: "en", Headline: "x"}}
		s.Places = []event.Place{{Country: "PK"}}
		gap := active - 15*time.Minute
		if storm {
			gap = 10 * time.Minute
		}
		s.Published = epoch.Add(time.Duration(i) * gap / time.Duration(n)).Truncate(time.Second)
		s.ID = event.SignalID(s)
		out = append(out, s)
	}
	return out
}

func newFeed(w *world) *feed {
	f := &feed{w: w, chance: dice(w.opt.Seed, "feed")}
	for _, s := range signals(f.chance, 24) {
		late := between(f.chance, 0, 2*time.Second)
		if oneIn(f.chance, 5) { // reordered
			late = between(f.chance, 0, 12*time.Minute)
		}
		w.at(s.Published.Sub(epoch)+late, func() { f.push(s, 0) })
		if oneIn(f.chance, 3) { // doubled
			w.at(s.Published.Sub(epoch)+between(f.chance, 0, 10*time.Minute), func() { f.push(s, 0) })
		}
	}
	return f
}

// push sends a message to who serves; it is sent again until it is taken.
func (f *feed) push(s event.Signal, try int) {
	again := func() {
		f.w.at(min(time.Duration(try+1)*2*time.Second, 30*time.Second), func() { f.push(s, try+1) })
	}
	if oneIn(f.chance, 10) { // dropped on its way
		again()
		return
	}
	n := f.w.serving(f.chance)
	if n == nil {
		again()
		return
	}
	lost := oneIn(f.chance, 20) // the answer gets lost
	n.do(func() {
		_, err := n.service.Observe(n.ctx, watch.Observation{Signals: []event.Signal{s}})
		f.w.trace("%s takes signal %s of %s: %v", n.id, s.Version, s.Key, err)
		if err == nil && !lost || f.w.opt.Plant == YesTooEarly {
			f.accepted = append(f.accepted, s.ID)
			return
		}
		again()
	}, again)
}

// sites is a matcher without geography: the chances stand in the event itself, for a site of
// one project, and half of them for two sites of another.
type sites struct{}

// Asset implements watch.Matcher.
func (sites) Asset(string) (portfolio.Asset, bool) { return portfolio.Asset{}, false }

// Assess implements watch.Matcher.
func (sites) Assess(e event.Event, _ time.Time) []exposure.Exposure {
	if e.State != event.Ongoing {
		return nil
	}
	var p level.P
	for k := 1; k <= level.Classes; k++ {
		p[k], _ = e.Measures.Get(fmt.Sprintf("p%d", k))
	}
	row := func(project, asset string, share float64) exposure.Exposure {
		x := exposure.Exposure{
			Event: e.ID, Revision: e.Revision, Hazard: e.Hazard, Project: project, Asset: asset, Name: asset, Persons: 10, PEvent: 0.9,
			P: p.Monotone().Scale(share), Method: "flat", How: exposure.Inside,
		}
		x.Level, _ = level.Default().LevelOf(x.P, 0)
		return x
	}
	return []exposure.Exposure{row("a", "site", 1), row("b", "east", 0.5), row("b", "west", 0.5)}
}
