package geo

import (
	"math"

	"github.com/golang/geo/s2"
)

// A Window is a box of latitudes and longitudes in degrees for looking up candidates. West
// greater than East crosses the antimeridian; -180 to 180 is all round.
type Window struct {
	South, North, West, East float64
}

// Window is a box that holds every place within padKM kilometres of the region. It may hold
// more, never less.
func (r *Region) Window(padKM float64) Window {
	const slack = 1e-9 // radians, 6 mm: against rounding
	pad := (r.extentKM+math.Max(0, padKM))/EarthRadiusKM + slack
	rect := r.rect
	if r.radius < math.Pi && r.kind != PointKind && r.kind != CircleKind {
		// A long thin line fits its rectangle better, a round one its cap near a pole.
		if c := s2.CapFromCenterAngle(r.centre, 0).RectBound(); rect.Lng.IsFull() && r.radius+pad+math.Abs(c.Lat.Center()) < math.Pi/2 {
			rect, pad = c, pad+r.radius
		}
	}
	south, north := rect.Lat.Lo-pad, rect.Lat.Hi+pad
	top := math.Max(math.Abs(rect.Lat.Lo), math.Abs(rect.Lat.Hi))
	w := Window{South: degrees(math.Max(south, -math.Pi/2)), North: degrees(math.Min(north, math.Pi/2)), West: -180, East: 180}
	if top+pad >= math.Pi/2 || rect.Lng.IsFull() {
		return w
	}
	side := math.Asin(math.Min(1, math.Sin(pad)/math.Cos(top))) + slack
	if rect.Lng.Length()+2*side >= 2*math.Pi {
		return w
	}
	w.West, w.East = wrapped(degrees(rect.Lng.Lo-side)), wrapped(degrees(rect.Lng.Hi+side))
	return w
}

// Holds tells whether a place lies in the window.
func (w Window) Holds(p Point) bool {
	if p.Lat < w.South || p.Lat > w.North {
		return false
	}
	if w.West <= w.East {
		return p.Lon >= w.West && p.Lon <= w.East
	}
	return p.Lon >= w.West || p.Lon <= w.East
}

func degrees(radians float64) float64 { return radians * 180 / math.Pi }

func wrapped(lon float64) float64 {
	if lon < -180 {
		return lon + 360
	}
	if lon > 180 {
		return lon - 360
	}
	return lon
}
