package capfeed

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

// draw adds the areas of one group to the signal: a footprint for each shape with the
// severity and the times of its info, and a place for each area.
func (r *reader) draw(s *event.Signal, a *cap.Alert, g *group) {
	in := g.first()
	proto := event.Footprint{
		Role: event.Affected, Severity: g.grades().severity, Measures: measures(in), From: g.start(s), To: g.end(s),
	}
	if proto.From.After(s.Published) {
		proto.Role = event.Forecast
	}
	seen := map[uint64]bool{}
	for _, f := range s.Footprints {
		seen[mark(f)] = true
	}
	for i := range in.Areas {
		for _, shape := range shapes(&in.Areas[i]) {
			f := proto
			if f.Shape = shape; shape.Kind == geo.PointKind {
				f.Role = event.Centre
			}
			if err := shape.Check(); err != nil {
				s.Notes = append(s.Notes, fmt.Sprintf("info %d, area %d cannot be drawn: %v", g.nth, i+1, err))
				continue
			}
			if p := mark(f); !seen[p] {
				seen[p] = true
				s.Footprints = append(s.Footprints, f)
			}
		}
		r.place(s, a, &in.Areas[i])
	}
}

// shapes are the polygons of an area as one shape and its circles one by one. A circle
// without radius is a point: BMKG and others mark an epicentre so.
func shapes(a *cap.Area) []geo.Shape {
	var out []geo.Shape
	polygons := make([]geo.Polygon, 0, len(a.Polygons))
	for _, ring := range a.Polygons {
		points := make(geo.Ring, len(ring))
		for i, p := range ring {
			points[i] = geo.Point{Lat: p.Lat, Lon: p.Lon}
		}
		polygons = append(polygons, geo.Polygon{points})
	}
	if len(polygons) > 0 {
		out = append(out, geo.Area(polygons...))
	}
	for _, c := range a.Circles {
		if c.RadiusKm == 0 {
			out = append(out, geo.At(c.Centre.Lat, c.Centre.Lon, 0))
			continue
		}
		out = append(out, geo.Circle(c.Centre.Lat, c.Centre.Lon, c.RadiusKm))
	}
	return out
}

// mark tells footprints apart: many alerts repeat their areas in every info.
func mark(f event.Footprint) uint64 {
	h := fnv.New64a()
	var b [16]byte
	put := func(x, y float64) {
		binary.LittleEndian.PutUint64(b[:8], math.Float64bits(x))
		binary.LittleEndian.PutUint64(b[8:], math.Float64bits(y))
		h.Write(b[:])
	}
	for _, p := range f.Shape.Points {
		put(p.Lat, p.Lon)
	}
	put(f.Shape.RadiusKM, 0)
	for _, polygon := range f.Shape.Polygons {
		for _, ring := range polygon {
			put(float64(len(ring)), 0)
			for _, p := range ring {
				put(p.Lat, p.Lon)
			}
		}
	}
	h.Write([]byte(f.Severity + f.From.Format(time.RFC3339) + f.To.Format(time.RFC3339)))
	return h.Sum64()
}
