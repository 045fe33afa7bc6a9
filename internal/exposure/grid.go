package exposure

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"watchfire.dev/internal/geo"
)

// grid finds the assets in a window: packed rows of latitude, sorted by longitude inside a
// row, one layer a size class, so that one long route does not widen the search for a
// thousand camps. It may give too many assets, never too few.
type grid struct {
	layers [3]layer
	large  []int32 // assets larger than the last class: always looked at
}

// layer holds assets whose bounding circle has at most sizeKM around its centre.
type layer struct {
	sizeKM float64
	rows   []int32 // first entry of each row; one more at the end
	lon    []float64
	id     []int32
}

const rowsPerDegree = 2

// gridEntry is one asset on its way into the grid.
type gridEntry struct {
	id     int32
	centre geo.Point
	sizeKM float64
}

func newGrid(entries []gridEntry) grid {
	var g grid
	sizes := [len(g.layers)]float64{0.01, 10, 100}
	byLayer := [len(g.layers)][]gridEntry{}
next:
	for _, e := range entries {
		for i, size := range sizes {
			if e.sizeKM <= size {
				byLayer[i] = append(byLayer[i], e)
				continue next
			}
		}
		g.large = append(g.large, e.id)
	}
	for i := range g.layers {
		g.layers[i] = newLayer(sizes[i], byLayer[i])
	}
	return g
}

func rowOf(lat float64) int {
	return min(max(int(math.Floor((lat+90)*rowsPerDegree)), 0), 180*rowsPerDegree-1)
}

func newLayer(size float64, entries []gridEntry) layer {
	l := layer{sizeKM: size}
	if len(entries) == 0 {
		return l
	}
	slices.SortFunc(entries, func(a, b gridEntry) int {
		return cmp.Or(cmp.Compare(rowOf(a.centre.Lat), rowOf(b.centre.Lat)), cmp.Compare(a.centre.Lon, b.centre.Lon), cmp.Compare(a.id, b.id))
	})
	l.rows = make([]int32, 180*rowsPerDegree+1)
	for _, e := range entries {
		l.rows[rowOf(e.centre.Lat)+1]++
		l.lon, l.id = append(l.lon, e.centre.Lon), append(l.id, e.id)
	}
	for i := 1; i < len(l.rows); i++ {
		l.rows[i] += l.rows[i-1]
	}
	return l
}

// visit calls f for every asset that may lie within reachKM of the region.
func (g *grid) visit(r *geo.Region, reachKM float64, f func(id int32)) {
	for i := range g.layers {
		if l := &g.layers[i]; len(l.id) > 0 {
			l.visit(r.Window(reachKM+l.sizeKM), f)
		}
	}
	for _, id := range g.large {
		f(id)
	}
}

func (l *layer) visit(w geo.Window, f func(id int32)) {
	for row := rowOf(w.South); row <= rowOf(w.North); row++ {
		first, last := int(l.rows[row]), int(l.rows[row+1])
		switch {
		case first == last:
		case w.West <= w.East:
			l.span(first, last, w.West, w.East, f)
		default:
			l.span(first, last, -180, w.East, f)
			l.span(first, last, w.West, 180, f)
		}
	}
}

func (l *layer) span(first, last int, west, east float64, f func(id int32)) {
	i := first + sort.SearchFloat64s(l.lon[first:last], west)
	for ; i < last && l.lon[i] <= east; i++ {
		f(l.id[i])
	}
}
