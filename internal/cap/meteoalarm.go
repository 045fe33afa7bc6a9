package cap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"watchfire.dev/internal/fault"
)

// parseWarnings reads the JSON of MeteoAlarm (/api/v1/warnings/feeds-<country>, seen in
// March 2026): {"warnings":[{"uuid":…,"alert":{…}}]}, where alert has the elements of CAP
// as keys and lists for what may occur many times. A warning that cannot be read becomes
// a piece with an error, and so does the rest when the JSON breaks.
func parseWarnings(data []byte, common []Problem) ([]Piece, error) {
	switch depth, values := jsonExtent(data); {
	case depth > DefaultMaxDepth:
		return nil, fmt.Errorf("parse warnings: %w: nested deeper than %d", fault.ErrTooLarge, DefaultMaxDepth)
	case values > containerMaxTokens:
		return nil, fmt.Errorf("parse warnings: %w: more than %d values", fault.ErrTooLarge, containerMaxTokens)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	found, err := seekWarnings(dec)
	if err != nil {
		return nil, fmt.Errorf("parse warnings: %w: %w", fault.ErrInvalid, err)
	}
	if !found {
		return nil, fmt.Errorf("parse warnings: %w: no list \"warnings\"", fault.ErrInvalid)
	}
	var pieces []Piece
	for dec.More() {
		piece, err := readWarning(dec, len(pieces)+1)
		piece.Problems = slices.Concat(common, piece.Problems)
		pieces = append(pieces, piece)
		if err != nil {
			return pieces, nil
		}
	}
	if _, err := dec.Token(); err != nil {
		pieces = append(pieces, Piece{Path: "/warnings", Err: fmt.Errorf("end of /warnings: %w: %w", fault.ErrInvalid, err)})
	}
	return pieces, nil
}

// readWarning reads one member of the list. The error says that nothing can be read
// behind it; the piece carries it too.
func readWarning(dec *json.Decoder, nth int) (Piece, error) {
	t := &trail{}
	t.push("warnings", nth)
	t.push("alert", 0)
	piece := Piece{Path: t.where()}
	var warning struct {
		Alert json.RawMessage `json:"alert"`
	}
	err := dec.Decode(&warning)
	var mistyped *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &mistyped) {
		piece.Err = fmt.Errorf("read on from %s: %w: %w", piece.Path, fault.ErrInvalid, err)
		return piece, err
	}
	if err == nil {
		piece.Alert, err = alertOfJSON(warning.Alert, t)
	}
	if err != nil {
		piece.Alert = nil
		if !errors.Is(err, fault.ErrTooLarge) {
			err = fmt.Errorf("%w: %w", fault.ErrInvalid, err)
		}
		piece.Err = fmt.Errorf("parse alert at %s: %w", piece.Path, err)
	}
	piece.Problems = t.problems
	return piece, nil
}

// seekWarnings moves to the first warning of the list.
func seekWarnings(dec *json.Decoder) (bool, error) {
	open, err := dec.Token()
	if err != nil || open != json.Delim('{') {
		return false, err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return false, err
		}
		if key == "warnings" {
			open, err := dec.Token()
			return open == json.Delim('['), err
		}
		var other json.RawMessage
		if err := dec.Decode(&other); err != nil {
			return false, err
		}
	}
	return false, nil
}

// jsonExtent gives the deepest nesting and about the number of values without building
// anything.
func jsonExtent(data []byte) (deepest, values int) {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			values++
			depth++
			deepest = max(deepest, depth)
		case c == ',':
			values++
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest, values
}

func alertOfJSON(raw json.RawMessage, t *trail) (*Alert, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		return nil, fmt.Errorf("read alert: %w", err)
	}
	if object == nil {
		return nil, errors.New("alert is missing")
	}
	// The feed says no version; MeteoAlarm carries CAP 1.2.
	a := &Alert{Version: "1.2"}
	b := &builder{trail: t, version: "1.2"}
	if infos, ok := object["info"].([]any); ok && len(infos) > maxInfos {
		return nil, fmt.Errorf("%w: more than %d info members", fault.ErrTooLarge, maxInfos)
	}
	b.fillJSON(alertTarget{a}, object)
	return a, b.finish(a)
}

// fillJSON sets the members of an object, in the order of their names so that problems
// come out the same each time.
func (b *builder) fillJSON(t target, object map[string]any) {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f, ok := fieldOf(t.kind(), name)
		if !ok {
			b.note("member %s is not of CAP and was left out", excerpt(name))
			continue
		}
		values, isList := object[name].([]any)
		if !isList {
			values = []any{object[name]}
		}
		if !f.many && isList {
			values = b.single(name, values)
		}
		for i, value := range values {
			index := 0
			if f.many {
				index = i + 1
			}
			b.push(name, index)
			b.setJSON(t, f, value)
			b.pop()
		}
	}
}

// single makes one value of a list where CAP has one element.
func (b *builder) single(name string, values []any) []any {
	switch name {
	case "references", "addresses", "incidents":
		words := make([]string, 0, len(values))
		for _, v := range values {
			if s, ok := v.(string); ok {
				words = append(words, s)
			}
		}
		if len(words) == len(values) {
			return []any{strings.Join(words, " ")}
		}
	}
	if len(values) > 1 {
		b.noteAt(name, "element given again; the first one is kept")
		return values[:1]
	}
	return values
}

func (b *builder) setJSON(t target, f field, value any) {
	object, isObject := value.(map[string]any)
	switch {
	case value == nil:
	case f.kind != leaf && isObject:
		b.fillJSON(t.child(f), object)
	case f.kind == leaf:
		text, ok := jsonText(value)
		if !ok {
			b.note("not a text; left out")
			return
		}
		t.set(b, f, strings.TrimSpace(text))
	default:
		b.note("not an object; left out")
	}
}

func jsonText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
