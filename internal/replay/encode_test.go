package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
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
		// A struct with nothing but empty lists is written where a zero one is left out, and comes
		// back zero: no decision holds one.
		bare := reflect.New(v.Type()).Elem()
		bare.Set(v)
		for i := range bare.NumField() {
			if f := bare.Field(i); f.Kind() == reflect.Slice && f.Len() == 0 && f.CanSet() {
				f.SetZero()
			}
		}
		if bare.IsZero() {
			v.SetZero()
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

// object is what encoding/json makes of a value, by field.
func object(t interface{ Fatal(...any) }, v any) map[string]json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	out := map[string]json.RawMessage{}
	if err := errors.Join(enc.Encode(v), json.Unmarshal(b.Bytes(), &out)); err != nil {
		t.Fatal(err)
	}
	return out
}

// said is a line as the package says that it is written, made by encoding/json and maps: it
// knows no field of a row but its inputs.
func said(t interface{ Fatal(...any) }, d *watch.Decision, before *warning.Warning) map[string]any {
	out := map[string]any{}
	for k, v := range object(t, d) {
		out[k] = v
	}
	var rows, whole []map[string]json.RawMessage
	for i := range d.Exposures {
		rows, whole = append(rows, object(t, d.Exposures[i])), append(whole, object(t, d.Exposures[i]))
	}
	if len(rows) > 0 {
		out["exposures"] = rows
	}
	shared := map[string]any{}
	everywhere := func(has func(i int) bool) bool {
		for i := range whole {
			if !has(i) {
				return false
			}
		}
		return len(whole) > 1
	}
	if len(rows) > 1 {
		for k, v := range whole[0] {
			if everywhere(func(i int) bool { return bytes.Equal(whole[i][k], v) }) {
				shared[k] = v
				for _, r := range rows {
					delete(r, k)
				}
			}
		}
	}
	if _, all := shared["inputs"]; !all && len(rows) > 1 {
		shareInputs(t, rows, everywhere, shared)
	}
	if len(shared) > 0 {
		out["shared"] = shared
	}
	if w := d.Warning; w != nil {
		o := object(t, w)
		refs := []map[string]json.RawMessage{}
		for i := range w.Rows {
			row, ref := object(t, w.Rows[i]), map[string]json.RawMessage{}
			for _, k := range []string{"event", "revision", "asset", "level", "p_event", "p"} {
				if k[0] != 'p' || len(w.Blind) > 0 {
					ref[k] = row[k]
				}
			}
			refs = append(refs, ref)
		}
		if w.Rows != nil {
			o["rows"], _ = json.Marshal(refs)
		}
		if before != nil {
			o["rows_of"], _ = json.Marshal(before.Revision)
		}
		out["warning"] = o
	}
	return out
}

func shareInputs(t interface{ Fatal(...any) }, rows []map[string]json.RawMessage, everywhere func(func(int) bool) bool, shared map[string]any) {
	inputs := make([][]json.RawMessage, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r["inputs"], &inputs[i]); err != nil {
			t.Fatal(err)
		}
	}
	own := make([][]json.RawMessage, len(rows))
	var common []map[string]json.RawMessage
	for k := range max(len(inputs[0]), 99) {
		if everywhere(func(i int) bool {
			return k < len(inputs[i]) && k < len(inputs[0]) && bytes.Equal(inputs[i][k], inputs[0][k])
		}) {
			in := object(t, inputs[0][k])
			in["place"], _ = json.Marshal(k)
			common = append(common, in)
			continue
		}
		for i := range inputs {
			if k < len(inputs[i]) {
				own[i] = append(own[i], inputs[i][k])
			}
		}
	}
	if common == nil {
		return
	}
	shared["inputs"] = common
	for i, r := range rows {
		r["inputs"] = json.RawMessage("[]")
		if own[i] != nil {
			r["inputs"], _ = json.Marshal(own[i])
		}
	}
}

// same compares JSON by value, numbers by their digits.
func same(t interface {
	Fatal(...any)
	Fatalf(string, ...any)
}, got, want []byte,
) {
	var values [2]any
	for i, b := range [][]byte{got, want} {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&values[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(values[0], values[1]) {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// rowsOf draws the rows of one event: like the first one but for some fields and inputs.
func rowsOf(t *rapid.T) []exposure.Exposure {
	rows := []exposure.Exposure{*filled[exposure.Exposure](t)}
	for n := rapid.IntRange(0, 3).Draw(t, "more rows"); len(rows) <= n; {
		row, other := rows[0], *filled[exposure.Exposure](t)
		from, to := reflect.ValueOf(other), reflect.ValueOf(&row).Elem()
		changes := rapid.IntRange(0, from.NumField()).Draw(t, "changes")
		for range changes {
			f := rapid.IntRange(0, from.NumField()-1).Draw(t, "field")
			to.Field(f).Set(from.Field(f))
		}
		if len(row.Inputs) > 0 && rapid.Bool().Draw(t, "one input") {
			row.Inputs = slices.Clone(row.Inputs)
			row.Inputs[rapid.IntRange(0, len(row.Inputs)-1).Draw(t, "which")] = *filled[exposure.Input](t)
		}
		row.Event, row.Revision = rows[0].Event, rows[0].Revision
		rows = append(rows, row)
	}
	return rows
}

// warningOf draws a warning over some of the rows.
func warningOf(t *rapid.T, rows []exposure.Exposure) *warning.Warning {
	w := filled[warning.Warning](t)
	w.ID, w.Project, w.Rows = w.ID+"w", rows[0].Project, nil
	latest := map[string]exposure.Exposure{}
	for _, r := range rows {
		if r.Project == w.Project {
			latest[r.Asset] = r
		}
	}
	for _, r := range rows {
		if x, ok := latest[r.Asset]; ok && rapid.Bool().Draw(t, "warned of") {
			x.Level = level.Level(rapid.IntRange(0, 3).Draw(t, "level"))
			if len(w.Blind) > 0 {
				x.PEvent, x.P[2] = 0.25, 0.125
			}
			w.Rows = append(w.Rows, x)
			delete(latest, r.Asset)
		}
	}
	return w
}

// Three lines of a log, of an event with rows, its warning, and the warning once more when
// the event has other rows: each is as the package says, and expanded it is what encoding/json
// writes of the decision.
func TestALineSaysEachThingOnceAndLosesNothing(t *testing.T) {
	t.Parallel()
	var e encoder // kept, so that what is left of earlier lines is tested too
	rapid.Check(t, func(t *rapid.T) {
		first := watch.Decision{Would: *filled[[]string](t), Suppressed: *filled[[]watch.Suppression](t), Exposures: rowsOf(t)}
		if rapid.Bool().Draw(t, "has event") {
			first.Event = filled[event.Event](t)
		}
		warned := watch.Decision{Warning: warningOf(t, first.Exposures)}
		again := first
		again.Exposures = slices.Clone(first.Exposures)
		for i := range again.Exposures {
			again.Exposures[i].Name += "!"
		}
		next := *warned.Warning
		next.Revision++
		kept := watch.Decision{Warning: &next}
		var log, want bytes.Buffer
		for i, d := range []*watch.Decision{&first, &warned, &again, &kept} {
			d.At = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0).UTC()
			var before, marked *warning.Warning
			if i == 3 {
				before = warned.Warning
				if marked = before; len(before.Rows) == 0 {
					marked = nil
				}
			}
			e.reset()
			if err := e.decision(d, before); err != nil {
				t.Fatal(err)
			}
			line, err := json.Marshal(said(t, d, marked))
			if err != nil {
				t.Fatal(err)
			}
			same(t, e.b, line)
			log.Write(e.b)
			want.WriteString(whole(t, d))
		}
		var got bytes.Buffer
		if err := Expand(bytes.NewReader(log.Bytes()), &got); err != nil {
			t.Fatal(err, log.String())
		}
		for range 4 { // by value: a broken rune is written as an escape, and read as the rune that stands for it
			line, err := got.ReadBytes('\n')
			if err != nil {
				t.Fatal(err)
			}
			decided, _ := want.ReadBytes('\n')
			same(t, line, decided)
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
		if err := e.decision(&d, nil); err == nil {
			t.Errorf("%s was written: %s", name, e.b)
		}
	}
}
