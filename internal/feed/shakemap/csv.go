package shakemap

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// ParseCSV reads a table of cells: a header of longitude, latitude (in either order) and up
// to four quantities, then the centre of one cell a line with its values. The lines may
// stand in any order and leave cells out; the grid is found from the distances between
// the coordinates, on which all of them must lie. Of two lines for one cell the greater
// value counts.
func ParseCSV(in feed.Input) (feed.Result, error) {
	r, err := parseCSV(in)
	if err != nil {
		return feed.Result{}, fmt.Errorf("read table of cells: %w", err)
	}
	return r, nil
}

func parseCSV(in feed.Input) (feed.Result, error) {
	body, first, about, err := begin(in)
	if err != nil {
		return feed.Result{}, err
	}
	p, err := newTablePlan(cells(string(first)), about)
	if err != nil {
		return feed.Result{}, err
	}
	if err := p.read(body); err != nil {
		return feed.Result{}, err
	}
	t, notes, err := p.table()
	if err != nil {
		return feed.Result{}, err
	}
	return about.result(in, t, notes)
}

// cells splits a line at commas, semicolons or tabs.
func cells(line string) []string {
	by := ","
	for _, other := range []string{"\t", ";"} {
		if !strings.Contains(line, by) {
			by = other
		}
	}
	out := strings.Split(line, by)
	for i := range out {
		out[i] = strings.Trim(strings.TrimSpace(out[i]), `"`)
	}
	return out
}

// axisOf tells what a column's name stands for: 'x', 'y', or 0 for a quantity.
func axisOf(name string) byte {
	switch strings.ToLower(name) {
	case "lon", "longitude", "lng", "long", "x":
		return 'x'
	case "lat", "latitude", "y":
		return 'y'
	}
	return 0
}

// tablePlan holds the columns while they are read.
type tablePlan struct {
	x, y     int
	at       []int // column of each layer
	layers   []column
	factors  []float64
	lon, lat []float64
	width    int
}

func newTablePlan(names []string, about *remarks) (*tablePlan, error) {
	p := &tablePlan{x: -1, y: -1, width: len(names)}
	for i, n := range names {
		switch axisOf(n) {
		case 'x':
			p.x = i
		case 'y':
			p.y = i
		default:
			c, factor, err := about.column(n)
			if err != nil {
				return nil, err
			}
			p.at, p.layers, p.factors = append(p.at, i), append(p.layers, c), append(p.factors, factor)
		}
	}
	if p.x < 0 || p.y < 0 || len(p.layers) == 0 || len(p.layers) > maxLayers {
		return nil, fmt.Errorf("header %q: want lon, lat and 1 to %d quantities: %w", names, maxLayers, fault.ErrInvalid)
	}
	return p, nil
}

func (p *tablePlan) read(body []byte) error {
	number, header := 0, true
	for line := range bytes.Lines(body) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if header {
			header = false
			continue
		}
		f := cells(string(line))
		if len(f) != p.width {
			return fmt.Errorf("line %d has %d cells, the header %d: %w", number, len(f), p.width, fault.ErrInvalid)
		}
		lon, err1 := strconv.ParseFloat(f[p.x], 64)
		lat, err2 := strconv.ParseFloat(f[p.y], 64)
		if err1 != nil || err2 != nil || !(lat >= -90 && lat <= 90) || !(lon >= -360 && lon <= 360) {
			return fmt.Errorf("line %d: %s is no place in degrees: %w", number, scan.Printable(line), fault.ErrInvalid)
		}
		if len(p.lon) >= maxRead/len(p.layers) {
			return fmt.Errorf("more than %d values: %w", maxRead, fault.ErrTooLarge)
		}
		p.lon, p.lat = append(p.lon, lon), append(p.lat, lat)
		for i, at := range p.at {
			v := math.NaN()
			if text := f[at]; text != "" && !strings.EqualFold(text, "nan") && !strings.EqualFold(text, "na") {
				var err error
				if v, err = strconv.ParseFloat(text, 64); err != nil || !scan.Finite(v) {
					return fmt.Errorf("line %d: %s is no number: %w", number, scan.Printable([]byte(text)), fault.ErrInvalid)
				}
			}
			p.layers[i].values = append(p.layers[i].values, v*p.factors[i])
		}
	}
	if len(p.lon) == 0 {
		return fmt.Errorf("no line: %w", fault.ErrInvalid)
	}
	return nil
}

func (p *tablePlan) table() (*table, []string, error) {
	stepX, okX := spacing(p.lon)
	stepY, okY := spacing(p.lat)
	switch {
	case !okX && !okY:
		return nil, nil, fmt.Errorf("one place alone makes no grid: %w", fault.ErrInvalid)
	case !okX:
		stepX = stepY
	case !okY:
		stepY = stepX
	}
	west, north := slices.Min(p.lon), slices.Max(p.lat)
	cols := math.Round((slices.Max(p.lon)-west)/stepX) + 1
	rows := math.Round((north-slices.Min(p.lat))/stepY) + 1
	const sparse = 1000 // cells of the grid for one that is given
	if !(cols <= maxRead && rows <= maxRead && cols*rows <= sparse*float64(len(p.lon))) {
		return nil, nil, fmt.Errorf("places %v × %v degrees apart over %.0f × %.0f cells: %w", stepX, stepY, cols, rows, fault.ErrTooLarge)
	}
	t := &table{cols: int(cols), rows: int(rows), stepLon: stepX, stepLat: stepY, west: west - stepX/2, north: north + stepY/2}
	if err := checkSize(t.cols, t.rows, len(p.layers)); err != nil {
		return nil, nil, err
	}
	var notes []string
	seen := make([]bool, t.cols*t.rows)
	for i := range p.layers {
		c := p.layers[i]
		c.values = slices.Repeat([]float64{math.NaN()}, t.cols*t.rows)
		t.layers = append(t.layers, c)
	}
	twice := 0
	for k := range p.lon {
		x, y := (p.lon[k]-west)/stepX, (north-p.lat[k])/stepY
		if math.Abs(x-math.Round(x)) > 0.1 || math.Abs(y-math.Round(y)) > 0.1 {
			return nil, nil, fmt.Errorf("%v, %v does not lie on a grid of %v × %v degrees: %w", p.lon[k], p.lat[k], stepX, stepY, fault.ErrInvalid)
		}
		at := int(math.Round(y))*t.cols + int(math.Round(x))
		if seen[at] {
			twice++
		}
		seen[at] = true
		for i := range p.layers {
			if v := p.layers[i].values[k]; !(v <= t.layers[i].values[at]) && !math.IsNaN(v) {
				t.layers[i].values[at] = v
			}
		}
	}
	if twice > 0 {
		notes = append(notes, fmt.Sprintf("%d cells stand twice: the greater value counts", twice))
	}
	return t, notes, nil
}

// spacing is the usual distance between neighbouring coordinates: the median over the
// differences that are no rounding. False when there is only one coordinate.
func spacing(all []float64) (float64, bool) {
	s := slices.Compact(slices.Sorted(slices.Values(all)))
	var apart []float64
	for i := 1; i < len(s); i++ {
		if d := s[i] - s[i-1]; d > 1e-6 {
			apart = append(apart, d)
		}
	}
	if len(apart) == 0 {
		return 0, false
	}
	slices.Sort(apart)
	step := apart[len(apart)/4] // gaps make differences larger, never smaller
	n := math.Round((s[len(s)-1] - s[0]) / step)
	return (s[len(s)-1] - s[0]) / math.Max(1, n), true
}
