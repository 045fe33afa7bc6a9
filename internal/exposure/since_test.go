package exposure

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// touching are events of every way of matching: by functions of distance, by areas, tracks
// and names, with chances that grow or fall with time and with what is learned.
func touching(rng *rand.Rand) []event.Event {
	home := geo.Point{Lat: 30, Lon: 67}
	said := []event.Standing{{Key: "b", Signal: "sig-b", Source: "chat", Owner: "chat", Stand: event.Live, Grade: event.Grade{Reliability: "C", Credibility: 3}}}
	named := quake(geo.Point{Lat: -60, Lon: 0}, 6, 10)
	named.ID, named.Places = "evt-named", []event.Place{{Country: "PK", Codes: []event.Code{{Scheme: "asset", Value: "asset-00007"}}}}
	passing := alert(rng, home, 20, 300)
	passing.ID, passing.Shapes[0].From, passing.Shapes[0].To = "evt-passing", start.Add(-time.Hour), start.Add(24*time.Hour)
	passing.Shapes = append(passing.Shapes, event.Footprint{Shape: geo.Circle(-20, 179, 400), Role: event.Affected})
	return []event.Event{
		quake(home, 7.4, 15), alert(rng, home, 30, 250), storm(geo.Point{Lat: 24, Lon: 75}), named, passing,
		{
			ID: "evt-clash", State: event.Ongoing, Hazard: event.Conflict, Title: "Clash", Occurred: start.Add(-time.Hour), Reports: said,
			Shapes: []event.Footprint{{Shape: geo.At(home.Lat, home.Lon, 5), Role: event.Centre}},
		},
		{ID: "evt-law", State: event.Ongoing, Hazard: event.Law, Severity: "Severe", Certain: "Observed", Places: []event.Place{{Country: "PK"}}},
		{ID: "evt-part", State: event.Ongoing, Hazard: event.Flood, Severity: "Severe", Places: []event.Place{{Country: "PK", Admin1: "Balochistan"}}, Reports: said},
		{
			ID: "evt-county", State: event.Ongoing, Hazard: event.Wildfire, Severity: "Severe", Certain: "Observed",
			Places: []event.Place{{Country: "US", Codes: []event.Code{{Scheme: "SAME", Value: "006037"}}}},
		},
	}
}

// edited changes one asset or two at random.
func edited(rng *rand.Rand, p portfolio.Portfolio, step int) portfolio.Portfolio {
	p.Assets = slices.Clone(p.Assets)
	for n := range 1 + rng.IntN(2)*(step%2) {
		i := rng.IntN(len(p.Assets))
		switch a := &p.Assets[i]; rng.IntN(8) {
		case 0:
			p.Assets = append(p.Assets, anyAsset(rng, 1000+10*step+n))
		case 1:
			if a.ID != "asset-00007" {
				p.Assets = slices.Delete(p.Assets, i, i+1)
			}
		case 2:
			a.Project = "project-3"
		case 3:
			a.Country, a.Shape = "US", geo.Shape{}
		case 4:
			a.Radii = []portfolio.Radius{{Hazard: event.Conflict, KM: 900 * rng.Float64()}}
		case 5:
			a.Kind, a.SeenAt, a.Shape = portfolio.Person, start.Add(-5*time.Hour), geo.At(34+rng.NormFloat64(), -118, 0)
		default:
			at := anywhere(rng)
			a.Shape = geo.At(at.Lat, at.Lon, 0)
		}
	}
	named := anyAsset(rng, 7) // the one that an event names
	p.Assets = slices.DeleteFunc(p.Assets, func(a portfolio.Asset) bool { return a.ID == named.ID && step%10 == 0 })
	if step%10 == 5 {
		p.Assets = append(p.Assets, named)
	}
	return p
}

// TestUntouchedEventsKeepTheirRows: where Since says that nothing is touched the two indexes
// give the same rows, at that instant, whatever was learned; and it does not say "touched" of
// everything.
func TestUntouchedEventsKeepTheirRows(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(61, 62))
	p := anyPortfolio(rng, 200)
	x := NewIndex(p)
	events := touching(rng)
	memos := make([]Bound, len(events)) // as long as the events have no new revision
	kept, differ, vain := 0, map[string]int{}, map[string]int{}
	for step := range 120 {
		old := x
		if p = edited(rng, p, step); step%3 == 0 {
			x = NewIndex(stored(t, p))
		} else {
			x, _ = x.With(p)
		}
		hits := rng.IntN(40)
		record := func(string) (int, int, int, int) { return hits, 40, 1, 20 }
		old.Learn(record)
		x.Learn(record)
		touches, ok := x.Since(old)
		if !ok {
			t.Fatalf("step %d: nothing can be said", step)
		}
		for i, e := range events {
			for _, at := range []time.Time{start, start.Add(9 * 24 * time.Hour)} {
				touched, same := touches(e, at, &memos[i]), text(t, old.Assess(e, at)) == text(t, x.Assess(e, at))
				if touched != touches(e, at, nil) {
					t.Fatalf("step %d: %s at %s lies beyond its bound", step, e.ID, at)
				}
				switch {
				case !touched && !same:
					t.Fatalf("step %d: %s at %s is not touched and has other rows", step, e.ID, at)
				case !touched:
					kept++
				case same:
					vain[e.ID]++
				default:
					differ[e.ID]++
				}
			}
		}
	}
	if kept < 1000 {
		t.Errorf("%d events kept their rows", kept)
	}
	for _, e := range events { // what only names areas is touched by all that lies in their countries
		if differ[e.ID] == 0 || vain[e.ID] > 4*differ[e.ID] {
			t.Errorf("%s: other rows %d times, touched in vain %d times", e.ID, differ[e.ID], vain[e.ID])
		}
	}
}

// stored is a portfolio as a store gives it back.
func stored(t *testing.T, p portfolio.Portfolio) portfolio.Portfolio {
	t.Helper()
	var out portfolio.Portfolio
	if err := json.Unmarshal([]byte(text(t, p)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSinceComparesWhatIsStored(t *testing.T) {
	t.Parallel()
	p := anyPortfolio(rand.New(rand.NewPCG(1, 3)), 600)
	p.Assets[400].Radii, p.Assets[401].SeenAt = []portfolio.Radius{}, start.In(time.FixedZone("", 5*3600))
	x := NewIndex(p)
	e := event.Event{ID: "evt", State: event.Ongoing, Hazard: event.Law, Severity: "Severe", Certain: "Observed", Places: []event.Place{{Country: "PK"}, {Country: "CN"}, {Country: "NE"}, {Country: "PH"}}}
	if touches, ok := NewIndex(stored(t, p)).Since(x); !ok || touches(e, start, nil) {
		t.Errorf("what the store gave back is another portfolio (%v)", ok)
	}
	if touches, ok := x.Since(x); !ok || touches(e, start, nil) {
		t.Error("an index differs from itself")
	}
	changed := p
	changed.Assets = slices.Clone(p.Assets)
	changed.Assets[9].Name = "Other"
	y, _ := x.With(changed)
	if touches, ok := y.Since(x); !ok || !touches(e, start, nil) {
		t.Error("a new name is no change")
	}
	renamed := p
	renamed.Projects = slices.Clone(p.Projects)
	renamed.Projects[2].Name = "Other"
	y, _ = x.With(renamed)
	if _, ok := y.Since(x); ok {
		t.Error("another project is a change of its assets alone")
	}
	if _, ok := x.Since(nil); ok {
		t.Error("nothing was compared")
	}
}
