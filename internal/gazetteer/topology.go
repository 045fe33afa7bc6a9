package gazetteer

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
)

//go:embed data
var data embed.FS

// The outlines are read at first use: most programs that run never ask for counties.
var (
	countryAreas  = sync.OnceValue(func() []*Area { return load("countries.json.gz", countryArea) })
	divisionAreas = sync.OnceValue(func() []*Area { return load("divisions.json.gz", divisionArea) })
	countyAreas   = sync.OnceValue(func() []*Area { return load("counties.json.gz", countyArea) })
	counties      = sync.OnceValue(func() map[string]*Area {
		out := map[string]*Area{}
		for _, a := range countyAreas() {
			out[a.Code] = a
		}
		return out
	})
)

// byCountry holds the outlines of countries and of divisions under each of their countries.
var byCountry = sync.OnceValue(func() [2]map[string][]*Area {
	out := [2]map[string][]*Area{{}, {}}
	for i, all := range [2][]*Area{countryAreas(), divisionAreas()} {
		for _, a := range all {
			for _, c := range a.Countries {
				out[i][c] = append(out[i][c], a)
			}
		}
	}
	return out
})

func indexed(l Level) map[string][]*Area {
	if l == Country {
		return byCountry()[0]
	}
	return byCountry()[1]
}

func areas(l Level) []*Area {
	switch l {
	case Country:
		return countryAreas()
	case Admin1:
		return divisionAreas()
	case County:
		return countyAreas()
	}
	return nil
}

// topology is one TopoJSON topology, reduced to what is used.
type topology struct {
	Transform struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	} `json:"transform"`
	Arcs       [][][2]float64 `json:"arcs"`
	Geometries []geometry     `json:"geometries"`
}

type geometry struct {
	Type string          `json:"type"`
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Arcs json.RawMessage `json:"arcs"`
}

// maxUnpacked bounds one file of outlines: they are ours, but made by another program.
const maxUnpacked = 64 << 20

// load reads a file of outlines; one that the build did not fetch gives none. A file that
// cannot be read is a broken build and is treated as absent: TestOutlines reads them all.
func load(name string, make func(geometry) (*Area, bool)) []*Area {
	raw, err := fs.ReadFile(data, "data/vendor/"+name)
	if err != nil {
		return nil
	}
	out, err := read(raw, make)
	if err != nil {
		return nil
	}
	return out
}

func read(raw []byte, make func(geometry) (*Area, bool)) ([]*Area, error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	text, err := io.ReadAll(io.LimitReader(z, maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	var all []topology
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	var out []*Area
	for i := range all {
		lines := all[i].lines()
		for _, g := range all[i].Geometries {
			a, ok := make(g)
			if !ok {
				continue
			}
			shape, err := g.shape(lines)
			if err != nil {
				return nil, fmt.Errorf("outline of %q: %w", g.Name, err)
			}
			a.box = boxOf(shape)
			a.region = sync.OnceValue(func() *geo.Region {
				region, _, err := geo.Prepare(shape)
				if err != nil {
					return nil
				}
				return region
			})
			out = append(out, a)
		}
	}
	return out, nil
}

// lines undoes the quantisation and the coding by differences.
func (t *topology) lines() [][]geo.Point {
	scale, translate := t.Transform.Scale, t.Transform.Translate
	plain := scale == [2]float64{}
	out := make([][]geo.Point, len(t.Arcs))
	for i, arc := range t.Arcs {
		x, y := 0.0, 0.0
		for _, d := range arc {
			if plain {
				x, y = d[0], d[1]
				out[i] = append(out[i], geo.Point{Lat: limit(y, 90), Lon: limit(x, 180)})
				continue
			}
			x, y = x+d[0], y+d[1]
			out[i] = append(out[i], geo.Point{Lat: limit(y*scale[1]+translate[1], 90), Lon: limit(x*scale[0]+translate[0], 180)})
		}
	}
	return out
}

// limit takes off what the quantisation put beyond the edge of the world.
func limit(v, most float64) float64 { return math.Min(math.Max(v, -most), most) }

func (g *geometry) shape(lines [][]geo.Point) (geo.Shape, error) {
	var polygons [][][]int
	if g.Type == "Polygon" {
		var one [][]int
		if err := json.Unmarshal(g.Arcs, &one); err != nil {
			return geo.Shape{}, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
		}
		polygons = [][][]int{one}
	} else if err := json.Unmarshal(g.Arcs, &polygons); err != nil {
		return geo.Shape{}, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	out := geo.Shape{Kind: geo.PolygonKind}
	for _, rings := range polygons {
		var p geo.Polygon
		for _, arcs := range rings {
			ring, err := join(arcs, lines)
			switch {
			case err != nil:
				return out, err
			case len(ring) > 3: // smaller ones are what simplification left of islands and lakes
				p = append(p, ring)
			case len(p) == 0:
				p = append(p, nil)
			}
		}
		if len(p[0]) > 0 {
			out.Polygons = append(out.Polygons, p)
		}
	}
	return out, nil
}

// join makes a ring of arcs; a negative number is the arc ~n walked backwards.
func join(arcs []int, lines [][]geo.Point) (geo.Ring, error) {
	var ring geo.Ring
	for _, n := range arcs {
		back := n < 0
		if back {
			n = ^n
		}
		if n >= len(lines) {
			return nil, fmt.Errorf("arc %d of %d: %w", n, len(lines), fault.ErrInvalid)
		}
		line := lines[n]
		if back {
			line = slices.Clone(line)
			slices.Reverse(line)
		}
		if len(ring) > 0 && len(line) > 0 {
			line = line[1:]
		}
		ring = append(ring, line...)
	}
	return ring, nil
}

// boxOf bounds an outline's vertices. Great circles between them bulge towards the poles by
// less than half a degree on the edges that such outlines have.
func boxOf(s geo.Shape) geo.Window {
	const bulge = 0.5
	w := geo.Window{South: 90, North: -90, West: 180, East: -180}
	for _, p := range s.Polygons {
		for _, r := range p {
			for _, q := range r {
				w.South, w.North = math.Min(w.South, q.Lat), math.Max(w.North, q.Lat)
				w.West, w.East = math.Min(w.West, q.Lon), math.Max(w.East, q.Lon)
			}
		}
	}
	w.South, w.North = math.Max(-90, w.South-bulge), math.Min(90, w.North+bulge)
	return w
}

// countryArea reads a country by its ISO 3166-1 number; areas that the atlas draws apart and
// that have no number of their own go to who claims them.
func countryArea(g geometry) (*Area, bool) {
	a := &Area{Level: Country, Name: g.Name}
	switch g.Name {
	case "Kosovo":
		a.Countries = []string{"XK", "RS"}
	case "Somaliland":
		a.Countries = []string{"SO"}
	case "N. Cyprus":
		a.Countries = []string{"CY"}
	case "Siachen Glacier":
		a.Countries = []string{"IN", "PK"}
	case "Indian Ocean Ter.":
		a.Countries = []string{"CX", "CC"}
	default:
		n, err := strconv.Atoi(g.ID)
		iso2, ok := country.Numeric(n)
		if err != nil || !ok {
			return nil, false
		}
		a.Countries = []string{iso2}
		switch iso2 {
		case "EH":
			a.Countries = append(a.Countries, "MA")
		case "PS":
			a.Countries = append(a.Countries, "IL")
		}
	}
	return a, true
}

// divisionArea reads a division, whose id is "PK.BA": country and a letter code that is not
// always the one of ISO 3166-2, which the name decides.
func divisionArea(g geometry) (*Area, bool) {
	iso2, letters, _ := strings.Cut(g.ID, ".")
	if g.Name == "" || !country.Known(iso2) {
		return nil, false
	}
	a := &Area{Level: Admin1, Countries: []string{iso2}, Name: g.Name}
	a.Code = codeOfOutline(iso2, letters, g.Name)
	return a, true
}

func countyArea(g geometry) (*Area, bool) {
	state, ok := stateOf(g.ID)
	if !ok || len(g.ID) != 5 {
		return nil, false
	}
	return &Area{Level: County, Countries: []string{state.country}, Code: g.ID, Name: g.Name}, true
}
