package portfolio

import (
	"fmt"
	"strconv"
	"strings"

	"watchfire.dev/internal/geo"
)

// FormatShape writes a geometry as well-known text (OGC 06-103r4 clause 7, longitude
// first): POINT, LINESTRING, POLYGON or MULTIPOLYGON. A circle, which WKT does not know, is
// written as the GeoJSON of geo; no geometry is "". The radius of a point or line is not
// part of the text.
func FormatShape(s geo.Shape) string {
	var b strings.Builder
	switch s.Kind {
	case geo.PointKind:
		b.WriteString("POINT ")
		writeWKTPoints(&b, s.Points, false)
	case geo.LineKind:
		b.WriteString("LINESTRING ")
		writeWKTPoints(&b, s.Points, false)
	case geo.PolygonKind:
		b.WriteString("POLYGON ")
		if len(s.Polygons) > 1 {
			b.Reset()
			b.WriteString("MULTIPOLYGON (")
		}
		for i, p := range s.Polygons {
			if i > 0 {
				b.WriteString(", ")
			}
			writeWKTPolygon(&b, p)
		}
		if len(s.Polygons) > 1 {
			b.WriteByte(')')
		}
	case geo.CircleKind:
		if raw, err := s.MarshalJSON(); err == nil {
			b.Write(raw)
		}
	}
	return b.String()
}

func writeWKTPolygon(b *strings.Builder, p geo.Polygon) {
	b.WriteByte('(')
	for i, r := range p {
		if i > 0 {
			b.WriteString(", ")
		}
		writeWKTPoints(b, openRing(r), true)
	}
	b.WriteByte(')')
}

func writeWKTPoints(b *strings.Builder, points []geo.Point, closed bool) {
	b.WriteByte('(')
	for i, p := range points {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(FormatNumber(p.Lon) + " " + FormatNumber(p.Lat))
	}
	if closed && len(points) > 0 {
		b.WriteString(", " + FormatNumber(points[0].Lon) + " " + FormatNumber(points[0].Lat))
	}
	b.WriteByte(')')
}

// ParseShape reads a geometry from well-known text or, when it begins with a brace, from
// GeoJSON. A third and fourth coordinate are ignored; an SRID other than 4326 is refused.
// The error says what is wrong, and when exchanging latitude and longitude would mend it.
func ParseShape(text string) (geo.Shape, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return geo.Shape{}, nil
	}
	var s geo.Shape
	var err error
	if text[0] == '{' {
		err = s.UnmarshalJSON([]byte(text))
	} else if s, err = parseWKT(text); err == nil {
		err = checkShape(s)
	}
	if err != nil {
		return geo.Shape{}, invalid(strings.TrimSuffix(err.Error(), ": invalid"))
	}
	return normalShape(s), nil
}

// checkShape is geo's check with a hint when the coordinates seem to be exchanged.
func checkShape(s geo.Shape) error {
	err := s.Check()
	if err == nil {
		return nil
	}
	text := strings.TrimSuffix(err.Error(), ": invalid")
	if swapped(s).Check() == nil {
		return invalidf("%s; with latitude and longitude exchanged it would fit: WKT and GeoJSON put longitude first", text)
	}
	return invalid(text)
}

func swapped(s geo.Shape) geo.Shape {
	exchange := func(points []geo.Point) []geo.Point {
		out := make([]geo.Point, len(points))
		for i, p := range points {
			out[i] = geo.Point{Lat: p.Lon, Lon: p.Lat}
		}
		return out
	}
	out := geo.Shape{Kind: s.Kind, RadiusKM: s.RadiusKM, Points: exchange(s.Points)}
	for _, p := range s.Polygons {
		var polygon geo.Polygon
		for _, r := range p {
			polygon = append(polygon, exchange(r))
		}
		out.Polygons = append(out.Polygons, polygon)
	}
	return out
}

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
			return fmt.Errorf("point %d has %d numbers, not 2 to 4", w.vertices, len(n))
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
