package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/fault"
)

// A Shape is how package geo writes a shape: a GeoJSON geometry (RFC 7946) with two members
// more. It stands in the description for geo.Shape.
type Shape struct {
	Type        string  `json:"type" enum:"Point,LineString,Polygon,MultiPolygon"`
	Coordinates []any   `json:"coordinates" doc:"Longitude before latitude, degrees on WGS84."`
	RadiusKM    float64 `json:"radius_km,omitempty" doc:"Uncertainty of a point, half width of a line, kilometres."`
	Form        string  `json:"form,omitempty" enum:"circle" doc:"On a point: it and its radius mean an area."`
}

// A Level stands in the description for level.Level.
type Level string

// Schema implements huma.SchemaProvider.
func (Level) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: []any{"green", "yellow", "orange", "red"}}
}

// maxDepth bounds how deep lists and objects of a body may stand in one another.
const maxDepth = 64

// asJSON is the one form that we speak.
func asJSON() huma.Format {
	return huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
}

// unmarshal reads a body that is not too deep.
func unmarshal(data []byte, v any) error {
	if err := shallow(data); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// shallow counts brackets outside of texts: cheaper than to parse first and regret it.
func shallow(data []byte) error {
	depth, text := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("lists and objects stand more than %d deep in one another: %w", maxDepth, fault.ErrInvalid)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// schemaName names a type in the description: that of the type, after the name of its package
// when it is another's and says something else. So no two meet.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" || !strings.HasPrefix(t.PkgPath(), "watchfire.dev/") {
		return huma.DefaultSchemaNamer(t, hint)
	}
	var out strings.Builder
	for part := range strings.FieldsFuncSeq(t.PkgPath()+"."+t.Name(), func(r rune) bool { return strings.ContainsRune("[],*", r) }) {
		pack, name, found := strings.Cut(part[strings.LastIndex(part, "/")+1:], ".")
		if !found {
			pack, name = "api", pack
		}
		if pack != "api" && !strings.EqualFold(pack, name) {
			out.WriteString(strings.ToUpper(pack[:1]) + pack[1:])
		}
		out.WriteString(strings.ToUpper(name[:1]) + name[1:])
	}
	return out.String()
}
