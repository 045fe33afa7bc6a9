package assessment

import (
	"math"
	"slices"

	"watchfire.dev/internal/quantile"
)

// The inputs whose share of the spread is told, in the order in which they are published. After
// them come the dimensions.
const (
	factorDimensions = iota // weights of dimensions
	factorIndicators        // weights of components and indicators
	factorWay               // how values are normalised
	factorJoin              // how dimensions are joined
	factorLend              // what stands in for missing values
	factors
	factorBounds = factors // where the goalposts stand
)

var factorNames = [...]string{"dimension_weights", "indicator_weights", "normalisation", "aggregation", "imputation", "goalposts"}

// The lists of draws that are reckoned in full; for the two other factors the dimensions stay
// what they are. The last two are made where the method moves the goalposts.
const (
	listA = iota
	listB
	listIndicators
	listWay
	listLend
	listBounds
	listInside // weights inside dimensions and borrowed values together
	allLists
	someLists = listBounds
)

// whole tells whether the sensitivity is told for every input.
func (m *Method) whole() bool { return m.Robustness.Bounds > 0 }

func (m *Method) lists() int {
	if m.whole() {
		return allLists
	}
	return someLists
}

// A sample is a list of draws: two independent ones, and for each factor the first with that
// factor taken from the second (Saltelli 2010). All units share them, so that a draw ranks
// every unit under the same choices.
type sample struct {
	list [allLists][]draw
	// weights and join are the first list with weights of dimensions, or the way of joining, from
	// the second.
	weights, join []draw
}

func newSample(m *Method, seed uint64, n int, dims []float64) *sample {
	s := &sample{weights: make([]draw, n), join: make([]draw, n)}
	s.list[listA], s.list[listB] = draws(m, seed, 1, n, dims), draws(m, seed, 2, n, dims)
	for k := listIndicators; k < m.lists(); k++ {
		s.list[k] = make([]draw, n)
	}
	for i := range n {
		a, b := s.list[listA][i], s.list[listB][i]
		x := a
		x.dims = b.dims
		s.weights[i] = x
		x = a
		x.join = b.join
		s.join[i] = x
		for k := listIndicators; k < m.lists(); k++ {
			x = a
			switch k {
			case listIndicators:
				x.slots, x.comps = b.slots, b.comps
			case listWay:
				x.way = b.way
			case listLend:
				x.lend = b.lend
			case listBounds:
				x.bounds = b.bounds
			case listInside:
				x.slots, x.comps, x.lend = b.slots, b.comps, b.lend
			}
			s.list[k][i] = x
		}
	}
	return s
}

// A spread is what the draws say of one unit.
type spread struct {
	scores  []float64 // of the first list, in its order
	low     float64
	high    float64
	changes float64 // share of draws in another class
	sobol   []Share
	settled *Settled
	dims    [maxDimensions]*[2]float64 // 5th and 95th percentile; nil = not assessed, or not told
}

// An evaluator scores a unit under draw i of a list.
type evaluator func(list, i int) scored

// of scores a frame and hands each outcome to the pools of the portfolios it belongs to.
func (s *sample) of(m *Method, f *frame, pools []share) evaluator {
	var sc scratch
	return func(list, i int) scored {
		out := f.score(m, &s.list[list][i], false, &sc)
		for _, p := range pools {
			p.pool.add(list, i, p.weight, &out)
		}
		return out
	}
}

// spreadOf runs the draws over a unit.
func spreadOf(m *Method, score evaluator, s *sample, class string) spread {
	n := len(s.weights)
	out := spread{scores: make([]float64, n)}
	first, second := make([]scored, n), make([]float64, n)
	other := 0
	for i := range n {
		first[i] = score(listA, i)
		out.scores[i] = first[i].overall
		if m.ClassOf(out.scores[i]) != class {
			other++
		}
	}
	out.changes = float64(other) / float64(n)
	sorted := slices.Clone(out.scores)
	slices.Sort(sorted)
	out.low, out.high = quantile.Of(sorted, 0.05), quantile.Of(sorted, 0.95)
	if m.whole() {
		out.dimensions(first)
	}
	for i := range n {
		second[i] = score(listB, i).overall
	}
	out.sensitivity(m, score, s, first, second)
	return out
}

// dimensions tells between which scores each dimension lies under nine draws of ten.
func (out *spread) dimensions(first []scored) {
	sorted := make([]float64, len(first))
	for d := range out.dims {
		if !first[0].has[d] {
			continue
		}
		for i := range first {
			sorted[i] = first[i].dims[d]
		}
		slices.Sort(sorted)
		out.dims[d] = &[2]float64{round(quantile.Of(sorted, 0.05)), round(quantile.Of(sorted, 0.95))}
	}
}

// sensitivity tells the first-order Sobol index of every input.
func (out *spread) sensitivity(m *Method, score evaluator, s *sample, first []scored, second []float64) {
	e := newEstimate(out.scores, second, m.whole())
	n := len(first)
	var sc scratch
	for k := range factors {
		out.sobol = append(out.sobol, e.share(factorNames[k], func(i int) float64 {
			switch k {
			case factorDimensions:
				return first[i].joined(m, &s.weights[i], &sc)
			case factorJoin:
				return first[i].joined(m, &s.join[i], &sc)
			case factorIndicators:
				return score(listIndicators, i).overall
			case factorWay:
				return score(listWay, i).overall
			}
			return score(listLend, i).overall
		}))
	}
	if !m.whole() {
		return
	}
	out.sobol = append(out.sobol, e.share(factorNames[factorBounds], func(i int) float64 { return score(listBounds, i).overall }))
	rest := 1.0
	for _, x := range out.sobol {
		rest -= x.Index
	}
	inside := make([]scored, n)
	for i := range n {
		inside[i] = score(listInside, i)
	}
	weights := make([]float64, len(m.Dimensions))
	for d, dim := range m.Dimensions {
		if !first[0].has[d] {
			continue
		}
		out.sobol = append(out.sobol, e.share("dimension:"+dim.ID, func(i int) float64 {
			x, with := first[i], s.list[listA][i]
			copy(weights, with.dims)
			weights[d], with.dims = s.list[listB][i].dims[d], weights
			x.dims[d] = inside[i].dims[d]
			return x.joined(m, &with, &sc)
		}))
	}
	t := &Settled{Evaluations: n * (2 + len(out.sobol)), Rest: round(max(0, rest))}
	for _, x := range out.sobol {
		t.Widest = max(t.Widest, *x.Half)
	}
	t.Enough = t.Widest <= 0.1
	out.settled = t
}

// An estimate holds two independent samples of a score and what both say of its variance.
type estimate struct {
	a, b           []float64
	mean, variance float64
	interval       bool
}

func newEstimate(a, b []float64, interval bool) estimate {
	e := estimate{a: a, b: b, interval: interval}
	n := len(a)
	sum, square := 0.0, 0.0
	for i := range n {
		sum += a[i] + b[i]
	}
	e.mean = sum / float64(2*n)
	for i := range n {
		square += float64((a[i]-e.mean)*(a[i]-e.mean)) + float64((b[i]-e.mean)*(b[i]-e.mean))
	}
	e.variance = square / float64(2*n)
	return e
}

// share estimates one index: the mean of (b − mean)·(mixed − a) over the variance (Saltelli
// 2010), with the 90 % interval that the spread of this mean gives. A score that never moves
// has no variance to share.
func (e estimate) share(name string, mixed func(i int) float64) Share {
	n := float64(len(e.a))
	total, square := 0.0, 0.0
	for i := range e.a {
		g := float64((e.b[i] - e.mean) * (mixed(i) - e.a[i]))
		total += g
		square += float64(g * g)
	}
	out := Share{Factor: name}
	half := 0.0
	if e.variance > 1e-12 {
		out.Index = round(min(1, max(0, total/n/e.variance)))
		if n > 1 {
			half = round(1.6449 * math.Sqrt(max(0, square/n-float64(total/n*(total/n)))/(n-1)) / e.variance)
		}
	}
	if e.interval {
		out.Half = &half
	}
	return out
}
