package ladder

import (
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/forest"
	"watchfire.dev/internal/forecast/panel"
)

// How the forest of L7 is grown. Chosen on 2010–16.
const (
	forestTrees  = 60
	forestLeaf   = 60
	forestTries  = 5
	forestSample = .2
	forestOffset = 3  // deaths: outcomes are compared as multiples of level + offset
	forestWarmUp = 36 // months of history before the first origin that is learnt from
	quietShare   = .2 // of the country-months without a death in two years that are learnt from
	maxEdges     = 200
)

// steps are the multiples of the level at which the forest's criterion looks. Equal weights:
// spacing them as they lie would let the largest wars decide every split.
func steps() []float64 { return []float64{.001, .05, .15, .3, .5, .75, 1, 1.4, 2, 3, 5, 10} }

// lessons is what a forest learns from.
type lessons struct {
	data   forest.Data
	edges  [][]float64
	y, lv  []float64 // of each case: outcome and level then, deaths
	weight []float64
}

// forest is L7: outcomes of all countries and months, each divided by its level then and
// multiplied by the level now, from the leaves that today's features fall into.
func (s *Shop) forest(v panel.View, seed uint64) (Field, error) { return s.trees(v, seed, false) }

// trees grows a forest that sees each country alone, or with its neighbours.
func (s *Shop) trees(v panel.View, seed uint64, near bool) (Field, error) {
	return s.once(fmt.Sprint("forest ", near), v, seed, func() (Field, error) {
		see := sight(v, near)
		l, err := learn(v, seed, see)
		if err != nil || len(l.y) == 0 {
			return each(v, own(12)), err
		}
		f := forest.Grow(l.data, forest.Params{
			Trees: forestTrees, MinLeaf: forestLeaf, Tries: forestTries, Subsample: forestSample, Seed: seed, Workers: s.workers,
		})
		out, now := make(Field, v.Len()), world(v)
		for i := range out {
			out[i] = l.recall(f, see(v, i, now), level(v.Series(i), 24, 6))
		}
		return out, nil
	})
}

// sight gives what is seen of a country: its own past and the world's, and with near its
// neighbours'.
func sight(v panel.View, near bool) func(v panel.View, i int, world float64) []float64 {
	if !near {
		return func(v panel.View, i int, world float64) []float64 { return features(v.Series(i), world) }
	}
	neighbours := v.Neighbours()
	return func(v panel.View, i int, world float64) []float64 {
		return append(features(v.Series(i), world), around(v, neighbours[i])...)
	}
}

// state is a country at an earlier origin.
type state struct {
	features []float64
	level    float64
	unit     int
	at       int // index of the origin in the series
}

// learn gathers all countries at all earlier origins with what came after, as far as the
// view knows it.
func learn(v panel.View, seed uint64, see func(panel.View, int, float64) []float64) (lessons, error) {
	var states []state
	for o := v.First() + forestWarmUp; o < v.Origin(); o++ {
		then, err := v.Earlier(o)
		if err != nil {
			return lessons{}, err
		}
		now := world(then)
		for i := range then.Len() {
			series := then.Series(i)
			if then.Born(i) < len(series)-1 {
				states = append(states, state{see(then, i, now), level(series, 24, 6), i, len(series) - 1})
			}
		}
	}
	if len(states) == 0 {
		return lessons{}, nil
	}
	l := lessons{edges: edgesOf(states)}
	width, classes := len(states[0].features)+1, steps()
	l.data = forest.Data{Features: width, Classes: len(classes) + 1, Weight: slices.Repeat([]float64{1}, len(classes))}
	bins := make([]uint8, width)
	for _, st := range states {
		l.bin(st.features, bins)
		series := v.Series(st.unit)
		for h := 1; h <= Horizons && st.at+h < len(series); h++ {
			w := 1.0
			if st.level == 0 {
				if draw(seed, st.unit, st.at, h) >= quietShare {
					continue
				}
				w = 1 / quietShare
			}
			bins[width-1] = uint8(h)
			y := series[st.at+h]
			class, _ := slices.BinarySearch(classes, y/(st.level+forestOffset))
			l.data.Bins = append(l.data.Bins, bins...)
			l.data.Class = append(l.data.Class, uint8(class))
			l.y, l.lv, l.weight = append(l.y, y), append(l.lv, st.level), append(l.weight, w)
		}
	}
	l.data.Case = l.weight
	return l, nil
}

// edgesOf gives for each feature the upper edges of its bins, about equally full.
func edgesOf(states []state) [][]float64 {
	edges := make([][]float64, len(states[0].features))
	column := make([]float64, len(states))
	for f := range edges {
		for i, st := range states {
			column[i] = st.features[f]
		}
		slices.Sort(column)
		for k := 1; k < maxEdges; k++ {
			x := column[k*(len(column)-1)/maxEdges]
			if n := len(edges[f]); n == 0 || x > edges[f][n-1] {
				edges[f] = append(edges[f], x)
			}
		}
	}
	return edges
}

// bin writes the bins of features into out, which has one place more, for the horizon.
func (l *lessons) bin(features []float64, out []uint8) {
	for f, x := range features {
		i, _ := slices.BinarySearch(l.edges[f], x)
		out[f] = uint8(i)
	}
}

// recall asks the forest for all months ahead of one country.
func (l *lessons) recall(f *forest.Forest, features []float64, lv float64) []dist.Grid {
	out, bins := make([]dist.Grid, Horizons), make([]uint8, len(features)+1)
	l.bin(features, bins)
	var atoms []dist.Atom
	for h := range out {
		bins[len(features)] = uint8(h + 1)
		atoms = atoms[:0]
		zero := 0.0
		f.Leaves(bins, func(cases []int32) {
			total := 0.0
			for _, c := range cases {
				total += l.weight[c]
			}
			for _, c := range cases {
				w := l.weight[c] / total
				if l.y[c] == 0 {
					zero += w
					continue
				}
				atoms = append(atoms, dist.Atom{Value: l.y[c] * (lv + forestOffset) / (l.lv[c] + forestOffset), Weight: w})
			}
		})
		out[h] = dist.FromAtoms(append(atoms, dist.Atom{Weight: zero}))
	}
	return out
}

// draw gives a number in [0,1) of a case and a seed alone, so that the order of cases does
// not matter (the finaliser of splitmix64: Steele, Lea and Flood 2014).
func draw(seed uint64, parts ...int) float64 {
	z := seed
	for _, p := range parts {
		z += uint64(p) + 0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
	}
	return float64(z>>11) / math.Exp2(53)
}
