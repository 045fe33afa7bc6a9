package impact

import (
	"math"
	"math/rand/v2"
	"reflect"
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

// TestLooksByFours compares what legs may bring to four cells at once with one leg and one
// cell after the other.
func TestLooksByFours(t *testing.T) {
	if !byFours() {
		t.Skip("this processor looks cell by cell")
	}
	rng := rand.New(rand.NewPCG(9, 9))
	near, void := 0, 0
	for round := range 3000 {
		legs := make([]nearLeg, 1+rng.IntN(9))
		var candidates []candidate
		for i := range legs {
			spot := func() float64 { return 400 * rng.NormFloat64() }
			reach := 30 + 300*rng.Float64()
			n := nearLeg{ax: spot(), ay: spot(), bx: spot(), by: spot(), sa: 100 * rng.Float64(), sb: 100 * rng.Float64(), reach: reach, perStep: bounds / reach, table: new([9]windTable)}
			n.sigma = max(n.sa, n.sb)
			if i%4 == 3 {
				n.bx, n.by = n.ax, n.ay
			}
			for k := range n.table {
				for j := range bounds + 1 {
					n.table[k].most[j], n.table[k].least[j] = rng.Float32(), rng.Float32()
				}
				n.table[k].least[bounds+1] = calm
			}
			legs[i] = n
			candidates = append(candidates, candidate{leg: int32(rng.IntN(i + 1))})
		}
		var four fourCells
		for i := range four.x {
			four.x[i], four.y[i], four.radius[i] = rng.NormFloat64(), rng.NormFloat64(), 0.4*rng.Float64()*float64(rng.IntN(5))
		}
		got := make([]fourLook, len(candidates))
		looksByFours(&legs[0], &candidates[0], &four, &got[0], len(got))
		for i, c := range candidates {
			var want fourLook
			legs[c.leg].look(c.leg, &four, &want)
			for lane := range four.x {
				if want.near>>lane&1 == 0 { // nobody asks for the rest
					void++
					got[i].high[lane], got[i].least[lane], got[i].table[lane] = want.high[lane], want.least[lane], want.table[lane]
					continue
				}
				near++
			}
			if got[i] != want {
				t.Fatalf("round %d, leg %d: %+v by fours, %+v one after the other", round, c.leg, got[i], want)
			}
		}
	}
	if near < 1000 || void < 1000 {
		t.Fatalf("%d cells within reach and %d without: too few to tell", near, void)
	}
}

// TestFieldsLieWhereFoursLookForThem guards the offsets that are written as numbers.
func TestFieldsLieWhereFoursLookForThem(t *testing.T) {
	for _, c := range []struct {
		of   any
		name string
		want uintptr
	}{
		{nearLeg{}, "ax", 0},
		{nearLeg{}, "ay", 8},
		{nearLeg{}, "bx", 16},
		{nearLeg{}, "by", 24},
		{nearLeg{}, "sa", 32},
		{nearLeg{}, "sb", 40},
		{nearLeg{}, "sigma", 48},
		{nearLeg{}, "reach", 56},
		{nearLeg{}, "perStep", 64},
		{nearLeg{}, "table", 72},
		{windCurve{}, "r2", 0},
		{windCurve{}, "base", 32},
		{windCurve{}, "half", 72},
		{windTable{}, "least", 512},
		{candidate{}, "leg", 0},
		{fourLook{}, "high", 0},
		{fourLook{}, "least", 16},
		{fourLook{}, "table", 32},
		{fourLook{}, "near", 48},
		{fourLook{}, "leg", 52},
		{fourCells{}, "y", 32},
		{fourCells{}, "radius", 64},
		{powers{}, "part", 0},
	} {
		if f, ok := reflect.TypeOf(c.of).FieldByName(c.name); !ok || f.Offset != c.want {
			t.Errorf("%T.%s lies at %d, want %d", c.of, c.name, f.Offset, c.want)
		}
	}
	for _, c := range []struct {
		of   any
		want uintptr
	}{{nearLeg{}, 88}, {candidate{}, 12}, {fourLook{}, 56}, {windTable{}, 1024}} {
		if size := reflect.TypeOf(c.of).Size(); size != c.want {
			t.Errorf("%T takes %d bytes, want %d", c.of, size, c.want)
		}
	}
}
