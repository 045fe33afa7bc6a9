// Package forest grows regression trees whose leaves remember what they saw. A forecast is
// the set of remembered outcomes of all leaves that a case falls into, so that a forest
// answers with a whole distribution (quantile regression forest, Meinshausen 2006). Splits
// lower the sum of squared errors of the events "outcome at most threshold k" over a list of
// thresholds: the continuous ranked probability score in steps. Chance comes from the seed
// alone, one stream a tree; neither the order of processors nor their number matters.
package forest

import (
	"math/rand/v2"
	"sync"
)

// Data is what a forest learns from: cases with features in bins and an outcome class.
type Data struct {
	Features int
	Bins     []uint8 // case × feature, case-major; bins are ordered
	Class    []uint8 // 0..Classes-1, ordered
	Classes  int
	Weight   []float64 // of a class threshold in the criterion, Classes-1 of them
	Case     []float64 // weight of each case in the criterion; nil = 1
}

// Params shape a forest.
type Params struct {
	Trees     int
	MinLeaf   int     // cases
	Tries     int     // features looked at per split
	Subsample float64 // share of the cases that a tree sees
	Seed      uint64
	Workers   int // goroutines; any number grows the same forest
}

type node struct {
	feature     int16 // -1 = leaf
	bin         uint8 // cases of this bin or below go left
	left, right int32 // of a leaf: range of its cases
}

type tree struct {
	nodes []node
	cases []int32
}

// Forest is a grown forest. It does not change and is safe to share.
type Forest struct {
	trees    []tree
	features int
}

// Grow grows a forest. Equal data and params give equal forests.
func Grow(d Data, p Params) *Forest {
	f := &Forest{trees: make([]tree, p.Trees), features: d.Features}
	var wg sync.WaitGroup
	slots := make(chan struct{}, max(1, p.Workers))
	for t := range f.trees {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			f.trees[t] = grow(d, p, rand.New(rand.NewPCG(p.Seed, uint64(t))))
		}()
	}
	wg.Wait()
	return f
}

type grower struct {
	d      Data
	p      Params
	chance *rand.Rand
	tree   tree
	hist   []float64
	spare  []int32
}

func grow(d Data, p Params, chance *rand.Rand) tree {
	g := grower{d: d, p: p, chance: chance, hist: make([]float64, 256*(d.Classes+1))}
	for i := range d.Class {
		if p.Subsample >= 1 || chance.Float64() < p.Subsample {
			g.tree.cases = append(g.tree.cases, int32(i))
		}
	}
	g.spare = make([]int32, len(g.tree.cases))
	g.split(0, len(g.tree.cases))
	return g.tree
}

// split makes the node of cases[from:to] and returns its index.
func (g *grower) split(from, to int) int32 {
	at := int32(len(g.tree.nodes))
	g.tree.nodes = append(g.tree.nodes, node{feature: -1, left: int32(from), right: int32(to)})
	if to-from < 2*g.p.MinLeaf {
		return at
	}
	feature, bin := g.best(g.tree.cases[from:to])
	if feature < 0 {
		return at
	}
	mid := from + g.part(g.tree.cases[from:to], feature, bin)
	left := g.split(from, mid)
	right := g.split(mid, to)
	g.tree.nodes[at] = node{feature: int16(feature), bin: bin, left: left, right: right}
	return at
}

// part moves the cases of the left side to the front, keeping their order.
func (g *grower) part(cases []int32, feature int, bin uint8) int {
	l, r := 0, 0
	for _, c := range cases {
		if g.d.Bins[int(c)*g.d.Features+feature] <= bin {
			cases[l] = c
			l++
		} else {
			g.spare[r] = c
			r++
		}
	}
	copy(cases[l:], g.spare[:r])
	return l
}

// best finds the split with the highest gain among a few features; -1 = none.
func (g *grower) best(cases []int32) (feature int, bin uint8) {
	feature, gain := -1, 1e-9
	var tried [256]bool
	for n := 0; n < g.p.Tries; {
		f := g.chance.IntN(g.d.Features)
		if tried[f] {
			continue
		}
		tried[f] = true
		n++
		if b, gn := g.along(cases, f); gn > gain {
			feature, bin, gain = f, b, gn
		}
	}
	return feature, bin
}

// along finds the best split along one feature.
func (g *grower) along(cases []int32, f int) (bin uint8, gain float64) {
	k := g.d.Classes
	width := k + 1 // per bin: weight by class, then count
	clear(g.hist)
	for _, c := range cases {
		b := int(g.d.Bins[int(c)*g.d.Features+f])
		w := 1.0
		if g.d.Case != nil {
			w = g.d.Case[c]
		}
		g.hist[b*width+int(g.d.Class[c])] += w
		g.hist[b*width+k]++
	}
	var whole, left [64]float64
	for b := range 256 {
		for c := range k + 1 {
			whole[c] += g.hist[b*width+c]
		}
	}
	total := 0.0
	for c := range k {
		total += whole[c]
	}
	n, w := 0, 0.0
	for b := range 255 {
		if g.hist[b*width+k] == 0 {
			continue
		}
		n += int(g.hist[b*width+k])
		for c := range k {
			left[c] += g.hist[b*width+c]
			w += g.hist[b*width+c]
		}
		if n < g.p.MinLeaf {
			continue
		}
		if len(cases)-n < g.p.MinLeaf {
			break
		}
		l, a, here := 0.0, 0.0, 0.0
		for c := range k - 1 {
			l += left[c]
			a += whole[c]
			d := l/w - (a-l)/(total-w)
			here += g.d.Weight[c] * d * d
		}
		if here *= w * (total - w) / total; here > gain {
			bin, gain = uint8(b), here
		}
	}
	return bin, gain
}

// Leaves calls yield with the cases of the leaf that the features fall into, for each tree.
func (f *Forest) Leaves(bins []uint8, yield func(cases []int32)) {
	for _, t := range f.trees {
		at := int32(0)
		for t.nodes[at].feature >= 0 {
			n := t.nodes[at]
			if bins[n.feature] <= n.bin {
				at = n.left
			} else {
				at = n.right
			}
		}
		yield(t.cases[t.nodes[at].left:t.nodes[at].right])
	}
}
