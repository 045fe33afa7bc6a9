package impact

import "math"

// earthKM is the mean radius of the Earth (IUGG), kilometres.
const earthKM = 6371.0088

// offset gives the place of (lat2, lon2) seen from (lat1, lon1), degrees, as kilometres east
// and north: great-circle distance laid out along the initial bearing. Distances from the
// first point are exact on the sphere; it works across the antimeridian.
func offset(lat1, lon1, lat2, lon2 float64) (east, north float64) {
	const rad = math.Pi / 180
	f1, f2, dl := lat1*rad, lat2*rad, (lon2-lon1)*rad
	s1, s2 := math.Sin((f2-f1)/2), math.Sin(dl/2)
	h := s1*s1 + math.Cos(f1)*math.Cos(f2)*s2*s2
	d := 2 * earthKM * math.Asin(math.Min(1, math.Sqrt(h)))
	y := math.Sin(dl) * math.Cos(f2)
	x := math.Cos(f1)*math.Sin(f2) - math.Sin(f1)*math.Cos(f2)*math.Cos(dl)
	if d == 0 || x == 0 && y == 0 {
		return 0, d
	}
	n := math.Hypot(x, y)
	return d * y / n, d * x / n
}

// wrap brings a difference of longitudes into [−180, 180).
func wrap(d float64) float64 {
	return d - 360*math.Floor((d+180)/360)
}
