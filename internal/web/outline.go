package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
)

// atlas is the world in two grains, from TopoJSON files that the build may embed.
type atlas struct{ coarse, fine [][]geo.Point }

// Lines gives the borders and coasts as lines that never cross 180°.
func (a atlas) Lines(fine bool) [][]geo.Point {
	if fine && len(a.fine) > 0 {
		return a.fine
	}
	return a.coarse
}

// embeddedOutline reads the outline that the build embeds; a build without one has maps
// with a grid only.
func embeddedOutline() (Outline, error) {
	var a atlas
	for name, to := range map[string]*[][]geo.Point{"countries-110m.json": &a.coarse, "countries-50m.json": &a.fine} {
		raw, err := staticFiles.ReadFile("static/vendor/" + name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			*to, err = readTopology(raw)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	return a, nil
}

// readTopology decodes the arcs of a quantised TopoJSON topology. Arcs are drawn as lines
// and not joined into polygons: that needs no cutting at the antimeridian beyond breaking a
// line that jumps.
func readTopology(raw []byte) ([][]geo.Point, error) {
	var t struct {
		Type      string         `json:"type"`
		Arcs      [][][2]float64 `json:"arcs"`
		Transform struct {
			Scale     [2]float64 `json:"scale"`
			Translate [2]float64 `json:"translate"`
		} `json:"transform"`
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("%w: %w", fault.ErrInvalid, err)
	}
	if t.Type != "Topology" || t.Transform.Scale[0] == 0 {
		return nil, fmt.Errorf("no quantised topology: %w", fault.ErrInvalid)
	}
	var out [][]geo.Point
	for _, arc := range t.Arcs {
		var line []geo.Point
		x, y := 0.0, 0.0
		for _, d := range arc {
			x, y = x+d[0], y+d[1]
			p := geo.Point{Lon: x*t.Transform.Scale[0] + t.Transform.Translate[0], Lat: y*t.Transform.Scale[1] + t.Transform.Translate[1]}
			if n := len(line); n > 0 && math.Abs(p.Lon-line[n-1].Lon) > 180 {
				out, line = append(out, line), nil
			}
			line = append(line, p)
		}
		out = append(out, line)
	}
	return out, nil
}

// A backdrop is an outline made ready for drawing: each line knows its box, so that a map
// of one valley does not look at every coast of the world.
type backdrop struct{ coarse, fine []bounded }

type bounded struct {
	line         []geo.Point
	centre       geo.Point
	halfX, halfY float64 // degrees
}

func newBackdrop(o Outline) backdrop {
	return backdrop{bound(o.Lines(false)), bound(o.Lines(true))}
}

func bound(lines [][]geo.Point) []bounded {
	out := make([]bounded, 0, len(lines))
	for _, l := range lines {
		if len(l) == 0 {
			continue
		}
		low, high := l[0], l[0]
		for _, p := range l {
			low = geo.Point{Lat: math.Min(low.Lat, p.Lat), Lon: math.Min(low.Lon, p.Lon)}
			high = geo.Point{Lat: math.Max(high.Lat, p.Lat), Lon: math.Max(high.Lon, p.Lon)}
		}
		out = append(out, bounded{
			line: l, centre: geo.Point{Lat: (low.Lat + high.Lat) / 2, Lon: (low.Lon + high.Lon) / 2},
			halfX: (high.Lon - low.Lon) / 2, halfY: (high.Lat - low.Lat) / 2,
		})
	}
	return out
}

// meets tells whether the box of a line and the picture overlap.
func (b bounded) meets(p projection) bool {
	return math.Abs(b.centre.Lat-p.centre.Lat) <= b.halfY+p.h/2/p.perDegY &&
		math.Abs(turn(b.centre.Lon-p.centre.Lon)) <= b.halfX+p.w/2/p.perDegX
}
