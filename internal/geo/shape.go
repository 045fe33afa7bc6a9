// Package geo holds the geometry that everything else speaks: points in degrees on WGS84
// and the few shapes a source or a portfolio can draw, written and read as GeoJSON.
// Shapes are plain values; Prepare turns one into a Region, which answers distance and
// containment on the sphere (s2), safe at the antimeridian and at the poles.
// It promises to repair or refuse bad geometry with a reason; it does not project,
// it knows no countries and no hazards.
package geo

import (
	"fmt"
	"math"

	"watchfire.dev/internal/fault"
)

// EarthRadiusKM is the mean radius of the Earth (IUGG R1), in kilometres.
const EarthRadiusKM = 6371.0088

// A Point is a place in degrees on WGS84. Lat is in [-90, 90], Lon in [-180, 180].
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Valid tells whether the point is finite and in range.
func (p Point) Valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

// DistanceKM is the great-circle distance between two points in kilometres (haversine).
func DistanceKM(a, b Point) float64 {
	const rad = math.Pi / 180
	dLat, dLon := (b.Lat-a.Lat)*rad, (b.Lon-a.Lon)*rad
	s := math.Sin(dLat/2)*math.Sin(dLat/2) +
		math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*math.Sin(dLon/2)*math.Sin(dLon/2)
	return 2 * EarthRadiusKM * math.Asin(math.Min(1, math.Sqrt(s)))
}

// A Ring is a closed line; the last point need not repeat the first.
type Ring []Point

// A Polygon is an outer ring followed by its holes.
type Polygon []Ring

// Kind names the form of a Shape.
type Kind string

// The kinds of Shape.
const (
	None        Kind = ""
	PointKind   Kind = "point"   // Points[0], RadiusKM = uncertainty of the place
	CircleKind  Kind = "circle"  // Points[0], RadiusKM = radius of what is meant
	LineKind    Kind = "line"    // Points (at least 2), RadiusKM = half width
	PolygonKind Kind = "polygon" // Polygons (at least 1)
)

// A Shape is one drawn thing. Exactly the fields named at its Kind are set; RadiusKM is
// in kilometres. The zero Shape is "no geometry".
type Shape struct {
	Kind     Kind
	Points   []Point
	RadiusKM float64
	Polygons []Polygon
}

// At returns a point shape with the given uncertainty radius in kilometres.
func At(lat, lon, uncertaintyKM float64) Shape {
	return Shape{Kind: PointKind, Points: []Point{{lat, lon}}, RadiusKM: uncertaintyKM}
}

// Circle returns a circle of radiusKM kilometres around a centre.
func Circle(lat, lon, radiusKM float64) Shape {
	return Shape{Kind: CircleKind, Points: []Point{{lat, lon}}, RadiusKM: radiusKM}
}

// Line returns a line with a half width in kilometres (0 = the bare line).
func Line(points []Point, halfWidthKM float64) Shape {
	return Shape{Kind: LineKind, Points: points, RadiusKM: halfWidthKM}
}

// Area returns a shape of one or more polygons.
func Area(polygons ...Polygon) Shape { return Shape{Kind: PolygonKind, Polygons: polygons} }

// IsZero tells whether there is no geometry at all.
func (s Shape) IsZero() bool { return s.Kind == None }

// Vertices counts the points of the shape, all rings included.
func (s Shape) Vertices() int {
	n := len(s.Points)
	for _, p := range s.Polygons {
		for _, r := range p {
			n += len(r)
		}
	}
	return n
}

// MaxVertices is the largest number of points that one shape may have (TRUST.md S2).
const MaxVertices = 200_000

// Check returns an error wrapping fault.ErrInvalid that names the first bad point, or nil. A
// ring of fewer than three points is wrong only where no polygon remains without it. Where
// every point would be in range with latitude and longitude exchanged, the error says so.
func (s Shape) Check() error {
	if s.Vertices() > MaxVertices {
		return fmt.Errorf("%d vertices, at most %d: %w", s.Vertices(), MaxVertices, fault.ErrTooLarge)
	}
	if math.IsNaN(s.RadiusKM) || s.RadiusKM < 0 || s.RadiusKM > 20_038 {
		return fmt.Errorf("radius %v km: %w", s.RadiusKM, fault.ErrInvalid)
	}
	switch s.Kind {
	case None:
		return nil
	case PointKind, CircleKind:
		if len(s.Points) != 1 {
			return fmt.Errorf("%s with %d points: %w", s.Kind, len(s.Points), fault.ErrInvalid)
		}
	case LineKind:
		if len(s.Points) < 2 {
			return fmt.Errorf("line with %d points: %w", len(s.Points), fault.ErrInvalid)
		}
	case PolygonKind:
		return s.checkPolygons()
	default:
		return fmt.Errorf("shape of kind %q: %w", s.Kind, fault.ErrInvalid)
	}
	return checkPoints(s.Points, string(s.Kind))
}

func (s Shape) checkPolygons() error {
	if len(s.Polygons) == 0 {
		return fmt.Errorf("no polygon: %w", fault.ErrInvalid)
	}
	var first error // rings too small to be areas are left out by Prepare while one remains
	sound := false
	for i, p := range s.Polygons {
		if len(p) == 0 && first == nil {
			first = fmt.Errorf("polygon %d has no ring: %w", i, fault.ErrInvalid)
		}
		for j, r := range p {
			if n := len(open(r)); n < 3 && first == nil {
				first = fmt.Errorf("polygon %d ring %d has %d distinct points, at least 3: %w", i, j, n, fault.ErrInvalid)
			} else if n >= 3 && j == 0 {
				sound = true
			}
			if err := checkPoints(r, fmt.Sprintf("polygon %d ring %d", i, j)); err != nil {
				return err
			}
		}
	}
	if sound {
		return nil
	}
	return first
}

func checkPoints(points []Point, what string) error {
	for i, p := range points {
		if !p.Valid() {
			if exchangedFits(points) {
				return fmt.Errorf("%s point %d: lat %v lon %v out of range; with latitude and longitude exchanged it would fit: %w",
					what, i, p.Lat, p.Lon, fault.ErrInvalid)
			}
			return fmt.Errorf("%s point %d: lat %v lon %v out of range: %w", what, i, p.Lat, p.Lon, fault.ErrInvalid)
		}
	}
	return nil
}

// exchangedFits tells whether all points are in range with their axes exchanged.
func exchangedFits(points []Point) bool {
	for _, p := range points {
		if !(Point{Lat: p.Lon, Lon: p.Lat}).Valid() {
			return false
		}
	}
	return true
}

// Exchanged returns the shape with latitude and longitude of every point exchanged: what a
// source meant that put them the wrong way round.
func (s Shape) Exchanged() Shape {
	exchange := func(points []Point) []Point {
		out := make([]Point, len(points))
		for i, p := range points {
			out[i] = Point{Lat: p.Lon, Lon: p.Lat}
		}
		return out
	}
	out := Shape{Kind: s.Kind, RadiusKM: s.RadiusKM}
	if s.Points != nil {
		out.Points = exchange(s.Points)
	}
	for _, p := range s.Polygons {
		var polygon Polygon
		for _, r := range p {
			polygon = append(polygon, exchange(r))
		}
		out.Polygons = append(out.Polygons, polygon)
	}
	return out
}

// open returns the ring without consecutive repeats and without its closing point.
func open(r Ring) Ring {
	out := make(Ring, 0, len(r))
	for _, p := range r {
		if len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	for len(out) > 1 && out[0] == out[len(out)-1] {
		out = out[:len(out)-1]
	}
	return out
}
