package push

import (
	"reflect"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

// schemaTypes lists the fields that a sender may set, by definition of the schema.
func schemaTypes() map[string]map[string]int {
	out := map[string]map[string]int{
		"signal":    fieldsOf(reflect.TypeFor[event.Signal]()),
		"text":      fieldsOf(reflect.TypeFor[event.Text]()),
		"measure":   fieldsOf(reflect.TypeFor[event.Measure]()),
		"footprint": fieldsOf(reflect.TypeFor[event.Footprint]()),
		"grid":      fieldsOf(reflect.TypeFor[geo.Grid]()),
		"layer":     fieldsOf(reflect.TypeFor[geo.GridLayer]()),
		"fix":       fieldsOf(reflect.TypeFor[event.TrackPoint]()),
		"place":     fieldsOf(reflect.TypeFor[event.Place]()),
		"code":      fieldsOf(reflect.TypeFor[event.Code]()),
		"point":     fieldsOf(reflect.TypeFor[geo.Point]()),
	}
	for _, name := range ours() {
		delete(out["signal"], name)
	}
	return out
}
