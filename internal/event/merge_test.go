package event

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/geo"
)

var t0 = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

// report makes a signal of a source with one key; minutes order its revisions.
func report(source, key string, minute int, change ...func(*Signal)) Signal {
	s := Signal{
		Source: source, Key: key, Version: t0.Add(time.Duration(minute) * time.Minute).Format(time.RFC3339),
		Order: int64(minute), Act: Report, Status: Actual, Hazard: Earthquake, Owner: source,
		Texts: []Text{{Language: "en", Headline: source + " " + key}}, Received: t0.Add(time.Duration(minute) * time.Minute),
		Occurred: t0, Grade: Grade{Reliability: "B", Credibility: 2},
	}
	for _, f := range change {
		f(&s)
	}
	s.ID = SignalID(s)
	return s
}

func act(a Act) func(*Signal)            { return func(s *Signal) { s.Act = a } }
func refs(keys ...string) func(*Signal)  { return func(s *Signal) { s.References = keys } }
func alias(keys ...string) func(*Signal) { return func(s *Signal) { s.Aliases = keys } }

func at(lat, lon, km, magnitude float64) func(*Signal) {
	return func(s *Signal) {
		s.Footprints = []Footprint{{Shape: geo.At(lat, lon, km), Role: Centre}}
		s.Measures = Measures{{Name: "magnitude", Value: magnitude}}
	}
}

func observe(m *Merger, signals ...Signal) []Event {
	var last []Event
	for i, s := range signals {
		last = m.Observe(t0.Add(time.Duration(i)*time.Minute), []Signal{s})
	}
	return last
}

func ongoing(m *Merger) (n int) {
	m.Each(func(e Event) {
		if e.State == Ongoing {
			n++
		}
	})
	return n
}

func TestARevisionNeverMakesASecondEvent(t *testing.T) {
	m := NewMerger("org")
	observe(m, report("usgs", "usgs:us1", 1, at(30, 67, 10, 6.4)), report("usgs", "usgs:us1", 5, at(30.1, 67, 8, 6.9)))
	if m.Len() != 1 {
		t.Fatalf("%d events, want 1", m.Len())
	}
	m.Each(func(e Event) {
		if mag, _ := e.Measures.Get("magnitude"); mag != 6.9 || e.Revision != 2 {
			t.Errorf("magnitude %v at revision %d, want 6.9 at 2", mag, e.Revision)
		}
	})
}

func TestAPreferredIDThatChangesStaysOneEvent(t *testing.T) {
	m := NewMerger("org")
	observe(m, report("usgs", "usgs:ak1", 1, at(61, -150, 5, 5)), report("usgs", "usgs:us9", 2, alias("usgs:ak1", "usgs:us9"), at(61, -150, 5, 5.1)))
	if m.Len() != 1 {
		t.Fatalf("%d events, want 1", m.Len())
	}
}

func TestTwoNetworksTellOneEarthquake(t *testing.T) {
	m := NewMerger("org")
	observe(m,
		report("usgs", "usgs:us1", 1, at(30, 67, 10, 6.4)),
		report("emsc", "emsc:1", 2, at(30.2, 67.1, 15, 6.6)),
		report("emsc", "emsc:2", 3, at(35, 67.1, 15, 6.6)))
	if m.Len() != 2 {
		t.Fatalf("%d events, want 2: the third report is 550 km away", m.Len())
	}
}

func TestOneSourceTellsItsOwnOccurrencesApart(t *testing.T) {
	m := NewMerger("org")
	observe(m, report("usgs", "usgs:us1", 1, at(30, 67, 10, 6.4)), report("usgs", "usgs:us2", 2, at(30, 67, 10, 6.3)))
	if m.Len() != 2 {
		t.Fatalf("%d events, want 2: an aftershock is not a revision", m.Len())
	}
}

func TestNearnessCrossesTheAntimeridian(t *testing.T) {
	m := NewMerger("org")
	observe(m, report("usgs", "usgs:us1", 1, at(-17, 179.95, 10, 6)), report("emsc", "emsc:1", 2, at(-17, -179.9, 10, 6)))
	if m.Len() != 1 {
		t.Fatalf("%d events, want 1", m.Len())
	}
}

func TestCAPChain(t *testing.T) {
	flood := func(s *Signal) { s.Hazard = Flood }
	a := report("met", "cap:a", 1, flood)
	u := report("met", "cap:u", 2, flood, act(Update), refs("cap:a"))
	c := report("met", "cap:c", 3, flood, act(Cancel), refs("cap:a", "cap:u"))
	for name, order := range map[string][]Signal{
		"in order": {a, u, c}, "cancel first": {c, a, u}, "update first": {u, a, c}, "cancel in the middle": {a, c, u},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewMerger("org")
			observe(m, order...)
			if m.Len() != 1 || ongoing(m) != 0 {
				t.Fatalf("%d events of which %d go on, want 1 and 0", m.Len(), ongoing(m))
			}
			m.Each(func(e Event) {
				if e.State != Withdrawn {
					t.Errorf("state %s, want withdrawn", e.State)
				}
			})
		})
	}
}

func TestAnUpdateReplacesTheAlertThatComesLate(t *testing.T) {
	m := NewMerger("org")
	observe(m,
		report("met", "cap:u", 2, act(Update), refs("cap:a"), func(s *Signal) { s.Hazard, s.Severity = Flood, "Severe" }),
		report("met", "cap:a", 1, func(s *Signal) { s.Hazard, s.Severity = Flood, "Minor" }))
	m.Each(func(e Event) {
		if e.Severity != "Severe" || len(e.LiveReports()) != 1 {
			t.Errorf("severity %s with %d standing reports, want Severe with 1", e.Severity, len(e.LiveReports()))
		}
	})
}

func TestEndIsNotCancel(t *testing.T) {
	m := NewMerger("org")
	observe(m, report("met", "cap:a", 1), report("met", "cap:e", 2, act(End), refs("cap:a")))
	m.Each(func(e Event) {
		if e.State != Over {
			t.Errorf("state %s, want over", e.State)
		}
	})
}

func TestOrderInsideABatchDoesNotMatter(t *testing.T) {
	batch := []Signal{
		report("usgs", "usgs:us1", 1, at(30, 67, 10, 6.4)), report("usgs", "usgs:us1", 5, at(30.1, 67, 8, 6.9)),
		report("emsc", "emsc:1", 2, at(30.2, 67.1, 15, 6.6)), report("usgs", "usgs:us2", 3, at(10, 10, 5, 5)),
		report("met", "cap:u", 2, act(Update), refs("cap:a")), report("met", "cap:a", 1),
	}
	want := NewMerger("org").Observe(t0, batch)
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		r.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
		got := NewMerger("org").Observe(t0, batch)
		if !slices.EqualFunc(got, want, func(a, b Event) bool { return a.ID == b.ID && slices.Equal(a.Keys, b.Keys) && a.Title == b.Title }) {
			t.Fatalf("another order gave other events:\n%v\n%v", got, want)
		}
	}
}

func TestTestMessagesMakeNoEvent(t *testing.T) {
	m := NewMerger("org")
	observe(m, report("met", "cap:t", 1, func(s *Signal) { s.Status = Test }), report("met", "cap:x", 1, func(s *Signal) { s.Status = Exercise }))
	if m.Len() != 0 {
		t.Fatalf("%d events, want none", m.Len())
	}
}

func TestAPrivateSignalStaysInItsOrganisation(t *testing.T) {
	m := NewMerger("org")
	observe(m, report("push", "push:1", 1, func(s *Signal) { s.Org = "other" }))
	if m.Len() != 0 {
		t.Fatalf("%d events of another organisation", m.Len())
	}
}

func TestDetachedReportsStayApart(t *testing.T) {
	m := NewMerger("org")
	a, b := report("usgs", "usgs:us1", 1, at(30, 67, 10, 6.4)), report("emsc", "emsc:1", 2, at(30.2, 67.1, 15, 6.6))
	first := observe(m, a, b)[0].ID
	revised, err := m.Detach(t0.Add(time.Hour), first, []string{b.ID})
	if err != nil || len(revised) != 2 {
		t.Fatalf("detach: %v, %d events", err, len(revised))
	}
	m.Observe(t0.Add(2*time.Hour), []Signal{report("emsc", "emsc:1", 9, at(30.2, 67.1, 15, 6.8))})
	e, _ := m.Event(revised[1].ID)
	if mag, _ := e.Measures.Get("magnitude"); m.Len() != 2 || mag != 6.8 {
		t.Errorf("%d events, detached one at M %v; want 2 and 6.8: later revisions follow the detached report", m.Len(), mag)
	}
	if _, err := m.Detach(t0, first, []string{a.ID}); err == nil {
		t.Error("the last report could be detached")
	}
}

func TestRestoreGoesOnWhereItStopped(t *testing.T) {
	live, again := NewMerger("org"), NewMerger("org")
	a := report("usgs", "usgs:us1", 1, at(30, 67, 10, 6.4))
	for _, e := range observe(live, a) {
		again.Restore(e, []Signal{a})
	}
	next := report("emsc", "emsc:1", 2, at(30.2, 67.1, 15, 6.6))
	want, got := observe(live, next), observe(again, next)
	if len(got) != 1 || got[0].ID != want[0].ID || got[0].Title != want[0].Title || got[0].Revision != want[0].Revision {
		t.Errorf("after a restart %+v, without %+v", got, want)
	}
	if len(again.Observe(t0, []Signal{a})) != 0 {
		t.Error("a signal that was taken before the restart made another revision")
	}
}

// TestASpotHidesNothingThatIsAlike: what is judged from beside the packed event is certainly
// what likeness would have refused.
func TestASpotHidesNothingThatIsAlike(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	alike, hidden := 0, 0
	for range 200_000 {
		family := []Hazard{Earthquake, Cyclone, Wildfire, Conflict}[r.IntN(4)]
		rule, _ := ruleFor(family)
		at := geo.Point{Lat: 180*r.Float64() - 90, Lon: 360*r.Float64() - 180}
		near := func(km float64) geo.Shape {
			p := geo.Point{Lat: min(90, max(-90, at.Lat+km/111*r.NormFloat64())), Lon: at.Lon + km/111*r.NormFloat64()/max(.01, math.Cos(at.Lat*math.Pi/180))}
			p.Lon = math.Mod(p.Lon+540, 360) - 180
			return geo.Shape{Kind: geo.PointKind, Points: []geo.Point{p}, RadiusKM: float64(r.IntN(3)) * 30 * r.Float64()}
		}
		centre := near(0)
		h := &held{e: Event{ID: "e", Hazard: family, State: Ongoing, Shapes: []Footprint{{Role: Centre, Shape: near(2 * rule.km)}}}}
		s, _, _ := spotOf(h)
		like := likeness(rule, Signal{Hazard: family}, centre, &h.e) >= mergeScore
		if like {
			alike++
		}
		if s.unlike(rule, centre) {
			if hidden++; like {
				t.Fatalf("%v hides %+v from %+v", s, h.e.Shapes, centre)
			}
		}
	}
	if alike < 10_000 || hidden < 10_000 {
		t.Errorf("%d alike and %d hidden: the test sees too little", alike, hidden)
	}
}
