package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// perProject is the number of sites of one project.
const perProject = 25

// sites makes a portfolio: projects at places where people work, their sites around it, most
// of them near by and some far up the road.
func sites(rng *rand.Rand, n int) portfolio.Portfolio {
	places := table("places.csv")
	where := newChooser(places, "weight")
	p := portfolio.Portfolio{Org: "world", Version: 1}
	classes := []string{"", "reinforced", "masonry", "container", "tent"}
	var at row
	for i := range n {
		if i%perProject == 0 {
			at = places[where.pick(rng.Float64())]
			p.Projects = append(p.Projects, portfolio.Project{
				ID: fmt.Sprintf("prj_%04d", i/perProject), Code: fmt.Sprintf("%s-%d", strings.ToLower(at["country"]), i/perProject),
				Name: fmt.Sprintf("%s %d", at["name"], i/perProject), Country: at["country"], Zone: at["zone"],
			})
		}
		spread := 12.0
		if rng.Float64() < 0.3 {
			spread = 90
		}
		lat, lon := offset(at.number("lat"), at.number("lon"), spread*rng.NormFloat64(), spread*rng.NormFloat64())
		day := 5 + rng.IntN(60)
		p.Assets = append(p.Assets, portfolio.Asset{
			ID: fmt.Sprintf("ast_%05d", i), Project: p.Projects[i/perProject].ID, Kind: portfolio.Site,
			Code: fmt.Sprintf("s%d", i%perProject), Name: fmt.Sprintf("%s site %d", at["name"], i%perProject), Country: at["country"],
			Shape: geo.At(round(lat, 1e4), round(lon, 1e4), 0), Class: classes[rng.IntN(len(classes))],
			Shifts: []portfolio.Shift{{Name: "day", From: 7 * 60, To: 19 * 60, Count: day}, {Name: "night", From: 19 * 60, To: 7 * 60, Count: day / 3}},
		})
	}
	slices.SortFunc(p.Assets, func(a, b portfolio.Asset) int { return strings.Compare(a.ID, b.ID) })
	return p
}

// offset moves a place by kilometres east and north, near enough for a yardstick.
func offset(lat, lon, east, north float64) (float64, float64) {
	const perDegree = 111.195
	to := math.Max(-89.9, math.Min(89.9, lat+north/perDegree))
	return to, math.Remainder(lon+east/(perDegree*math.Cos((lat+to)/2*math.Pi/180)), 360)
}

// round keeps a number to a fraction, as sources do.
func round(v, parts float64) float64 { return math.Round(v*parts) / parts }
