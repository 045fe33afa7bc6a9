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
	hours := e.hours[:0]
	for i := range e.arrived {
		if a := &e.arrived[i]; a.leg == k {
			hour := e.entry(&e.near[k], a.x, a.y)
			for range a.draws {
				hours = append(hours, hour)
			}
		}
	}
	e.hours = hours
	return nth(hours, min(int(rank), len(hours)-1))
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

// nth is the number that would stand at place n if the list were sorted; it changes the order.
func nth(list []float64, n int) float64 {
	for low, high := 0, len(list)-1; low < high; {
		pivot := list[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for list[i] < pivot {
				i++
			}
			for list[j] > pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return list[n]
		}
	}
	return list[n]
}
