package demo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/demo"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
)

// A replay plays the scenario from its beginning into a merger, polling right after each
// step and taking each push once, one record at a time as the watch does.
type replay struct {
	merger *event.Merger
	posted map[string]bool
	at     time.Duration
}

// world is the merger of a replay that has come to until.
func world(t *testing.T, until time.Duration) *event.Merger {
	t.Helper()
	r := replay{merger: event.NewMerger("demo"), posted: map[string]bool{}, at: -1}
	r.advance(t, until)
	return r.merger
}

func (r *replay) advance(t *testing.T, until time.Duration) {
	t.Helper()
	for _, step := range append(play(0).Describe("en"), demo.Step{At: until}) {
		if step.At <= r.at || step.At > until {
			continue
		}
		r.at = step.At
		r.poll(t)
	}
}

func (r *replay) poll(t *testing.T) {
	t.Helper()
	s, now := play(r.at), start().Add(r.at)
	for _, src := range s.Sources(base) {
		if src.URL != "" {
			_, signals := poll(t, s, src, r.at)
			r.merger.Observe(now, signals)
		}
	}
	pushes, err := s.Pushes(s.Elapsed())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pushes {
		if !r.posted[p.Key] {
			r.posted[p.Key] = true
			r.merger.Observe(now, read(t, source(t, s, p.Source), "push", "", p.Body, now).Signals)
		}
	}
}

// events returns the events of a hazard whose title holds word, absorbed ones left out.
func events(m *event.Merger, h event.Hazard, word string) []event.Event {
	var out []event.Event
	m.Each(func(e event.Event) {
		if e.Hazard == h && e.State != event.Absorbed && strings.Contains(e.Title, word) {
			out = append(out, e)
		}
	})
	return out
}

func only(t *testing.T, m *event.Merger, h event.Hazard, word string) event.Event {
	t.Helper()
	list := events(m, h, word)
	if len(list) != 1 {
		t.Fatalf("%d events of %s with %q, want one", len(list), h, word)
	}
	return list[0]
}

func sourcesOf(e event.Event) string {
	var out []string
	for _, r := range e.LiveReports() {
		out = append(out, r.Source)
	}
	return fmt.Sprint(out)
}

func TestEarthquakeStaysOneEventThroughItsNewID(t *testing.T) {
	t.Parallel()
	first, last := only(t, world(t, 60*time.Second), event.Earthquake, "Quetta"), only(t, world(t, demo.Length), event.Earthquake, "Quetta")
	if first.ID != last.ID {
		t.Errorf("the review made another event: %s, %s", first.ID, last.ID)
	}
	a, _ := first.Measures.Get("magnitude")
	b, _ := last.Measures.Get("magnitude")
	if a != 6.4 || b != 6.9 {
		t.Errorf("magnitudes %v and %v", a, b)
	}
	if want := []string{"usgs:at00sim264", "usgs:us7000sim2"}; fmt.Sprint(last.Keys) != fmt.Sprint(want) {
		t.Errorf("keys %v", last.Keys)
	}
}

func TestCycloneIsOneEventOfThreeFeeds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, until := range []time.Duration{10 * time.Second, 80 * time.Second, 150 * time.Second, demo.Length} {
		e := only(t, world(t, until), event.Cyclone, "SIMULA-26")
		seen[e.ID] = true
		forecast := 0
		for _, p := range e.Track {
			if p.Forecast && p.WindKT > 0 && p.Radii[0][0] > 0 {
				forecast++
			}
		}
		if forecast < 4 {
			t.Errorf("after %s: %d forecast fixes with wind and radii", until, forecast)
		}
		if got := sourcesOf(e); !strings.Contains(got, demo.SourceDeck) || !strings.Contains(got, "demo-gdacs") {
			t.Errorf("after %s: reports of %s", until, got)
		}
		zones := 0
		for _, f := range e.Shapes {
			if f.Role == event.Forecast && len(f.Shape.Polygons) > 0 {
				zones++
			}
		}
		if zones == 0 {
			t.Errorf("after %s: the event map's zones are not among the footprints", until)
		}
	}
	if len(seen) != 1 {
		t.Errorf("%d events over four advisories", len(seen))
	}
	if got := events(world(t, demo.Length), event.Cyclone, "Exempla"); len(got) != 1 {
		t.Errorf("%d events for the storm of the Pacific", len(got))
	}
}

func TestFloodIsUpdatedThenCancelled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		until    time.Duration
		state    event.State
		severity string
		live     int
	}{
		{45 * time.Second, event.Ongoing, "Severe", 1},
		{115 * time.Second, event.Ongoing, "Extreme", 1},
		{demo.Length, event.Withdrawn, "Extreme", 0},
	} {
		var found []event.Event
		world(t, c.until).Each(func(e event.Event) {
			if e.Hazard == event.Flood && e.State != event.Absorbed {
				found = append(found, e)
			}
		})
		if len(found) != 1 {
			t.Fatalf("after %s: %d floods", c.until, len(found))
		}
		if e := found[0]; e.State != c.state || e.Severity != c.severity || len(e.LiveReports()) != c.live {
			t.Errorf("after %s: %s, %s, %d live", c.until, e.State, e.Severity, len(e.LiveReports()))
		}
	}
}

func TestIncidentIsToldVaguelyThenWithItsPlace(t *testing.T) {
	t.Parallel()
	m := world(t, 60*time.Second)
	e := only(t, m, event.Conflict, "gunfight")
	if _, placed := e.Centre(); placed || len(e.Places) != 1 || e.Places[0].Country != "ET" || !e.Reports[0].News {
		t.Errorf("the news is not vague: %+v", e.Places)
	}
	m = world(t, demo.Length)
	e = only(t, m, event.Conflict, "Mega")
	if got := sourcesOf(e); got != "[demo-partner-road demo-partner-ngo]" {
		t.Errorf("reports of %s", got)
	}
	owners := map[string]bool{}
	for _, r := range e.LiveReports() {
		owners[r.Owner] = true
		if r.Grade.Reliability != "C" {
			t.Errorf("grade %+v", r.Grade)
		}
	}
	if len(owners) != 2 {
		t.Errorf("the partners are not independent: %v", owners)
	}
}

func TestOneSourceGoesBlindAndNoOther(t *testing.T) {
	t.Parallel()
	for _, elapsed := range []time.Duration{30 * time.Second, 115 * time.Second, 125 * time.Second, demo.Length} {
		s := play(elapsed)
		for _, src := range s.Sources(base) {
			if src.URL == "" {
				continue
			}
			res, _ := poll(t, s, src, elapsed)
			content := res.Content
			if content.IsZero() { // then the poller goes by the change of the bytes
				continue
			}
			blind := start().Add(elapsed).Sub(content) > src.AgeLimit
			if want := src.ID == demo.SourceStale && elapsed > 120*time.Second; blind != want {
				t.Errorf("%s after %s: content of %s, limit %s", src.ID, elapsed, content, src.AgeLimit)
			}
		}
	}
}

func TestSourcesAreComplete(t *testing.T) {
	t.Parallel()
	kinds, ids := parsers(), map[string]bool{}
	for _, src := range play(0).Sources(base) {
		if ids[src.ID] {
			t.Errorf("%s twice", src.ID)
		}
		ids[src.ID] = true
		if kinds[src.Kind] == nil || src.AgeLimit <= 0 || src.Licence == "" || src.Attribution == "" || len(src.Hazards) == 0 ||
			!strings.Contains(src.Name, "simulated") || src.Org != "" || !src.On() {
			t.Errorf("%s: %+v", src.ID, src)
		}
		if polled := src.Kind != "push"; polled && (src.URL == "" || src.AtLeast < 3*time.Second || src.Every < 5*time.Second || src.Every > 8*time.Second) {
			t.Errorf("%s: %s, every %s, at least %s", src.ID, src.URL, src.Every, src.AtLeast)
		}
	}
}

func TestPushesGrowAndStayTheSame(t *testing.T) {
	t.Parallel()
	for elapsed, want := range map[time.Duration]int{0: 0, 130 * time.Second: 1, 160 * time.Second: 2, time.Hour: 2} {
		s := play(elapsed)
		got, err := s.Pushes(elapsed)
		if err != nil || len(got) != want {
			t.Fatalf("after %s: %d pushes, want %d (%v)", elapsed, len(got), want, err)
		}
		later, err := play(2 * time.Hour).Pushes(2 * time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range got {
			if string(p.Body) != string(later[i].Body) || p.Key != later[i].Key || p.Source == "" {
				t.Errorf("push %d changed", i)
			}
			res := read(t, feed.Source{ID: p.Source}, "push", "", p.Body, start().Add(elapsed))
			if len(res.Signals) != 1 {
				t.Errorf("push %d: %d signals", i, len(res.Signals))
			}
		}
	}
}
