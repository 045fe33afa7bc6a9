package watch

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// flat is a matcher without geography: the chances stand in the event itself, for a site of
// one project, and half of them for two sites of another.
type flat struct {
	record  func(string) (int, int, int, int)
	sites   *sites // what stands elsewhere than usual; nil = nothing
	settled bool   // its answers depend on nothing that is learned
}

func (f *flat) Settled(event.Event) bool { return f.settled }

// sites is a portfolio that people change one asset at a time.
type sites struct {
	Version int                     // of the projects
	Away    map[string]event.Hazard // by asset: the only hazard that reaches it
	Least   map[string]float64      // by asset: the least chance of I1 that gives a row
}

// gives tells whether a row of an asset is one under the portfolio.
func (s *sites) gives(x exposure.Exposure) bool {
	if s == nil {
		return true
	}
	h, away := s.Away[x.Asset]
	return (!away || h == x.Hazard) && x.P[1] >= s.Least[x.Asset]
}

// Since is as for an index: nothing can be said when the projects changed.
func (f *flat) Since(old any) (func(event.Event, time.Time, *exposure.Bound) bool, bool) {
	was, ok := old.(*flat)
	if !ok || was.sites == nil || f.sites == nil || was.sites.Version != f.sites.Version {
		return nil, false
	}
	return func(e event.Event, at time.Time, _ *exposure.Bound) bool {
		for _, x := range (&flat{}).Assess(e, at) {
			h, away := was.sites.Away[x.Asset]
			h2, away2 := f.sites.Away[x.Asset]
			least, least2 := was.sites.Least[x.Asset], f.sites.Least[x.Asset]
			if (away != away2 || h != h2 || least != least2) && (was.sites.gives(x) || f.sites.gives(x)) {
				return true
			}
		}
		return false
	}, true
}

func (f *flat) Learn(record func(string) (int, int, int, int)) { f.record = record }

func (f *flat) Trust(event.Hazard, []event.Standing) exposure.Trust {
	return exposure.Trust{Base: 0.2, P: 0.9}
}

func (f *flat) Asset(string) (portfolio.Asset, bool) { return portfolio.Asset{}, false }

func (f *flat) Assess(e event.Event, now time.Time) []exposure.Exposure {
	if e.State != event.Ongoing {
		return nil
	}
	var p level.P
	for k := 1; k <= level.Classes; k++ {
		p[k], _ = e.Measures.Get(fmt.Sprintf("p%d", k))
	}
	age := 1 - min(0.3, now.Sub(e.Fresh).Hours()/1000) // what is matched later counts less, as with incidents
	row := func(project, asset string, share float64) exposure.Exposure {
		x := exposure.Exposure{
			Event: e.ID, Revision: e.Revision, Hazard: e.Hazard, Project: project, Asset: asset, Name: asset, Persons: 10, PEvent: 0.9,
			P: p.Monotone().Scale(share * age), Method: "flat", How: exposure.Inside,
		}
		if !e.Onset.IsZero() {
			x.ETA = e.Onset
		}
		x.Level, _ = level.Default().LevelOf(x.P, 0)
		return x
	}
	rows := []exposure.Exposure{row("a", "site", 1), row("b", "east", 0.5), row("b", "west", 0.5)}
	return slices.DeleteFunc(rows, func(x exposure.Exposure) bool { return !f.sites.gives(x) })
}

// edited changes one asset, sometimes the projects.
func (s *sites) edited(t *rapid.T) *sites {
	out := &sites{Version: s.Version, Away: maps.Clone(s.Away), Least: maps.Clone(s.Least)}
	if out.Away == nil {
		out.Away, out.Least = map[string]event.Hazard{}, map[string]float64{}
	}
	asset := rapid.SampledFrom([]string{"site", "east", "west"}).Draw(t, "asset")
	switch rapid.IntRange(0, 5).Draw(t, "edit") {
	case 0:
		out.Version++
		out.Least[asset] = 0.42 // both in one version
	case 1:
		delete(out.Away, asset)
	case 2, 3:
		out.Away[asset] = rapid.SampledFrom([]event.Hazard{event.Flood, event.Conflict, event.Heat}).Draw(t, "reached by")
	default: // between what an event gives at first and what it gives late
		out.Least[asset] = rapid.SampledFrom([]float64{0, 0.35, 0.42, 0.75, 0.9}).Draw(t, "least")
	}
	return out
}
