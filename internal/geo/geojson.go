package geo

import (
	"encoding/json"
	"fmt"

	"watchfire.dev/internal/fault"
)

// wire is a GeoJSON geometry (RFC 7946) with the foreign members radius_km and form:
// GeoJSON has no circle, so a circle is a Point whose form is "circle".
type wire struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates,omitempty"`
	Geometries  []wire          `json:"geometries,omitempty"`
	RadiusKM    float64         `json:"radius_km,omitempty"`
	Form        string          `json:"form,omitempty"`
}

type position []float64

func (p Point) position() position { return position{p.Lon, p.Lat} }

// MarshalJSON writes the shape as a GeoJSON geometry, longitude first; no geometry is null.
func (s Shape) MarshalJSON() ([]byte, error) {
	w := wire{RadiusKM: s.RadiusKM}
	var coordinates any
	switch s.Kind {
	case None:
		return []byte("null"), nil
	case PointKind, CircleKind:
		if len(s.Points) != 1 {
			return nil, s.Check()
		}
		w.Type, coordinates = "Point", s.Points[0].position()
		if s.Kind == CircleKind {
			w.Form = "circle"
		}
	case LineKind:
		w.Type, coordinates = "LineString", positions(s.Points, false)
	case PolygonKind:
		all := make([][][]position, len(s.Polygons))
		for i, p := range s.Polygons {
			for _, r := range p {
				all[i] = append(all[i], positions(open(r), true))
			}
		}
		w.Type, coordinates = "MultiPolygon", all
		if len(all) == 1 {
			w.Type, coordinates = "Polygon", all[0]
		}
	default:
		return nil, s.Check()
	}
	raw, err := json.Marshal(coordinates)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", s.Kind, err)
	}
	w.Coordinates = raw
	return json.Marshal(w)
}

func positions(points []Point, closed bool) []position {
	out := make([]position, 0, len(points)+1)
	for _, p := range points {
		out = append(out, p.position())
	}
	if closed && len(points) > 0 {
		out = append(out, points[0].position())
	}
	return out
}

// UnmarshalJSON reads a GeoJSON geometry that fits one Shape: Point, LineString, Polygon,
// MultiPolygon, or null. Use ParseGeoJSON where several shapes may come out of one geometry.
func (s *Shape) UnmarshalJSON(data []byte) error {
	shapes, err := ParseGeoJSON(data)
	if err != nil {
		return err
	}
	switch len(shapes) {
	case 0:
		*s = Shape{}
	case 1:
		*s = shapes[0]
	default:
		return fmt.Errorf("geometry holds %d shapes where one is wanted: %w", len(shapes), fault.ErrInvalid)
	}
	return nil
}

// ParseGeoJSON reads any GeoJSON geometry into shapes: a MultiPoint or MultiLineString
// gives one shape a member, a GeometryCollection the shapes of its members (nesting at
// most 4 deep), null none. Longitudes counted on over 180° are brought back. A third coordinate is ignored here; sources whose third
// coordinate means depth read it themselves. Each shape has passed Check.
func ParseGeoJSON(data []byte) ([]Shape, error) {
	if string(data) == "null" || len(data) == 0 {
		return nil, nil
	}
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("read geometry: %w: %w", err, fault.ErrInvalid)
	}
	return w.shapes(0)
}

func (w wire) shapes(depth int) ([]Shape, error) {
	var out []Shape
	var err error
	switch w.Type {
	case "Point":
		var p position
		if err = decode(w, &p); err == nil {
			out, err = pointShapes(w, []position{p})
		}
	case "MultiPoint":
		var ps []position
		if err = decode(w, &ps); err == nil {
			out, err = pointShapes(w, ps)
		}
	case "LineString", "MultiLineString":
		out, err = w.lines()
	case "Polygon", "MultiPolygon":
		out, err = w.polygons()
	case "GeometryCollection":
		return w.members(depth)
	default:
		return nil, fmt.Errorf("geometry of type %q: %w", w.Type, fault.ErrInvalid)
	}
	if err != nil {
		return nil, err
	}
	for _, s := range out {
		if err := s.Check(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (w wire) members(depth int) ([]Shape, error) {
	if depth > 3 {
		return nil, fmt.Errorf("geometry collection nested deeper than 4: %w", fault.ErrInvalid)
	}
	var out []Shape
	for i, g := range w.Geometries {
		shapes, err := g.shapes(depth + 1)
		if err != nil {
			return nil, fmt.Errorf("geometry %d: %w", i, err)
		}
		out = append(out, shapes...)
	}
	return out, nil
}

func (w wire) lines() ([]Shape, error) {
	var lines [][]position
	if w.Type == "LineString" {
		var one []position
		if err := decode(w, &one); err != nil {
			return nil, err
		}
		lines = [][]position{one}
	} else if err := decode(w, &lines); err != nil {
		return nil, err
	}
	var out []Shape
	for _, l := range lines {
		points, err := toPoints(l)
		if err != nil {
			return nil, err
		}
		out = append(out, Line(points, w.RadiusKM))
	}
	return out, nil
}

func (w wire) polygons() ([]Shape, error) {
	var all [][][]position
	if w.Type == "Polygon" {
		var one [][]position
		if err := decode(w, &one); err != nil {
			return nil, err
		}
		all = [][][]position{one}
	} else if err := decode(w, &all); err != nil {
		return nil, err
	}
	s := Shape{Kind: PolygonKind}
	for _, rings := range all {
		var p Polygon
		for _, r := range rings {
			points, err := toPoints(r)
			if err != nil {
				return nil, err
			}
			p = append(p, open(points))
		}
		s.Polygons = append(s.Polygons, p)
	}
	return []Shape{s}, nil
}

func pointShapes(w wire, ps []position) ([]Shape, error) {
	points, err := toPoints(ps)
	if err != nil {
		return nil, err
	}
	var out []Shape
	for _, p := range points {
		s := At(p.Lat, p.Lon, w.RadiusKM)
		if w.Form == "circle" {
			s.Kind = CircleKind
		}
		out = append(out, s)
	}
	return out, nil
}

func toPoints(ps []position) ([]Point, error) {
	if len(ps) > MaxVertices {
		return nil, fmt.Errorf("%d vertices, at most %d: %w", len(ps), MaxVertices, fault.ErrTooLarge)
	}
	out := make([]Point, len(ps))
	for i, p := range ps {
		if len(p) < 2 {
			return nil, fmt.Errorf("position %d has %d numbers, at least 2: %w", i, len(p), fault.ErrInvalid)
		}
		out[i] = Point{Lat: p[1], Lon: turned(p[0])}
	}
	return out, nil
}

// turned brings a longitude that was counted on over 180° back: 190 is -170. What is more
// than one turn off stays as it is and is refused.
func turned(lon float64) float64 {
	switch {
	case lon > 180 && lon <= 360:
		return lon - 360
	case lon < -180 && lon >= -360:
		return lon + 360
	}
	return lon
}

func decode(w wire, into any) error {
	if err := json.Unmarshal(w.Coordinates, into); err != nil {
		return fmt.Errorf("read coordinates of %s: %w: %w", w.Type, err, fault.ErrInvalid)
	}
	return nil
}
