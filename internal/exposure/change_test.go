package exposure

import (
	"math/rand/v2"
	"slices"
	"testing"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// TestChangedIndexIsANewIndex changes portfolios at random: the patched index gives the rows
// of one built from nothing, and so do the rows that are kept.
func TestChangedIndexIsANewIndex(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(31, 32))
	p := anyPortfolio(rng, 200)
	x := NewIndex(p)
	home := geo.Point{Lat: 30, Lon: 67}
	named := quake(geo.Point{Lat: -60, Lon: 0}, 6, 10)
	named.Places = []event.Place{{Country: "PK", Codes: []event.Code{{Scheme: "asset", Value: "asset-00007"}}}}
	events := []event.Event{
		quake(home, 7.4, 15), alert(rng, home, 30, 250), storm(geo.Point{Lat: 24, Lon: 75}), named,
		{ID: "evt-advice", State: event.Ongoing, Hazard: event.Law, Severity: "Severe", Certain: "Observed", Places: []event.Place{{Country: "PK"}}},
	}
	patched, total := 0, 0
	for step := range 40 {
		p.Assets = slices.Clone(p.Assets)
		for range 1 + rng.IntN(3)*(step%2) {
			i := rng.IntN(len(p.Assets))
			switch a := &p.Assets[i]; rng.IntN(7) {
			case 0:
				p.Assets = append(p.Assets, anyAsset(rng, 1000+step*10+rng.IntN(9)))
				p.Assets = slices.CompactFunc(p.Assets, func(a, b portfolio.Asset) bool { return a.ID == b.ID })
			case 1:
				p.Assets = slices.Delete(p.Assets, i, i+1)
			case 2:
				a.Name += "!"
			case 3:
				a.Project = "project-3"
			case 4:
				a.Shape = geo.Shape{}
			default:
				at := anywhere(rng)
				a.Shape = geo.At(at.Lat, at.Lon, 0)
			}
		}
		before := x
		var changed []string
		x, changed = x.With(p)
		want := NewIndex(p)
		if i := slices.IndexFunc(p.Assets, func(a portfolio.Asset) bool { return len(changed) == 1 && a.ID == changed[0] }); i >= 0 {
			if _, ok := before.Change(p.Assets[i]); ok {
				patched++
			}
		}
		for _, e := range events {
			fresh := want.Assess(e, start)
			if got := x.Assess(e, start); text(t, got) != text(t, fresh) && len(got)+len(fresh) > 0 {
				t.Fatalf("step %d, %s: patched index %d rows, new one %d", step, e.ID, len(got), len(fresh))
			}
			total += len(fresh)
		}
	}
	if patched < 5 || total < 1000 {
		t.Fatalf("%d changes in place, %d rows", patched, total)
	}
}

func TestUnchangedPortfolioKeepsItsIndex(t *testing.T) {
	t.Parallel()
	p := anyPortfolio(rand.New(rand.NewPCG(1, 3)), 50)
	x := NewIndex(p)
	if y, changed := x.With(p); y != x || changed != nil {
		t.Errorf("%d changes", len(changed))
	}
	p.Projects = slices.Clone(p.Projects)
	p.Projects[2].Zone = "Asia/Manila"
	_, changed := x.With(p)
	for _, a := range p.Assets {
		if slices.Contains(changed, a.ID) != (a.Project == p.Projects[2].ID) {
			t.Errorf("%s of %s: changed = %v", a.ID, a.Project, !(a.Project == p.Projects[2].ID))
		}
	}
}
