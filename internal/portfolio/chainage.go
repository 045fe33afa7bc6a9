package portfolio

import (
	"fmt"
	"math"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
)

// A Station is a place on a route: its chainage in kilometres, the point on the line, and
// how far off the line, in kilometres, lies what was asked for.
type Station struct {
	KM    float64   `json:"km"`
	Point geo.Point `json:"point"`
	OffKM float64   `json:"off_km"`
}

// LengthKM is the length of a line on the sphere, in kilometres; 0 for any other shape.
func LengthKM(line geo.Shape) float64 {
	total := 0.0
	if line.Kind == geo.LineKind {
		for i := 1; i < len(line.Points); i++ {
			total += geo.DistanceKM(line.Points[i-1], line.Points[i])
		}
	}
	return total
}

// Chainage returns the station of a line that is nearest to a point, counting kilometres
// from fromKM at the first vertex. Vertices are joined by great circles on the sphere of
// geo.EarthRadiusKM, so the antimeridian and the poles need no care. A real route bends
// between its vertices: the figure is as good as the drawing. Of equally near stations the
// first one counts. The error wraps fault.ErrInvalid when the shape is not a line.
func Chainage(line geo.Shape, fromKM float64, p geo.Point) (Station, error) {
	if err := checkLine(line); err != nil {
		return Station{}, err
	}
	best, run := Station{OffKM: math.Inf(1)}, fromKM
	for i := 1; i < len(line.Points); i++ {
		a, b := line.Points[i-1], line.Points[i]
		foot := nearestOnArc(a, b, p)
		if off := geo.DistanceKM(foot, p); off < best.OffKM {
			best = Station{KM: run + geo.DistanceKM(a, foot), Point: foot, OffKM: off}
		}
		run += geo.DistanceKM(a, b)
	}
	return best, nil
}

// AtChainage returns the point of a line at a chainage in kilometres, counting from fromKM
// at the first vertex. The error wraps fault.ErrInvalid when the shape is not a line and
// fault.ErrNotFound when the chainage lies outside it.
func AtChainage(line geo.Shape, fromKM, km float64) (geo.Point, error) {
	if err := checkLine(line); err != nil {
		return geo.Point{}, err
	}
	const slack = 1e-6 // a millimetre, against rounding at the ends
	if length := LengthKM(line); math.IsNaN(km) || km < fromKM-slack || km > fromKM+length+slack {
		return geo.Point{}, fmt.Errorf("chainage %.3f km outside %.3f to %.3f: %w", km, fromKM, fromKM+length, fault.ErrNotFound)
	}
	rest := max(km-fromKM, 0)
	for i := 1; i < len(line.Points); i++ {
		a, b := line.Points[i-1], line.Points[i]
		step := geo.DistanceKM(a, b)
		if rest <= step && step > 0 {
			return between(a, b, rest/step), nil
		}
		rest -= step
	}
	return line.Points[len(line.Points)-1], nil
}

func checkLine(line geo.Shape) error {
	if line.Kind != geo.LineKind || len(line.Points) < 2 {
		return fmt.Errorf("chainage of a %q with %d points: %w", line.Kind, len(line.Points), fault.ErrInvalid)
	}
	return nil
}

// vector is a direction from the centre of the Earth.
type vector [3]float64

func toVector(p geo.Point) vector {
	lat, lon := p.Lat*math.Pi/180, p.Lon*math.Pi/180
	return vector{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
}

func (v vector) point() geo.Point {
	return geo.Point{
		Lat: math.Atan2(v[2], math.Hypot(v[0], v[1])) * 180 / math.Pi,
		Lon: math.Atan2(v[1], v[0]) * 180 / math.Pi,
	}
}

func (v vector) dot(w vector) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }

func (v vector) cross(w vector) vector {
	return vector{v[1]*w[2] - v[2]*w[1], v[2]*w[0] - v[0]*w[2], v[0]*w[1] - v[1]*w[0]}
}

// mix returns s·v + t·w.
func (v vector) mix(s float64, w vector, t float64) vector {
	return vector{s*v[0] + t*w[0], s*v[1] + t*w[1], s*v[2] + t*w[2]}
}

// nearestOnArc drops p perpendicularly on the great circle through a and b; where the foot
// lies outside the arc, the nearer end is the answer.
func nearestOnArc(a, b, p geo.Point) geo.Point {
	va, vb, vp := toVector(a), toVector(b), toVector(p)
	normal := va.cross(vb)
	size := math.Sqrt(normal.dot(normal))
	if size > 1e-12 { // about 6 µm: shorter arcs are points
		normal = normal.mix(1/size, normal, 0)
		foot := vp.mix(1, normal, -vp.dot(normal))
		if normal.dot(va.cross(foot)) > 0 && normal.dot(foot.cross(vb)) > 0 {
			return foot.point()
		}
	}
	if geo.DistanceKM(a, p) <= geo.DistanceKM(b, p) {
		return a
	}
	return b
}

// between returns the point at fraction f of the arc from a to b (spherical interpolation).
func between(a, b geo.Point, f float64) geo.Point {
	switch {
	case f <= 0:
		return a
	case f >= 1:
		return b
	}
	va, vb := toVector(a), toVector(b)
	angle := geo.DistanceKM(a, b) / geo.EarthRadiusKM
	if math.Sin(angle) < 1e-12 { // coincident, or opposite: no one arc joins them
		return a
	}
	return va.mix(math.Sin((1-f)*angle)/math.Sin(angle), vb, math.Sin(f*angle)/math.Sin(angle)).point()
}
