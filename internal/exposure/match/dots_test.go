package match

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"watchfire.dev/internal/geo"
)

// within must find what the rule finds for each point alone, whatever the number of points,
// where the part begins, and how many points lie on the rim itself, to the last bit.
func TestWithinIsTheRuleForEachPoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 1))
	asked, held, rim := 0, 0, 0
	for range 3000 {
		n := rng.IntN(40)
		c := NewCircle(rng.Float64()*180-90, rng.Float64()*360-180, rng.Float64()*20_015)
		a := &arena{}
		for i := range n {
			p := Unit(rng.Float64()*180-90, rng.Float64()*360-180)
			if rng.IntN(4) == 0 { // as far away as the radius, within some roundings
				across := p.Vector.Cross(Unit(c.lat, c.lon).Vector).Cross(Unit(c.lat, c.lon).Vector).Normalize()
				angle := c.km / geo.EarthRadiusKM
				p.Vector = Unit(c.lat, c.lon).Vector.Mul(math.Cos(angle)).Add(across.Mul(math.Sin(angle))).Normalize()
				rim++
			}
			a.vec, a.id, a.key = append(a.vec, vectorOf(p)), append(a.id, int32(i)), append(a.key, 0)
		}
		from := rng.IntN(n + 1)
		to := from + rng.IntN(n-from+1)
		out := a.within(&c, uint32(from), uint32(to), []int32{-1, -2})
		want := []int32{-1, -2}
		for i := from; i < to; i++ {
			asked++
			if c.holds(&a.vec[i], Limit(c.km)) {
				want = append(want, a.id[i])
				held++
			}
		}
		if !slices.Equal(out, want) {
			t.Fatalf("points %d to %d of %d, %g km: %v, want %v", from, to, n, c.km, out, want)
		}
	}
	if held < asked/5 || held > asked*4/5 || rim < 1000 {
		t.Fatalf("%d of %d points held, %d on the rim: the test asks too little", held, asked, rim)
	}
}
