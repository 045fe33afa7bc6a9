package geo

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/fault"
)

// The limits of one grid.
const (
	MaxGridCells  = 1 << 20 // columns × rows
	MaxGridLayers = 8
)

// ExtentOffKM bounds how far the edges of Extent lie off the cells' own, in kilometres.
const ExtentOffKM = 1.5

// A Grid is a raster of equal cells in degrees on WGS84, as sources give shaking, depths of
// water or winds. West and North are the outer edges of the first cell, rows run from
// north to south and columns eastwards, over 180° if need be. Layers share the cells. A
// Grid keeps its values packed, as it is stored and sent; Open makes them readable.
type Grid struct {
	West    float64     `json:"west"`
	North   float64     `json:"north"`
	StepLon float64     `json:"step_lon"` // degrees, above 0
	StepLat float64     `json:"step_lat"`
	Cols    int         `json:"cols"`
	Rows    int         `json:"rows"`
	Layers  []GridLayer `json:"layers"`
}

// A GridLayer is one quantity of a Grid. Its values are whole multiples of Quantum; Cells
// holds them in base64 of a series of unsigned varints (as in Protocol Buffers), one token a
// cell, row by row: 0 and a number n are n cells without a value, 1 and n are n cells like
// the last that had one, any other token less 2 is the zigzag code of the difference to
// that last value, which begins as 0.
type GridLayer struct {
	Name    string  `json:"name"` // as of a measure: "mmi", "depth_m", "wind"; NAME_sigma beside NAME is its standard deviation
	Unit    string  `json:"unit,omitempty"`
	Quantum float64 `json:"quantum"`
	Sigma   float64 `json:"sigma,omitempty"` // of every cell, in Unit; 0 = not given
	Cells   string  `json:"cells"`
}

// Pack makes a layer of values, row by row from the north-west; NaN is a cell without one.
// Values are rounded to whole multiples of quantum.
func Pack(name, unit string, quantum float64, values []float64) GridLayer {
	out := make([]byte, 0, len(values))
	last := int64(0)
	for i := 0; i < len(values); {
		v, ok := quantised(values[i], quantum)
		n := 1
		for i+n < len(values) {
			w, same := quantised(values[i+n], quantum)
			if same != ok || w != v {
				break
			}
			n++
		}
		i += n
		if !ok {
			out = binary.AppendUvarint(append(out, 0), uint64(n))
			continue
		}
		if d := v - last; d != 0 {
			out = binary.AppendUvarint(out, uint64(d<<1^d>>63)+2)
			last = v
			n--
		}
		switch {
		case n == 1:
			out = append(out, 2) // a difference of 0
		case n > 1:
			out = binary.AppendUvarint(append(out, 1), uint64(n))
		}
	}
	return GridLayer{Name: name, Unit: unit, Quantum: quantum, Cells: base64.StdEncoding.EncodeToString(out)}
}

// most bounds a packed value, so that differences cannot overflow.
const most = 1 << 31

func quantised(v, quantum float64) (int64, bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	return int64(math.Round(math.Min(math.Max(v/quantum, -most), most))), true
}

// Check returns an error wrapping fault.ErrInvalid or fault.ErrTooLarge that names what is
// wrong, or nil. It reads the cells without unpacking them: memory and time follow the
// bytes, whatever number of cells they claim.
func (g *Grid) Check() error {
	switch {
	case g.Cols < 1 || g.Rows < 1:
		return fmt.Errorf("grid of %d × %d cells: %w", g.Cols, g.Rows, fault.ErrInvalid)
	case g.Cols > MaxGridCells || g.Rows > MaxGridCells || g.Cols*g.Rows > MaxGridCells:
		return fmt.Errorf("grid of %d × %d cells, at most %d: %w", g.Cols, g.Rows, MaxGridCells, fault.ErrTooLarge)
	case !(g.StepLon > 0) || !(g.StepLat > 0) || g.StepLon > 360 || g.StepLat > 180:
		return fmt.Errorf("grid with cells of %v × %v degrees: %w", g.StepLon, g.StepLat, fault.ErrInvalid)
	case !(g.West >= -540 && g.West <= 540) || float64(g.Cols)*g.StepLon > 360+1.5*g.StepLon:
		return fmt.Errorf("grid from %v° of longitude over %v°: %w", g.West, float64(g.Cols)*g.StepLon, fault.ErrInvalid)
	case !(g.North <= 90+g.StepLat) || !(g.south() >= -90-g.StepLat):
		return fmt.Errorf("grid from %v to %v° of latitude: %w", g.North, g.south(), fault.ErrInvalid)
	case len(g.Layers) == 0 || len(g.Layers) > MaxGridLayers:
		return fmt.Errorf("grid with %d layers, 1 to %d: %w", len(g.Layers), MaxGridLayers, fault.ErrInvalid)
	}
	for i, l := range g.Layers {
		named := slices.ContainsFunc(g.Layers[:i], func(o GridLayer) bool { return o.Name == l.Name })
		if l.Name == "" || named || !(l.Quantum > 0) || math.IsInf(l.Quantum, 0) || !(l.Sigma >= 0) || math.IsInf(l.Sigma, 0) {
			return fmt.Errorf("layer %d of the grid: name %.40q, quantum %v, sigma %v: %w", i, l.Name, l.Quantum, l.Sigma, fault.ErrInvalid)
		}
		if err := l.each(g.Cols*g.Rows, func(int, int, int64, bool) {}); err != nil {
			return fmt.Errorf("layer %s of the grid: %w", l.Name, err)
		}
	}
	return nil
}

func (g *Grid) south() float64 { return g.North - float64(g.Rows)*g.StepLat }

// each calls f for each run of equal cells: the first one's number, how many, their value.
func (l *GridLayer) each(cells int, f func(first, n int, v int64, ok bool)) error {
	data, err := base64.StdEncoding.DecodeString(l.Cells)
	if err != nil {
		return fmt.Errorf("cells are no base64: %w", fault.ErrInvalid)
	}
	number := func() (uint64, bool) {
		v, size := binary.Uvarint(data)
		if size <= 0 {
			return 0, false
		}
		data = data[size:]
		return v, true
	}
	last, at := int64(0), 0
	for at < cells {
		token, ok := number()
		if !ok {
			return fmt.Errorf("values for %d of %d cells: %w", at, cells, fault.ErrInvalid)
		}
		n := uint64(1)
		switch {
		case token <= 1:
			if n, ok = number(); !ok || n == 0 || n > uint64(cells-at) {
				return fmt.Errorf("a run at cell %d goes beyond %d cells: %w", at, cells, fault.ErrInvalid)
			}
		default:
			d := int64((token-2)>>1) ^ -int64((token-2)&1)
			if d > 4*most || d < -4*most || last+d > most || last+d < -most {
				return fmt.Errorf("the value of cell %d is too large: %w", at, fault.ErrInvalid)
			}
			last += d
		}
		f(at, int(n), last, token != 0)
		at += int(n)
	}
	if len(data) > 0 {
		return fmt.Errorf("%d bytes follow the last cell: %w", len(data), fault.ErrInvalid)
	}
	return nil
}

// Values unpacks a layer: row by row from the north-west, NaN where there is none. The
// error wraps fault.ErrNotFound for a layer that the grid has not, and is that of Check
// otherwise.
func (g *Grid) Values(layer string) ([]float64, error) {
	i := slices.IndexFunc(g.Layers, func(l GridLayer) bool { return l.Name == layer })
	if i < 0 {
		return nil, fmt.Errorf("layer %.40q of the grid: %w", layer, fault.ErrNotFound)
	}
	if err := g.Check(); err != nil {
		return nil, err
	}
	out := make([]float64, g.Cols*g.Rows)
	l := &g.Layers[i]
	err := l.each(len(out), func(first, n int, v int64, ok bool) {
		value := float64(v) * l.Quantum
		if !ok {
			value = math.NaN()
		}
		for k := first; k < first+n; k++ {
			out[k] = value
		}
	})
	return out, err
}

// Extent is the area that the cells cover, for maps and for looking up what lies in it: cut
// along the equator and the meridians 0, 90, 180 and 270°, so that no piece crosses the
// antimeridian or spans half of the Earth. Its edges are great circles between points on
// the parallels, at most ExtentOffKM away from them.
func (g *Grid) Extent() Shape {
	const piece, apart = 90.0, 3.0 // degrees
	north, south := math.Min(g.North, 90), math.Max(g.south(), -90)
	west := g.West
	east := math.Min(west+float64(g.Cols)*g.StepLon, west+360)
	parallels := []float64{north, south}
	if north > 0 && south < 0 {
		parallels = []float64{north, 0, south}
	}
	out := Shape{Kind: PolygonKind}
	for w := west; w < east-1e-9; {
		e := math.Min(east, (math.Floor(w/piece+1e-9)+1)*piece)
		turn := math.Floor((w+e)/2/360+0.5) * 360
		n := max(1, int(math.Ceil((e-w)/apart)))
		for i := 1; i < len(parallels); i++ {
			var top, bottom Ring
			for k := range n + 1 {
				lon := math.Min(180, math.Max(-180, w+(e-w)*float64(k)/float64(n)-turn))
				top, bottom = append(top, Point{parallels[i-1], lon}), append(bottom, Point{parallels[i], lon})
			}
			slices.Reverse(top)
			out.Polygons = append(out.Polygons, Polygon{append(bottom, top...)})
		}
		w = e
	}
	return out
}
