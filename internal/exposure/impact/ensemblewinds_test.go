package impact

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestWindsByFours compares four draws at a time with one after the other, to the last bit,
// over ways that pass, touch or miss each side, and ways without a length.
func TestWindsByFours(t *testing.T) {
	if !byFours() {
		t.Skip("this processor reckons draw by draw")
	}
	rng := rand.New(rand.NewPCG(7, 7))
	pw := powerTables()
	uneven := 0
	for round := range 40_000 {
		l := leg{}
		for q := range l.wind {
			radius := 20 + 300*rng.Float64()
			top := 30 + 120*rng.Float64()
			p := newProfile(top, 10+40*rng.Float64(), 0.6, [3]float64{radius, radius * 0.6, radius * 0.3 * float64(rng.IntN(2))}, [3]bool{true, true, rng.IntN(2) == 0})
			l.wind[q], l.over[q] = p.curve(), uint8(rng.IntN(16))
		}
		spot := func() float64 {
			if rng.IntN(12) == 0 {
				return 0
			}
			return 300 * rng.NormFloat64()
		}
		n := nearLeg{ax: spot(), ay: spot(), bx: spot(), by: spot(), sa: 100 * rng.Float64(), sb: 100 * rng.Float64(), leg: &l}
		if rng.IntN(10) == 0 {
			n.bx, n.by, n.sb = n.ax, n.ay, n.sa
		}
		draws := 1 + rng.IntN(abreast)
		var xs, ys, want, got [abreast]float64
		for i := range xs {
			xs[i], ys[i] = rng.NormFloat64(), rng.NormFloat64()
			want[i] = 4 + 2*rng.Float64()
			if round%2 == 0 {
				want[i] = calm
			}
		}
		got = want
		table := []int{0, 1, 2, 3, 4, 5, 6, 7}[round%8]
		s := sidesOf[table]
		for i := range draws {
			w := n.from(xs[i], ys[i])
			var wind float64
			switch s.cut {
			case 0:
				wind = l.wind[s.one].at(pw, w.nearest2())
			case 1:
				wind = w.twoSides(pw, &l, s.one, s.other, w.ax, w.bx)
			case 2:
				wind = w.twoSides(pw, &l, s.one, s.other, w.ay, w.by)
			}
			want[i] = max(want[i], wind)
		}
		n.fours(pw, s.cut, s.one, s.other, got[:draws], xs[:draws], ys[:draws])
		for i := range draws {
			if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
				t.Fatalf("round %d, table %d, draw %d of %d: %v by fours, %v one after the other, way %+v", round, table, i, draws, got[i], want[i], n.from(xs[i], ys[i]))
			}
			if got[i] != got[0] {
				uneven++
			}
		}
	}
	if uneven == 0 {
		t.Fatal("every draw had the same wind: nothing was compared")
	}
}

// TestEnsembleOnAnyProcessor asks one ensemble with and without fours.
func TestEnsembleOnAnyProcessor(t *testing.T) {
	m := Default()
	rng := rand.New(rand.NewPCG(8, 8))
	for range 60 {
		in := CycloneInput{Seed: rng.Uint64(), Lat: 18 + 4*rng.NormFloat64(), Lon: 140 + 6*rng.NormFloat64()}
		lat, lon := 15.0, 138.0
		for i := range 8 {
			lat, lon = lat+2*rng.Float64(), lon+3*rng.NormFloat64()
			in.Track = append(in.Track, TrackPoint{
				Hours: float64(12 * i), Lat: lat, Lon: lon, MaxWindKnots: 40 + 100*rng.Float64(), ErrorKM: 20 + 45*float64(i),
				R34: Quadrants{250, 200, 150, 220}, R50: Quadrants{120, 90, 0, 100}, R64: Quadrants{60, 40, 30, 50},
			})
		}
		e, err := m.Ensemble(in)
		if err != nil {
			t.Fatal(err)
		}
		one, err := e.At(in)
		if err != nil {
			t.Fatal(err)
		}
		e.wide = false
		other, err := e.At(in)
		if err != nil {
			t.Fatal(err)
		}
		if one.P != other.P || one.Intensity != other.Intensity || (one.ETAHours == nil) != (other.ETAHours == nil) || one.ETAHours != nil && *one.ETAHours != *other.ETAHours {
			t.Fatalf("by fours %+v, one by one %+v", one, other)
		}
	}
}
