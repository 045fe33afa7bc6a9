package replay

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// whole is what encoding/json writes.
func whole(t interface{ Fatal(...any) }, d *watch.Decision) string {
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		t.Fatal(err)
	}
	return want.String()
}

// words are strings that are written in a way of their own.
var words = []string{"", "earthquake", `a "quote" \ and a tab	`, "\b\f\n\r\x00\x1f\x7f", "<b>&amp;", "M ≥ 5", "線\u2028\u2029", "half \xff\xc3 rune", "\xed\xa0\x80", "site 🔥"}

// fill sets every exported field that it can reach to something random, so that a field which
// is added later is tested as well.
func fill(t *rapid.T, v reflect.Value, depth int) {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		if rapid.Bool().Draw(t, "time") {
			*x = time.Unix(rapid.Int64Range(-1e10, 1e10).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		}
		return
	case *level.Level:
		*x = level.Level(rapid.IntRange(0, 3).Draw(t, "level"))
		return
	case *level.Horizon:
		*x = level.Horizon(rapid.IntRange(0, 4).Draw(t, "horizon"))
		return
	case *geo.Shape:
		*x = rapid.SampledFrom([]geo.Shape{
			{},
			geo.At(1.5, -2e-7, 0), geo.At(-90, 180, 12.25), geo.Circle(3, 4, 5), geo.Line([]geo.Point{{Lat: 1, Lon: 2}, {Lat: 3, Lon: 4}}, 1),
			geo.Area(geo.Polygon{{{Lat: 0, Lon: 0}, {Lat: 0, Lon: 1}, {Lat: 1, Lon: 1}}}),
		}).Draw(t, "shape")
		return
	case *float64:
		*x = rapid.OneOf(rapid.Float64Range(-1e25, 1e25), rapid.Float64Range(-1, 1), rapid.Float64Range(0, 1e-5),
			rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -3, 1e-6, 9.99e-7, 1e-10, 1e20, 1e21, 1e15, 1 << 53, math.SmallestNonzeroFloat64, math.MaxFloat64})).Draw(t, "float")
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.SampledFrom(words), rapid.String()).Draw(t, "string"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(-3, 1e15).Draw(t, "int"))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.IntRange(0, 3).Draw(t, "small")))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i), depth)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), depth)
		}
	case reflect.Slice:
		n := rapid.IntRange(-1, max(0, 2-depth)).Draw(t, "length")
		if n < 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i), depth+1)
		}
	}
}

func filled[T any](t *rapid.T) *T {
	var x T
	fill(t, reflect.ValueOf(&x).Elem(), 0)
	return &x
}

func TestTheLogIsWhatEncodingJSONWrites(t *testing.T) {
	t.Parallel()
	var e encoder // kept, so that what it copies from earlier lines is tested too
	rapid.Check(t, func(t *rapid.T) {
		d := watch.Decision{At: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0).UTC()}
		if rapid.Bool().Draw(t, "has event") {
			d.Event = filled[event.Event](t)
		}
		d.Exposures = *filled[[]exposure.Exposure](t)
		if n := len(d.Exposures); n > 0 && rapid.Bool().Draw(t, "repeat") {
			d.Exposures = append(d.Exposures, d.Exposures[n-1])
		}
		if rapid.Bool().Draw(t, "has warning") {
			d.Warning = filled[warning.Warning](t)
		}
		d.Would = *filled[[]string](t)
		d.Suppressed = *filled[[]watch.Suppression](t)
		e.reset()
		if err := e.decision(&d); err != nil {
			t.Fatal(err)
		}
		if got, want := string(e.b), whole(t, &d); got != want {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			t.Fatalf("at %d: got  …%s\nwant …%s", at, got[max(0, at-60):min(len(got), at+60)], want[max(0, at-60):min(len(want), at+60)])
		}
	})
}

func TestTheLogRefusesWhatJSONCannotSay(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]watch.Decision{
		"not a number": {Exposures: []exposure.Exposure{{DistanceKM: math.NaN()}}},
		"infinite":     {Exposures: []exposure.Exposure{{PEvent: math.Inf(1)}}},
		"year":         {At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"level":        {Exposures: []exposure.Exposure{{Level: 9}}},
		"in a warning": {Warning: &warning.Warning{P: level.P{math.NaN()}}},
	} {
		var e encoder
		if err := e.decision(&d); err == nil {
			t.Errorf("%s was written: %s", name, e.b)
		}
	}
}
