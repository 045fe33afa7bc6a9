package geo

import (
	"math"

	"github.com/golang/geo/s2"
)

// A Stretch is a part of a line between two chainages in kilometres from its first vertex.
type Stretch struct {
	FromKM float64 `json:"from_km"`
	ToKM   float64 `json:"to_km"`
}

// chainageStep is the accuracy of AffectedChainage in kilometres, on lines of up to
// chainageSteps times that; longer lines are cut into so many steps.
const (
	chainageStep  = 0.1
	chainageSteps = 20_000
)

// AffectedChainage returns the stretches of a line that lie within reachKM of the region, in
// the line's order, with ends good to 100 m (to a 20,000th of lines beyond 2,000 km).
// Chainage counts from 0 at the first vertex along great circles. A shape that is no line
// has none. The distance along a line cannot fall or rise faster than the chainage itself:
// a piece whose middle is clearly in or out is so as a whole, others are halved.
func (r *Region) AffectedChainage(line Shape, reachKM float64) []Stretch {
	if line.Kind != LineKind {
		return nil
	}
	length := 0.0
	for i := 1; i < len(line.Points); i++ {
		length += DistanceKM(line.Points[i-1], line.Points[i])
	}
	w := walk{region: r, reach: reachKM, step: math.Max(chainageStep, length/chainageSteps)}
	from := 0.0
	for i := 1; i < len(line.Points); i++ {
		a, b := toS2(line.Points[i-1]), toS2(line.Points[i])
		if km := DistanceKM(line.Points[i-1], line.Points[i]); km > 0 {
			w.arc(a, b, km, from, 0, km)
			from += km
		}
	}
	return w.out
}

type walk struct {
	region *Region
	reach  float64
	step   float64
	out    []Stretch
}

// arc looks at the piece between low and high kilometres of the arc from a to b, whose
// length is km and whose start has the chainage from.
func (w *walk) arc(a, b s2.Point, km, from, low, high float64) {
	half := (high - low) / 2
	d := w.region.distance(s2.Interpolate((low+half)/km, a, b))
	switch {
	case d+half <= w.reach || (high-low <= w.step && d <= w.reach):
		w.add(from+low, from+high)
	case d-half > w.reach || high-low <= w.step:
	default:
		w.arc(a, b, km, from, low, low+half)
		w.arc(a, b, km, from, low+half, high)
	}
}

func (w *walk) add(from, to float64) {
	if n := len(w.out); n > 0 && from-w.out[n-1].ToKM < 1e-9 {
		w.out[n-1].ToKM = to
		return
	}
	w.out = append(w.out, Stretch{from, to})
}
