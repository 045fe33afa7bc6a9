package geo

import (
	"math"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// A Region is a prepared Shape: a point, a circle, a line with a half width, or polygons
// with holes, on the sphere of EarthRadiusKM. Vertices are joined by great circles, so the
// antimeridian and the poles need no care. A Region never changes after Prepare and may be
// used by many goroutines at once.
type Region struct {
	kind     Kind
	extentKM float64  // radius of a circle, half width of a line; counts as inside
	only     s2.Point // of a point and a circle: where it is; here, because searches ask nothing else
	parts    []part   // of a polygon
	edges    edges    // boundary, or the point or line itself
	centre   s2.Point
	radius   float64 // of the bounding cap around centre, radians, extent excluded
	rect     s2.Rect // bounds everything, extent excluded
}

// part is one polygon: inside its outer ring and in none of its holes.
type part struct {
	outer ring
	holes []ring
}

// ring is a simple closed line whose inside is its smaller side.
type ring struct {
	loop   *s2.Loop
	where  []Point // of the loop's vertices, in degrees
	origin bool    // whether s2's reference point lies inside
	centre s2.Point
	radius float64 // of the cap that holds the inside, radians
}

// indexFrom is the number of vertices from which s2's own index answers faster than a walk
// around the ring: building the index costs as much as some hundred walks.
const indexFrom = 400

func (r *ring) contains(p s2.Point) bool {
	if r.radius < math.Pi && p.Distance(r.centre).Radians() > r.radius {
		return false
	}
	if r.loop.NumVertices() >= indexFrom {
		return r.loop.ContainsPoint(p)
	}
	return r.walk(p)
}

// walk counts the crossings of the ring on the way from s2's reference point.
func (r *ring) walk(p s2.Point) bool {
	vertices := r.loop.Vertices()
	inside := r.origin
	crosser := s2.NewChainEdgeCrosser(s2.OriginPoint(), p, vertices[0])
	for i := 1; i <= len(vertices); i++ {
		v := vertices[0]
		if i < len(vertices) {
			v = vertices[i]
		}
		inside = inside != crosser.EdgeOrVertexChainCrossing(v)
	}
	return inside
}

func (q *part) contains(p s2.Point) bool {
	if !q.outer.contains(p) {
		return false
	}
	for i := range q.holes {
		if q.holes[i].contains(p) {
			return false
		}
	}
	return true
}

// Kind is the kind of the shape from which the region was made.
func (r *Region) Kind() Kind { return r.kind }

// Contains tells whether the place lies inside: in a polygon and in none of its holes,
// within a circle's radius or a line's half width. A point contains only itself: its radius
// is the uncertainty of the place, no extent.
func (r *Region) Contains(p Point) bool { return r.DistanceKM(p) == 0 }

// DistanceKM is the way from a place to the region in kilometres, 0 inside. In a hole it is
// the way to the hole's edge.
func (r *Region) DistanceKM(p Point) float64 { return r.distance(toS2(p)) }

func (r *Region) distance(p s2.Point) float64 {
	if r.kind == PointKind || r.kind == CircleKind {
		return math.Max(0, chordKM(s1.ChordAngle(p.Sub(r.only.Vector).Norm2()))-r.extentKM)
	}
	for i := range r.parts {
		if r.parts[i].contains(p) {
			return 0
		}
	}
	return math.Max(0, chordKM(r.edges.nearest(p, s1.InfChordAngle()))-r.extentKM)
}

// DistanceToKM is the shortest way between two regions in kilometres, 0 where they touch or
// overlap.
func (r *Region) DistanceToKM(o *Region) float64 {
	if r.kind == PointKind || r.kind == CircleKind {
		return math.Max(0, o.distance(r.only)-r.extentKM)
	}
	if o.kind == PointKind || o.kind == CircleKind {
		return math.Max(0, r.distance(o.only)-o.extentKM)
	}
	if r.holdsAPartOf(o) || o.holdsAPartOf(r) {
		return 0
	}
	return math.Max(0, chordKM(r.edges.nearestOf(&o.edges))-r.extentKM-o.extentKM)
}

// holdsAPartOf tells whether one vertex of a separate piece of o lies inside r: together
// with crossing edges, which have distance 0, that is all there is to overlap.
func (r *Region) holdsAPartOf(o *Region) bool {
	if len(r.parts) == 0 {
		return false
	}
	inside := func(p s2.Point) bool {
		for i := range r.parts {
			if r.parts[i].contains(p) {
				return true
			}
		}
		return false
	}
	if len(o.parts) == 0 {
		return inside(o.edges.from[0])
	}
	for i := range o.parts {
		if inside(o.parts[i].outer.loop.Vertex(0)) {
			return true
		}
	}
	return false
}

// Bound is a circle that holds the region: its centre and its radius in kilometres.
func (r *Region) Bound() (centre Point, radiusKM float64) {
	return fromS2(r.centre), math.Min(math.Pi, r.radius)*EarthRadiusKM + r.extentKM
}

// Middle is a place that stands for the region where one is wanted: the point, the centre of
// a circle or of the bounding circle.
func (r *Region) Middle() Point { return fromS2(r.centre) }

func toS2(p Point) s2.Point { return s2.PointFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lon)) }

func fromS2(p s2.Point) Point {
	ll := s2.LatLngFromPoint(p)
	return Point{Lat: ll.Lat.Degrees(), Lon: ll.Lng.Degrees()}
}

// chordKM is the great-circle way of a chord in kilometres.
func chordKM(c s1.ChordAngle) float64 {
	return 2 * EarthRadiusKM * math.Asin(math.Min(1, 0.5*math.Sqrt(math.Max(0, float64(c)))))
}

// boundingCap returns a cap around points: centre in the direction of their sum. A radius
// of a quarter turn or more says nothing of what lies between the points, so the cap is
// then the whole sphere.
func boundingCap(points []s2.Point) (centre s2.Point, radius float64) {
	var sum r3.Vector
	for _, p := range points {
		sum = sum.Add(p.Vector)
	}
	if sum.Norm2() < 1e-20 {
		return s2.Point{Vector: r3.Vector{X: 1}}, math.Pi
	}
	centre = s2.Point{Vector: sum.Normalize()}
	for _, p := range points {
		radius = math.Max(radius, p.Sub(centre.Vector).Norm2())
	}
	radius = 2*math.Asin(math.Min(1, 0.5*math.Sqrt(radius))) + 1e-9
	if radius >= math.Pi/2 {
		radius = math.Pi
	}
	return centre, radius
}
