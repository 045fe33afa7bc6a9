package impact

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// plainHits asks every leg for every draw, without search, groups or bounds.
func plainHits(e *Ensemble, in CycloneInput) (hits [4]int32, mean float64) {
	q, _ := e.question(&in)
	seen := make([]sight, len(e.nodes))
	e.sightOf(in.Lat, in.Lon, seen)
	for i := range e.x {
		wind := float64(calm)
		for k := range e.way {
			l := &e.way[k]
			if l.reach <= 0 {
				continue
			}
			a, b := &seen[l.a], &seen[l.b]
			sa, sb := e.nodes[l.a].sigma, e.nodes[l.b].sigma
			w := way{a.east - e.x[i]*sa, a.north - e.y[i]*sa, b.east - e.x[i]*sb, b.north - e.y[i]*sb}
			var parts [3]way
			for p := range w.cut(&parts) {
				p := &parts[p]
				wind = max(wind, l.wind[sign(p.ax+p.bx, p.ay+p.by)].at(e.powers, p.nearest2()))
			}
		}
		for k, limit := range q.limits {
			if wind >= limit {
				hits[k]++
			}
		}
		if wind >= q.limits[0] {
			mean += math.Exp2(wind)
		}
	}
	return hits, mean / float64(len(e.x))
}

// The search counts exactly the draws that asking each leg for each draw counts, and a place
// is answered the same whether it is asked alone or among others.
func TestEnsembleCountsEveryDraw(t *testing.T) {
	t.Parallel()
	m := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := CycloneInput{Track: randomTrack(t), Seed: rapid.Uint64().Draw(t, "seed"), Draws: rapid.SampledFrom([]int{1, 150, 1000, 3000}).Draw(t, "draws")}
		e, err := m.Ensemble(in)
		if err != nil {
			t.Fatal(err)
		}
		at := &in.Track[rapid.IntRange(0, len(in.Track)-1).Draw(t, "near")]
		lat, lon := at.Lat+rapid.Float64Range(-4, 4).Draw(t, "north"), at.Lon+rapid.Float64Range(-4, 4).Draw(t, "east")
		var places []CycloneInput
		for i := range rapid.IntRange(1, 40).Draw(t, "places") {
			p := CycloneInput{Lat: lat + 0.1*float64(i%5), Lon: lon + 0.07*float64(i%7)}
			if i%11 == 10 {
				p.Lat = lat + 2
			}
			p.Vulnerability = []float64{0, 3, 1.4}[i%3]
			p.Region = []string{"", "WP2"}[i%2]
			places = append(places, p)
		}
		e.Ahead(places)
		alone, err := m.Ensemble(in)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range places {
			got, err := e.At(p)
			if err != nil {
				t.Fatal(err)
			}
			if e.next != i+1 {
				t.Fatalf("place %d was reckoned again", i)
			}
			one, err := alone.At(p)
			if err != nil {
				t.Fatal(err)
			}
			if got.P != one.P || got.Intensity != one.Intensity || (got.ETAHours == nil) != (one.ETAHours == nil) || got.ETAHours != nil && *got.ETAHours != *one.ETAHours {
				t.Fatalf("place %d: %v %v among others, %v %v alone", i, got.P, got.Intensity, one.P, one.Intensity)
			}
			if hits, mean := plainHits(e, p); hits != e.ahead[i].found.hits || math.Abs(mean-got.Intensity.Value) > 0.6 {
				t.Fatalf("place %d: %v, one by one %v (mean %v, one by one %v)", i, e.ahead[i].found.hits, hits, got.Intensity.Value, mean)
			}
		}
	})
}
