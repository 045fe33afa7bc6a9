package assessment

import "math"

// How dimensions are joined, in the order of their numbers in a draw.
const (
	powerMean = iota
	arithmeticMean
	geometricMean
	joins
)

// A draw is one set of choices. The nominal one is the method as it stands.
type draw struct {
	way, join int
	slots     []float64 // weights inside components
	comps     []float64 // weights of components inside a part
	dims      []float64
	lend      []float64 // by slot, the quantile of the donors that a borrowed value takes
	bounds    []float64 // by indicator, how far the good and the bad goalpost move; nil = not at all
}

// nominal is the method without any variation.
func nominal(m *Method, dims []float64) draw {
	d := draw{dims: dims, slots: make([]float64, len(m.slots)), comps: make([]float64, len(m.comps)), lend: make([]float64, len(m.slots))}
	for i, s := range m.slots {
		d.slots[i], d.lend[i] = s.weight, 0.5
	}
	for i, c := range m.comps {
		d.comps[i] = c.weight
	}
	return d
}

// A scored unit is the outcome of one draw.
type scored struct {
	overall, mean float64
	dims          [maxDimensions]float64 // by the method's dimension; only assessed ones count
	has           [maxDimensions]bool
	parts         [maxDimensions][parts]float64
}

// value of a slot under a draw.
func (f *frame) value(i int, d *draw) float64 {
	h := &f.held[i]
	x := h.x[d.way]
	moved := d.bounds != nil && d.way == 0
	switch {
	case h.imputed:
		x = h.donors.at(d.way, d.lend[h.slot])
	case moved:
		x = h.open
	}
	if moved {
		good, bad := d.bounds[2*h.ind], d.bounds[2*h.ind+1]
		return clip((x - 10*good) / (1 + bad - good))
	}
	return x
}

// inner is the least that a term of the reversed geometric mean can be: INFORM scales 0–10 to
// 10–1, so that a ten does not swallow everything.
const inner = 0.9

// component is the weighted mean of one component.
func (f *frame) component(c span, d *draw) float64 {
	sum, weight := 0.0, 0.0
	for i := c.from; i < c.to; i++ {
		w := d.slots[f.held[i].slot]
		sum += float64(w * f.value(i, d))
		weight += w
	}
	return sum / weight
}

// join makes the reversed, scaled geometric mean of components, y = (10−x)·0.9+1 and
// out = (10 − Π y^w)/0.9 (INFORM): one bad component is not made good by the others.
func join(values, weights []float64) float64 {
	if len(values) == 1 {
		return values[0]
	}
	sum, weight := 0.0, 0.0
	for i, x := range values {
		sum += float64(weights[i] * ln(float64((10-x)*inner)+1))
		weight += weights[i]
	}
	return clip((10 - exp(sum/weight)) / inner)
}

// dimension is the geometric mean of the parts that are known, hazard·vulnerability·lack of
// coping to the power of one third where all three are (INFORM).
func dimension(values []float64) float64 {
	product := 1.0
	for _, v := range values {
		product = float64(product * v)
	}
	switch {
	case product <= 0:
		return 0
	case len(values) == 1:
		return values[0]
	case len(values) == 2:
		return math.Sqrt(product)
	}
	return exp(ln(product) / float64(len(values)))
}

// overall joins dimensions and holds the outcome near the worst of them.
func overall(m *Method, how int, values, weights []float64) (score, mean float64) {
	sum, weight, worst := 0.0, 0.0, 0.0
	for i, v := range values {
		worst = max(worst, v)
		weight += weights[i]
		switch {
		case how == arithmeticMean:
			sum += float64(weights[i] * v)
		case how == geometricMean:
			sum += float64(weights[i] * ln(max(v, 0.01)))
		case m.Power == 3:
			sum += float64(weights[i] * float64(v*float64(v*v)))
		case v > 0:
			sum += float64(weights[i] * exp(float64(m.Power*ln(v))))
		}
	}
	if weight <= 0 {
		return 0, 0
	}
	mean = sum / weight
	switch {
	case how == geometricMean:
		mean = exp(mean)
	case how == powerMean && mean > 0:
		mean = exp(ln(mean) / m.Power)
	}
	return clip(max(mean, worst-m.OverrideGap)), clip(mean)
}

// scratch is what score needs, kept from one draw to the next.
type scratch struct{ values, weights, parts []float64 }

// score reckons a unit under a draw. inherent leaves the controls out.
func (f *frame) score(m *Method, d *draw, inherent bool, s *scratch) scored {
	var out scored
	if f.members != nil {
		f.scoreMembers(m, d, inherent, s, &out)
	} else {
		for i, dim := range f.dims {
			out.dims[dim.id] = f.scoreDimension(i, dim, d, inherent, s, &out.parts[dim.id])
			out.has[dim.id] = true
		}
	}
	out.overall = out.joined(m, d, s)
	return out
}

// joined makes the score of the dimensions under a draw and notes their mean.
func (x *scored) joined(m *Method, d *draw, s *scratch) float64 {
	s.values, s.weights = s.values[:0], s.weights[:0]
	for i := range m.Dimensions {
		if x.has[i] && d.dims[i] > 0 {
			s.values, s.weights = append(s.values, x.dims[i]), append(s.weights, d.dims[i])
		}
	}
	score, mean := overall(m, d.join, s.values, s.weights)
	x.mean = mean
	return score
}

func (f *frame) scoreDimension(i int, dim span, d *draw, inherent bool, s *scratch, into *[parts]float64) float64 {
	s.parts = s.parts[:0]
	for p := dim.from; p < dim.to; p++ {
		part := f.parts[p]
		s.values, s.weights = s.values[:0], s.weights[:0]
		for c := part.from; c < part.to; c++ {
			s.values = append(s.values, f.component(f.comps[c], d))
			s.weights = append(s.weights, d.comps[f.comps[c].id])
		}
		v := join(s.values, s.weights)
		if !inherent {
			switch part.id {
			case hazardPart:
				v = float64(v * f.hazard[i])
			case vulnerabilityPart:
				v = float64(v * f.impact[i])
			}
		}
		into[part.id] = v
		s.parts = append(s.parts, v)
	}
	return dimension(s.parts)
}

// scoreMembers makes each dimension of a portfolio the power mean of its members', by their
// weights: a portfolio is not safe because most of it is.
func (f *frame) scoreMembers(m *Method, d *draw, inherent bool, s *scratch, out *scored) {
	var sum, weight [maxDimensions]float64
	for i, member := range f.members {
		one := member.score(m, d, inherent, s)
		for j := range m.Dimensions {
			if one.has[j] {
				sum[j] += float64(f.weights[i] * float64(one.dims[j]*float64(one.dims[j]*one.dims[j])))
				weight[j] += f.weights[i]
			}
		}
	}
	for j := range m.Dimensions {
		if weight[j] > 0 {
			out.has[j] = true
			if v := sum[j] / weight[j]; v > 0 {
				out.dims[j] = clip(exp(ln(v) / 3))
			}
		}
	}
}
