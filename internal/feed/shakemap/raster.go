package shakemap

import (
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
)

const (
	maxRead   = 8 << 20 // values of one record, as read
	maxStored = 1 << 18 // cells of one signal: a ShakeMap has 50,000 to 200,000
	maxLayers = 4
)

// A table is a raster as read: values row by row from the north-west, NaN where none is.
// West and north are the edges of the first cell in degrees.
type table struct {
	west, north, stepLon, stepLat float64
	cols, rows                    int
	layers                        []column
}

type column struct {
	name, unit string
	quantum    float64
	sigma      float64 // of every cell; 0 = not given
	values     []float64
}

// checkSize refuses a raster before room is made for it.
func checkSize(cols, rows, layers int) error {
	switch {
	case cols < 1 || rows < 1 || layers < 1:
		return fmt.Errorf("raster of %d columns, %d rows, %d quantities: %w", cols, rows, layers, fault.ErrInvalid)
	case cols > maxRead || rows > maxRead || cols*rows > maxRead/layers:
		return fmt.Errorf("raster of %d columns, %d rows, %d quantities, at most %d values: %w", cols, rows, layers, maxRead, fault.ErrTooLarge)
	}
	return nil
}

// grid packs the table. Borders without any value are cut off; a raster that is too fine is
// made coarser, each new cell with the greatest value of its old ones (and the greatest
// deviation), with a note.
func (t *table) grid() (*geo.Grid, []string, error) {
	var notes []string
	if !t.crop() {
		return nil, nil, fmt.Errorf("no cell has a value: %w", fault.ErrInvalid)
	}
	if n := t.factor(); n > 1 {
		t.coarsen(n)
		notes = append(notes, fmt.Sprintf("too fine to keep: %d × %d cells became one, with their greatest value", n, n))
	}
	g := &geo.Grid{West: t.west, North: t.north, StepLon: t.stepLon, StepLat: t.stepLat, Cols: t.cols, Rows: t.rows}
	for _, l := range t.layers {
		packed := geo.Pack(l.name, l.unit, l.quantum, l.values)
		packed.Sigma = l.sigma
		g.Layers = append(g.Layers, packed)
	}
	return g, notes, g.Check()
}

// factor is by how much the cells must grow.
func (t *table) factor() int {
	n := 1
	for ((t.cols+n-1)/n)*((t.rows+n-1)/n) > maxStored {
		n++
	}
	return n
}

func (t *table) coarsen(n int) {
	cols, rows := (t.cols+n-1)/n, (t.rows+n-1)/n
	for i := range t.layers {
		l := &t.layers[i]
		out := slices.Repeat([]float64{math.NaN()}, cols*rows)
		for k, v := range l.values {
			at := k/t.cols/n*cols + k%t.cols/n
			if !(v <= out[at]) && !math.IsNaN(v) {
				out[at] = v
			}
		}
		l.values = out
	}
	t.cols, t.rows = cols, rows
	t.stepLon, t.stepLat = t.stepLon*float64(n), t.stepLat*float64(n)
}

// crop cuts off the borders in which no layer has a value; false when nothing is left.
func (t *table) crop() bool {
	west, east, north, south := t.cols, -1, t.rows, -1
	for _, l := range t.layers {
		for k, v := range l.values {
			if !math.IsNaN(v) {
				col, row := k%t.cols, k/t.cols
				west, east, north, south = min(west, col), max(east, col), min(north, row), max(south, row)
			}
		}
	}
	if east < 0 {
		return false
	}
	cols, rows := east-west+1, south-north+1
	if cols == t.cols && rows == t.rows {
		return true
	}
	for i := range t.layers {
		out := make([]float64, 0, cols*rows)
		for row := north; row <= south; row++ {
			out = append(out, t.layers[i].values[row*t.cols+west:row*t.cols+east+1]...)
		}
		t.layers[i].values = out
	}
	t.west, t.north = t.west+float64(west)*t.stepLon, t.north-float64(north)*t.stepLat
	t.cols, t.rows = cols, rows
	return true
}

// greatest is the greatest value of a layer.
func (c *column) greatest() float64 {
	top := math.Inf(-1)
	for _, v := range c.values {
		if v > top {
			top = v
		}
	}
	return top
}
