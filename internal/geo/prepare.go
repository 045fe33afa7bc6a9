package geo

import (
	"fmt"
	"math"
	"slices"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"

	"watchfire.dev/internal/fault"
)

// Prepare makes a Region of a shape. What it had to repair stands in notes, in words for
// people; an error wraps fault.ErrInvalid or fault.ErrTooLarge and says what cannot be
// repaired. It repairs as follows:
//   - points repeated in a row and spurs (there and back again) are removed;
//   - the inside of a ring is its smaller side, whatever way it winds;
//   - an outer ring that crosses itself is replaced by its convex hull, with a note: the
//     affected area must not shrink by a drawing error;
//   - a hole that crosses itself or another ring, or lies outside its outer ring, is left
//     out, with a note;
//   - a polygon without area is left out while others remain, with a note;
//   - two polygons that were cut apart at 180° are joined again, with a note;
//   - a line whose points are all one is a point with the line's half width.
func Prepare(s Shape) (*Region, []string, error) {
	if err := s.Check(); err != nil {
		return nil, nil, fmt.Errorf("prepare %s: %w", s.Kind, err)
	}
	switch s.Kind {
	case PointKind, CircleKind:
		p := &struct { // one piece of memory: points are prepared by the hundred thousand
			Region
			where [1]s2.Point
			block [1]block
		}{}
		r := &p.Region
		r.kind, r.only = s.Kind, toS2(s.Points[0])
		if s.Kind == CircleKind {
			r.extentKM = s.RadiusKM
		}
		p.where[0] = r.only
		r.bound(p.where[:])
		p.block[0] = block{first: 0, last: 1, centre: r.centre, radius: r.radius}
		r.edges = edges{from: p.where[:], to: p.where[:], blocks: p.block[:]}
		return r, nil, nil
	case LineKind:
		return prepareLine(s)
	case PolygonKind:
		return preparePolygons(s)
	}
	return nil, nil, fmt.Errorf("prepare: no geometry: %w", fault.ErrInvalid)
}

// bound sets cap and rectangle of points and lines.
func (r *Region) bound(points []s2.Point) {
	r.centre, r.radius = boundingCap(points)
	if len(points) == 1 {
		r.rect = s2.RectFromLatLng(s2.LatLngFromPoint(points[0]))
		return
	}
	bounder := s2.NewRectBounder()
	for _, p := range points {
		bounder.AddPoint(p)
	}
	r.rect = bounder.RectBound()
}

func prepareLine(s Shape) (*Region, []string, error) {
	points := distinct(s.Points)
	var notes []string
	if n := len(s.Points) - len(points); n > 0 {
		notes = append(notes, fmt.Sprintf("line: %d repeated points removed", n))
	}
	if i := opposite(points, false); i >= 0 {
		return nil, nil, fmt.Errorf("prepare line: points %d and %d lie on opposite sides of the Earth: %w", i, i+1, fault.ErrInvalid)
	}
	r := &Region{kind: LineKind, extentKM: s.RadiusKM}
	if len(points) == 1 {
		r.kind, r.only = CircleKind, points[0]
		notes = append(notes, "line: all points are one, taken as a point")
	}
	r.edges.add(points, false)
	r.bound(points)
	return r, notes, nil
}

func preparePolygons(s Shape) (*Region, []string, error) {
	r := &Region{kind: PolygonKind, rect: s2.EmptyRect()}
	var notes []string
	var first error
	var all []s2.Point
	polygons, joined := joinCut(s.Polygons)
	if joined > 0 {
		notes = append(notes, fmt.Sprintf("polygon: %d parts cut at 180° joined", joined+1))
	}
	for i, p := range polygons {
		q, more, err := preparePart(p)
		what := "polygon"
		if len(polygons) > 1 {
			what = fmt.Sprintf("polygon %d", i)
		}
		for _, n := range more {
			notes = append(notes, what+": "+n)
		}
		if err != nil {
			if first == nil {
				first = fmt.Errorf("prepare %s: %w", what, err)
			}
			notes = append(notes, fmt.Sprintf("%s: left out: %v", what, err))
			continue
		}
		r.parts = append(r.parts, q)
		r.edges.add(q.outer.loop.Vertices(), true)
		for _, h := range q.holes {
			r.edges.add(h.loop.Vertices(), true)
		}
		r.rect = r.rect.Union(q.outer.loop.RectBound())
		all = append(all, q.outer.loop.Vertices()...)
	}
	if len(r.parts) == 0 {
		return nil, nil, first
	}
	r.centre, r.radius = boundingCap(all)
	return r, notes, nil
}

// maxHoles bounds the work on one polygon; what is beyond it counts as filled.
const maxHoles = 1000

func preparePart(p Polygon) (part, []string, error) {
	var notes []string
	if len(p) == 0 {
		return part{}, nil, fmt.Errorf("no ring: %w", fault.ErrInvalid)
	}
	outer, repeated, err := cleanRing(p[0])
	if err != nil {
		return part{}, nil, fmt.Errorf("outer ring: %w", err)
	}
	if repeated > 0 {
		notes = append(notes, fmt.Sprintf("%d repeated points removed", repeated))
	}
	holes := p[1:]
	if len(holes) > maxHoles {
		notes = append(notes, fmt.Sprintf("%d holes beyond the first %d left out", len(holes)-maxHoles, maxHoles))
		holes = holes[:maxHoles]
	}
	rings := [][]s2.Point{outer}
	for i, h := range holes {
		points, _, err := cleanRing(h)
		if err != nil {
			notes = append(notes, fmt.Sprintf("hole %d left out: %v", i+1, err))
			continue
		}
		rings = append(rings, points)
	}
	bad := crossedRings(rings)
	if bad[0] {
		hull, err := hullOf(outer)
		if err != nil {
			return part{}, nil, err
		}
		return part{outer: hull}, append(notes, "outer ring crosses itself: its convex hull is used, holes are left out"), nil
	}
	q := part{outer: ringOf(outer)}
	if err := q.outer.checkArea(); err != nil {
		return part{}, nil, err
	}
	for i := 1; i < len(rings); i++ {
		reason := ""
		switch {
		case bad[i]:
			reason = "crosses itself or another ring"
		case !slices.ContainsFunc(rings[i], q.contains):
			reason = "does not lie in its outer ring, or lies in another hole"
		}
		if reason != "" {
			notes = append(notes, "a hole "+reason+": left out")
			continue
		}
		q.holes = append(q.holes, ringOf(rings[i]))
	}
	return q, notes, nil
}

// ringOf makes a ring of points, which it may turn around.
func ringOf(points []s2.Point) ring {
	if centre, radius := boundingCap(points); radius < math.Pi && flatArea(points, centre) < 0 {
		slices.Reverse(points) // saves s2 from doing it
	}
	return newRing(s2.LoopFromPoints(points))
}

// newRing turns a loop so that its inside is the smaller side: away from the far end of the
// Earth where a cap of less than a hemisphere holds it, by area otherwise.
func newRing(loop *s2.Loop) ring {
	r := ring{loop: loop}
	r.centre, r.radius = boundingCap(loop.Vertices())
	r.origin = loop.ReferencePoint().Contained
	if r.radius < math.Pi {
		if r.walk(s2.Point{Vector: r.centre.Mul(-1)}) {
			loop.Invert()
		}
	} else {
		loop.Normalize()
	}
	r.origin = loop.ReferencePoint().Contained
	r.where = make([]Point, loop.NumVertices())
	for i, v := range loop.Vertices() {
		r.where[i] = fromS2(v)
	}
	return r
}

// leastArea is a tenth of a square metre in steradians: less is a drawing error, not an area.
const leastArea = 0.1 / (EarthRadiusKM * EarthRadiusKM * 1e6)

func (r *ring) checkArea() error {
	if math.Abs(flatArea(r.loop.Vertices(), r.centre)) > 4*leastArea {
		return nil // quick, and exact enough to pass most rings
	}
	if a := r.loop.Area(); !(a > leastArea) {
		return fmt.Errorf("the ring has no area: %w", fault.ErrInvalid)
	}
	return nil
}

// flatArea is the area of a ring's shadow on the plane below centre, in steradians; it is
// positive when the ring winds to the left.
func flatArea(points []s2.Point, centre s2.Point) float64 {
	var sum r3.Vector
	for i := 2; i < len(points); i++ {
		sum = sum.Add(points[i-1].Sub(points[0].Vector).Cross(points[i].Sub(points[0].Vector)))
	}
	return sum.Dot(centre.Vector) / 2
}

func hullOf(points []s2.Point) (ring, error) {
	q := s2.NewConvexHullQuery()
	for _, p := range points {
		q.AddPoint(p)
	}
	hull := q.ConvexHull()
	if hull.IsFull() || hull.IsEmpty() || hull.NumVertices() < 3 {
		return ring{}, fmt.Errorf("the outer ring crosses itself and spans more than half of the Earth: %w", fault.ErrInvalid)
	}
	r := newRing(hull)
	return r, r.checkArea()
}

// cleanRing converts a ring, without repeated points and spurs, and counts what it removed.
func cleanRing(in Ring) ([]s2.Point, int, error) {
	in = open(in)
	points := make([]s2.Point, 0, len(in))
	for _, p := range in {
		points = push(points, toS2(p))
	}
	for len(points) >= 3 { // the same, over the joint
		n := len(points)
		switch {
		case same(points[0], points[n-1]):
			points = points[:n-1]
		case same(points[n-2], points[0]):
			points = points[:n-2]
		case same(points[n-1], points[1]):
			points = points[1 : n-1]
		default:
			if i := opposite(points, true); i >= 0 {
				return nil, 0, fmt.Errorf("points %d and %d lie on opposite sides of the Earth: %w", i, (i+1)%n, fault.ErrInvalid)
			}
			return points, len(in) - n, nil
		}
	}
	return nil, 0, fmt.Errorf("the ring has no area: %w", fault.ErrInvalid)
}

// push appends a point unless it repeats the last one; a return to the one before the last
// takes the spur away.
func push(points []s2.Point, p s2.Point) []s2.Point {
	switch n := len(points); {
	case n > 0 && same(points[n-1], p):
		return points
	case n > 1 && same(points[n-2], p):
		return points[:n-1]
	}
	return append(points, p)
}

func distinct(in []Point) []s2.Point {
	out := make([]s2.Point, 0, len(in))
	for _, p := range in {
		if q := toS2(p); len(out) == 0 || !same(out[len(out)-1], q) {
			out = append(out, q)
		}
	}
	return out
}

// same tells whether two points lie within 0.1 mm: at a pole, and at 180°, one place has
// many coordinates.
func same(a, b s2.Point) bool { return a.Sub(b.Vector).Norm2() < 2.5e-22 }

// opposite returns the first index whose point lies on the far side of the Earth from the
// next one, where no one arc joins them; -1 = none.
func opposite(points []s2.Point, closed bool) int {
	n := len(points)
	if !closed {
		n--
	}
	for i := range n {
		if points[i].Add(points[(i+1)%len(points)].Vector).Norm2() < 1e-16 {
			return i
		}
	}
	return -1
}
