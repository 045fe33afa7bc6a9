package exposure

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

var start = time.Date(2026, 5, 1, 6, 0, 0, 0, time.UTC)

// anywhere is a random place; a third lie at a pole, at the antimeridian or in a cluster.
func anywhere(rng *rand.Rand) geo.Point {
	switch rng.IntN(9) {
	case 0:
		return geo.Point{Lat: 90 - 2*rng.Float64()*rng.Float64(), Lon: 360*rng.Float64() - 180}
	case 1:
		return geo.Point{Lat: -90 + 2*rng.Float64()*rng.Float64(), Lon: 360*rng.Float64() - 180}
	case 2:
		return geo.Point{Lat: 40*rng.Float64() - 20, Lon: math.Remainder(180+2*rng.NormFloat64(), 360)}
	case 3:
		return geo.Point{Lat: 30 + rng.NormFloat64(), Lon: 67 + rng.NormFloat64()}
	}
	return geo.Point{Lat: math.Asin(2*rng.Float64()-1) * 180 / math.Pi, Lon: 360*rng.Float64() - 180}
}

// anyAsset is a random asset: mostly a site, else a route, an area, a person or a supplier.
func anyAsset(rng *rand.Rand, i int) portfolio.Asset {
	p := anywhere(rng)
	near := func(km float64) geo.Point {
		return geo.Point{
			Lat: clamp(p.Lat+km/111*rng.NormFloat64(), -90, 90),
			Lon: math.Remainder(p.Lon+km/111*rng.NormFloat64(), 360),
		}
	}
	a := portfolio.Asset{
		ID: fmt.Sprintf("asset-%05d", i), Project: fmt.Sprintf("project-%d", i%7), Kind: portfolio.Site, Name: fmt.Sprint("Asset ", i),
		Country: []string{"PK", "CN", "NE", "PH"}[i%4], Shape: geo.At(p.Lat, p.Lon, 0),
		Shifts: []portfolio.Shift{{From: 6 * 60, To: 18 * 60, Count: 40}, {From: 18 * 60, To: 6 * 60, Count: 5}},
	}
	switch rng.IntN(12) {
	case 0:
		a.Kind, a.Shape = portfolio.Route, geo.Line([]geo.Point{p, near(60), near(90), near(150)}, 0)
	case 1:
		a.Shape = geo.Area(geo.Polygon{{p, near(3), near(3), near(3)}})
	case 2:
		a.Kind, a.SeenAt = portfolio.Person, start.Add(-time.Duration(rng.IntN(20))*time.Hour)
	case 3:
		a.Kind = portfolio.Supplier
	case 4:
		a.Radii = []portfolio.Radius{{Hazard: event.Earthquake, KM: 300 * rng.Float64()}, {Hazard: event.Flood, KM: 100 * rng.Float64()}}
	}
	return a
}

func anyPortfolio(rng *rand.Rand, n int) portfolio.Portfolio {
	p := portfolio.Portfolio{Org: "org"}
	for i := range 7 {
		p.Projects = append(p.Projects, portfolio.Project{ID: fmt.Sprintf("project-%d", i), Name: fmt.Sprint("Project ", i), Zone: "Asia/Karachi"})
	}
	for i := range n {
		p.Assets = append(p.Assets, anyAsset(rng, i))
	}
	return p
}

func quake(p geo.Point, magnitude, depth float64) event.Event {
	return event.Event{
		ID: "evt-quake", Revision: 1, State: event.Ongoing, Hazard: event.Earthquake,
		Measures: event.Measures{{Name: "magnitude", Value: magnitude}, {Name: "depth", Value: depth, Unit: "km"}},
		Shapes:   []event.Footprint{{Shape: geo.At(p.Lat, p.Lon, 8), Role: event.Centre}},
		Reports:  []event.Standing{{Key: "a", Signal: "sig-a", Stand: event.Live, Instrument: true}},
	}
}

// alert is a CAP warning of n vertices around p.
func alert(rng *rand.Rand, p geo.Point, n int, km float64) event.Event {
	var ring geo.Ring
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		r := km / 111.2 * (0.6 + 0.4*rng.Float64())
		lat := clamp(p.Lat+r*sin, -89.9, 89.9)
		ring = append(ring, geo.Point{Lat: lat, Lon: math.Remainder(p.Lon+r*cos/math.Cos(lat*math.Pi/180), 360)})
	}
	return event.Event{
		ID: "evt-flood", Revision: 1, State: event.Ongoing, Hazard: event.Flood, Severity: "Severe", Certain: "Likely", Urgency: "Expected",
		Shapes:  []event.Footprint{{Shape: geo.Area(geo.Polygon{ring}), Role: event.Affected}},
		Reports: []event.Standing{{Key: "a", Signal: "sig-a", Stand: event.Live, Instrument: true}},
	}
}

func storm(p geo.Point) event.Event {
	e := event.Event{
		ID: "evt-storm", Revision: 3, State: event.Ongoing, Hazard: event.Cyclone,
		Reports: []event.Standing{{Key: "a", Signal: "sig-a", Stand: event.Live, Instrument: true}},
	}
	for i := range 11 {
		q := [4]float64{220, 200, 150, 180}
		e.Track = append(e.Track, event.TrackPoint{
			At: start.Add(time.Duration(12*i-3) * time.Hour), WindKT: 70, Radii: [3][4]float64{q}, Forecast: i > 0,
			Place: geo.Point{Lat: clamp(p.Lat+1.2*float64(i), -89, 89), Lon: math.Remainder(p.Lon-2.5*float64(i), 360)},
		})
	}
	return e
}

func TestMatcherAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	x := NewIndex(anyPortfolio(rng, 1500))
	pairs, matches := 0, 0
	var search match.Search
	for range 60 {
		p := anywhere(rng)
		shapes := []geo.Shape{
			geo.At(p.Lat, p.Lon, 0), geo.Circle(p.Lat, p.Lon, 300*rng.Float64()),
			alert(rng, p, 3+rng.IntN(40), 20+400*rng.Float64()).Shapes[0].Shape,
		}
		region, _, err := geo.Prepare(shapes[rng.IntN(len(shapes))])
		if err != nil {
			continue
		}
		reach := math.Pow(10, 4.2*rng.Float64())
		var got, want []int32
		for _, id := range x.items.Near(&search, region, reach, nil) {
			if x.target(id).region.DistanceToKM(region) <= reach {
				got = append(got, id)
			}
		}
		for id := range int32(x.count) {
			if x.target(id).region.DistanceToKM(region) <= reach {
				want = append(want, id)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("around %v, reach %v km: %d found, brute force %d", p, reach, len(got), len(want))
		}
		pairs, matches = pairs+x.count, matches+len(want)
	}
	if pairs < 50_000 || matches < 1000 {
		t.Fatalf("only %d pairs with %d matches were compared", pairs, matches)
	}
}

// An asset's row must not depend on what else is in the portfolio.
func TestRowsAgreeWithOneAssetAtATime(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 14))
	p := anyPortfolio(rng, 250)
	x := NewIndex(p)
	var alone []*Index
	for _, a := range p.Assets {
		alone = append(alone, NewIndex(portfolio.Portfolio{Org: p.Org, Projects: p.Projects, Assets: []portfolio.Asset{a}}))
	}
	total := 0
	for i := range 25 {
		at := anywhere(rng)
		if i%2 == 0 {
			at = geo.Point{Lat: 30 + rng.NormFloat64(), Lon: 67 + rng.NormFloat64()}
		}
		for _, e := range []event.Event{quake(at, 5+3*rng.Float64(), 20), alert(rng, at, 12, 200), {
			ID: "evt-vague", Revision: 1, State: event.Ongoing, Hazard: event.Storm, Shapes: []event.Footprint{{Shape: geo.At(at.Lat, at.Lon, 100), Role: event.Centre}},
		}} {
			want := []Exposure{}
			for _, one := range alone {
				want = append(want, one.Assess(e, start)...)
			}
			slices.SortFunc(want, func(a, b Exposure) int {
				return slices.Compare([]string{a.Project, a.Asset}, []string{b.Project, b.Asset})
			})
			if got := x.Assess(e, start); text(t, got) != text(t, want) && len(got)+len(want) > 0 {
				t.Fatalf("%s at %v: %d rows, one at a time %d", e.Hazard, at, len(got), len(want))
			}
			total += len(want)
		}
	}
	if total < 300 {
		t.Fatalf("only %d rows were compared", total)
	}
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Not parallel: it changes the number of processors.
func TestEqualInputsGiveEqualBytes(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(procs)
	var first string
	for run := range 4 {
		runtime.GOMAXPROCS(1 + run%2)
		rng := rand.New(rand.NewPCG(15, 16))
		x := NewIndex(anyPortfolio(rng, 800))
		home := geo.Point{Lat: 30, Lon: 67}
		events := []event.Event{quake(home, 7, 15), alert(rng, home, 30, 150), storm(geo.Point{Lat: 24, Lon: 75})}
		events = append(events, event.Event{
			ID: "evt-advice", State: event.Ongoing, Hazard: event.Law, Severity: "Severe", Certain: "Observed",
			Places:  []event.Place{{Country: "PK", Admin1: "Sindh"}, {Country: "NE"}, {Country: "CN"}},
			Reports: []event.Standing{{Key: "b", Signal: "sig-b", Stand: event.Live, Grade: event.Grade{Reliability: "B", Credibility: 2}}},
		})
		var out string
		for _, e := range events {
			rows := x.Assess(e, start)
			if len(rows) == 0 {
				t.Fatalf("%s: no rows", e.Hazard)
			}
			out += text(t, rows)
		}
		if run == 0 {
			first = out
		} else if out != first {
			t.Fatalf("run %d differs", run)
		}
	}
}

func TestRowsAreWellFormed(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(17, 18))
	x := NewIndex(anyPortfolio(rng, 600))
	for _, h := range event.Hazards() {
		rows := 0
		for i := range 12 {
			at := geo.Point{Lat: 30 + rng.NormFloat64()/2, Lon: 67 + rng.NormFloat64()/2}
			e := event.Event{
				ID: "evt", Revision: i, State: event.Ongoing, Hazard: h, Occurred: start.Add(-time.Hour),
				Measures: event.Measures{
					{Name: "magnitude", Value: 6},
					{Name: "wind", Value: 80},
					{Name: "wave", Value: 2},
					{Name: "deaths", Value: float64(i)},
					{Name: "alert_score", Value: 3 * rng.Float64()},
					{Name: "wbgt", Value: 33},
					{Name: "depth_m", Value: 1},
					{Name: "cases", Value: 30},
					{Name: "population", Value: 900},
				},
				Reports: []event.Standing{{Key: "a", Signal: "sig-a", Stand: event.Live, Grade: event.Grade{Reliability: "A", Credibility: 1}}},
			}
			if i%2 == 0 {
				e.Severity, e.Certain = "Severe", "Likely"
			}
			e.Shapes = []event.Footprint{{Shape: geo.Circle(at.Lat, at.Lon, 60), Role: event.Affected}}
			if i%3 == 0 {
				e.Shapes[0] = event.Footprint{Shape: geo.At(at.Lat, at.Lon, 5), Role: event.Centre}
			}
			for j, r := range x.Assess(e, start) {
				rows++
				if err := r.P.Valid(); err != nil {
					t.Fatalf("%s: %v", h, err)
				}
				if !(r.P[1] >= 0.01 || r.Level > level.Green) || r.Formula == "" || r.Source == "" || r.Method == "" || len(r.Inputs) < 2 || len(r.Evidence) != 1 {
					t.Fatalf("%s row %d: %s", h, j, text(t, r))
				}
				if a, ok := x.Asset(r.Asset); !ok || a.Name != r.Name || a.Project != r.Project {
					t.Fatalf("%s row %d: %s", h, j, text(t, r))
				}
			}
		}
		if rows == 0 {
			t.Errorf("%s: no rows at all", h)
		}
	}
}

func TestNearerIsNotLower(t *testing.T) {
	t.Parallel()
	var p portfolio.Portfolio
	for i := range 200 {
		p.Assets = append(p.Assets, portfolio.Asset{
			ID: fmt.Sprintf("a-%03d", i), Project: "p", Kind: portfolio.Site, Country: "PK", Shape: geo.At(0, 0.03*float64(i), 0),
			Shifts: []portfolio.Shift{{Count: 100}},
		})
	}
	x := NewIndex(p)
	for _, magnitude := range []float64{3, 4.5, 5.5, 6.5, 7.5, 8.5} {
		for _, depth := range []float64{2, 20, 120, 600} {
			// The published sigma is largest at the epicentre, where the mean is flat: right
			// above a strong earthquake a chance may rise by a little with the distance.
			const slack = 0.02
			rows := x.Assess(quake(geo.Point{}, magnitude, depth), start)
			for i := 1; i < len(rows); i++ {
				if rows[i].Level > rows[i-1].Level || rows[i].P[2] > rows[i-1].P[2]+slack || rows[i].DistanceKM < rows[i-1].DistanceKM {
					t.Fatalf("M %v, %v km deep: %s at %.1f km is above %s at %.1f km", magnitude, depth,
						rows[i].Asset, rows[i].DistanceKM, rows[i-1].Asset, rows[i-1].DistanceKM)
				}
			}
			if magnitude > 5 && depth < 100 && len(rows) == 0 {
				t.Errorf("M %v: nothing", magnitude)
			}
		}
	}
}

func TestAnEventThatDoesNotGoOnHasNoRows(t *testing.T) {
	t.Parallel()
	x := NewIndex(anyPortfolio(rand.New(rand.NewPCG(1, 1)), 50))
	for _, s := range []event.State{event.Over, event.Withdrawn, event.Absorbed} {
		e := quake(geo.Point{Lat: 30, Lon: 67}, 8, 10)
		e.State = s
		if rows := x.Assess(e, start); rows != nil {
			t.Errorf("%s: %d rows", s, len(rows))
		}
	}
}
