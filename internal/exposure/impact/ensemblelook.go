package impact

import (
	"math"
	"slices"
)

// A tally is what the tracks bring to one place.
type tally struct {
	limits       classes // binary logarithms of knots
	hits         [len(classes{})]int
	sum, squares float64
	damage       func(wind float64) float64 // nil = not wanted
	damages      float64
}

func (t *tally) reset(limits classes) {
	*t = tally{}
	for k, v := range limits {
		t.limits[k] = math.Log2(v)
	}
}

// class is the number of limits that a wind reaches, given by its binary logarithm.
func (t *tally) class(wind float64) int {
	k := 0
	for k < len(t.limits) && wind >= t.limits[k] {
		k++
	}
	return k
}

// add counts n tracks with the same wind in knots, which reaches as many limits as class says.
func (t *tally) add(wind float64, class, n int) {
	for k := range class {
		t.hits[k] += n
	}
	t.sum += float64(wind * float64(n))
	t.squares += float64(wind * wind * float64(n))
	if t.damage != nil {
		t.damages += t.damage(wind) * float64(n)
	}
}

// draw counts one track with a wind given by its binary logarithm, without branches.
func (t *tally) draw(wind float64, pw *powers) {
	for k := range t.limits {
		t.hits[k] += one(wind >= t.limits[k])
	}
	knots := pw.exp2(wind) * float64(one(wind >= t.limits[0]))
	t.sum += knots
	t.squares += float64(knots * knots)
	if t.damage != nil && knots > 0 {
		t.damages += t.damage(knots)
	}
}

// A sight is the place as seen from a node: kilometres east and north of the forecast centre.
type sight struct{ east, north, sigma float64 }

// A candidate is a leg that may bring the strongest wind to the draws of a cell.
type candidate struct {
	leg   int32
	table int32   // see way.quadrants
	high  float32 // binary logarithm of a wind that no draw of the cell passes on this leg
}

// A nearLeg is a leg that can matter at the place, as seen from it.
type nearLeg struct {
	ax, ay, bx, by float64 // kilometres of the place from the forecast's ends of the leg
	sa, sb         float64 // sigma there
	sigma          float64 // the larger of both
	reach, perStep float64 // of the leg
	table          *[9]windTable
	leg            *leg
}

// from is the leg's way for a draw.
func (n *nearLeg) from(zx, zy float64) way {
	return way{n.ax - float64(zx*n.sa), n.ay - float64(zy*n.sa), n.bx - float64(zx*n.sb), n.by - float64(zy*n.sb)}
}

// look asks every draw for the strongest wind at a place and for the leg that first brings
// the lowest class.
func (e *Ensemble) look(lat, lon float64) {
	e.sight(lat, lon)
	e.arrived = e.arrived[:0]
	if len(e.near) == 0 {
		return
	}
	e.arena = e.arena[:0]
	for i := range e.near {
		e.arena = append(e.arena, candidate{leg: int32(i)})
	}
	for i := int32(firstCell); i < firstCell+16; i += 4 { // the whole plane and its fourths hold too much
		e.visit(i, 0, len(e.near), true)
	}
}

// firstCell is the index of the first of the sixteen cells below the whole and its fourths.
const firstCell = 1 + 4

// sight turns the place into kilometres from each node: great-circle distance laid out along
// the bearing, as offset does, by unit vectors. It lists the legs that any draw brings near.
func (e *Ensemble) sight(lat, lon float64) {
	const rad = math.Pi / 180
	sinLat, cosLat := math.Sincos(lat * rad)
	sinLon, cosLon := math.Sincos(lon * rad)
	px, py, pz := cosLat*cosLon, cosLat*sinLon, sinLat
	e.seen = slices.Grow(e.seen[:0], len(e.nodes))[:len(e.nodes)]
	for i := range e.nodes {
		n := &e.nodes[i]
		x := px*n.east[0] + py*n.east[1]
		y := px*n.north[0] + py*n.north[1] + pz*n.north[2]
		z := px*n.up[0] + py*n.up[1] + pz*n.up[2]
		s := x*x + y*y
		k := earthKM
		if s < 0.02 && z > 0 { // asin(√s)/√s, good to 1e-12 within 900 km
			k *= 1 + s*(1.0/6+s*(3.0/40+s*(15.0/336+s*(105.0/3456+s*945.0/42240))))
		} else if r := math.Sqrt(s); r > 0 {
			k *= math.Atan2(r, z) / r
		} else if z < 0 {
			x, k = 1, earthKM*math.Pi // at the far end of the Earth: any way is right
		}
		e.seen[i] = sight{k * x, k * y, n.sigma}
	}
	root := &e.cells[0]
	far := math.Hypot(root.x, root.y) + root.radius
	e.near = e.near[:0]
	for i := range e.way {
		l := &e.way[i]
		a, b := &e.seen[l.a], &e.seen[l.b]
		w := way{a.east, a.north, b.east, b.north}
		if limit := l.reach + far*l.sigma; l.reach > 0 && w.nearest2() <= limit*limit {
			if l.table == nil {
				l.bound(e.powers)
			}
			e.near = append(e.near, nearLeg{a.east, a.north, b.east, b.north, a.sigma, b.sigma, l.sigma, l.reach, l.perStep, l.table, l})
		}
	}
}

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

// visit works through four cells that make a larger one, from child on: candidates are
// arena[first:last]. top says that the arrivals of each are looked for anew.
func (e *Ensemble) visit(child int32, first, last int, top bool) {
	from := len(e.looks)
	e.looks = slices.Grow(e.looks, last-first)[:from+last-first]
	looks, four := e.looks[from:], &e.fours[(child-1)/4]
	if e.wide {
		looksByFours(&e.near[0], &e.arena[first], four, &looks[0], len(looks))
	} else {
		for i, c := range e.arena[first:last] {
			e.near[c.leg].look(c.leg, four, &looks[i])
		}
	}
	for i := range int32(4) {
		if c := &e.cells[child+i]; c.first < c.last {
			if top {
				e.earliest = -1
			}
			e.enter(c, looks, i)
		}
	}
	e.looks = e.looks[:from]
}

// A fourLook is what one leg may bring to the draws of four cells.
type fourLook struct {
	high  [4]float32 // binary logarithm of a wind that no draw of the cell passes
	least [4]float32 // and of one that every draw reaches
	table [4]int32   // see way.quadrants
	near  uint32     // by bit: whether any draw is within the leg's reach; else the rest is void
	leg   int32
}

// fourCells are the circles of four cells.
type fourCells struct{ x, y, radius [4]float64 }

// look fills in what the leg may bring.
func (n *nearLeg) look(leg int32, four *fourCells, out *fourLook) {
	out.near, out.leg = 0, leg
	for i := range four.x {
		w := n.from(four.x[i], four.y[i])
		d, spread := math.Sqrt(w.nearest2()), float64(four.radius[i]*n.sigma)
		index := w.quadrants(spread)
		t := &n.table[index]
		out.table[i] = int32(index)
		out.high[i] = t.most[uint(min(max(0, d-spread)*n.perStep, bounds+1))&(roomy-1)]
		out.least[i] = t.least[(uint(min((d+spread)*n.perStep, bounds))+1)&(roomy-1)]
		out.near |= uint32(one(d-spread <= n.reach)) << i
	}
}

// enter works through one of four cells with what the candidates may bring.
func (e *Ensemble) enter(c *drawCell, looks []fourLook, lane int32) {
	arena, start := e.arena, len(e.arena) // a copy, which stays in registers
	best := float32(calm)
	for i := range looks {
		l := &looks[i]
		if l.near>>lane&1 == 0 {
			continue
		}
		if e.earliest < 0 {
			e.earliest = l.leg
		}
		high := l.high[lane&3]
		if high < best {
			continue
		}
		best = max(best, l.least[lane&3])
		arena = append(arena, candidate{l.leg, l.table[lane&3], high})
	}
	high := float32(calm)
	kept := arena[start:start]
	for _, k := range arena[start:] { // without what the best outdoes
		if k.high < best {
			continue
		}
		kept = append(kept, k)
		if k.high > high { // the most promising one is asked first
			high = k.high
			n := len(kept) - 1
			kept[0], kept[n] = kept[n], kept[0]
		}
	}
	end := start + len(kept)
	e.arena = arena[:end]
	switch class := e.tally.class(float64(high)); {
	case class == 0: // no gale at all
	case high-best < same && class == e.tally.class(float64(best)):
		e.together(c, e.arena[start:end], class)
	case c.child == 0:
		e.reckon(c, e.arena[start:end])
	default:
		if end > start {
			e.visit(c.child, start, end, false)
		}
	}
	e.arena = e.arena[:start]
}

// one is 1 for true, without a branch.
func one(is bool) int {
	n := 0
	if is {
		n = 1
	}
	return n
}

// calm is a wind below every other, as a binary logarithm.
const calm = -100

// same is how much the winds of a cell may differ, as a binary logarithm (23 %), when the
// cell is to be reckoned as one.
const same = 0.3

// together counts a cell all of whose draws certainly bring the same class. Their winds lie
// evenly around that of the mean draw, which stands for them; the classes stay exact.
func (e *Ensemble) together(c *drawCell, candidates []candidate, class int) {
	n := c.last - c.first
	var wind [1]float64
	e.winds(wind[:], candidates, []float64{c.meanX}, []float64{c.meanY})
	e.tally.add(e.powers.exp2(wind[0]), class, int(n))
	e.arrive(c.meanX, c.meanY, n)
}

// abreast is how many draws are reckoned side by side.
const abreast = 32

// reckon asks the candidates for each draw of a leaf, candidate by candidate.
func (e *Ensemble) reckon(c *drawCell, candidates []candidate) {
	hits, some := 0, int32(0)
	for first := c.first; first < c.last; first += abreast {
		last := min(first+abreast, c.last)
		xs, ys := e.x[first:last], e.y[first:last]
		var room [abreast]float64
		winds := room[:len(xs)]
		e.winds(winds, candidates, xs, ys)
		for i, wind := range winds {
			is := one(wind >= e.tally.limits[0])
			if is > 0 {
				some = first + int32(i)
			}
			hits += is
			e.tally.draw(wind, e.powers)
		}
	}
	if hits > 0 {
		e.arrive(e.x[some], e.y[some], int32(hits))
	}
}

// winds finds the strongest wind for each of some draws, as a binary logarithm.
func (e *Ensemble) winds(winds []float64, candidates []candidate, xs, ys []float64) {
	low := float64(calm)
	for i := range winds {
		winds[i] = low
	}
	xs, ys = xs[:len(winds)], ys[:len(winds)]
	for _, k := range candidates {
		if float64(k.high) <= low { // outdone for every draw
			continue
		}
		n := &e.near[k.leg]
		low = math.Inf(1)
		sides := sidesOf[k.table]
		if e.wide && sides.cut < 3 && cap(winds) == abreast {
			n.fours(e.powers, sides.cut, sides.one&3, sides.other&3, winds, xs, ys)
			for _, wind := range winds {
				low = min(low, wind)
			}
			continue
		}
		for i, had := range winds {
			w := n.from(xs[i], ys[i])
			var wind float64
			switch sides.cut {
			case 0:
				wind = n.leg.wind[sides.one].at(e.powers, w.nearest2())
			case 1:
				wind = w.twoSides(e.powers, n.leg, sides.one, sides.other, w.ax, w.bx)
			case 2:
				wind = w.twoSides(e.powers, n.leg, sides.one, sides.other, w.ay, w.by)
			default:
				wind = n.strongest(e.powers, w)
			}
			wind = max(had, wind)
			winds[i], low = wind, min(low, wind)
		}
	}
}

// fours is windsByFours for a leg and some draws, with room behind each of the lists.
func (n *nearLeg) fours(pw *powers, cut, positive, negative uint8, winds, xs, ys []float64) {
	l := n.leg
	both := [2]uint64{uint64(l.over[positive]>>negative&1) - 1, uint64(l.over[negative]>>positive&1) - 1}
	windsByFours(n, &l.wind[positive], &l.wind[negative], pw, &both, int(cut), &xs[0], &ys[0], &winds[0], (len(winds)+3)/4)
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

// twoSides is the strongest wind on a way that may lead from one quadrant to another one, as
// a binary logarithm: positive holds where the coordinate from a to b is, negative elsewhere.
// It has few branches, because draws at random would mispredict them; the conversions keep
// every machine from fusing a product with a sum.
func (w way) twoSides(pw *powers, l *leg, positive, negative uint8, a, b float64) float64 {
	dx, dy := w.bx-w.ax, w.by-w.ay
	nearest := -(float64(w.ax*dx) + float64(w.ay*dy)) / (float64(dx*dx) + float64(dy*dy) + 1e-12)
	nearest = min(max(nearest, 0), 1)
	x, y := w.ax+float64(nearest*dx), w.ay+float64(nearest*dy)
	nearest2 := float64(x*x) + float64(y*y)
	first, second := positive&3, negative&3
	if a < 0 {
		first, second = second, first
	}
	if (a < 0) == (b < 0) {
		return l.wind[first].at(pw, nearest2)
	}
	edge := a / (a - b) // where first ends and second begins
	if nearest > edge {
		first, second = second, first
	}
	wind := l.wind[first].at(pw, nearest2)
	if l.over[first]>>second&1 == 0 { // the other side is farther, but may be stronger
		x, y := w.ax+float64(edge*dx), w.ay+float64(edge*dy)
		wind = max(wind, l.wind[second].at(pw, float64(x*x)+float64(y*y)))
	}
	return wind
}

// strongest is the strongest wind of the leg for a draw, as a binary logarithm of knots.
func (n *nearLeg) strongest(pw *powers, w way) float64 {
	var parts [3]way
	wind := float64(calm)
	for i := range w.cut(&parts) {
		p := &parts[i]
		wind = max(wind, n.leg.wind[sign(p.ax+p.bx, p.ay+p.by)].at(pw, p.nearest2()))
	}
	return wind
}

// inOneQuadrant tells whether both ends, and so all of the way, lie in one quadrant.
func (w way) inOneQuadrant() bool {
	x, y := math.Float64bits(w.ax)^math.Float64bits(w.bx), math.Float64bits(w.ay)^math.Float64bits(w.by)
	return (x|y)>>63 == 0
}

// sign is quadrant without branches.
func sign(east, north float64) int {
	x, y := int(math.Float64bits(east)>>63), int(math.Float64bits(north)>>63)
	return y ^ 3*x // NE 0, SE 1, SW 2, NW 3
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
