package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
)

// assets makes n places: seven of ten in 34 clusters some hundred kilometres wide,
// the others anywhere, a few of them at the poles and at the antimeridian.
func assets(n int) []match.Place {
	rng := rand.New(rand.NewPCG(20, 26))
	type home struct{ lat, lon, wide float64 }
	homes := make([]home, 34)
	for i := range homes {
		homes[i] = home{math.Asin(1.8*rng.Float64()-0.9) * degree, 360*rng.Float64() - 180, 1.9 + 0.6*rng.Float64()}
	}
	homes[0].lon, homes[1].lon = 179.5, -179.8
	out := make([]match.Place, n)
	for i := range out {
		lat, lon := math.Asin(2*rng.Float64()-1)*degree, 360*rng.Float64()-180
		if rng.IntN(10) < 7 {
			h := homes[rng.IntN(len(homes))]
			lat = clamp(h.lat + h.wide*rng.NormFloat64())
			lon = math.Remainder(h.lon+h.wide*rng.NormFloat64()/math.Cos(lat/degree), 360)
		}
		if rng.IntN(2000) == 0 {
			lat = math.Copysign(90-rng.Float64(), lat)
		}
		out[i] = match.Place{ID: int32(i), Lat: lat, Lon: lon}
	}
	return out
}

const degree = 180 / math.Pi

func clamp(lat float64) float64 { return math.Min(math.Max(lat, -90), 90) }

func shapes() []string {
	return []string{"circle10", "circle100", "circle500", "poly50", "poly500", "poly5000", "track", "route"}
}

// query is one event's shape, prepared as far as reading it prepares it: checked, on the
// sphere. What a contestant must do beyond that counts as its own time.
type query struct {
	number int
	centre geo.Point
	km     float64 // circle's radius; half width of lines
	shape  geo.Shape
	region *geo.Region
	wkt    string
	json   string
}

// queries makes the queries of one shape around randomly chosen assets.
func queries(shape string, places []match.Place) ([]query, error) {
	rng := rand.New(rand.NewPCG(4, 8))
	out := make([]query, 96)
	for i := range out {
		p := places[rng.IntN(len(places))]
		q := query{number: i, centre: geo.Point{Lat: clamp(p.Lat + 0.2*rng.NormFloat64()), Lon: math.Remainder(p.Lon+0.2*rng.NormFloat64(), 360)}}
		switch shape {
		case "circle10", "circle100", "circle500":
			fmt.Sscanf(shape, "circle%g", &q.km) //nolint:errcheck // the three names above
			q.shape = geo.Circle(q.centre.Lat, q.centre.Lon, q.km)
		case "poly50", "poly500", "poly5000":
			n := 0
			fmt.Sscanf(shape, "poly%d", &n) //nolint:errcheck // the three names above
			q.shape = geo.Area(geo.Polygon{coast(rng, q.centre, 130, n)})
		case "track": // eleven positions of a storm, twelve hours apart, gale radius around
			q.km = 150
			q.shape = geo.Line(path(rng, q.centre, 11, 240), q.km)
		case "route": // a road of 1,000 km, drawn each 20 km
			q.km = 25
			q.shape = geo.Line(path(rng, q.centre, 51, 20), q.km)
		}
		var err error
		if q.region, _, err = geo.Prepare(q.shape); err != nil {
			return nil, fmt.Errorf("prepare query %d: %w", i, err)
		}
		q.wkt, q.json = wkt(q.shape), geoJSON(q.shape)
		out[i] = q
	}
	return out, nil
}

// coast is a ring of n vertices at most km kilometres from its centre, rugged at every
// scale like a coast: the height of a wave falls with its number.
func coast(rng *rand.Rand, centre geo.Point, km float64, n int) geo.Ring {
	top := min(n/3, 400)
	phase, height := make([]float64, top), make([]float64, top)
	sum := 0.0
	for k := range phase {
		phase[k], height[k] = 2*math.Pi*rng.Float64(), rng.Float64()/math.Pow(float64(k+2), 1.1)
		sum += height[k] * height[k]
	}
	ring := make(geo.Ring, n)
	for i := range ring {
		angle, r := 2*math.Pi*float64(i)/float64(n), 0.0
		for k := range phase {
			r += height[k] * math.Sin(float64(k+2)*angle+phase[k])
		}
		r = math.Min(1, math.Max(0.3, 0.75+0.2*r/math.Sqrt(sum)))
		ring[i] = ahead(centre, angle, km*r)
	}
	return ring
}

// path is a line of n points that wanders from its start.
func path(rng *rand.Rand, at geo.Point, n int, km float64) []geo.Point {
	out := []geo.Point{at}
	course := 2 * math.Pi * rng.Float64()
	for len(out) < n {
		course += rng.NormFloat64() / 4
		out = append(out, ahead(out[len(out)-1], course, km))
	}
	return out
}

// ahead is the place km kilometres from another one, at an angle from north.
func ahead(from geo.Point, course, km float64) geo.Point {
	sinD, cosD := math.Sincos(km / geo.EarthRadiusKM)
	sin, cos := math.Sincos(from.Lat / degree)
	sinC, cosC := math.Sincos(course)
	z := sin*cosD + cos*sinD*cosC
	return geo.Point{
		Lat: math.Asin(math.Max(-1, math.Min(1, z))) * degree,
		Lon: math.Remainder(from.Lon+math.Atan2(sinC*sinD*cos, cosD-sin*z)*degree, 360),
	}
}

// wkt writes a shape for PostGIS.
func wkt(s geo.Shape) string {
	points := func(ps []geo.Point) (out string) {
		for i, p := range ps {
			if i > 0 {
				out += ","
			}
			out += fmt.Sprintf("%.17g %.17g", p.Lon, p.Lat)
		}
		return out
	}
	switch s.Kind {
	case geo.LineKind:
		return "LINESTRING(" + points(s.Points) + ")"
	case geo.PolygonKind:
		ring := s.Polygons[0][0]
		return "POLYGON((" + points(append(ring[:len(ring):len(ring)], ring[0])) + "))"
	}
	return "POINT(" + points(s.Points) + ")"
}

// geoJSON writes a polygon for Tile38.
func geoJSON(s geo.Shape) string {
	if s.Kind != geo.PolygonKind {
		return ""
	}
	out := `{"type":"Polygon","coordinates":[[`
	ring := s.Polygons[0][0]
	for _, p := range append(ring[:len(ring):len(ring)], ring[0]) {
		out += fmt.Sprintf("[%.17g,%.17g],", p.Lon, p.Lat)
	}
	return out[:len(out)-1] + "]]}"
}
