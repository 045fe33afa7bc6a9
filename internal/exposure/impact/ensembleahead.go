package impact

import (
	"cmp"
	"math"
	"slices"
)

// Ahead reckons many places together, in a fraction of the time that they take one by one:
// neighbours share the search for what can matter to them. At then reads the answers out
// when it is asked for the places in the same order; each is what At alone would answer, to
// the last bit, whatever the places beside it. Places that At refuses may be among them.
func (e *Ensemble) Ahead(places []CycloneInput) {
	e.ahead, e.next = slices.Grow(e.ahead[:0], len(places)), 0
	for i := range places {
		in := places[i]
		if q, err := e.question(&in); err == nil {
			e.ahead = append(e.ahead, q)
		}
	}
	type keyed struct {
		key uint64
		q   *question
	}
	order := make([]keyed, len(e.ahead))
	for i := range e.ahead {
		q := &e.ahead[i]
		order[i] = keyed{curve(q.lat, q.lon), q}
	}
	slices.SortFunc(order, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	var group []*question
	var across, along float64 // a degree of longitude and the group's size in degrees
	for i := range order {
		q := order[i].q
		if len(group) > 0 {
			first := group[0]
			if len(group) == abreastPlaces || math.Abs(q.lat-first.lat) > along || math.Abs(wrap(q.lon-first.lon))*across > along {
				e.look(group)
				group = group[:0]
			}
		}
		if len(group) == 0 {
			const degree = earthKM * math.Pi / 180
			along, across = groupKM/degree, math.Cos(q.lat*math.Pi/180)
		}
		group = append(group, q)
	}
	if len(group) > 0 {
		e.look(group)
	}
}

// curve numbers places along a curve that keeps neighbours together.
func curve(lat, lon float64) uint64 {
	x, y := uint32((wrap(lon)+180)/360*(1<<20)), uint32((lat+90)/360*(1<<20))
	return spread(x) | spread(y)<<1
}

// spread puts a zero before each bit.
func spread(x uint32) uint64 {
	v := uint64(x)
	v = (v | v<<16) & 0x0000ffff0000ffff
	v = (v | v<<8) & 0x00ff00ff00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f
	v = (v | v<<2) & 0x3333333333333333
	return (v | v<<1) & 0x5555555555555555
}

// wanted are the squared distances within which legs bring the classes of some limits.
type wanted struct {
	limits classes
	radii  []sideRadii
	known  []bool
}

// radiiOf gives the radii of limits for the legs of near, by number of leg. Limits differ in
// the last class alone, by damage region and vulnerability, so there are few.
func (e *Ensemble) radiiOf(limits classes) []sideRadii {
	var w *wanted
	for _, had := range e.wanted {
		if had.limits == limits {
			w = had
		}
	}
	if w == nil {
		w = &wanted{limits, make([]sideRadii, len(e.way)), make([]bool, len(e.way))}
		e.wanted = append(e.wanted, w)
	}
	for i := range e.near {
		n := &e.near[i]
		if w.known[n.number] {
			continue
		}
		w.known[n.number] = true
		radii := &w.radii[n.number]
		for side := range radii {
			for k, limit := range limits {
				radii[side][k] = n.leg.wind[side].within(e.powers, limit)
			}
		}
	}
	return w.radii
}
