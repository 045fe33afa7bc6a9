package geo

import "github.com/golang/geo/s2"

// Holds tells whether a place lies inside a polygon, without reckoning how far away it is:
// Contains answers the same for every kind of region, at the price of the distance.
func (r *Region) Holds(p Point) bool { return r.holds(toS2(p)) }

func (r *Region) holds(p s2.Point) bool {
	for i := range r.parts {
		if r.parts[i].contains(p) {
			return true
		}
	}
	return false
}

// Meets tells whether two regions touch or overlap. It is quick where one of them is a place
// and the other polygons.
func (r *Region) Meets(o *Region) bool {
	if o.kind == PointKind && len(r.parts) > 0 {
		return r.holds(o.edges.from[0])
	}
	if r.kind == PointKind && len(o.parts) > 0 {
		return o.holds(r.edges.from[0])
	}
	if beyond(r.centre, o.centre, r.radius+o.radius+(r.extentKM+o.extentKM)/EarthRadiusKM) {
		return false
	}
	return r.DistanceToKM(o) == 0
}
