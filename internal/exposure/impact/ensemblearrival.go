package impact

import "math"

// An arrival is the leg on which the gale of some draws of one cell first reaches the place;
// one of them stands for all.
type arrival struct {
	x, y  float64
	leg   int32 // of near
	draws int32
}

// arrive notes the first leg that brings a gale for a draw, which stands for a number of
// draws. Rounding may hide a gale at its edge: then the last leg counts.
func (e *Ensemble) arrive(zx, zy float64, draws int32) {
	k := int(e.earliest)
	for k < len(e.near)-1 && !e.near[k].hasGale(zx, zy) {
		k++
	}
	e.arrived = append(e.arrived, arrival{zx, zy, int32(k), draws})
}

// hasGale tells whether the leg brings the lowest class for a draw.
func (n *nearLeg) hasGale(zx, zy float64) bool {
	w, l := n.from(zx, zy), n.leg
	if w.inOneQuadrant() {
		return w.nearest2() <= l.gale[sign(w.ax, w.ay)]
	}
	var parts [3]way
	for i := range w.cut(&parts) {
		p := &parts[i]
		if p.nearest2() <= l.gale[sign(p.ax+p.bx, p.ay+p.by)] {
			return true
		}
	}
	return false
}

// medianArrival is the hour at which half of the tracks that bring a gale have brought it.
func (e *Ensemble) medianArrival() float64 {
	byLeg := append(e.byLeg[:0], make([]int32, len(e.near))...)
	for i := range e.arrived {
		byLeg[e.arrived[i].leg] += e.arrived[i].draws
	}
	e.byLeg = byLeg
	rank, k := int32(e.tally.hits[0]/2), int32(0)
	for rank >= byLeg[k] && int(k) < len(byLeg)-1 {
		rank -= byLeg[k]
		k++
	}
	onsets := e.onsets[:0]
	for i := range e.arrived {
		if a := &e.arrived[i]; a.leg == k {
			onsets = append(onsets, onset{e.entry(&e.near[k], a.x, a.y), a.draws})
		}
	}
	e.onsets = onsets
	return nth(onsets, rank)
}

// An onset is the hour at which the gale of some draws first reaches the place.
type onset struct {
	hour  float64
	draws int32
}

// entry is the hour on a leg at which a draw's gale first reaches the place.
func (e *Ensemble) entry(n *nearLeg, zx, zy float64) float64 {
	w, l := n.from(zx, zy), n.leg
	dx, dy := w.bx-w.ax, w.by-w.ay
	along := func(x, y float64) float64 { // the fraction of the way at which a point of it lies
		if math.Abs(dx) > math.Abs(dy) {
			return (x - w.ax) / dx
		}
		return (y - w.ay) / dy
	}
	f := 0.0
	var parts [3]way
	for i := range w.cut(&parts) {
		p := &parts[i]
		edge := l.gale[sign(p.ax+p.bx, p.ay+p.by)]
		if p.nearest2() > edge {
			continue
		}
		square, half, off := dx*dx+dy*dy, w.ax*dx+w.ay*dy, w.ax*w.ax+w.ay*w.ay-edge
		if square > 0 {
			f = (-half - math.Sqrt(max(0, half*half-square*off))) / square
			f = min(max(f, along(p.ax, p.ay)), along(p.bx, p.by))
		}
		break
	}
	return e.nodes[l.a].hours + min(1, max(0, f))*(e.nodes[l.b].hours-e.nodes[l.a].hours)
}

// nth is the hour that would stand at place n, or last, if the hour of each draw were listed
// and the list sorted; it changes the order.
func nth(list []onset, n int32) float64 {
	for i := range list { // sorted as far as wanted: there are a few dozen at most
		least := i
		for j := i + 1; j < len(list); j++ {
			if list[j].hour < list[least].hour {
				least = j
			}
		}
		list[i], list[least] = list[least], list[i]
		if n < list[i].draws {
			return list[i].hour
		}
		n -= list[i].draws
	}
	return list[len(list)-1].hour
}
