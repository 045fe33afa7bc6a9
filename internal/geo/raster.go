package geo

import (
	"math"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// A Raster is one layer of a Grid, unpacked for sampling. A place has the value of the cell
// in which it lies; cells without a value are outside. It never changes after Open and may
// be used by many goroutines at once.
type Raster struct {
	Name, Unit    string
	grid          Grid // without its layers
	values, sigma []float64
	usual         float64
}

// A Sample is the value of a layer somewhere, with its standard deviation (0 = not given),
// both in the layer's unit.
type Sample struct{ Value, Sigma float64 }

// Open unpacks a layer, with the layer of its standard deviations where there is one. The
// error is that of Values.
func (g *Grid) Open(layer string) (*Raster, error) {
	r := &Raster{Name: layer, grid: *g}
	var err error
	if r.values, err = g.Values(layer); err != nil {
		return nil, err
	}
	for _, l := range g.Layers {
		switch l.Name {
		case layer:
			r.Unit, r.usual = l.Unit, l.Sigma
		case layer + "_sigma":
			if r.sigma, err = g.Values(l.Name); err != nil {
				return nil, err
			}
		}
	}
	r.grid.Layers = nil
	return r, nil
}

// At is the value at a place; false outside of the cells that have one.
func (r *Raster) At(p Point) (Sample, bool) {
	g := &r.grid
	row := int(math.Floor((g.North - p.Lat) / g.StepLat))
	if row == g.Rows && p.Lat >= g.south()-1e-12 {
		row-- // the southern edge belongs to the last row
	}
	if row < 0 || row >= g.Rows {
		return Sample{}, false
	}
	x := math.Mod(p.Lon-g.West, 360)
	if x < 0 {
		x += 360
	}
	col := int(math.Floor(x / g.StepLon))
	if col == g.Cols && x <= float64(g.Cols)*g.StepLon+1e-12 {
		col--
	}
	if col < 0 || col >= g.Cols {
		return Sample{}, false
	}
	return r.sample(row*g.Cols + col)
}

func (r *Raster) sample(i int) (Sample, bool) {
	s := Sample{Value: r.values[i], Sigma: r.usual}
	if math.IsNaN(s.Value) {
		return Sample{}, false
	}
	if r.sigma != nil && r.sigma[i] >= 0 {
		s.Sigma = r.sigma[i]
	}
	return s, true
}

// Most is the greatest value within padKM kilometres of a region: at a point of no extent
// that of its cell, along a line that of the cells it runs through, else that of all cells
// of which any part lies so near. False when no cell has a value there.
func (r *Raster) Most(region *Region, padKM float64) (Sample, bool) {
	padKM = math.Max(0, padKM)
	if padKM+region.extentKM == 0 {
		switch region.kind {
		case PointKind, CircleKind:
			return r.At(region.Middle())
		case LineKind:
			return r.along(region)
		}
	}
	return r.within(region, padKM)
}

// within looks at the cells of the region's window.
func (r *Raster) within(region *Region, padKM float64) (Sample, bool) {
	g := &r.grid
	var best Sample
	found := false
	widest := g.diagonalKM(0) / 2
	w := region.Window(padKM + widest)
	first := max(0, int(math.Floor((g.North-w.North)/g.StepLat)))
	last := min(g.Rows-1, int(math.Floor((g.North-w.South)/g.StepLat)))
	for row := first; row <= last; row++ {
		lat := math.Min(90, math.Max(-90, g.North-(float64(row)+0.5)*g.StepLat))
		reach := padKM + g.diagonalKM(lat)/2
		r.columns(w, func(col int) {
			s, ok := r.sample(row*g.Cols + col)
			if !ok || found && s.Value <= best.Value {
				return
			}
			lon := math.Remainder(g.West+(float64(col)+0.5)*g.StepLon, 360)
			if km := region.DistanceKM(Point{lat, lon}); km <= padKM || km <= reach && g.touches(row, col, region, padKM) {
				best, found = s, true
			}
		})
	}
	return best, found
}

// touches tells whether any part of a cell lies within padKM kilometres of a region.
func (g *Grid) touches(row, col int, region *Region, padKM float64) bool {
	north, west := g.North-float64(row)*g.StepLat, g.West+float64(col)*g.StepLon
	corner := func(lat, lon float64) Point {
		return Point{math.Min(90, math.Max(-90, lat)), math.Remainder(lon, 360)}
	}
	cell, _, err := Prepare(Area(Polygon{{
		corner(north, west), corner(north-g.StepLat, west), corner(north-g.StepLat, west+g.StepLon), corner(north, west+g.StepLon),
	}}))
	return err != nil || cell.DistanceToKM(region) <= padKM // a cell that cannot be drawn is near enough
}

// columns calls f for each column that the window may touch.
func (r *Raster) columns(w Window, f func(col int)) {
	g := &r.grid
	width := w.East - w.West
	if width < 0 {
		width += 360
	}
	from := math.Mod(w.West-g.West, 360)
	if from < 0 {
		from += 360
	}
	for _, shift := range []float64{0, -360} { // the window may begin west of the grid and reach in
		low := max(0, int(math.Floor((from+shift)/g.StepLon)))
		high := min(g.Cols-1, int(math.Floor((from+shift+width)/g.StepLon)))
		if width >= 360 {
			low, high = 0, g.Cols-1
		}
		for col := low; col <= high; col++ {
			f(col)
		}
		if width >= 360 {
			return
		}
	}
}

// diagonalKM bounds the diagonal of a cell whose centre has a latitude.
func (g *Grid) diagonalKM(lat float64) float64 {
	const perDegree = math.Pi / 180 * EarthRadiusKM
	near := math.Max(0, math.Abs(lat)-g.StepLat/2) // the cell's edge towards the equator is the longer one
	return perDegree * math.Hypot(g.StepLat, g.StepLon*math.Cos(near*math.Pi/180))
}

// stride is how far apart a line is looked at: a third of a cell's smaller side, and a
// 20,000th of long lines.
func (r *Raster) stride(lat, lengthKM float64) float64 {
	const perDegree = math.Pi / 180 * EarthRadiusKM
	side := perDegree * math.Min(r.grid.StepLat, r.grid.StepLon*math.Max(0.02, math.Cos(lat*math.Pi/180)))
	return math.Max(side/3, lengthKM/chainageSteps)
}

// walkArc calls f at both ends of an arc and between, at most a stride apart.
func (r *Raster) walkArc(a, b s2.Point, km, lengthKM float64, f func(at float64, p Point)) {
	lat := math.Max(math.Abs(fromS2(a).Lat), math.Abs(fromS2(b).Lat))
	n := max(1, int(math.Ceil(km/r.stride(lat, lengthKM))))
	for i := range n + 1 {
		t := float64(i) / float64(n)
		f(t*km, fromS2(s2.Interpolate(t, a, b)))
	}
}

func (r *Raster) along(region *Region) (Sample, bool) {
	length := 0.0
	for i := range region.edges.from {
		length += chordKM(chord(region.edges.from[i], region.edges.to[i]))
	}
	var best Sample
	found := false
	for i := range region.edges.from {
		a, b := region.edges.from[i], region.edges.to[i]
		r.walkArc(a, b, chordKM(chord(a, b)), length, func(_ float64, p Point) {
			if s, ok := r.At(p); ok && (!found || s.Value > best.Value) {
				best, found = s, true
			}
		})
	}
	return best, found
}

// Stretches returns the parts of a line where keep holds of the value at the place, in the
// line's order; chainage counts as in AffectedChainage. Ends are good to 100 m, and cells
// that the line only clips by less than a third of their side may be passed over. A shape
// that is no line has none.
func (r *Raster) Stretches(line Shape, keep func(Sample) bool) []Stretch {
	if line.Kind != LineKind {
		return nil
	}
	length := 0.0
	for i := 1; i < len(line.Points); i++ {
		length += DistanceKM(line.Points[i-1], line.Points[i])
	}
	holds := func(p Point) bool {
		s, ok := r.At(p)
		return ok && keep(s)
	}
	w := walk{}
	from := 0.0
	for i := 1; i < len(line.Points); i++ {
		a, b := toS2(line.Points[i-1]), toS2(line.Points[i])
		km := DistanceKM(line.Points[i-1], line.Points[i])
		if km == 0 {
			continue
		}
		before, was := 0.0, holds(line.Points[i-1])
		r.walkArc(a, b, km, length, func(at float64, p Point) {
			if at == 0 {
				return
			}
			is := holds(p)
			edge := before
			if is != was {
				edge = between(before, at, func(x float64) bool { return holds(fromS2(s2.Interpolate(x/km, a, b))) == was })
			}
			switch {
			case was && is:
				w.add(from+before, from+at)
			case was:
				w.add(from+before, from+edge)
			case is:
				w.add(from+edge, from+at)
			}
			before, was = at, is
		})
		from += km
	}
	return w.out
}

// between finds to chainageStep where still stops to hold after low.
func between(low, high float64, still func(float64) bool) float64 {
	for high-low > chainageStep {
		if middle := (low + high) / 2; still(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

func chord(a, b s2.Point) s1.ChordAngle { return s1.ChordAngle(a.Sub(b.Vector).Norm2()) }
