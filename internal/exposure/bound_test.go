package exposure

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// anyEvent is a random event of a hazard: its measures and shapes are any that a function reads.
func anyEvent(rng *rand.Rand, h event.Hazard) event.Event {
	e := event.Event{ID: "evt-" + string(h), Revision: 1, State: event.Ongoing, Hazard: h, Title: "Clash", Occurred: start.Add(-time.Duration(rng.IntN(900)) * time.Hour)}
	if rng.IntN(2) == 0 {
		e.Severity, e.Certain, e.Urgency = []string{"Minor", "Moderate", "Severe", "Extreme"}[rng.IntN(4)], "Likely", "Expected"
	}
	for _, m := range []event.Measure{
		{Name: "magnitude", Value: 9},
		{Name: "depth", Value: 200},
		{Name: "deaths", Value: 50},
		{Name: "alert_score", Value: 3},
		{Name: "area", Value: 500},
		{Name: "ash", Value: 8},
		{Name: "cases", Value: 900},
		{Name: "depth_m", Value: 3},
		{Name: "growth_per_day", Value: 0.3},
		{Name: "observed_class", Value: 4},
		{Name: "pm25", Value: 400},
		{Name: "population", Value: 1e6},
		{Name: "rain", Value: 400},
		{Name: "return_years", Value: 100},
		{Name: "share", Value: 1},
		{Name: "stock_days", Value: 20},
		{Name: "wave", Value: 9},
		{Name: "wbgt", Value: 38},
		{Name: "wind", Value: 70},
	} {
		if rng.IntN(2) == 0 {
			m.Value *= rng.Float64()
			e.Measures = append(e.Measures, m)
		}
	}
	for range 1 + rng.IntN(3) {
		p := geo.Point{Lat: 30 + 2*rng.NormFloat64(), Lon: 67 + 2*rng.NormFloat64()}
		f := event.Footprint{Shape: geo.At(p.Lat, p.Lon, 60*rng.Float64()*rng.Float64()), Role: event.Centre}
		if rng.IntN(2) == 0 {
			f = event.Footprint{Shape: geo.Circle(p.Lat, p.Lon, 150*rng.Float64()), Role: event.Affected}
		}
		if rng.IntN(4) == 0 {
			f.From, f.To = start.Add(-time.Hour), start.Add(time.Duration(rng.IntN(300))*time.Hour)
		}
		e.Shapes = append(e.Shapes, f)
	}
	e.Reports = []event.Standing{{Key: "a", Signal: "sig-a", Source: "s", Owner: "s", Stand: event.Live, Instrument: rng.IntN(2) == 0, Grade: event.Grade{Reliability: "B", Credibility: 2}}}
	return e
}

// TestBoundsHoldAtAllTimes: what a bound rules out the event itself rules out, for every
// hazard, at instants long before and after.
func TestBoundsHoldAtAllTimes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(71, 72))
	p := anyPortfolio(rng, 40)
	x := NewIndex(p)
	asked, out := map[event.Hazard]int{}, map[event.Hazard]int{}
	for step := range 60 {
		p.Assets = slices.Clone(p.Assets)
		a := &p.Assets[rng.IntN(len(p.Assets))]
		a.Shape, a.Radii = geo.At(30+6*rng.NormFloat64(), 67+6*rng.NormFloat64(), 0), nil
		if rng.IntN(4) == 0 {
			a.Radii = []portfolio.Radius{{Hazard: event.Hazards()[rng.IntN(len(event.Hazards()))], KM: 600 * rng.Float64()}}
		}
		old := x
		x, _ = x.With(p)
		touches, ok := x.Since(old)
		if !ok {
			t.Fatal("nothing can be said")
		}
		for _, h := range event.Hazards() {
			for range 3 {
				e, memo := anyEvent(rng, h), Bound{}
				for _, at := range []time.Time{start.Add(-5 * time.Hour), start, start.Add(40 * 24 * time.Hour)} {
					in, full := touches(e, at, &memo), touches(e, at, nil)
					asked[h]++
					if !full {
						out[h]++
					}
					if !full && step%5 == 0 && text(t, old.Assess(e, at)) != text(t, x.Assess(e, at)) {
						t.Fatalf("step %d: %s at %s is not touched and has other rows", step, h, at)
					}
					if in != full {
						t.Fatalf("step %d: %s at %s: touched %v, by its bound %v\n%s", step, h, at, full, in, text(t, e))
					}
				}
			}
		}
	}
	for h, n := range asked {
		if out[h] == 0 || out[h] == n {
			t.Errorf("%s: %d of %d are not touched: nothing was tested", h, out[h], n)
		}
	}
}
