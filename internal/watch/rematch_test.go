package watch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// counted is an index that counts what it is asked, and can keep to itself what changed.
type counted struct {
	*exposure.Index
	asked []string // ids of events
	mute  bool
}

func (c *counted) Assess(e event.Event, now time.Time) []exposure.Exposure {
	c.asked = append(c.asked, e.ID)
	return c.Index.Assess(e, now)
}

func (c *counted) Since(old any) (func(event.Event, time.Time, *exposure.Bound) bool, bool) {
	was, ok := old.(*counted)
	if !ok || c.mute {
		return nil, false
	}
	return c.Index.Since(was.Index)
}

// world is a portfolio of n sites and a core with an earthquake near every second site.
func world(tb testing.TB, sites, quakes int) (*Core, portfolio.Portfolio, *counted) {
	tb.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	p := portfolio.Portfolio{Org: "o"}
	for i := range 1 + sites/20 {
		p.Projects = append(p.Projects, portfolio.Project{ID: fmt.Sprintf("p-%03d", i), Name: "P", Zone: "UTC"})
	}
	for i := range sites {
		p.Assets = append(p.Assets, portfolio.Asset{
			ID: fmt.Sprintf("a-%05d", i), Project: p.Projects[i/20].ID, Kind: portfolio.Site, Name: fmt.Sprint("Site ", i),
			Shape: geo.At(120*rng.Float64()-60, 360*rng.Float64()-180, 0), Shifts: []portfolio.Shift{{Count: 10}},
		})
	}
	m := &counted{Index: exposure.NewIndex(p)}
	c := NewCore("o", warning.DefaultPolicy(), m, nil)
	for i := range quakes {
		at := p.Assets[2*i%sites].Shape.Points[0]
		c.Observe(t0.Add(time.Duration(i)*time.Minute), []event.Signal{{
			ID: fmt.Sprint(i), Source: "seis", Owner: "seis", Key: fmt.Sprint(i), Order: int64(i), Act: event.Report, Status: event.Actual,
			Hazard: event.Earthquake, Instrument: true, Grade: event.Grade{Reliability: "A", Credibility: 1},
			Occurred: t0.Add(time.Duration(i) * time.Minute), Received: t0.Add(time.Duration(i) * time.Minute),
			Measures:   event.Measures{{Name: "magnitude", Value: 5.5}, {Name: "depth", Value: 10, Unit: "km"}},
			Footprints: []event.Footprint{{Role: event.Centre, Shape: geo.At(at.Lat+0.05, at.Lon, 5)}},
		}})
	}
	if n := len(c.events); n < quakes*9/10 {
		tb.Fatalf("%d events of %d", n, quakes)
	}
	return c, p, m
}

// moved is the portfolio with one asset elsewhere.
func moved(p portfolio.Portfolio, i int, to geo.Shape) portfolio.Portfolio {
	p.Assets = slices.Clone(p.Assets)
	p.Assets[i].Shape = to
	return p
}

func TestOnlyTouchedEventsAreAssessedAnew(t *testing.T) {
	t.Parallel()
	c, p, m := world(t, 400, 150)
	home, there := p.Assets[0].Shape, p.Assets[100].Shape
	before := map[string][]exposure.Exposure{}
	at := c.Now().Add(time.Hour)
	for eventID, h := range c.events {
		before[eventID] = m.Index.Assess(c.eventOf(h).Event, h.at)
	}
	// From one earthquake to another: those near either place are asked about, in their order.
	p = moved(p, 0, there)
	x, _ := m.With(p)
	next := &counted{Index: x}
	out := c.SetPortfolio(at, next)
	if n := len(next.asked); n < 2 || n > 12 || !slices.IsSorted(next.asked) {
		t.Fatalf("%d of %d events were assessed for one asset: %v", n, len(c.events), next.asked)
	}
	came, went := false, false
	for _, d := range out {
		if d.Event == nil {
			continue
		}
		has := func(x exposure.Exposure) bool { return x.Asset == p.Assets[0].ID }
		was, is := slices.ContainsFunc(before[d.Event.ID], has), slices.ContainsFunc(d.Exposures, has)
		came, went = came || is && !was, went || was && !is
		if !slices.Contains(next.asked, d.Event.ID) || !d.At.Equal(at) {
			t.Errorf("a decision about %s at %s", d.Event.ID, d.At)
		}
	}
	if !came || !went {
		t.Errorf("rows came %v, went %v; want both", came, went)
	}
	for eventID, h := range c.events {
		if slices.Contains(next.asked, eventID) == h.at.Before(at) {
			t.Errorf("%s: rows of %s", eventID, h.at)
		}
	}
	// Contacts alone touch nothing; a new project everything; so do rules.
	again, _ := x.With(p)
	same := &counted{Index: again}
	if out := c.SetPortfolio(at.Add(time.Minute), same); len(out)+len(same.asked) != 0 {
		t.Errorf("nothing changed: %d decisions, %d assessed", len(out), len(same.asked))
	}
	p = moved(p, 0, home)
	p.Projects = append(slices.Clone(p.Projects), portfolio.Project{ID: "q", Zone: "UTC"})
	y, _ := x.With(p)
	all := &counted{Index: y}
	c.SetPortfolio(at.Add(2*time.Minute), all)
	if len(all.asked) != len(c.events) || !c.Matched().Equal(at.Add(2*time.Minute)) {
		t.Errorf("a new project: %d of %d assessed, all at %s", len(all.asked), len(c.events), c.Matched())
	}
	all.asked = nil
	c.SetRules(at.Add(3*time.Minute), nil)
	if len(all.asked) != len(c.events) {
		t.Errorf("rules: %d of %d assessed", len(all.asked), len(c.events))
	}
}

// TestAnEventWithoutRowsSaysSo: the asset has moved away, and the stored rows must go.
func TestAnEventWithoutRowsSaysSo(t *testing.T) {
	t.Parallel()
	away := map[string]event.Hazard{"site": event.Heat, "east": event.Heat, "west": event.Heat}
	for _, whole := range []bool{false, true} {
		r := newRun()
		r.apply(input{at: t0, sites: &sites{}})
		r.tell(told(0, 1, 1, event.Report, 1, 1))
		gone := &sites{Away: away}
		if whole {
			gone.Version = 1
		}
		out := r.apply(input{at: t0.Add(time.Hour), sites: gone})
		if len(out) == 0 || out[0].Event == nil || len(out[0].Exposures) != 0 {
			t.Errorf("whole %v: %+v; want a decision without exposures", whole, out)
		}
		more := r.apply(input{at: t0.Add(2 * time.Hour), sites: &sites{Version: 2, Away: away}})
		if slices.ContainsFunc(more, func(d Decision) bool { return d.Event != nil }) {
			t.Errorf("whole %v: it says again that there is nothing", whole)
		}
	}
}

// TestRowsAreOfTheInstantOfTheirReckoning: chances that fall with time make the instant
// visible, live and after a restart. A chance of 0.5 is below 0.45 a few days later.
func TestRowsAreOfTheInstantOfTheirReckoning(t *testing.T) {
	t.Parallel()
	const days = 24 * time.Hour
	east := func(least float64) map[string]float64 { return map[string]float64{"site": 2, "east": least, "west": 2} }
	for name, c := range map[string]struct {
		then, now *sites
		rows      int // live, after the change
	}{
		"had a row then, which now is too weak":       {&sites{Least: east(0.1)}, &sites{Least: east(0.45)}, 0},
		"would have had one then, but has none now":   {&sites{Least: east(2)}, &sites{Least: east(0.45)}, 0},
		"the same with all events":                    {&sites{Least: east(2)}, &sites{Least: east(0.45), Version: 1}, 0},
		"has one":                                     {&sites{Least: east(2)}, &sites{Least: east(0.3)}, 1},
		"another asset moved: the row is as of then":  {&sites{Least: map[string]float64{"site": 2, "east": 0.45, "west": 2}}, &sites{Least: map[string]float64{"site": 3, "east": 0.45, "west": 2}}, 1},
		"the same with all events: the row is of now": {&sites{Least: map[string]float64{"site": 2, "east": 0.45, "west": 2}}, &sites{Least: map[string]float64{"site": 3, "east": 0.45, "west": 2}, Version: 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun()
			r.apply(input{at: t0, sites: c.then})
			s := told(0, 1, 1, event.Report, 1, 1)
			s.Expires = t0.Add(40 * days)
			s.ID = event.SignalID(s)
			r.tell(s)
			r.apply(input{at: t0.Add(6 * days), sites: c.now})
			was, live := r.core, slices.Clone(r.core.threatsOf(group{"b", event.Flood}))
			r.restart(t, map[string]event.Signal{s.ID: s}, false, c.now)
			restarted := r.core.threatsOf(group{"b", event.Flood})
			for eventID := range r.core.events {
				a, b := was.rowsIn(live, eventID), r.core.rowsIn(restarted, eventID)
				if len(a) != c.rows || len(b) != c.rows || len(a) > 0 && a[0].P != b[0].P {
					t.Errorf("%d rows live, %d after a restart, want %d\n%+v\n%+v", len(a), len(b), c.rows, a, b)
				}
			}
		})
	}
}

func (c *Core) threatsOf(g group) []threat {
	if w := c.wards[g]; w != nil {
		return w.threats
	}
	return nil
}

func (c *Core) rowsIn(list []threat, eventID string) []exposure.Exposure {
	if i, ok := find(list, eventID); ok {
		return c.rowsOf(&list[i]).Rows
	}
	return nil
}

// TestARowThatOnlyTimeBrings: an asset may have a row now that it would not have had when
// the event was reckoned.
func TestARowThatOnlyTimeBrings(t *testing.T) {
	t.Parallel()
	c := NewCore("o", warning.DefaultPolicy(), &later{}, nil)
	c.Observe(t0, []event.Signal{told(0, 1, 0, event.Report, 1, 1)})
	out := c.SetPortfolio(t0.Add(time.Hour), &later{from: t0.Add(time.Minute)})
	if len(out) == 0 || len(out[0].Exposures) == 0 {
		t.Errorf("%d decisions, want one with the row of now", len(out))
	}
}

// later is a matcher whose rows begin at an instant; zero = never.
type later struct {
	flat
	from time.Time
}

func (l *later) Assess(e event.Event, now time.Time) []exposure.Exposure {
	if l.from.IsZero() || now.Before(l.from) {
		return nil
	}
	return l.flat.Assess(e, now)
}

func (l *later) Since(any) (func(event.Event, time.Time, *exposure.Bound) bool, bool) {
	return func(e event.Event, at time.Time, _ *exposure.Bound) bool { return len(l.Assess(e, at)) > 0 }, true
}

// BenchmarkRematch moves one asset of 10,000 to and fro while 5,000 events go on: with an
// index that says what changed, once the events' bounds are known, against one that does not.
func BenchmarkRematch(b *testing.B) {
	touched, first := mover(b, false)
	all, _ := mover(b, true)
	var ratios, fast, slow []float64
	asked := 0
	for b.Loop() {
		d, n := touched()
		e, _ := all()
		asked = n
		ratios, fast, slow = append(ratios, float64(e)/float64(d)), append(fast, d.Seconds()*1000), append(slow, e.Seconds()*1000)
	}
	for _, list := range [][]float64{ratios, fast, slow} {
		slices.Sort(list)
	}
	b.ReportMetric(ratios[len(ratios)/2], "rematch_ratio:x")
	b.ReportMetric(fast[len(fast)/2], "rematch_ms:ms")
	b.ReportMetric(first.Seconds()*1000, "rematch_first_ms:ms")
	b.ReportMetric(slow[len(slow)/2], "rematch_all_ms:ms")
	b.ReportMetric(float64(asked), "rematch_events:events")
}

// mover returns what moves the asset and tells how long the core took and how many events it
// assessed, and how long the first time took.
func mover(b *testing.B, mute bool) (move func() (time.Duration, int), first time.Duration) {
	c, p, m := world(b, 10_000, 5_000)
	places := []portfolio.Portfolio{p, moved(p, 0, p.Assets[2000].Shape)}
	now, x, n := c.Now(), m.Index, 0
	move = func() (time.Duration, int) {
		n++
		x, _ = x.With(places[n%2])
		next := &counted{Index: x, mute: mute}
		now = now.Add(time.Second)
		began := time.Now()
		c.SetPortfolio(now, next)
		return time.Since(began), len(next.asked)
	}
	first, _ = move()
	return move, first
}
