package impact

import (
	"math"
	"math/rand/v2"
	"slices"
)

// An Ensemble is one forecast's displaced tracks, ready to be asked at many places. It keeps
// work space of its own: one goroutine at a time may use it.
//
// A place sees a track as legs: straight ways with one wind profile each. A draw (zx, zy)
// moves each point of a leg by the draw times the sigma there, so a leg's distance from the
// place changes by at most sigma times the way between two draws. That is what the search
// rests on: draws lie in a tree of cells in the plane of (zx, zy); at each cell, legs that
// another leg certainly outdoes for every draw of the cell are dropped, and cells that no
// gale reaches are passed over. What is left at the leaves is reckoned draw by draw. The
// answer is that of asking each leg for each draw.
type Ensemble struct {
	m      *Method
	powers *powers
	wide   bool // winds may be reckoned by fours
	drawn  bool // the advisory gave radii
	said   []string

	nodes []node // one more than legs; a single point has one
	way   []leg
	x, y  []float64 // draws, cell by cell
	cells []drawCell
	fours []fourCells // the circles of cells 1 to 4, 5 to 8, ...

	// Work space of one question.
	tally   tally
	seen    []sight   // nodes as seen from the place
	near    []nearLeg // legs that can matter at the place, in order of time
	arena   []candidate
	arrived []arrival
	byLeg   []int32
	looks   []fourLook
	onsets  []onset

	earliest int32 // of near, that any draw of the large cell at work brings within reach; -1 = none yet
}

// A node is an end of a leg: where the forecast centre is, and the local east and north.
type node struct {
	hours, sigma    float64
	up, east, north [3]float64
}

// A leg is the way between two nodes with the wind profiles of its middle.
type leg struct {
	a, b    int32
	sigma   float64 // the larger of its ends
	wind    [4]windCurve
	over    [4]uint8   // by quadrant, as bits: the quadrants whose wind is nowhere stronger
	reach   float64    // beyond it the wind is below the lowest class in every quadrant
	gale    [4]float64 // squared distance beyond which it is, by quadrant
	perStep float64    // entries of a table a kilometre
	table   *[9]windTable
}

// bounds is the number of steps of a wind table.
const bounds = 64

// roomy is a power of two above bounds, so that a masked index needs no check.
const roomy = 128

// A windTable bounds the wind of some quadrants, as a binary logarithm: entry i of most is the strongest wind at i
// steps or farther, that of least the weakest at i steps or nearer.
type windTable struct{ most, least [roomy]float32 }

// A drawCell is a piece of the plane of draws: draws[first:last] lie within radius of x, y.
type drawCell struct {
	x, y, radius float64
	meanX, meanY float64
	first, last  int32
	child        int32 // the first of four; 0 = a leaf
}

// legs cuts the track into ways of at most the method's step, and where the storm passes from
// one class of wind to another.
func (e *Ensemble) legs(track []TrackPoint, horizon float64) {
	e.nodes = append(e.nodes, nodeAt(&track[0], &track[0], 0))
	var cuts []float64
	for i := 1; i < len(track); i++ {
		a, b := &track[i-1], &track[i]
		if horizon > 0 && a.Hours >= horizon {
			break
		}
		until := 1.0
		if horizon > 0 && b.Hours > horizon {
			until = (horizon - a.Hours) / (b.Hours - a.Hours)
		}
		cuts = e.cuts(cuts[:0], a, b, until)
		from := 0.0
		for _, to := range cuts {
			n := int32(len(e.nodes))
			e.nodes = append(e.nodes, nodeAt(a, b, to))
			e.way = append(e.way, e.leg(a, b, (from+to)/2, n-1, n))
			from = to
		}
	}
	if len(e.way) == 0 { // one point, or a horizon before the track: the first point stands
		e.way = append(e.way, e.leg(&track[0], &track[0], 0, 0, 0))
	}
}

// cuts lists the fractions between two points, up to until, at which a leg ends.
func (e *Ensemble) cuts(out []float64, a, b *TrackPoint, until float64) []float64 {
	east, north := offset(a.Lat, a.Lon, b.Lat, b.Lon)
	steps := max((b.Hours-a.Hours)/e.m.cyclone.StepHours, math.Hypot(east, north)/e.m.cyclone.StepKM) * until
	steps = max(1, min(math.Ceil(steps), 2000))
	for j := 1.0; j <= steps; j++ {
		out = append(out, until*j/steps)
	}
	for _, knots := range e.m.cyclone.ClassKnots {
		if f := (knots - a.MaxWindKnots) / (b.MaxWindKnots - a.MaxWindKnots); f > 0.05*until && f < 0.95*until {
			if k, there := slices.BinarySearch(out, f); !there {
				out = slices.Insert(out, k, f)
			}
		}
	}
	return out
}

func nodeAt(a, b *TrackPoint, f float64) node {
	const rad = math.Pi / 180
	n := node{hours: a.Hours + f*(b.Hours-a.Hours), sigma: (a.ErrorKM + f*(b.ErrorKM-a.ErrorKM)) / coneToSigma}
	sinLat, cosLat := math.Sincos((a.Lat + f*(b.Lat-a.Lat)) * rad)
	sinLon, cosLon := math.Sincos((a.Lon + f*wrap(b.Lon-a.Lon)) * rad)
	n.up = [3]float64{cosLat * cosLon, cosLat * sinLon, sinLat}
	n.east = [3]float64{-sinLon, cosLon, 0}
	n.north = [3]float64{-sinLat * cosLon, -sinLat * sinLon, cosLat}
	return n
}

// leg interpolates the storm between two track points at fraction f.
func (e *Ensemble) leg(a, b *TrackPoint, f float64, first, last int32) leg {
	m := e.m
	mix := func(x, y float64) float64 { return x + f*(y-x) }
	l := leg{a: first, b: last, sigma: max(e.nodes[first].sigma, e.nodes[last].sigma)}
	top := mix(a.MaxWindKnots, b.MaxWindKnots)
	ra, rb := a.RadiusMaxKM, b.RadiusMaxKM
	if ra == 0 {
		ra = m.RadiusMaxWind(a.MaxWindKnots, a.Lat)
	}
	if rb == 0 {
		rb = m.RadiusMaxWind(b.MaxWindKnots, b.Lat)
	}
	as, bs := [3]Quadrants{a.R34, a.R50, a.R64}, [3]Quadrants{b.R34, b.R50, b.R64}
	var known [3]bool
	var radii [3]Quadrants
	for i := range radii {
		radii[i], known[i] = mixRadii(as[i], bs[i], f)
		if top < radiusKnots[i] {
			radii[i], known[i] = Quadrants{}, false
		}
	}
	var ps [4]profile
	for q := range l.wind {
		p := newProfile(top, mix(ra, rb), m.cyclone.OuterExponent, [3]float64{radii[0][q], radii[1][q], radii[2][q]}, known)
		km := p.radiusOf(m.cyclone.ClassKnots[0])
		l.reach = max(l.reach, km)
		l.gale[q] = math.Copysign(km*km, km)
		l.wind[q] = p.curve()
		ps[q] = p
	}
	for q := range ps {
		for other := range ps {
			if ps[q].outdoes(&ps[other]) {
				l.over[q] |= 1 << other
			}
		}
	}
	l.perStep = bounds / l.reach
	return l
}

// bound makes the tables; see way.quadrants for their order.
func (l *leg) bound(pw *powers) {
	l.table = new([9]windTable)
	const slack = 1e-5       // against rounding
	for t := range l.table { // nothing is certain beyond the table's end
		l.table[t].least[bounds+1] = calm
	}
	for i := range bounds + 1 {
		km := float64(i) / l.perStep
		for q, t := range [4]int{0, 3, 4, 1} { // NE, SE, SW, NW
			v := float32(l.wind[q].at(pw, km*km))
			l.table[t].most[i], l.table[t].least[i] = v+slack, v-slack
		}
		for _, t := range [5][3]int{{2, 0, 1}, {5, 3, 4}, {6, 0, 3}, {7, 1, 4}, {8, 6, 7}} {
			l.table[t[0]].most[i] = max(l.table[t[1]].most[i], l.table[t[2]].most[i])
			l.table[t[0]].least[i] = min(l.table[t[1]].least[i], l.table[t[2]].least[i])
		}
	}
}

// draw makes the draws and their cells. Both numbers of a draw come in turn from one
// stream, whatever the track, so that the ensemble of one seed is the same for every place.
func (e *Ensemble) draw(seed uint64, n int) {
	rng := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	type drawn struct {
		x, y float64
		leaf int32
	}
	all := make([]drawn, n)
	var count [leaves + 1]int32
	for i := range all {
		x, y := rng.NormFloat64(), rng.NormFloat64()
		leaf := interleave(sixteenth(x), sixteenth(y))
		all[i] = drawn{x, y, leaf}
		count[leaf+1]++
	}
	for i := range leaves {
		count[i+1] += count[i]
	}
	e.x, e.y = make([]float64, n, n+4), make([]float64, n, n+4) // room for whole fours
	at := count
	for i := range all {
		d := &all[i]
		e.x[at[d.leaf]], e.y[at[d.leaf]] = d.x, d.y
		at[d.leaf]++
	}
	e.cells = make([]drawCell, 0, 1+4+16+64+leaves)
	for size := int32(leaves); size > 0; size /= 4 { // the whole plane, then its fourths
		for first := int32(0); first < leaves; first += size {
			c := e.cell(count[first], count[first+size])
			if size > 1 {
				c.child = int32(len(e.cells))*4 + 1
			}
			e.cells = append(e.cells, c)
		}
	}
	e.fours = make([]fourCells, len(e.cells)/4)
	for i, c := range e.cells[1:] {
		f, k := &e.fours[i/4], i%4
		f.x[k], f.y[k], f.radius[k] = c.x, c.y, c.radius
	}
}

// cell is the bounding circle of a run of draws, around the middle of their box.
func (e *Ensemble) cell(first, last int32) drawCell {
	c := drawCell{first: first, last: last}
	if first == last {
		return c
	}
	xs, ys := e.x[first:last], e.y[first:last]
	c.x, c.y = (slices.Min(xs)+slices.Max(xs))/2, (slices.Min(ys)+slices.Max(ys))/2
	for i := range xs {
		dx, dy := xs[i]-c.x, ys[i]-c.y
		c.radius = max(c.radius, dx*dx+dy*dy)
		c.meanX, c.meanY = c.meanX+xs[i], c.meanY+ys[i]
	}
	c.radius = math.Sqrt(c.radius) * (1 + 1e-9)
	c.meanX, c.meanY = c.meanX/float64(len(xs)), c.meanY/float64(len(xs))
	return c
}

// leaves is the number of the smallest cells: sixteenths of the standard normal on both axes.
const leaves = 256

// sixteenth is which of sixteen equally probable pieces a standard normal number falls into.
func sixteenth(z float64) int32 {
	n := int32(0)
	if z < 0 {
		return 15 - sixteenth(-z)
	}
	for _, edge := range [7]float64{0.15731068461017067, 0.31863936396437514, 0.4887764111146694, 0.6744897501960817, 0.8871465590188758, 1.1503493803760079, 1.5341205443525459} {
		if z >= edge {
			n++
		}
	}
	return 8 + n
}

// interleave orders cells so that four in a row, from each fourth on, make a square.
func interleave(x, y int32) int32 {
	return x&1 | y&1<<1 | x&2<<1 | y&2<<2 | x&4<<2 | y&4<<3 | x&8<<3 | y&8<<4
}
