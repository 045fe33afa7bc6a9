package assessment

import (
	"cmp"
	"math"
	"slices"
)

// boundaries is for how many drivers the nearest class boundary is looked for.
const boundaries = 12

// drivers lists every indicator in use with its contribution, the strongest first. What one
// indicator does in several dimensions is summed.
func (r *Result) drivers(m *Method, s *Snapshot, f *frame, d *draw) {
	if f.members != nil {
		r.memberDrivers(m, s, f, d)
		return
	}
	shares, base := f.contributions(m, d)
	r.Baseline = round(base)
	at := map[int]int{}
	for i := range f.held {
		h := &f.held[i]
		ind := m.slots[h.slot].ind
		k, ok := at[ind]
		if !ok {
			k = len(r.Drivers)
			at[ind] = k
			r.Drivers = append(r.Drivers, driverOf(m, f, d, i))
		}
		r.Drivers[k].Contribution += shares[i]
		r.Drivers[k].Dimensions = append(r.Drivers[k].Dimensions, m.Dimensions[m.slots[h.slot].dim].ID)
	}
	for i := range r.Drivers {
		r.Drivers[i].Contribution = round(r.Drivers[i].Contribution)
		slices.Sort(r.Drivers[i].Dimensions)
		r.Drivers[i].Dimensions = slices.Compact(r.Drivers[i].Dimensions)
	}
	sortDrivers(r.Drivers)
	for i := range min(boundaries, len(r.Drivers)) {
		if !r.Drivers[i].Imputed {
			r.Drivers[i].Boundary = boundary(m, f, d, m.byIndicator[r.Drivers[i].Indicator], r.Class)
		}
	}
}

func sortDrivers(list []Driver) {
	slices.SortFunc(list, func(a, b Driver) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Contribution), math.Abs(a.Contribution)), cmp.Compare(a.Indicator, b.Indicator), cmp.Compare(a.From, b.From))
	})
}

func driverOf(m *Method, f *frame, d *draw, i int) Driver {
	h := &f.held[i]
	ind := m.slots[h.slot].ind
	out := Driver{Indicator: m.Indicators[ind].ID, Unit: unitOf(m.Indicators[ind].ID), Normalised: round(f.value(i, d)), From: h.from, Imputed: h.imputed}
	if h.imputed {
		out.Value = round(m.reference[ind].raw(f.value(i, d)))
		return out
	}
	v := h.value
	out.Value, out.Period, out.Source, out.Grade, out.Licence, out.Evidence = v.Value, v.Period, v.Source, v.Grade, v.Licence, v.Evidence
	return out
}

// memberDrivers of a portfolio are its members: what the score would be without each.
func (r *Result) memberDrivers(m *Method, s *Snapshot, f *frame, d *draw) {
	var sc scratch
	whole := f.score(m, d, false, &sc).overall
	if len(f.members) > maxMembers {
		return
	}
	for i, x := range f.members {
		rest := frame{unit: f.unit, members: []*frame{}}
		for j := range f.members {
			if j != i {
				rest.members, rest.weights = append(rest.members, f.members[j]), append(rest.weights, f.weights[j])
			}
		}
		without := 0.0
		if len(rest.members) > 0 {
			without = rest.score(m, d, false, &sc).overall
		}
		own := x.score(m, d, false, &sc).overall
		r.Drivers = append(r.Drivers, Driver{
			Indicator: x.unit.ID, Value: round(own), Unit: "score 0-10", Normalised: round(own), Contribution: round(whole - without),
			Period: s.AsOf.Format("2006-01-02"), From: x.unit.ID,
		})
	}
	sortDrivers(r.Drivers)
}

// maxMembers is up to how many members a portfolio is explained by leaving each out.
const maxMembers = 1000

// with is the score when an indicator is at a normalised value wherever it stands.
func (f *frame) with(m *Method, d *draw, ind int, y float64) float64 {
	changed := *f
	changed.held = slices.Clone(f.held)
	for i := range changed.held {
		if m.slots[changed.held[i].slot].ind == ind {
			changed.held[i].x[d.way], changed.held[i].imputed = y, false
		}
	}
	var sc scratch
	return changed.score(m, d, false, &sc).overall
}

// boundary looks for the nearest value of an indicator at which the class changes: first the
// better side, then the worse, whichever is nearer in normalised points.
func boundary(m *Method, f *frame, d *draw, ind int, class string) *Boundary {
	start := 0.0
	for i := range f.held {
		if m.slots[f.held[i].slot].ind == ind {
			start = f.value(i, d)
		}
	}
	best, gap := (*Boundary)(nil), math.Inf(1)
	for _, end := range []float64{0, 10} {
		if m.ClassOf(f.with(m, d, ind, end)) == class {
			continue
		}
		same, other := start, end
		for range 40 {
			mid := (same + other) / 2
			if m.ClassOf(f.with(m, d, ind, mid)) == class {
				same = mid
			} else {
				other = mid
			}
		}
		if g := math.Abs(other - start); g < gap {
			gap = g
			best = &Boundary{Value: significant(m.reference[ind].raw(other)), Class: m.ClassOf(f.with(m, d, ind, other))}
		}
	}
	return best
}

// significant keeps four figures: more would pretend.
func significant(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0
	}
	scale := 1.0
	for a := math.Abs(x); a < 1000; a *= 10 {
		if scale *= 10; scale > 1e12 {
			return 0
		}
	}
	return round(math.Round(x*scale) / scale)
}

// changes lists what differs from the previous assessment's values, each with what it alone
// did: the score now, less the score with the old value in its place.
func (r *Result) changes(m *Method, s *Snapshot, f *frame, d *draw) {
	p := f.unit.Previous
	if p == nil || f.members != nil {
		return
	}
	r.ClassWas = p.Class
	var sc scratch
	score := f.score(m, d, false, &sc).overall
	seen := map[string]bool{}
	for i := range f.held {
		h := &f.held[i]
		ind := m.slots[h.slot].ind
		name := m.Indicators[ind].ID
		if h.imputed || seen[name] {
			continue
		}
		seen[name] = true
		is := h.value
		k, had := slices.BinarySearchFunc(p.Values, name, func(v Value, n string) int { return cmp.Compare(v.Indicator, n) })
		switch {
		case !had:
			effect := score - f.with(m, d, ind, m.reference[ind].base)
			r.Changed = append(r.Changed, Change{Indicator: name, Is: &is, Effect: round(effect)})
		case p.Values[k].Value != is.Value:
			was := p.Values[k]
			r.Changed = append(r.Changed, Change{Indicator: name, Was: &was, Is: &is, Effect: round(score - f.with(m, d, ind, m.reference[ind].all(was.Value)[d.way]))})
		}
	}
	for _, v := range p.Values {
		if _, ok := m.byIndicator[v.Indicator]; ok && !seen[v.Indicator] {
			was := v
			r.Changed = append(r.Changed, Change{Indicator: v.Indicator, Was: &was})
		}
	}
	slices.SortFunc(r.Changed, func(a, b Change) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Effect), math.Abs(a.Effect)), cmp.Compare(a.Indicator, b.Indicator))
	})
}

// ValuesInUse are the values that a unit's score rests on, its own and inherited ones, by
// indicator: what the next assessment tells its changes against.
func ValuesInUse(r Result) []Value {
	var out []Value
	for _, d := range r.Drivers {
		if !d.Imputed && d.Period != "" && d.Source != "" {
			out = append(out, Value{Indicator: d.Indicator, Value: d.Value, Period: d.Period, Known: r.Known, Source: d.Source, Grade: d.Grade, Licence: d.Licence, Evidence: d.Evidence})
		}
	}
	slices.SortFunc(out, func(a, b Value) int { return cmp.Compare(a.Indicator, b.Indicator) })
	return out
}
