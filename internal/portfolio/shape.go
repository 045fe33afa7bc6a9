package portfolio

import (
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
		s, err = parseGeoJSON([]byte(text))
	} else if s, err = parseWKT(text); err == nil {
		err = checkShape(s)
	}
	if err != nil {
		return geo.Shape{}, invalid(plain(err))
	}
	return normalShape(s), nil
}

// plain is geo's message without what only programs need.
func plain(err error) string {
	return strings.TrimPrefix(strings.TrimSuffix(err.Error(), ": invalid"), "point point 0: ")
}

// plainExchange is geo's message about exchanged axes with what follows from it here.
func plainExchange(err error) string {
	text := plain(err)
	if strings.HasSuffix(text, "exchanged it would fit") {
		text += ": WKT and GeoJSON put longitude first"
	}
	return text
}

func parseGeoJSON(data []byte) (geo.Shape, error) {
	var s geo.Shape
	err := s.UnmarshalJSON(data)
	if err != nil {
		return s, invalid(plainExchange(err))
	}
	return s, nil
}

// checkShape is geo's check with a hint when the coordinates seem to be exchanged.
func checkShape(s geo.Shape) error {
	if err := s.Check(); err != nil {
		return invalid(plainExchange(err))
	}
	return nil
}
