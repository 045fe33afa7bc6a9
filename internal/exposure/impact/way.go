package impact

import "math"

// A way is a straight way past the place, which is the origin; kilometres.
type way struct{ ax, ay, bx, by float64 }

// nearest2 is the squared distance of the way from the place.
func (w way) nearest2() float64 {
	dx, dy := w.bx-w.ax, w.by-w.ay
	if along := -(float64(w.ax*dx) + float64(w.ay*dy)); along > 0 {
		if length := float64(dx*dx) + float64(dy*dy); along < length {
			cross := float64(w.ax*dy) - float64(w.ay*dx)
			return cross * cross / length
		}
		return float64(w.bx*w.bx) + float64(w.by*w.by)
	}
	return float64(w.ax*w.ax) + float64(w.ay*w.ay)
}

// quadrants is the index of the tables that hold for the way when each of its points may lie
// spread kilometres off: 3 times 0 north, 1 south, 2 both, plus 0 east, 1 west, 2 both.
func (w way) quadrants(spread float64) int {
	return 3*sides(min(w.ay, w.by)-spread, max(w.ay, w.by)+spread) + sides(min(w.ax, w.bx)-spread, max(w.ax, w.bx)+spread)
}

// sides is 0 for a range from low to high of positive numbers, 1 of negative ones, 2 of both.
func sides(low, high float64) int {
	return int(2*(math.Float64bits(low)>>63) - math.Float64bits(high)>>63)
}

// sidesOf tells for each kind of table which quadrants it is of: one, or two on both sides of
// a line where east (cut 1) or north (cut 2) passes through zero, the positive side first, or
// all (cut 3).
var sidesOf = [9]struct{ cut, one, other uint8 }{
	{0, 0, 0},
	{0, 3, 0},
	{1, 0, 3},
	{0, 1, 0},
	{0, 2, 0},
	{1, 1, 2},
	{2, 0, 1},
	{2, 3, 2},
	{3, 0, 0},
}

// A passage is how a way passes the place: the squared distance of its nearest point and the
// quadrant in which that lies; and the same of its parts in other quadrants, which are
// nearest where the way changes over; +Inf where there are none.
type passage struct {
	near, edge, edge2             float64
	nearSide, edgeSide, edgeSide2 uint8
}

// nearest is the fraction of the way at which it is nearest to the place, and the squared
// distance there. It and what follows have few branches, because draws at random would
// mispredict them; the conversions keep every machine from fusing a product with a sum. All
// kinds of ways are reckoned with the same operations, so that a way has one answer to the
// last bit, whichever of the kinds that hold for it is asked.
func (w *way) nearest() (f, km2 float64) {
	dx, dy := w.bx-w.ax, w.by-w.ay
	f = -(float64(w.ax*dx) + float64(w.ay*dy)) / (float64(dx*dx) + float64(dy*dy) + 1e-12)
	f = min(max(f, 0), 1)
	return f, w.at2(f)
}

// at2 is the squared distance at a fraction of the way.
func (w *way) at2(f float64) float64 {
	x, y := w.ax+float64(f*(w.bx-w.ax)), w.ay+float64(f*(w.by-w.ay))
	return float64(x*x) + float64(y*y)
}

// pass finds the passage of a way of a kind of table.
func (w way) pass(table int32) passage {
	sides := &sidesOf[table]
	switch sides.cut {
	case 0:
		_, near := w.nearest()
		return passage{near: near, edge: math.Inf(1), edge2: math.Inf(1), nearSide: sides.one & 3}
	case 1:
		return w.passTwo(sides.one, sides.other, w.ax, w.bx)
	case 2:
		return w.passTwo(sides.one, sides.other, w.ay, w.by)
	}
	return w.passAll()
}

// passTwo is pass for a way that may lead from one quadrant to another one: positive holds
// where the coordinate from a to b is, negative elsewhere.
func (w *way) passTwo(positive, negative uint8, a, b float64) passage {
	nearest, near := w.nearest()
	p := passage{near: near, edge: math.Inf(1), edge2: math.Inf(1), nearSide: positive & 3, edgeSide: negative & 3}
	if a < 0 {
		p.nearSide, p.edgeSide = p.edgeSide, p.nearSide
	}
	if (a < 0) == (b < 0) {
		return p
	}
	edge := a / (a - b) // where the first quadrant ends and the second begins
	if nearest > edge {
		p.nearSide, p.edgeSide = p.edgeSide, p.nearSide
	}
	p.edge = w.at2(edge)
	return p
}

// passAll is pass for any way.
func (w *way) passAll() passage {
	nearest, near := w.nearest()
	p := passage{near: near, edge: math.Inf(1), edge2: math.Inf(1)}
	f, g := math.Inf(1), math.Inf(1) // where it changes over, first and last
	first, middle, last := sign(w.ax, w.ay), 0, sign(w.bx, w.by)
	if (w.ax < 0) != (w.bx < 0) {
		f, middle = w.ax/(w.ax-w.bx), sign(w.bx, w.ay)
	}
	if (w.ay < 0) != (w.by < 0) {
		g = w.ay / (w.ay - w.by)
	}
	if g < f {
		f, g, middle = g, f, sign(w.ax, w.by)
	}
	if math.IsInf(f, 1) {
		p.nearSide = uint8(first)
		return p
	}
	p.edge = w.at2(f)
	if math.IsInf(g, 1) {
		middle = last
	} else {
		p.edge2 = w.at2(g)
	}
	switch {
	case nearest <= f:
		p.nearSide, p.edgeSide, p.edgeSide2 = uint8(first), uint8(middle), uint8(last)
	case nearest <= g:
		p.nearSide, p.edgeSide, p.edgeSide2 = uint8(middle), uint8(first), uint8(last)
	default:
		p.nearSide, p.edgeSide, p.edgeSide2 = uint8(last), uint8(first), uint8(middle)
	}
	return p
}

// inOneQuadrant tells whether both ends, and so all of the way, lie in one quadrant.
func (w way) inOneQuadrant() bool {
	x, y := math.Float64bits(w.ax)^math.Float64bits(w.bx), math.Float64bits(w.ay)^math.Float64bits(w.by)
	return (x|y)>>63 == 0
}

// sign is the index of the compass quadrant, without branches: 0 north-east, 1 south-east,
// 2 south-west, 3 north-west.
func sign(east, north float64) int {
	x, y := int(math.Float64bits(east)>>63), int(math.Float64bits(north)>>63)
	return y ^ 3*x
}

// cut parts a way where it passes from one quadrant to another and counts the parts.
func (w *way) cut(parts *[3]way) int {
	f, g := 2.0, 2.0
	if (w.ax < 0) != (w.bx < 0) {
		f = w.ax / (w.ax - w.bx)
	}
	if (w.ay < 0) != (w.by < 0) {
		g = w.ay / (w.ay - w.by)
	}
	if f > g {
		f, g = g, f
	}
	if f > 1 {
		parts[0] = *w
		return 1
	}
	fx, fy := w.ax+f*(w.bx-w.ax), w.ay+f*(w.by-w.ay)
	parts[0] = way{w.ax, w.ay, fx, fy}
	if g > 1 {
		parts[1] = way{fx, fy, w.bx, w.by}
		return 2
	}
	gx, gy := w.ax+g*(w.bx-w.ax), w.ay+g*(w.by-w.ay)
	parts[1], parts[2] = way{fx, fy, gx, gy}, way{gx, gy, w.bx, w.by}
	return 3
}
