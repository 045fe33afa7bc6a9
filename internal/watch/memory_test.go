package watch

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// BenchmarkLiveWarning tells how many bytes of the heap one live warning takes: 10,000 of
// them, each for a site and a project of its own, by an event of its own.
func BenchmarkLiveWarning(b *testing.B) {
	const n = 10_000
	p := portfolio.Portfolio{Org: "o", Version: 1}
	place := func(i int) geo.Shape { return geo.At(float64(i/100)-50, float64(i%100)*3-150, .5) }
	for i := range n {
		code := fmt.Sprintf("p%d", i)
		p.Projects = append(p.Projects, portfolio.Project{ID: code, Code: code, Name: code, Zone: "UTC"})
		p.Assets = append(p.Assets, portfolio.Asset{ID: "a" + code, Project: code, Kind: portfolio.Site, Code: "s", Name: "Site", Shape: place(i)})
	}
	x := exposure.NewIndex(p)
	for b.Loop() {
		before := heapBytes()
		c := NewCore("o", warning.DefaultPolicy(), x, nil)
		c.Keep(DefaultOpen)
		for i := range n {
			now := t0.Add(time.Duration(i) * time.Millisecond)
			s := event.Signal{
				Source: "push", Org: "o", Owner: "push", Key: fmt.Sprint("bench-", i), Version: "1", Order: 1, Act: event.Report, Status: event.Actual,
				Hazard: event.Conflict, Type: "armed clash", Texts: []event.Text{{Language: "en", Headline: fmt.Sprint("Clash near a site ", i)}},
				Grade: event.Grade{Reliability: "B", Credibility: 2}, Occurred: now, Received: now, Footprints: []event.Footprint{{Shape: place(i), Role: event.Centre}},
			}
			s.ID = event.SignalID(s)
			c.Observe(now, []event.Signal{s})
			c.Rest()
		}
		if c.Open() != n {
			b.Fatalf("%d warnings are live", c.Open())
		}
		b.ReportMetric(float64(heapBytes()-before)/n, "B/warning")
		runtime.KeepAlive(c)
	}
}

func heapBytes() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
