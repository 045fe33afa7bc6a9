package exposure

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// benchIndex has 10,000 sites, 7 of 10 of them in 150 clusters, as in SPEED.md.
func benchIndex() (*Index, geo.Point) {
	rng := rand.New(rand.NewPCG(21, 22))
	var p portfolio.Portfolio
	var home []geo.Point
	for range 150 {
		home = append(home, geo.Point{Lat: 110*rng.Float64() - 50, Lon: 350*rng.Float64() - 175})
	}
	for i := range 10_000 {
		at := geo.Point{Lat: 110*rng.Float64() - 50, Lon: 360*rng.Float64() - 180}
		if i%10 < 7 {
			c := home[rng.IntN(len(home))]
			at = geo.Point{Lat: c.Lat + rng.NormFloat64()/2, Lon: c.Lon + rng.NormFloat64()/2}
		}
		p.Assets = append(p.Assets, portfolio.Asset{
			ID: fmt.Sprintf("a-%05d", i), Project: fmt.Sprintf("p-%02d", i%40), Kind: portfolio.Site, Country: "PK",
			Shape: geo.At(at.Lat, at.Lon, 0), Shifts: []portfolio.Shift{{Count: 20}},
		})
	}
	return NewIndex(p), home[0]
}

func benchEvent(b *testing.B, x *Index, e event.Event) {
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		rows = len(x.Assess(e, start))
	}
	b.ReportMetric(float64(rows), "rows")
}

func BenchmarkAssess(b *testing.B) {
	x, home := benchIndex()
	rng := rand.New(rand.NewPCG(1, 2))
	away := geo.Point{Lat: -75, Lon: 20}
	b.Run("earthquake/hits", func(b *testing.B) { benchEvent(b, x, quake(home, 5.6, 10)) })
	b.Run("earthquake/miss", func(b *testing.B) { benchEvent(b, x, quake(away, 5.6, 10)) })
	b.Run("alert50/hits", func(b *testing.B) { benchEvent(b, x, alert(rng, home, 50, 60)) })
	b.Run("alert50/miss", func(b *testing.B) { benchEvent(b, x, alert(rng, away, 50, 60)) })
	b.Run("storm/hits", func(b *testing.B) { benchEvent(b, x, storm(home)) })
}

func BenchmarkNewIndex(b *testing.B) {
	rng := rand.New(rand.NewPCG(21, 22))
	p := anyPortfolio(rng, 10_000)
	for b.Loop() {
		NewIndex(p)
	}
}
