package geo

import (
	"math"

	"github.com/golang/geo/s2"
)

// Parts is the number of polygons; 0 for points, circles and lines.
func (r *Region) Parts() int { return len(r.parts) }

// Rings is the number of rings of a polygon; the first is the outer one.
func (r *Region) Rings(part int) int { return 1 + len(r.parts[part].holes) }

// Ring returns the vertices of a ring twice, on the unit sphere and in degrees. They belong
// to the region and must not be changed.
func (r *Region) Ring(part, ring int) ([]s2.Point, []Point) {
	q := &r.parts[part].outer
	if ring > 0 {
		q = &r.parts[part].holes[ring-1]
	}
	return q.loop.Vertices(), q.where
}

// Arcs returns the great-circle arcs of the boundary, or the line itself; a point is an arc
// from itself to itself. They belong to the region and must not be changed.
func (r *Region) Arcs() (from, to []s2.Point) { return r.edges.from, r.edges.to }

// Vertices is the number of arcs of the boundary or the line.
func (r *Region) Vertices() int { return len(r.edges.from) }

// Cap is Bound on the unit sphere: the centre, and the radius in kilometres.
func (r *Region) Cap() (centre s2.Point, radiusKM float64) {
	return r.centre, math.Min(math.Pi, r.radius)*EarthRadiusKM + r.extentKM
}

// ExtentKM is the radius of a circle and the half width of a line; 0 for other kinds.
func (r *Region) ExtentKM() float64 { return r.extentKM }

// PartHolds tells by s2's rule of crossings whether a place lies inside one polygon: in its
// outer ring and in none of its holes. It looks at every edge.
func (r *Region) PartHolds(part int, p s2.Point) bool {
	q := &r.parts[part]
	if !q.outer.near(p) || !q.outer.walk(p) {
		return false
	}
	for i := range q.holes {
		if q.holes[i].near(p) && q.holes[i].walk(p) {
			return false
		}
	}
	return true
}

// near tells whether a place lies in the cap that holds the ring's inside.
func (r *ring) near(p s2.Point) bool {
	return r.radius >= math.Pi || p.Distance(r.centre).Radians() <= r.radius
}
