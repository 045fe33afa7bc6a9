// Package match finds the assets that a shape reaches, exactly and without allocating:
// points on the sphere in rows of latitude, sorted by longitude inside a row. For a circle, a
// polygon or a buffered line each row gives spans of which the inside is taken without a
// test; only the rim is tested. It answers the other way round too: which circles (persons,
// areas of live events) hold a place. A structure never changes once built; With gives a new
// one that shares what did not change, so any number of goroutines may ask at once.
//
// The judge of geometry is s2, and agreement with a scan of all points is exact, not
// approximate: see Within, Area.Holds and Line.Holds for the rule at the boundary. The
// package knows no hazards and no assets, only numbers and places.
package match

import (
	"math"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"watchfire.dev/internal/geo"
)

// A Place is one point item: a number of the caller's choice and degrees on WGS84.
type Place struct {
	ID       int32
	Lat, Lon float64
}

// A Pair is one item found and the square of its chord to the centre that was asked for, in
// units of the Earth's radius.
type Pair struct {
	ID    int32
	Chord float64
}

// KM is the great-circle way in kilometres.
func (p Pair) KM() float64 {
	return 2 * geo.EarthRadiusKM * math.Asin(math.Min(1, 0.5*math.Sqrt(math.Max(0, p.Chord))))
}

// vector is a place on the unit sphere, bit for bit that of s2.
type vector [3]float64

// Unit is the place on the unit sphere, with the bits of s2.PointFromLatLng.
func Unit(lat, lon float64) s2.Point {
	sin, cos := math.Sincos(lat * (math.Pi / 180))
	sinLon, cosLon := math.Sincos(lon * (math.Pi / 180))
	var p s2.Point
	p.X, p.Y, p.Z = cosLon*cos, sinLon*cos, sin
	return p
}

func vectorOf(p s2.Point) vector { return vector{p.X, p.Y, p.Z} }

func (v *vector) point() s2.Point {
	var p s2.Point
	p.X, p.Y, p.Z = v[0], v[1], v[2]
	return p
}

// chord is the square of the straight way between two places. The conversions keep the
// compiler from fusing, so that every processor gives the same bits.
func (v *vector) chord(w *vector) float64 {
	x, y, z := v[0]-w[0], v[1]-w[1], v[2]-w[2]
	return float64(x*x) + float64(y*y) + float64(z*z)
}

func (v *vector) dot(w *vector) float64 {
	return float64(v[0]*w[0]) + float64(v[1]*w[1]) + float64(v[2]*w[2])
}

// Limit is the largest square of a chord that counts as within km kilometres: that of
// s1.ChordAngleFromAngle; below 0 when nothing is within, 4 when everything is.
func Limit(km float64) float64 {
	if !(km >= 0) {
		return -1
	}
	return math.Min(4, float64(s1.ChordAngleFromAngle(s1.Angle(km/geo.EarthRadiusKM))))
}

// Within is the rule for circles: the square of the chord between the two places, as s2
// computes it, is at most Limit(km). The rim belongs to the circle.
func Within(a, b s2.Point, km float64) bool {
	return float64(s2.ChordAngleBetweenPoints(a, b)) <= Limit(km)
}

// turn is the number of steps of longitude around the Earth: a key counts them from 180° W
// and wraps at 180° E, which is the same place. One step is 9 mm at the equator.
const turn = 1 << 32

// keyOf is the key of a longitude in degrees.
func keyOf(lon float64) uint32 { return uint32(int64(math.Floor((lon + 180) * (turn / 360.0)))) }

// slack is the angle, in radians, by which spans are drawn in and let out against rounding:
// 13 mm, ten million times the rounding of a unit vector, and more than a step of a key.
const slack = 2e-9
