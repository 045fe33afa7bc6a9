package shakemap

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
)

// document is a ShakeMap's grid.xml or uncertainty.xml. The values are one text of numbers.
type document struct {
	EventID   string      `xml:"event_id,attr"`
	MapID     string      `xml:"shakemap_id,attr"`
	Version   string      `xml:"shakemap_version,attr"`
	Processed string      `xml:"process_timestamp,attr"`
	Origin    string      `xml:"shakemap_originator,attr"`
	Status    string      `xml:"map_status,attr"`
	EventType string      `xml:"shakemap_event_type,attr"`
	Event     quake       `xml:"event"`
	Spec      spec        `xml:"grid_specification"`
	Fields    []gridField `xml:"grid_field"`
	Spreads   []spread    `xml:"event_specific_uncertainty"`
	Data      []byte      `xml:"grid_data"`
}

type quake struct {
	ID          string `xml:"event_id,attr"`
	Magnitude   string `xml:"magnitude,attr"`
	Depth       string `xml:"depth,attr"` // km
	Lat         string `xml:"lat,attr"`
	Lon         string `xml:"lon,attr"`
	At          string `xml:"event_timestamp,attr"`
	Network     string `xml:"event_network,attr"`
	Description string `xml:"event_description,attr"`
}

type spec struct {
	LonMin float64 `xml:"lon_min,attr"`
	LonMax float64 `xml:"lon_max,attr"`
	LatMin float64 `xml:"lat_min,attr"`
	LatMax float64 `xml:"lat_max,attr"`
	Cols   int     `xml:"nlon,attr"`
	Rows   int     `xml:"nlat,attr"`
}

type gridField struct {
	Index int    `xml:"index,attr"`
	Name  string `xml:"name,attr"`
	Unit  string `xml:"units,attr"`
}

// spread is the deviation of a quantity over the whole map; 0 or -1 = none.
type spread struct {
	Name  string  `xml:"name,attr"`
	Value float64 `xml:"value,attr"`
}

func read(body []byte) (document, error) {
	var d document
	if err := scan.XML(body); err != nil {
		return d, err
	}
	dec := xml.NewDecoder(bytes.NewReader(body))
	dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "us-ascii") || strings.EqualFold(label, "iso-8859-1") {
			return in, nil // figures and English names: ASCII in every map seen
		}
		return nil, fmt.Errorf("encoding %.40q: %w", label, fault.ErrInvalid)
	}
	if err := dec.Decode(&d); err != nil {
		return d, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	return d, nil
}

// known are the quantities that are kept: their names here, units, precision, and what their
// values may be. "STD…" are their standard deviations.
var known = []struct {
	field, name, unit string
	quantum           float64
	low, high         float64
}{
	{"MMI", "mmi", "MMI", 0.01, 0, 12},
	{"STDMMI", "mmi_sigma", "MMI", 0.01, 0, 5},
	{"PGA", "pga", "%g", 0.1, 0, 1000},
}

// table reads the values. Each is placed by its own longitude and latitude, which must fall
// on the grid of the specification: maps list them from the north-west, but not all do.
func (d *document) table() (*table, error) {
	s := d.Spec
	if err := checkSize(s.Cols, s.Rows, len(known)); err != nil {
		return nil, err
	}
	if s.Cols*s.Rows*len(d.Fields) > len(d.Data)/2+1 { // a number and what parts it from the next
		return nil, fmt.Errorf("grid_data of %d bytes is too short for %d × %d lines: %w", len(d.Data), s.Cols, s.Rows, fault.ErrInvalid)
	}
	if s.LonMax < s.LonMin {
		s.LonMax += 360
	}
	if s.Cols < 2 || s.Rows < 2 || !(s.LonMax > s.LonMin) || !(s.LatMax > s.LatMin) || !scan.Finite(s.LonMax-s.LonMin) || !scan.Finite(s.LatMax-s.LatMin) {
		return nil, fmt.Errorf("grid_specification: %+v: %w", s, fault.ErrInvalid)
	}
	t := &table{cols: s.Cols, rows: s.Rows, stepLon: (s.LonMax - s.LonMin) / float64(s.Cols-1), stepLat: (s.LatMax - s.LatMin) / float64(s.Rows-1)}
	t.west, t.north = s.LonMin-t.stepLon/2, s.LatMax+t.stepLat/2
	p, err := d.plan(t)
	if err != nil {
		return nil, err
	}
	return t, p.fill(d.Data)
}

// plan says which number of a line is what.
type plan struct {
	table    *table
	width    int // numbers of a line
	lon, lat int
	layer    []int // layer of the table by place in the line, -1 = not kept
	bounds   [][2]float64
}

func (d *document) plan(t *table) (*plan, error) {
	p := &plan{table: t, lon: -1, lat: -1}
	slices.SortStableFunc(d.Fields, func(a, b gridField) int { return a.Index - b.Index })
	if p.width = len(d.Fields); p.width < 3 || p.width > 64 {
		return nil, fmt.Errorf("%d grid_fields: %w", p.width, fault.ErrInvalid)
	}
	for i, f := range d.Fields {
		if f.Index != i+1 {
			return nil, fmt.Errorf("grid_field %d has the index %d: %w", i+1, f.Index, fault.ErrInvalid)
		}
		p.layer = append(p.layer, -1)
		switch name := strings.ToUpper(f.Name); name {
		case "LON":
			p.lon = i
		case "LAT":
			p.lat = i
		default:
			for _, k := range known {
				if k.field == name && !slices.ContainsFunc(t.layers, func(c column) bool { return c.name == k.name }) {
					p.layer[i] = len(t.layers)
					p.bounds = append(p.bounds, [2]float64{k.low, k.high})
					t.layers = append(t.layers, column{name: k.name, unit: k.unit, quantum: k.quantum, sigma: d.spread(k.name), values: slices.Repeat([]float64{math.NaN()}, t.cols*t.rows)})
				}
			}
		}
	}
	if p.lon < 0 || p.lat < 0 || len(t.layers) == 0 {
		return nil, fmt.Errorf("no grid_field LON, LAT, or none of MMI, STDMMI, PGA: %w", fault.ErrInvalid)
	}
	return p, nil
}

// spread is the deviation that the map states of a quantity as a whole.
func (d *document) spread(name string) float64 {
	for _, s := range d.Spreads {
		if strings.EqualFold(s.Name, name) && s.Value > 0 && s.Value <= 5 && name == "mmi" {
			return s.Value
		}
	}
	return 0
}

// fill reads the numbers line by line, whatever the line breaks.
func (p *plan) fill(data []byte) error {
	t, line := p.table, make([]float64, 0, p.width)
	filled := 0
	for word := range bytes.FieldsSeq(data) {
		v, err := strconv.ParseFloat(string(word), 64)
		if err != nil {
			return fmt.Errorf("grid_data: %s is no number: %w", scan.Printable(word), fault.ErrInvalid)
		}
		if line = append(line, v); len(line) < p.width {
			continue
		}
		if filled++; filled > t.cols*t.rows {
			return fmt.Errorf("grid_data has more than %d × %d lines: %w", t.cols, t.rows, fault.ErrInvalid)
		}
		x, y := line[p.lon]-t.west, t.north-line[p.lat]
		if x < -1e-9 {
			x += 360
		}
		col, row := int(math.Floor(x/t.stepLon)), int(math.Floor(y/t.stepLat))
		if !(x >= 0 && y >= 0 && col < t.cols && row < t.rows) {
			return fmt.Errorf("grid_data line %d: %v, %v lies outside of the grid: %w", filled, line[p.lon], line[p.lat], fault.ErrInvalid)
		}
		for i, l := range p.layer {
			if l >= 0 && line[i] >= p.bounds[l][0] && line[i] <= p.bounds[l][1] {
				t.layers[l].values[row*t.cols+col] = line[i]
			}
		}
		line = line[:0]
	}
	if filled < t.cols*t.rows || len(line) > 0 {
		return fmt.Errorf("grid_data has %d of %d lines: %w", filled, t.cols*t.rows, fault.ErrInvalid)
	}
	return nil
}
