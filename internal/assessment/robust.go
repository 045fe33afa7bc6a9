package assessment

import (
	"cmp"
	"slices"
)

// Factors of the robustness analysis, in the order in which they are published.
const (
	factorDimensions = iota // weights of dimensions
	factorIndicators        // weights of components and indicators
	factorWay               // how values are normalised
	factorJoin              // how dimensions are joined
	factorLend              // what stands in for missing values
	factors
)

var factorNames = [factors]string{"dimension_weights", "indicator_weights", "normalisation", "aggregation", "imputation"}

// A sample is a list of draws: two independent ones, and for each factor the first with that
// factor taken from the second (Saltelli 2010). All units share them, so that a draw ranks
// every unit under the same choices.
type sample struct {
	a, b  []draw
	mixed [factors][]draw
}

func newSample(m *Method, seed uint64, n int, dims []float64) *sample {
	s := &sample{a: draws(m, seed, 1, n, dims), b: draws(m, seed, 2, n, dims)}
	for f := range factors {
		s.mixed[f] = make([]draw, n)
		for i := range n {
			x := s.a[i]
			switch f {
			case factorDimensions:
				x.dims = s.b[i].dims
			case factorIndicators:
				x.slots, x.comps = s.b[i].slots, s.b[i].comps
			case factorWay:
				x.way = s.b[i].way
			case factorJoin:
				x.join = s.b[i].join
			case factorLend:
				x.lend = s.b[i].lend
			}
			s.mixed[f][i] = x
		}
	}
	return s
}

// draws makes n draws from streams of their own.
func draws(m *Method, seed, block uint64, n int, dims []float64) []draw {
	weights, shares, ways3, lends := newStream(seed, 10*block), newStream(seed, 10*block+1), newStream(seed, 10*block+2), newStream(seed, 10*block+3)
	k := m.Robustness.Dirichlet
	total := 0.0
	for _, w := range dims {
		total += w
	}
	out := make([]draw, n)
	for i := range out {
		d := draw{dims: make([]float64, len(dims)), slots: make([]float64, len(m.slots)), comps: make([]float64, len(m.comps)), lend: make([]float64, len(m.slots))}
		for j, w := range dims {
			if w > 0 {
				d.dims[j] = weights.gamma(k * w / total)
			}
		}
		for j, c := range m.comps {
			d.comps[j] = shares.gamma(k * c.weight / m.partWeight(c))
			for s := c.first; s < c.past; s++ {
				d.slots[s] = shares.gamma(k * m.slots[s].weight)
			}
		}
		d.way, d.join = int(ways3.next()%ways), int(ways3.next()%joins)
		for j := range d.lend {
			d.lend[j] = lends.unit()
		}
		out[i] = d
	}
	return out
}

// partWeight is the sum of the weights of the components of a part.
func (m *Method) partWeight(c comp) float64 {
	sum := 0.0
	for _, o := range m.comps[m.first[c.dim]:m.first[c.dim+1]] {
		if o.part == c.part {
			sum += o.weight
		}
	}
	return sum
}

// A spread is what the draws say of one unit.
type spread struct {
	scores  []float64 // of the first list, in its order
	low     float64
	high    float64
	changes float64 // share of draws in another class
	sobol   [factors]float64
}

// spreadOf runs the draws over a unit.
func spreadOf(m *Method, f *frame, s *sample, class string) spread {
	var sc scratch
	n := len(s.a)
	out := spread{scores: make([]float64, n)}
	first, second := make([]scored, n), make([]float64, n)
	other := 0
	for i := range s.a {
		first[i] = f.score(m, &s.a[i], false, &sc)
		out.scores[i] = first[i].overall
		if m.ClassOf(out.scores[i]) != class {
			other++
		}
	}
	out.changes = float64(other) / float64(n)
	sorted := slices.Clone(out.scores)
	slices.Sort(sorted)
	out.low, out.high = quantile(sorted, 0.05), quantile(sorted, 0.95)

	sum, square := 0.0, 0.0
	for i := range s.b {
		second[i] = f.score(m, &s.b[i], false, &sc).overall
		sum += out.scores[i] + second[i]
	}
	mean := sum / float64(2*n)
	for i := range second {
		square += float64((out.scores[i]-mean)*(out.scores[i]-mean)) + float64((second[i]-mean)*(second[i]-mean))
	}
	variance := square / float64(2*n)
	if variance < 1e-12 {
		return out
	}
	for k := range factors {
		total := 0.0
		for i := range second {
			var mixed float64
			if k == factorDimensions || k == factorJoin { // the dimensions stay what they are
				mixed = first[i].joined(m, &s.mixed[k][i], &sc)
			} else {
				mixed = f.score(m, &s.mixed[k][i], false, &sc).overall
			}
			total += float64((second[i] - mean) * (mixed - out.scores[i]))
		}
		out.sobol[k] = min(1, max(0, total/float64(n)/variance))
	}
	return out
}

// ranks gives, for units of one kind, the rank of the nominal score (1 = the worst) and the
// 5th and 95th percentile of the rank over the draws.
func ranks(nominal []float64, spreads []*spread) (rank []int, low, high []float64) {
	n := len(nominal)
	rank, low, high = make([]int, n), make([]float64, n), make([]float64, n)
	order := make([]int, n)
	place := func(score func(i int) float64, set func(i, r int)) {
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(score(b), score(a)), cmp.Compare(a, b)) })
		for r, i := range order {
			if r > 0 && score(i) == score(order[r-1]) {
				continue
			}
			for e := r; e < n && score(order[e]) == score(i); e++ {
				set(order[e], r+1)
			}
		}
	}
	place(func(i int) float64 { return round(nominal[i]) }, func(i, r int) { rank[i] = r })
	if n == 0 {
		return rank, low, high
	}
	all := make([][]float64, n)
	for d := range spreads[0].scores {
		place(func(i int) float64 { return spreads[i].scores[d] }, func(i, r int) { all[i] = append(all[i], float64(r)) })
	}
	for i := range all {
		slices.Sort(all[i])
		low[i], high[i] = quantile(all[i], 0.05), quantile(all[i], 0.95)
	}
	return rank, low, high
}
