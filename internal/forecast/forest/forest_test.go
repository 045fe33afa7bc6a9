package forest

import (
	"reflect"
	"testing"
)

// steps is a data set where the class is known from feature 1 alone.
func steps() Data {
	d := Data{Features: 3, Classes: 2, Weight: []float64{1}}
	for i := range 600 {
		x := uint8(i * 7 % 100)
		d.Bins = append(d.Bins, uint8(i%5), x, uint8(i%3))
		class := uint8(0)
		if x >= 40 {
			class = 1
		}
		d.Class = append(d.Class, class)
	}
	return d
}

func TestLeavesAreOfOneClass(t *testing.T) {
	t.Parallel()
	d := steps()
	f := Grow(d, Params{Trees: 5, MinLeaf: 5, Tries: 3, Subsample: .8, Seed: 1, Workers: 2})
	for x, want := range map[uint8]uint8{10: 0, 39: 0, 40: 1, 90: 1} {
		trees := 0
		f.Leaves([]uint8{2, x, 1}, func(cases []int32) {
			trees++
			if len(cases) == 0 {
				t.Fatal("an empty leaf")
			}
			for _, c := range cases {
				if d.Class[c] != want {
					t.Errorf("feature %d: a case of class %d in its leaf, want %d", x, d.Class[c], want)
				}
			}
		})
		if trees != 5 {
			t.Errorf("%d trees answered, want 5", trees)
		}
	}
}

func TestWorkersDoNotMatterAndSeedsDo(t *testing.T) {
	t.Parallel()
	p := Params{Trees: 8, MinLeaf: 5, Tries: 1, Subsample: .5, Seed: 3, Workers: 1}
	one := Grow(steps(), p)
	p.Workers = 4
	if !reflect.DeepEqual(one, Grow(steps(), p)) {
		t.Error("the number of workers changes the forest")
	}
	p.Seed = 4
	if reflect.DeepEqual(one, Grow(steps(), p)) {
		t.Error("the seed does not change the forest")
	}
}
