package nws

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
)

// wellKnownText reads the POLYGON or MULTIPOLYGON (OGC 06-103r4, longitude first) that the
// JSON-LD form carries as a JSON string.
func wellKnownText(raw []byte) ([]geo.Shape, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, fmt.Errorf("read geometry: %w: %w", err, fault.ErrInvalid)
	}
	name, rest, ok := strings.Cut(strings.TrimSpace(text), "(")
	multi := strings.EqualFold(strings.TrimSpace(name), "MULTIPOLYGON")
	if !ok || (!multi && !strings.EqualFold(strings.TrimSpace(name), "POLYGON")) {
		return nil, fmt.Errorf("geometry %q: %w", plain(name, 40), fault.ErrInvalid)
	}
	shape := geo.Shape{Kind: geo.PolygonKind}
	if !multi {
		shape.Polygons = []geo.Polygon{{}}
	}
	// Depth 1 is inside POLYGON(: a "(" opens a ring there. MULTIPOLYGON is one deeper.
	depth, ringDepth := 1, 2
	if multi {
		ringDepth = 3
	}
	from := 0
	for i, c := range rest {
		switch c {
		case '(':
			if depth++; depth == ringDepth {
				from = i + 1
			} else if multi && depth == 2 {
				shape.Polygons = append(shape.Polygons, geo.Polygon{})
			}
		case ')':
			if depth == ringDepth {
				ring, err := ringOf(rest[from:i])
				if err != nil {
					return nil, err
				}
				last := len(shape.Polygons) - 1
				shape.Polygons[last] = append(shape.Polygons[last], ring)
			}
			depth--
		}
		if depth > ringDepth || depth < 0 {
			return nil, fmt.Errorf("brackets of a polygon do not match: %w", fault.ErrInvalid)
		}
	}
	if depth != 0 {
		return nil, fmt.Errorf("brackets of a polygon do not match: %w", fault.ErrInvalid)
	}
	if err := shape.Check(); err != nil {
		return nil, err
	}
	return []geo.Shape{shape}, nil
}

func ringOf(text string) (geo.Ring, error) {
	var ring geo.Ring
	for pair := range strings.SplitSeq(text, ",") {
		f := strings.Fields(pair)
		if len(f) < 2 {
			return nil, fmt.Errorf("position %q: %w", plain(pair, 40), fault.ErrInvalid)
		}
		lon, err1 := strconv.ParseFloat(f[0], 64)
		lat, err2 := strconv.ParseFloat(f[1], 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("position %q: %w", plain(pair, 40), fault.ErrInvalid)
		}
		ring = append(ring, geo.Point{Lat: lat, Lon: lon})
	}
	return ring, nil
}
