package assessment

import "math/bits"

// shapley is the Shapley value of a game given by the worth of each of its 2^n coalitions.
func shapley(n int, worth []float64) []float64 {
	share := make([]float64, n) // weight of a coalition of so many others: s!(n−s−1)!/n!
	for s := range share {
		w := 1.0 / float64(n)
		for k := 1; k <= s; k++ {
			w = w * float64(k) / float64(n-k)
		}
		share[s] = w
	}
	out := make([]float64, n)
	for set := range worth {
		for i := range n {
			if set&(1<<i) == 0 {
				out[i] += float64(share[bits.OnesCount(uint(set))] * (worth[set|1<<i] - worth[set]))
			}
		}
	}
	return out
}

// contributions divides score − baseline among the held values of a unit, where the baseline
// is every value at the reference's base. The tree of the method is a structure of coalitions:
// the Shapley value is exact over dimensions, and inside each over its components; a
// component is linear in its indicators, whose Shapley values are their own differences. From
// one level to the next a share is passed on by the secant, so that the sum is exactly
// score − baseline.
func (f *frame) contributions(m *Method, d *draw) (out []float64, baseline float64) {
	out = make([]float64, len(f.held))
	if f.members != nil || len(f.dims) == 0 {
		return out, 0
	}
	now, base, weights := make([]float64, len(f.dims)), make([]float64, len(f.dims)), make([]float64, len(f.dims))
	tables := make([][]float64, len(f.dims))
	for i, dim := range f.dims {
		tables[i] = f.dimensionGame(m, d, i, dim)
		base[i], now[i], weights[i] = tables[i][0], tables[i][len(tables[i])-1], d.dims[dim.id]
	}
	n := len(f.dims)
	worth := make([]float64, 1<<n)
	values := make([]float64, n)
	for set := range worth {
		for i := range n {
			if values[i] = base[i]; set&(1<<i) != 0 {
				values[i] = now[i]
			}
		}
		worth[set], _ = overall(m, d.join, values, weights)
	}
	for i, phi := range shapley(n, worth) {
		inside := shapley(bits.Len(uint(len(tables[i]))-1), tables[i])
		f.passDown(m, d, i, inside, secant(phi, now[i]-base[i]), out)
	}
	return out, worth[0]
}

// secant is how much of the whole one unit of the inner difference is worth. Where the inner
// difference is nothing, so is what is passed on.
func secant(whole, inner float64) float64 {
	if inner > -1e-9 && inner < 1e-9 {
		return 0
	}
	return whole / inner
}

// dimensionGame is the worth of each set of components of one dimension, the others at base.
func (f *frame) dimensionGame(m *Method, d *draw, i int, dim span) []float64 {
	from, to := f.parts[dim.from].from, f.parts[dim.to-1].to
	n := to - from
	now, base := make([]float64, n), make([]float64, n)
	for c := range n {
		now[c], base[c] = f.component(f.comps[from+c], d), f.componentBase(m, f.comps[from+c], d)
	}
	worth := make([]float64, 1<<n)
	values, weights, whole := make([]float64, 0, n), make([]float64, 0, n), make([]float64, 0, parts)
	for set := range worth {
		whole = whole[:0]
		for p := dim.from; p < dim.to; p++ {
			values, weights = values[:0], weights[:0]
			for c := f.parts[p].from; c < f.parts[p].to; c++ {
				x := base[c-from]
				if set&(1<<(c-from)) != 0 {
					x = now[c-from]
				}
				values, weights = append(values, x), append(weights, d.comps[f.comps[c].id])
			}
			v := join(values, weights)
			switch f.parts[p].id {
			case hazardPart:
				v = float64(v * f.hazard[i])
			case vulnerabilityPart:
				v = float64(v * f.impact[i])
			}
			whole = append(whole, v)
		}
		worth[set] = dimension(whole)
	}
	return worth
}

func (f *frame) componentBase(m *Method, c span, d *draw) float64 {
	sum, weight := 0.0, 0.0
	for i := c.from; i < c.to; i++ {
		s := f.held[i].slot
		sum += float64(d.slots[s] * m.reference[m.slots[s].ind].base)
		weight += d.slots[s]
	}
	return sum / weight
}

// passDown hands the shares of a dimension's components on to their indicators.
func (f *frame) passDown(m *Method, d *draw, i int, inside []float64, slope float64, out []float64) {
	from := f.parts[f.dims[i].from].from
	for c, share := range inside {
		comp := f.comps[from+c]
		total, weight := f.component(comp, d)-f.componentBase(m, comp, d), 0.0
		for h := comp.from; h < comp.to; h++ {
			weight += d.slots[f.held[h].slot]
		}
		s := float64(slope * secant(share, total))
		for h := comp.from; h < comp.to; h++ {
			slot := f.held[h].slot
			out[h] = float64(s * float64(d.slots[slot]/weight*(f.value(h, d)-m.reference[m.slots[slot].ind].base)))
		}
	}
}
