package impact

import "math"

// abreast is how many draws are reckoned side by side.
const abreast = 32

// steep is the wind, as a binary logarithm of knots, from which each draw is asked for its own.
const steep = 6 // 64 kt

// leaf counts the draws of a leaf at one place of the group, of which arena[first:last] are
// the candidates. Draws between the bounds are asked one by one, so that the classes are
// exact. The wind and the arrival of the draws with a gale are those of one of them, or of
// their mean when all have one: a leaf holds one in 256 draws. Where that wind is strong it
// falls fast with distance, and each draw is asked for its own.
func (e *Ensemble) leaf(j int, c *drawCell, first, last int) {
	q := e.group[j]
	start := len(e.arena)
	high, best := e.narrow(c, e.ways[j*len(e.near):], 0, first, last)
	if float64(high) < e.lowest {
		e.arena = e.arena[:start]
		return
	}
	e.count(q, j, c, e.arena[start:], classOf(&q.limits, float64(best)), classOf(&q.limits, float64(high)))
	e.arena = e.arena[:start]
}

// count is leaf for candidates of the place itself: no draw brings less than the class least
// or more than most.
func (e *Ensemble) count(q *question, j int, c *drawCell, candidates []candidate, least, most int) {
	f := &q.found
	n := c.last - c.first
	for k := range least {
		f.hits[k] += n
	}
	gales, x, y := n, c.meanX, c.meanY
	if least < most {
		before := f.hits[0]
		some := e.classes(j, c, candidates, least, most)
		if least == 0 {
			gales = f.hits[0] - before
		}
		if gales == 0 {
			return
		}
		if gales < n {
			x, y = e.x[some], e.y[some]
		}
	}
	wind, leg := e.strongest(j, candidates, x, y)
	e.arrive(j, x, y, gales, leg)
	if wind < steep || n == 1 {
		q.blow(e.powers.exp2(wind), gales, e.m)
		return
	}
	for i := c.first; i < c.last; i++ {
		if wind, _ := e.strongest(j, candidates, e.x[i], e.y[i]); wind >= q.limits[0] {
			q.blow(e.powers.exp2(wind), 1, e.m)
		}
	}
}

// blow adds the wind in knots of some draws, which bring a gale.
func (q *question) blow(knots float64, draws int32, m *Method) {
	knots = max(knots, m.cyclone.ClassKnots[0])
	n, f := float64(draws), &q.found
	f.sum += knots * n
	f.squares += float64(knots*knots) * n
	if q.damage != nil {
		f.damages += q.damage(knots) * n
	}
}

// classes asks the candidates for each draw of a leaf, candidate by candidate, and counts
// the classes above least up to most. It returns the last draw that brings more than least.
func (e *Ensemble) classes(j int, c *drawCell, candidates []candidate, least, most int) (some int32) {
	q := e.group[j]
	ways := e.ways[j*len(e.near):]
	for first := c.first; first < c.last; first += abreast {
		last := min(first+abreast, c.last)
		xs := e.x[first:last]
		ys := e.y[first:last][:len(xs)]
		var room [abreast]uint8
		got := room[:len(xs)] // classes above least, by draw
		weakest := 0
		for _, k := range candidates {
			if weakest > 0 && classOf(&q.limits, float64(k.high)) <= least+weakest { // outdone for every draw
				continue
			}
			n := &e.near[k.leg]
			w, radii := &ways[k.leg], &q.radii[n.number]
			weakest = most
			for i := range got {
				p := n.displaced(w, xs[i], ys[i]).pass(k.table)
				got[i] = max(got[i], p.classes(radii, least, most))
				weakest = min(weakest, int(got[i]))
			}
		}
		for i, had := range got {
			for k := range int(had) {
				q.found.hits[(least+k)&3]++
			}
			if had > 0 {
				some = first + int32(i)
			}
		}
	}
	return some
}

// classes is the number of classes from least up to most that the way brings.
func (p *passage) classes(radii *sideRadii, least, most int) uint8 {
	n := max(within(p.near, &radii[p.nearSide&3], least, most), within(p.edge, &radii[p.edgeSide&3], least, most))
	if !math.IsInf(p.edge2, 1) {
		n = max(n, within(p.edge2, &radii[p.edgeSide2&3], least, most))
	}
	return n
}

// within counts the radii from least up to most that hold a squared distance.
func within(km2 float64, radii *classes, least, most int) (n uint8) {
	for k := least; k < most; k++ {
		n += uint8(one(km2 <= radii[k&3]))
	}
	return n
}

// one is 1 for true, without a branch.
func one(is bool) int {
	n := 0
	if is {
		n = 1
	}
	return n
}

// strongest finds the strongest wind for a draw at one place of the group, as a binary
// logarithm, and the leg of the list that brings it, the first of equals.
func (e *Ensemble) strongest(j int, candidates []candidate, zx, zy float64) (wind float64, leg int32) {
	ways := e.ways[j*len(e.near):]
	wind = calm
	for i := range candidates {
		k := &candidates[i]
		if float64(k.high) <= wind { // outdone
			continue
		}
		n := &e.near[k.leg]
		p := n.displaced(&ways[k.leg], zx, zy).pass(k.table)
		had := p.wind(e.powers, n.leg)
		if had > wind || had == wind && k.leg < leg {
			wind, leg = had, k.leg
		}
	}
	return wind, leg
}

// wind is the strongest wind of a leg, as a binary logarithm.
func (p *passage) wind(pw *powers, l *leg) float64 {
	wind := l.wind[p.nearSide&3].at(pw, p.near)
	over := l.over[p.nearSide&3] // other sides are farther, but may be stronger
	if !math.IsInf(p.edge, 1) && over>>p.edgeSide&1 == 0 {
		wind = max(wind, l.wind[p.edgeSide&3].at(pw, p.edge))
	}
	if !math.IsInf(p.edge2, 1) && over>>p.edgeSide2&1 == 0 {
		wind = max(wind, l.wind[p.edgeSide2&3].at(pw, p.edge2))
	}
	return wind
}
