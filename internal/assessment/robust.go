package assessment

import (
	"cmp"
	"slices"
	"sync/atomic"

	"watchfire.dev/internal/quantile"
)

// draws makes n draws from streams of their own.
func draws(m *Method, seed, block uint64, n int, dims []float64) []draw {
	weights, shares, ways3, lends := newStream(seed, 10*block), newStream(seed, 10*block+1), newStream(seed, 10*block+2), newStream(seed, 10*block+3)
	bounds := newStream(seed, 10*block+4)
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
		if m.Robustness.Bounds > 0 {
			d.bounds = make([]float64, 2*len(m.Indicators))
			for j := range d.bounds { // drawn for all, so that one more published score shifts nothing
				if x := m.Robustness.Bounds * (2*bounds.unit() - 1); m.Indicators[j/2].Status != "source" {
					d.bounds[j] = x
				}
			}
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

// A pool gathers what the members of a portfolio score under every draw. The sums are whole
// numbers, so that the order in which members arrive does not matter.
type pool struct {
	dims, draws int
	whole       [maxDimensions]float64 // weight of the members that have the dimension
	sums        []atomic.Int64         // by list, draw, dimension: Σ weight·score³ · 2^44
}

type share struct {
	pool   *pool
	weight float64 // of all members' 1
}

const poolScale = 1 << 44

func newPool(m *Method, f *frame, draws int) (*pool, []float64) {
	p := &pool{dims: len(m.Dimensions), draws: draws, sums: make([]atomic.Int64, m.lists()*draws*len(m.Dimensions))}
	total := 0.0
	for _, w := range f.weights {
		total += w
	}
	shares := make([]float64, len(f.weights))
	for i, w := range f.weights {
		shares[i] = w / total
		for _, d := range f.members[i].dims {
			p.whole[d.id] += shares[i]
		}
	}
	return p, shares
}

func (p *pool) add(list, i int, weight float64, x *scored) {
	at := (list*p.draws + i) * p.dims
	for j := range p.dims {
		if x.has[j] {
			p.sums[at+j].Add(int64(float64(weight * float64(x.dims[j]*float64(x.dims[j]*x.dims[j])) * poolScale)))
		}
	}
}

// of scores the portfolio itself, once all members have been.
func (p *pool) of(m *Method, s *sample) evaluator {
	var sc scratch
	return func(list, i int) scored {
		var out scored
		at := (list*p.draws + i) * p.dims
		for j := range p.dims {
			if p.whole[j] <= 0 {
				continue
			}
			out.has[j] = true
			if v := float64(p.sums[at+j].Load()) / poolScale / p.whole[j]; v > 0 {
				out.dims[j] = clip(exp(ln(v) / 3))
			}
		}
		out.overall = out.joined(m, &s.list[list][i], &sc)
		return out
	}
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
		low[i], high[i] = quantile.Of(all[i], 0.05), quantile.Of(all[i], 0.95)
	}
	return rank, low, high
}
