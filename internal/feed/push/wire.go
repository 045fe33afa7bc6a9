package push

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
)

// MaxSignals is the largest number of signals in one delivery.
const MaxSignals = 1000

// ours are the members of event.Signal that the receiver sets; a sender may not.
func ours() []string {
	return []string{"id", "source", "record", "org", "received", "instrument", "grade"}
}

// piece is one signal of a delivery, still in bytes. Err is why it is none.
type piece struct {
	raw []byte
	err error
}

// cut splits a delivery: one signal, {"signals": […]}, an array, or one signal a line.
func cut(body []byte) ([]piece, error) {
	body = bytes.TrimSpace(scan.Trim(body))
	if err := scan.JSON(body); err != nil {
		return nil, err
	}
	switch {
	case len(body) == 0:
		return nil, fmt.Errorf("empty delivery: %w", fault.ErrInvalid)
	case body[0] == '[':
		return split(body, "")
	case body[0] != '{':
		return nil, fmt.Errorf("neither an object nor an array: %w", fault.ErrInvalid)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	var one json.RawMessage
	err := d.Decode(&one)
	if err == nil && len(bytes.TrimSpace(body[d.InputOffset():])) == 0 {
		return envelope(body)
	}
	return lines(body, err)
}

// envelope tells one signal from {"signals": […]}, which has no other member.
func envelope(body []byte) ([]piece, error) {
	if !bytes.Contains(body, []byte(`"signals"`)) && !bytes.Contains(body, []byte(`\u`)) { // the name is not there, in no spelling
		return []piece{{raw: body}}, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, fmt.Errorf("read delivery: %w: %w", err, fault.ErrInvalid)
	}
	if _, ok := members["signals"]; !ok {
		return []piece{{raw: body}}, nil
	}
	for name := range members {
		if name != "signals" {
			return nil, fmt.Errorf("unknown field %q beside signals: %w", plain(name, 80), fault.ErrInvalid)
		}
	}
	return split(body, "signals")
}

func split(body []byte, key string) ([]piece, error) {
	p, err := scan.Split(body, key)
	if err != nil {
		return nil, err
	}
	if len(p.Items) > MaxSignals {
		return nil, fmt.Errorf("%d signals, at most %d: %w", len(p.Items), MaxSignals, fault.ErrTooLarge)
	}
	var out []piece
	for _, raw := range p.Items {
		out = append(out, piece{raw: raw})
	}
	if p.Rest != nil {
		out = append(out, piece{raw: p.Rest, err: fmt.Errorf("the delivery breaks off here: %w", fault.ErrInvalid)})
	}
	if key == "" && !bytes.Equal(bytes.TrimSpace(p.Frame), []byte("[]")) && p.Rest == nil {
		return nil, fmt.Errorf("something follows the array: %w", fault.ErrInvalid)
	}
	return out, nil
}

// lines reads one signal a line. At least one line must be JSON by itself, otherwise the
// body is one broken object and not lines.
func lines(body []byte, whole error) ([]piece, error) {
	var out []piece
	good := false
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(out) == MaxSignals {
			return nil, fmt.Errorf("more than %d signals: %w", MaxSignals, fault.ErrTooLarge)
		}
		out = append(out, piece{raw: line})
		good = good || json.Valid(line)
	}
	if !good {
		return nil, fmt.Errorf("read delivery: %w: %w", whole, fault.ErrInvalid)
	}
	return out, nil
}

// decode reads raw into v, which path names in errors. Unlike encoding/json it knows no
// field by another case, no unknown and no doubled one, and its errors say where they are:
// "signals[3].footprints[0].shape". A null is a member that is not there.
func decode(raw []byte, v reflect.Value, path string) error {
	raw = bytes.TrimSpace(raw)
	if string(raw) == "null" {
		return nil
	}
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		return decodeTime(raw, at, path)
	}
	if _, ok := v.Addr().Interface().(json.Unmarshaler); !ok {
		switch v.Kind() {
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			return decode(raw, v.Elem(), path)
		case reflect.Struct:
			return decodeObject(raw, v, path)
		case reflect.Slice, reflect.Array:
			return decodeList(raw, v, path)
		}
	}
	if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
		return fmt.Errorf("%s: %s: %w", path, reason(err), fault.ErrInvalid)
	}
	return nil
}

// reason words an error of encoding/json for people who send data.
func reason(err error) string {
	if t, ok := err.(*json.UnmarshalTypeError); ok { //nolint:errorlint // never wrapped by json.Unmarshal
		return fmt.Sprintf("a %s where a %s is wanted", t.Value, t.Type)
	}
	return strings.TrimSuffix(plain(err.Error(), 300), ": "+fault.ErrInvalid.Error())
}

func decodeTime(raw []byte, into *time.Time, path string) error {
	var text string
	err := json.Unmarshal(raw, &text)
	if err == nil {
		*into, err = scan.Time(text, time.RFC3339)
	}
	if err != nil {
		return fmt.Errorf("%s: %s is no time as in RFC 3339 with an offset: %w", path, scan.Printable(raw), fault.ErrInvalid)
	}
	return nil
}

func decodeObject(raw []byte, v reflect.Value, path string) error {
	fields := fields()[v.Type()]
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("%s: %s where an object is wanted: %w", path, scan.Printable(raw), fault.ErrInvalid)
	}
	seen := make(map[string]bool)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, reason(err), fault.ErrInvalid)
		}
		name, _ := t.(string)
		at := path + "." + plain(name, 80)
		i, known := fields[name]
		switch {
		case !known:
			return fmt.Errorf("%s: unknown field: %w", at, fault.ErrInvalid)
		case seen[name]:
			return fmt.Errorf("%s: stands twice: %w", at, fault.ErrInvalid)
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("%s: %s: %w", at, reason(err), fault.ErrInvalid)
		}
		if strings.Count(path, ".") == 0 && slices.Contains(ours(), name) {
			return fmt.Errorf("%s: set by the receiver, leave it out: %w", at, fault.ErrInvalid)
		}
		if err := decode(value, v.Field(i), at); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%s: %s: %w", path, reason(err), fault.ErrInvalid)
	}
	if len(bytes.TrimSpace(raw[d.InputOffset():])) > 0 {
		return fmt.Errorf("%s: something follows the object: %w", path, fault.ErrInvalid)
	}
	return nil
}

// maxList bounds every list but those that have a limit of their own in adapt.go.
const maxList = 5000

func decodeList(raw []byte, v reflect.Value, path string) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return fmt.Errorf("%s: %s: %w", path, reason(err), fault.ErrInvalid)
	}
	if len(items) > maxList || (v.Kind() == reflect.Array && len(items) != v.Len()) {
		return fmt.Errorf("%s: %d members: %w", path, len(items), fault.ErrInvalid)
	}
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	}
	for i, item := range items {
		if err := decode(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

// fields are those of every struct that a signal is made of.
var fields = sync.OnceValue(func() map[reflect.Type]map[string]int {
	all := map[reflect.Type]map[string]int{}
	var add func(reflect.Type)
	add = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			add(t.Elem())
		case reflect.Struct:
			if all[t] != nil {
				return
			}
			all[t] = fieldsOf(t)
			for i := range t.NumField() {
				add(t.Field(i).Type)
			}
		}
	}
	add(reflect.TypeFor[event.Signal]())
	return all
})

// fieldsOf maps the names in JSON of a struct's fields to their indexes.
func fieldsOf(t reflect.Type) map[string]int {
	out := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			out[name] = i
		}
	}
	return out
}
