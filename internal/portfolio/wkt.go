package portfolio

import (
	"strconv"
	"strings"

	"watchfire.dev/internal/geo"
)

// wkt is a cursor over well-known text; vertices counts what has been read so far.
type wkt struct {
	text     string
	at       int
	vertices int
}

func parseWKT(text string) (geo.Shape, error) {
	if srid, rest, ok := strings.Cut(text, ";"); ok && strings.HasPrefix(strings.ToUpper(srid), "SRID=") {
		if srid[5:] != "4326" {
			return geo.Shape{}, invalidf("coordinate system %s: only WGS84 (SRID=4326) is read", Quote(srid))
		}
		text = rest
	}
	w := &wkt{text: text}
	word := w.word()
	for rest := w.word(); rest != ""; rest = w.word() { // Z, M, ZM, EMPTY
		if rest == "EMPTY" {
			return geo.Shape{}, invalidf("%s holds no point: leave the cell empty instead", Quote(text))
		}
	}
	s, err := w.shape(word)
	if err != nil {
		return geo.Shape{}, err
	}
	if w.space(); w.at < len(w.text) {
		return geo.Shape{}, invalidf("%s follows the end of the geometry", Quote(w.text[w.at:]))
	}
	return s, nil
}

func (w *wkt) shape(word string) (geo.Shape, error) {
	switch word {
	case "POINT":
		points, err := w.points()
		return geo.Shape{Kind: geo.PointKind, Points: points}, err
	case "LINESTRING":
		points, err := w.points()
		return geo.Shape{Kind: geo.LineKind, Points: points}, err
	case "POLYGON":
		polygon, err := w.polygon()
		return geo.Area(polygon), err
	case "MULTIPOLYGON":
		s := geo.Shape{Kind: geo.PolygonKind}
		err := w.list(func() error {
			polygon, err := w.polygon()
			s.Polygons = append(s.Polygons, polygon)
			return err
		})
		return s, err
	default:
		return geo.Shape{}, invalidf("%s is not a geometry: write POINT, LINESTRING, POLYGON or MULTIPOLYGON, longitude first, or GeoJSON", Quote(w.text))
	}
}

func (w *wkt) polygon() (geo.Polygon, error) {
	var out geo.Polygon
	err := w.list(func() error {
		ring, err := w.points()
		out = append(out, openRing(ring))
		return err
	})
	return out, err
}

func (w *wkt) points() ([]geo.Point, error) {
	var out []geo.Point
	err := w.list(func() error {
		if w.vertices++; w.vertices > geo.MaxVertices {
			return invalidf("more than %d vertices: simplify the geometry", geo.MaxVertices)
		}
		var n []float64
		for len(n) < 5 {
			word := w.number()
			if word == "" {
				break
			}
			f, err := strconv.ParseFloat(word, 64)
			if err != nil {
				return invalidf("%s is not a number", Quote(word))
			}
			n = append(n, f)
		}
		if len(n) < 2 || len(n) > 4 {
			return invalidf("point %d has %d numbers, not 2 to 4", w.vertices, len(n))
		}
		out = append(out, geo.Point{Lon: n[0], Lat: n[1]})
		return nil
	})
	return out, err
}

// list reads "(" item { "," item } ")".
func (w *wkt) list(item func() error) error {
	if err := w.expect('('); err != nil {
		return err
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if w.space(); w.at < len(w.text) && w.text[w.at] == ',' {
			w.at++
			continue
		}
		return w.expect(')')
	}
}

func (w *wkt) expect(c byte) error {
	w.space()
	if w.at >= len(w.text) {
		return invalidf("the geometry ends where %q should stand", string(c))
	}
	if w.text[w.at] != c {
		return invalidf("%s stands where %q should stand", Quote(w.text[w.at:]), string(c))
	}
	w.at++
	return nil
}

func (w *wkt) space() {
	for w.at < len(w.text) && strings.IndexByte(" \t\r\n", w.text[w.at]) >= 0 {
		w.at++
	}
}

// word reads letters, in capitals; "" when none come next.
func (w *wkt) word() string {
	w.space()
	start := w.at
	for w.at < len(w.text) && (w.text[w.at]|0x20 >= 'a' && w.text[w.at]|0x20 <= 'z') {
		w.at++
	}
	return strings.ToUpper(w.text[start:w.at])
}

func (w *wkt) number() string {
	w.space()
	start := w.at
	for w.at < len(w.text) && strings.IndexByte(" \t\r\n,()", w.text[w.at]) < 0 {
		w.at++
	}
	return w.text[start:w.at]
}
