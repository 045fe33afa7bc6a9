package assessment

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"watchfire.dev/internal/indicator"
)

var asOf = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)

// world is a snapshot of every country of the starter set and of so many invented projects,
// joined in one portfolio.
func world(t testing.TB, projects, draws int) *Snapshot {
	t.Helper()
	obs := indicator.Starter()
	r := rand.New(rand.NewPCG(1, 2))
	in := Inputs{AsOf: asOf, Known: asOf, Seed: 42, Draws: draws}
	places := []string{"KE", "ML", "PE", "NP", "ID", "CD", "LA", "PK", "MZ", "TR", "UA", "HT", "PH", "TZ", "AO"}
	var all []Member
	for i := range projects {
		u := Unit{ID: fmt.Sprintf("project:P%03d", i), Kind: Project, Name: fmt.Sprintf("Project %d", i), Country: places[i%len(places)], People: float64(50 + i)}
		for _, d := range indicator.All() {
			if d.Own && r.Float64() < 0.7 {
				hi := min(d.High, 40)
				if d.High == 1 {
					hi = 0.5
				}
				o, err := indicator.Own(indicator.Observation{Indicator: d.ID, Place: u.ID, Period: "2026-06-01", Value: float64(int(r.Float64()*hi*100)) / 100, Source: "site"}, asOf)
				if err != nil {
					t.Fatal(err)
				}
				obs = append(obs, o)
			}
		}
		in.Units = append(in.Units, u)
		all = append(all, Member{u.ID, u.People})
	}
	if projects > 0 {
		in.Units = append(in.Units, Unit{ID: "portfolio:all", Kind: Portfolio, Name: "All", Members: all})
	}
	in.Observations = obs
	return Build(Default(), in)
}
