package sheet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"

	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// features is the sheet name in places of a GeoJSON file; its rows count from 1.
const features = "features"

type collection struct {
	Type     string            `json:"type"`
	Features []json.RawMessage `json:"features"`
	CRS      *struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	} `json:"crs"`
}

type feature struct {
	Type       string                     `json:"type"`
	Geometry   json.RawMessage            `json:"geometry"`
	Properties map[string]json.RawMessage `json:"properties"`
}

// readGeoJSON reads a FeatureCollection (RFC 7946): assets are features with a geometry,
// projects and contacts are features without one; properties bear the names of Columns.
func (im *importer) readGeoJSON(r io.Reader) {
	data, ok := im.readLimited(r, MaxGeoJSON)
	if !ok {
		return
	}
	data = bytes.TrimPrefix(data, []byte(utf8BOM))
	if depth(data) > MaxDepth {
		im.addf(portfolio.Where{}, "the file is nested deeper than %d", MaxDepth)
		return
	}
	var c collection
	if err := json.Unmarshal(data, &c); err != nil {
		im.addf(portfolio.Where{}, "this is not JSON%s: %v", lineOf(data, err), err)
		return
	}
	if c.Type != "FeatureCollection" {
		im.addf(portfolio.Where{Field: "type"}, "%s is not a FeatureCollection", portfolio.Quote(c.Type))
		return
	}
	if c.CRS != nil && !strings.Contains(c.CRS.Properties.Name, "CRS84") && !strings.HasSuffix(c.CRS.Properties.Name, "4326") {
		im.addf(portfolio.Where{Field: "crs"}, "coordinate system %s: save the file in WGS84 (EPSG:4326)", portfolio.Quote(c.CRS.Properties.Name))
		return
	}
	names, unknown := columnIndex(im.columns), map[string]bool{}
	for i, raw := range c.Features {
		if !im.feature(i+1, raw, names, unknown) {
			return
		}
	}
}

func (im *importer) feature(number int, raw json.RawMessage, names map[string]int, unknown map[string]bool) bool {
	where := portfolio.Where{Sheet: features, Row: number}
	var f feature
	if err := json.Unmarshal(raw, &f); err != nil || f.Type != "Feature" {
		im.addf(where, "this is not a feature: %s", portfolio.Quote(string(raw)))
		return true
	}
	n := len(im.columns)
	r := record{sheet: features, row: number, cells: make([]string, n), has: make([]bool, n)}
	for _, name := range sortedNames(f.Properties) {
		at, known := names[key(name)]
		where.Field = name
		switch {
		case !known && !unknown[name]:
			unknown[name] = true
			im.addf(where, "there is no property %s: known are %s", portfolio.Quote(name), im.columnNames())
		case known && r.has[at]:
			im.addf(where, "%s stands twice under two names", portfolio.Quote(im.columns[at].Name))
		case known:
			text, err := propertyText(f.Properties[name])
			if err != nil {
				im.cellf(r, im.columns[at].Name, "%s", err.Error())
			}
			r.cells[at], r.has[at] = text, true
		}
	}
	if len(f.Geometry) > 0 {
		var s geo.Shape
		if string(f.Geometry) != "null" {
			var err error
			if s, err = portfolio.ParseShape(string(f.Geometry)); err != nil {
				im.cellf(r, "geometry", "%s", err.Error())
			}
		}
		r.shape = &s
	}
	return im.add(r)
}

func sortedNames(m map[string]json.RawMessage) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// propertyText turns a property into the text of a cell: null is nothing, a list of texts
// is joined by semicolons.
func propertyText(raw json.RawMessage) (string, error) {
	if string(raw) == "null" {
		return "", nil
	}
	switch raw[0] {
	case '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	case '[':
		var list []string
		if err := json.Unmarshal(raw, &list); err == nil {
			return strings.Join(list, "; "), nil
		}
	case '{', 't', 'f':
	default:
		return string(raw), nil
	}
	return "", wrong(portfolio.Quote(string(raw)) + " is not a text, a number or a list of texts")
}

// depth is the deepest nesting of a JSON text, found without parsing it.
func depth(data []byte) int {
	level, deepest, inText := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}

// lineOf says on which line a syntax error stands.
func lineOf(data []byte, err error) string {
	if syntax, ok := err.(*json.SyntaxError); ok {
		at := min(max(syntax.Offset, 0), int64(len(data)))
		return fmt.Sprintf(" on line %d", bytes.Count(data[:at], []byte("\n"))+1)
	}
	return ""
}

// writeGeoJSON writes one feature a line, properties in the order of Columns. Every
// property that applies is written, null when empty, so that reading the file over another
// portfolio replaces each value.
func writeGeoJSON(out io.Writer, p portfolio.Portfolio) error {
	w := bufio.NewWriter(out)
	w.WriteString("{\"type\":\"FeatureCollection\",\"features\":[")
	columns, first := Columns(), true
	put := func(fields []portfolio.Field, shape geo.Shape) error {
		raw, err := featureLine(columns, fields, shape)
		if err != nil {
			return err
		}
		if !first {
			w.WriteByte(',')
		}
		first = false
		w.WriteByte('\n')
		_, err = w.Write(raw)
		return err
	}
	if err := writeAll(p, put, put, put); err != nil {
		return err
	}
	w.WriteString("\n]}\n")
	return w.Flush()
}

func featureLine(columns []Column, fields []portfolio.Field, shape geo.Shape) ([]byte, error) {
	geometry, err := shape.MarshalJSON()
	if err != nil {
		return nil, err
	}
	values := make(map[string]string, len(fields))
	for _, f := range fields {
		values[f.Name] = f.Value
	}
	var b bytes.Buffer
	b.WriteString(`{"type":"Feature","properties":{`)
	first := true
	for _, c := range columns {
		value, ok := values[c.Name]
		if !ok || c.Name == "lat" || c.Name == "lon" || c.Name == "geometry" || c.Name == "radius_km" {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(strconv.Quote(c.Name) + ":")
		switch {
		case value == "":
			b.WriteString("null")
		case c.Number:
			b.WriteString(value)
		default:
			raw, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			b.Write(raw)
		}
	}
	b.WriteString(`},"geometry":`)
	b.Write(geometry)
	b.WriteByte('}')
	return b.Bytes(), nil
}
