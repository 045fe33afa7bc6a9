package watch

import (
	"fmt"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// near is a matcher that always finds the same few sites: what is measured is the core.
type near struct{ flat }

func (near) Assess(e event.Event, _ time.Time) []exposure.Exposure {
	m, _ := e.Measures.Get("magnitude")
	out := make([]exposure.Exposure, 6)
	n := int(e.Occurred.Unix()/7919) % 500
	for i := range out {
		p := level.P{1, 0.02, 0.001, 0, 0}
		if m > 5.97 { // three in a hundred, as in nature
			p = level.P{1, 0.9, 0.5, 0.2, 0.05}
		}
		out[i] = exposure.Exposure{
			Event: e.ID, Revision: e.Revision, Hazard: e.Hazard, Project: projectNames[n], Asset: assetNames[i], PEvent: 0.99, P: p, Persons: 50, Method: "near",
		}
		out[i].Level, _ = level.Default().LevelOf(p, 0)
	}
	return out
}

func (near) Asset(string) (portfolio.Asset, bool) { return portfolio.Asset{}, false }

var (
	projectNames = names("project", 500)
	assetNames   = names("asset", 6)
)

func names(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s-%03d", prefix, i)
	}
	return out
}

// BenchmarkCore is the cost of one earthquake with six rows, from signal to decision, over
// years: it must not grow with what has passed.
func BenchmarkCore(b *testing.B) {
	for _, years := range []int{1, 10} {
		b.Run(fmt.Sprintf("years=%d", years), func(b *testing.B) {
			n, decisions, timers := years*13_000, 0, 0 // magnitude 4.5 and above in the world
			for b.Loop() {
				decisions, timers = live(n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
			b.ReportMetric(float64(decisions)/float64(n), "decisions/event")
			b.ReportMetric(float64(timers), "timers")
		})
	}
}

func live(n int) (decisions, timers int) {
	c := NewCore("o", warning.DefaultPolicy(), &near{}, nil)
	now := t0
	for i := range n {
		now = now.Add(time.Duration(365*24*3600/13_000) * time.Second)
		s := event.Signal{
			ID: fmt.Sprint(i), Source: "seis", Owner: "seis", Key: fmt.Sprint(i), Order: int64(i), Act: event.Report, Status: event.Actual,
			Hazard: event.Earthquake, Instrument: true, Grade: event.Grade{Reliability: "A", Credibility: 1}, Occurred: now, Received: now,
			Measures:   event.Measures{{Name: "magnitude", Value: 4.5 + float64(i%100)/66}},
			Footprints: []event.Footprint{{Role: event.Centre, Shape: geo.At(float64(i*37%140)-70, float64(i*91%360)-180, 5)}},
		}
		decisions += len(c.Observe(now, []event.Signal{s}))
	}
	return decisions, len(c.due.heap)
}
