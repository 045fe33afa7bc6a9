package assessment

import (
	"cmp"
	"slices"
	"time"

	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/quantile"
)

// A span is a run of entries of the next level down.
type span struct {
	id       int // component, part or dimension
	from, to int
}

// A held value fills one slot of a unit.
type held struct {
	slot    int
	ind     int
	x       [ways]float64
	open    float64 // by min–max, not clipped to 0 to 10
	imputed bool
	donors  *donors // of an imputed one
	value   Value   // zero for an imputed one
	from    string  // unit that it was inherited from; "" = its own
}

// A frame is a unit laid out over the method's tree, with what is missing left out: held
// values make components, those make parts, those make dimensions.
type frame struct {
	unit    *Unit
	held    []held
	comps   []span // into held
	parts   []span // into comps; id is the part
	dims    []span // into parts; id is the dimension
	missing []missing
	// hazard and impact are what controls leave of hazard and vulnerability, by entry of dims.
	hazard, impact []float64
	members        []*frame // of a portfolio
	weights        []float64
}

// A missing slot has no value, not even a borrowed one.
type missing struct {
	slot    int
	imputed bool
}

// donors are the known values of a group, normalised in each way and sorted.
type donors [ways][]float64

func (d *donors) at(way int, q float64) float64 { return quantile.Of(d[way], q) }

// A lender finds donors of missing values.
type lender struct {
	m      *Method
	units  []Unit
	groups map[lendKey]*donors
	at     map[string]int
}

type lendKey struct {
	ind            int
	kind           string
	region, income string
}

func newLender(m *Method, s *Snapshot) *lender {
	l := &lender{m: m, units: s.Units, groups: map[lendKey]*donors{}, at: map[string]int{}}
	for i := range s.Units {
		l.at[s.Units[i].ID] = i
	}
	members := map[lendKey][]float64{}
	for i := range s.Units {
		u := &s.Units[i]
		for _, v := range u.Values {
			ind, ok := m.byIndicator[v.Indicator]
			if !ok {
				continue
			}
			for _, k := range lendKeys(ind, u.Kind, u.Region, u.Income) {
				members[k] = append(members[k], v.Value)
			}
		}
	}
	for k, list := range members {
		if len(list) < m.Donors {
			continue
		}
		d := &donors{}
		for _, v := range list {
			for w, x := range m.reference[k.ind].all(v) {
				d[w] = append(d[w], x)
			}
		}
		for w := range d {
			slices.Sort(d[w])
		}
		l.groups[k] = d
	}
	return l
}

// lendKeys are the groups of a unit, the nearest first: region and income, income, region,
// everybody of its kind.
func lendKeys(ind int, kind, region, income string) []lendKey {
	var out []lendKey
	if region != "" && income != "" {
		out = append(out, lendKey{ind, kind, region, income})
	}
	if income != "" {
		out = append(out, lendKey{ind, kind, "", income})
	}
	if region != "" {
		out = append(out, lendKey{ind, kind, region, ""})
	}
	return append(out, lendKey{ind, kind, "", ""})
}

// lend finds donors for an indicator that a unit lacks. What countries have is lent between
// countries; what units count themselves, between units of the same kind.
func (l *lender) lend(ind int, u *Unit) *donors {
	kind := Country
	if len(l.m.Indicators[ind].Units) > 0 {
		kind = u.Kind
	}
	for _, k := range lendKeys(ind, kind, u.Region, u.Income) {
		if d := l.groups[k]; d != nil {
			return d
		}
	}
	return nil
}

// find looks for a value at the unit and then at its parents.
func (l *lender) find(u *Unit, name string) (v Value, from string, ok bool) {
	for at := u; ; {
		i, hit := slices.BinarySearchFunc(at.Values, name, func(v Value, n string) int { return cmp.Compare(v.Indicator, n) })
		if hit {
			if at != u {
				from = at.ID
			}
			return at.Values[i], from, true
		}
		next, has := l.at[at.Parent]
		if !has || at.Parent == "" {
			return Value{}, "", false
		}
		at = &l.units[next]
	}
}

// frame lays a unit out.
func (l *lender) frame(u *Unit, asOf time.Time) *frame {
	f := &frame{unit: u}
	m := l.m
	for d := range m.Dimensions {
		partsFrom := len(f.parts)
		for part := range parts {
			compsFrom := len(f.comps)
			for c := m.first[d]; c < m.first[d+1]; c++ {
				if m.comps[c].part != part {
					continue
				}
				heldFrom := len(f.held)
				for s := m.comps[c].first; s < m.comps[c].past; s++ {
					f.hold(l, u, s)
				}
				if len(f.held) > heldFrom {
					f.comps = append(f.comps, span{c, heldFrom, len(f.held)})
				}
			}
			if len(f.comps) > compsFrom {
				f.parts = append(f.parts, span{part, compsFrom, len(f.comps)})
			}
		}
		// Without any knowledge of the hazard a dimension is a blind spot, however well its
		// vulnerability is known.
		if len(f.parts) > partsFrom && f.parts[partsFrom].id == hazardPart {
			f.dims = append(f.dims, span{d, partsFrom, len(f.parts)})
		} else {
			f.cut(partsFrom)
		}
	}
	list := l.controls(u)
	for _, d := range f.dims {
		h, i := controls(m, list, m.Dimensions[d.id].ID, asOf)
		f.hazard, f.impact = append(f.hazard, h), append(f.impact, i)
	}
	return f
}

// cut takes back the parts of a dimension that is not assessed.
func (f *frame) cut(partsFrom int) {
	if partsFrom == len(f.parts) {
		return
	}
	compsFrom := f.parts[partsFrom].from
	heldFrom := f.comps[compsFrom].from
	for _, h := range f.held[heldFrom:] {
		f.missing = append(f.missing, missing{h.slot, h.imputed})
	}
	f.parts, f.comps, f.held = f.parts[:partsFrom], f.comps[:compsFrom], f.held[:heldFrom]
}

// hold fills one slot, with a borrowed value if need be.
func (f *frame) hold(l *lender, u *Unit, s int) {
	m := l.m
	ind := m.slots[s].ind
	in := m.Indicators[ind]
	if len(in.Units) > 0 && !slices.Contains(in.Units, u.Kind) {
		return
	}
	if v, from, ok := l.find(u, in.ID); ok {
		f.held = append(f.held, held{slot: s, ind: ind, x: m.reference[ind].all(v.Value), open: m.reference[ind].open(v.Value), value: v, from: from})
		return
	}
	if d := l.lend(ind, u); d != nil {
		f.held = append(f.held, held{slot: s, ind: ind, imputed: true, donors: d})
		return
	}
	f.missing = append(f.missing, missing{slot: s})
}

// controls are those of a unit, and of the project whose site or route it is.
func (l *lender) controls(u *Unit) []Control {
	if u.Kind == Site || u.Kind == Route {
		if i, ok := l.at[u.Parent]; ok && l.units[i].Kind == Project {
			return append(slices.Clone(l.units[i].Controls), u.Controls...)
		}
	}
	return u.Controls
}

// A treated risk is one of a dimension, with what its controls leave.
type treated struct {
	risk           string
	share          float64
	hazard, impact float64
}

// controls gives what is left of hazard and of vulnerability under controls. Those of one risk
// multiply, and work on its share of the dimension alone; those that name no risk work on all.
func controls(m *Method, list []Control, dimension string, asOf time.Time) (hazard, impact float64) {
	hazard, impact = 1, 1
	var risks []treated
	for _, c := range list {
		if c.Dimension != dimension {
			continue
		}
		left := 1 - Effectiveness(m, c, asOf)
		h, i := &hazard, &impact
		if c.Risk != "" {
			k := slices.IndexFunc(risks, func(t treated) bool { return t.risk == c.Risk })
			if k < 0 {
				k = len(risks)
				risks = append(risks, treated{c.Risk, c.Share, 1, 1})
			}
			h, i = &risks[k].hazard, &risks[k].impact
		}
		if c.Mitigating {
			*i = float64(*i * left)
		} else {
			*h = float64(*h * left)
		}
	}
	slices.SortFunc(risks, func(a, b treated) int { return cmp.Compare(a.risk, b.risk) })
	byRisk, byImpact := 1.0, 1.0
	for _, t := range risks {
		byRisk -= float64(t.share * (1 - t.hazard))
		byImpact -= float64(t.share * (1 - t.impact))
	}
	return max(float64(hazard*byRisk), m.Control.Floor), max(float64(impact*byImpact), m.Control.Floor)
}

// Effectiveness of a control: strength·design·implementation·2^(−days since its test ÷ half
// life). Without evidence or without a test it is 0.
func Effectiveness(m *Method, c Control, asOf time.Time) float64 {
	if c.Evidence == "" || c.Tested.IsZero() || c.Tested.After(asOf) {
		return 0
	}
	days := asOf.Sub(c.Tested).Hours() / 24
	return float64(m.Control.Strength*c.Design) * float64(c.Implementation*exp(max(-600, -ln(2)*days/m.Control.HalfLifeDays)))
}

// age in days of a value at an instant: from the end of its period.
func age(v Value, asOf time.Time) float64 {
	_, end, err := indicator.Span(v.Period)
	if err != nil || end.After(asOf) {
		return 0
	}
	return asOf.Sub(end).Hours() / 24
}
