package replay

import (
	"bytes"
	"encoding/json"
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
	"watchfire.dev/internal/watch"
)

// edits are earthquakes near three sites, and between them edits of one site each.
func edits(n int) (portfolio.Portfolio, []Step) {
	rng := rand.New(rand.NewPCG(7, 8))
	p := portfolio.Portfolio{Org: "o", Projects: []portfolio.Project{{ID: "p", Name: "P", Zone: "UTC"}}}
	places := []geo.Point{{Lat: 30, Lon: 67}, {Lat: -40, Lon: 100}, {Lat: 10, Lon: 10}, {Lat: 60, Lon: -120}}
	for i := range 3 {
		p.Assets = append(p.Assets, portfolio.Asset{ID: fmt.Sprint("a", i), Project: "p", Kind: portfolio.Site, Name: "A", Shape: geo.At(places[i].Lat, places[i].Lon, 0)})
	}
	first := p
	var steps []Step
	for i := range n {
		at := time.Date(2026, 3, 1, 4, i, 0, 0, time.UTC)
		if i%7 == 6 {
			p.Assets = slices.Clone(p.Assets)
			to := places[rng.IntN(len(places))]
			p.Assets[rng.IntN(3)].Shape = geo.At(to.Lat, to.Lon, 0)
			now := p
			steps = append(steps, Step{At: at, Act: &watch.Act{What: "portfolio"}, Portfolio: &now})
			continue
		}
		near := places[rng.IntN(len(places))]
		steps = append(steps, Step{At: at, Signals: []event.Signal{{
			ID: fmt.Sprint(i), Source: "seis", Owner: "seis", Key: fmt.Sprint(i), Order: int64(i), Act: event.Report, Status: event.Actual,
			Hazard: event.Earthquake, Instrument: true, Occurred: at, Received: at,
			Measures:   event.Measures{{Name: "magnitude", Value: 5 + rng.Float64()}, {Name: "depth", Value: 10, Unit: "km"}},
			Footprints: []event.Footprint{{Role: event.Centre, Shape: geo.At(near.Lat+rng.Float64(), near.Lon, 5)}},
		}}})
	}
	return first, steps
}

// TestEditsReplayAlike: whoever assesses ahead, on however many goroutines and with an index
// that is built anew or patched, writes what one core decides input by input.
func TestEditsReplayAlike(t *testing.T) {
	t.Parallel()
	first, steps := edits(400)
	run := func(workers int, matcher func(portfolio.Portfolio) watch.Matcher) string {
		cfg := Config{
			Org: "o", Policy: warning.DefaultPolicy(), Portfolio: first, Matcher: matcher, Workers: workers,
			Rater: func([]watch.RuleVersion) (watch.Rater, error) { return nil, nil },
		}
		var log bytes.Buffer
		if workers == 0 {
			core := watch.NewCore("o", cfg.Policy, matcher(first), nil)
			for _, s := range steps {
				decisions, err := apply(core, cfg, s)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range decisions {
					enc := json.NewEncoder(&log)
					enc.SetEscapeHTML(false)
					if err := enc.Encode(d); err != nil {
						t.Fatal(err)
					}
				}
			}
			return log.String()
		}
		if _, err := Run(cfg, steps, &log); err != nil {
			t.Fatal(err)
		}
		var whole bytes.Buffer
		if err := Expand(&log, &whole); err != nil {
			t.Fatal(err)
		}
		return whole.String()
	}
	fresh := func(p portfolio.Portfolio) watch.Matcher { return exposure.NewIndex(p) }
	var x *exposure.Index
	patched := func(p portfolio.Portfolio) watch.Matcher {
		if x == nil {
			x = exposure.NewIndex(p)
		}
		x, _ = x.With(p)
		return x
	}
	want := run(0, fresh)
	if n := bytes.Count([]byte(want), []byte("\n")); n < 400 {
		t.Fatalf("%d decisions", n)
	}
	for workers := 1; workers <= 3; workers++ {
		if run(workers, fresh) != want {
			t.Errorf("%d workers decide otherwise", workers)
		}
		if x = nil; run(workers, patched) != want {
			t.Errorf("%d workers with a patched index decide otherwise", workers)
		}
	}
}
