package app

import (
	"sync"
	"testing"

	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// TestIndexesLearnByThemselves: the core lets an index learn while the next edit patches the
// newest one (the race detector watches).
func TestIndexesLearnByThemselves(t *testing.T) {
	t.Parallel()
	p := portfolio.Portfolio{Org: "o", Projects: []portfolio.Project{{ID: "p", Zone: "UTC"}}}
	p.Assets = []portfolio.Asset{{ID: "a", Project: "p", Kind: portfolio.Site, Shape: geo.At(30, 67, 0)}}
	m := &matchers{method: impact.Default(), policy: warning.DefaultPolicy()}
	first := m.of(p).(*exposure.Index)
	next := p
	next.Assets = []portfolio.Asset{p.Assets[0]}
	next.Assets[0].Name = "Depot"
	var both sync.WaitGroup
	both.Go(func() { first.Learn(func(string) (int, int, int, int) { return 0, 0, 0, 0 }) })
	both.Go(func() {
		if _, ok := m.of(next).(*exposure.Index).Since(first); !ok {
			t.Error("the next version cannot be compared")
		}
	})
	both.Wait()
}
