package impact

import (
	"math"
	"slices"
)

// A question is one place that the draws are asked about, and what they answer.
type question struct {
	lat, lon float64
	limits   classes                    // the classes as binary logarithms of knots
	radii    []sideRadii                // the same as squared distances, by leg; see radiiOf
	damage   func(wind float64) float64 // nil = not wanted

	found finding
}

// A finding is what the tracks bring to one place.
type finding struct {
	hits                  [len(classes{})]int32 // tracks that reach each class
	sum, squares, damages float64               // over all tracks, of the wind in knots; 0 below the lowest class
	eta                   float64               // hour at which half of the tracks with a gale have brought it
}

// sideRadii are the squared distances within which a leg brings each class, by quadrant;
// negative = it does not.
type sideRadii [4]classes

// A sight is the place as seen from a node: kilometres east and north of the forecast centre.
type sight struct{ east, north float64 }

// A candidate is a leg that may bring the strongest wind to the draws of a cell.
type candidate struct {
	leg   int32
	table int32   // see way.quadrants
	high  float32 // binary logarithm of a wind that no draw of the cell passes on this leg
}

// A nearLeg is a leg that can matter at the places of a group, as seen from their middle.
type nearLeg struct {
	sa, sb         float64 // sigma at its ends
	sigma          float64 // the larger of both
	slack          float64 // how far off a place of the group may see it
	reach, perStep float64 // of the leg
	table          *[9]windTable
	leg            *leg
	number         int32 // of the leg
}

// displaced is a place's sight of the leg for a draw.
func (n *nearLeg) displaced(w *way, zx, zy float64) way {
	return way{w.ax - float64(zx*n.sa), w.ay - float64(zy*n.sa), w.bx - float64(zx*n.sb), w.by - float64(zy*n.sb)}
}

// Places are asked in groups of at most abreastPlaces that lie within groupKM of the first.
const (
	abreastPlaces = 16
	groupKM       = 60
)

// look asks every draw for the strongest wind at some places, which lie near each other, and
// for the leg that first brings the lowest class. What a place is answered does not depend on
// the places beside it: the group only finds out together what certainly holds for all.
func (e *Ensemble) look(group []*question) {
	for j, q := range group {
		q.found, e.arrived[j] = finding{}, e.arrived[j][:0]
	}
	e.sight(group)
	if len(e.near) == 0 {
		return
	}
	e.lowest = group[0].limits[0]
	for _, q := range group {
		q.radii = e.radiiOf(q.limits)
	}
	e.group = group
	e.arena = e.arena[:0]
	for i := range e.near {
		e.arena = append(e.arena, candidate{leg: int32(i)})
	}
	for i := firstCell; i < firstCell+16; i++ { // the whole plane and its fourths hold too much
		e.earliest = -1
		e.visit(&e.cells[i], 0, len(e.near))
	}
	for j, q := range group {
		if q.found.hits[0] > 0 {
			q.found.eta = e.medianArrival(j)
		}
	}
}

// firstCell is the index of the first of the sixteen cells below the whole and its fourths.
const firstCell = 1 + 4

// sight turns each place into kilometres from each node, and finds the middle of the places
// as each node sees them. It lists the legs that any draw brings near any place.
func (e *Ensemble) sight(group []*question) {
	count := len(e.nodes)
	e.seen = slices.Grow(e.seen[:0], count*len(group))[:count*len(group)]
	for j, q := range group {
		e.sightOf(q.lat, q.lon, e.seen[j*count:(j+1)*count])
	}
	e.middle, e.slack = slices.Grow(e.middle[:0], count)[:count], slices.Grow(e.slack[:0], count)[:count]
	for i := range count {
		low, high := e.seen[i], e.seen[i]
		for k := i + count; k < len(e.seen); k += count {
			s := &e.seen[k]
			low.east, high.east = min(low.east, s.east), max(high.east, s.east)
			low.north, high.north = min(low.north, s.north), max(high.north, s.north)
		}
		m, far := sight{(low.east + high.east) / 2, (low.north + high.north) / 2}, 0.0
		for k := i; k < len(e.seen) && len(group) > 1; k += count {
			dx, dy := e.seen[k].east-m.east, e.seen[k].north-m.north
			far = max(far, float64(dx*dx)+float64(dy*dy))
		}
		e.middle[i], e.slack[i] = m, math.Sqrt(far)*(1+1e-9)
	}
	root := &e.cells[0]
	far := math.Hypot(root.x, root.y) + root.radius
	e.near, e.middles = e.near[:0], e.middles[:0]
	for i := range e.way {
		l := &e.way[i]
		a, b := &e.middle[l.a], &e.middle[l.b]
		w, slack := way{a.east, a.north, b.east, b.north}, max(e.slack[l.a], e.slack[l.b])
		if limit := l.reach + far*l.sigma + slack; l.reach > 0 && w.nearest2() <= limit*limit {
			if l.table == nil {
				l.bound(e.powers)
			}
			e.middles = append(e.middles, w)
			e.near = append(e.near, nearLeg{e.nodes[l.a].sigma, e.nodes[l.b].sigma, l.sigma, slack, l.reach, l.perStep, l.table, l, int32(i)})
		}
	}
	e.ways = e.ways[:0]
	for j := range group {
		seen := e.seen[j*count : (j+1)*count]
		for i := range e.near {
			a, b := &seen[e.near[i].leg.a], &seen[e.near[i].leg.b]
			e.ways = append(e.ways, way{a.east, a.north, b.east, b.north})
		}
	}
}

// sightOf turns a place into kilometres from each node: great-circle distance laid out along
// the bearing, as offset does, by unit vectors.
func (e *Ensemble) sightOf(lat, lon float64, seen []sight) {
	const rad = math.Pi / 180
	sinLat, cosLat := math.Sincos(lat * rad)
	sinLon, cosLon := math.Sincos(lon * rad)
	px, py, pz := cosLat*cosLon, cosLat*sinLon, sinLat
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
		seen[i] = sight{k * x, k * y}
	}
}

// visit works through a cell for all places of the group: candidates are arena[first:last].
func (e *Ensemble) visit(c *drawCell, first, last int) {
	if c.first == c.last {
		return
	}
	start := len(e.arena)
	high, _ := e.narrow(c, e.middles, 1, first, last)
	switch end := len(e.arena); {
	case float64(high) < e.lowest: // no gale at any place
	case c.child == 0:
		for j := range e.group {
			e.leaf(j, c, start, end)
		}
	default:
		for i := range int32(4) {
			e.visit(&e.cells[c.child+i], start, end)
		}
	}
	e.arena = e.arena[:start]
}

// narrow appends to the arena those of arena[first:last] that may bring the strongest wind to
// some draw of a cell, with new bounds; ways are the legs as seen from one place, or from the
// middle of places that may see them off by slacks times the slack. No draw has more wind
// than high, none less than best.
func (e *Ensemble) narrow(c *drawCell, ways []way, slacks float64, first, last int) (high, best float32) {
	start := len(e.arena)
	best, high = calm, calm
	for i := first; i < last; i++ {
		k := e.arena[i].leg
		n := &e.near[k]
		w := n.displaced(&ways[k], c.x, c.y)
		d, spread := math.Sqrt(w.nearest2()), float64(c.radius*n.sigma)+float64(slacks*n.slack)
		if d-spread > n.reach {
			continue
		}
		if e.earliest < 0 {
			e.earliest = k
		}
		index := w.quadrants(spread)
		t := &n.table[index]
		high := t.most[uint(max(0, d-spread)*n.perStep)&(roomy-1)]
		if high < best {
			continue
		}
		if far := (d + spread) * n.perStep; far < bounds {
			best = max(best, t.least[(uint(far)+1)&(roomy-1)])
		}
		e.arena = append(e.arena, candidate{leg: k, table: int32(index), high: high})
	}
	end := start
	for i := start; i < len(e.arena); i++ { // without what the best outdoes
		if e.arena[i].high >= best {
			e.arena[end] = e.arena[i]
			if e.arena[i].high > high { // the most promising one is asked first
				high = e.arena[i].high
				e.arena[start], e.arena[end] = e.arena[end], e.arena[start]
			}
			end++
		}
	}
	e.arena = e.arena[:end]
	return high, best
}

// classOf is the number of limits that a wind reaches, given by its binary logarithm.
func classOf(limits *classes, wind float64) int {
	k := 0
	for k < len(limits) && wind >= limits[k] {
		k++
	}
	return k
}

// calm is a wind below every other, as a binary logarithm.
const calm = -100
