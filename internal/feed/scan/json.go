package scan

import (
	"bytes"
	"errors"
	"fmt"

	"watchfire.dev/internal/fault"
)

// JSON checks the size of body and that its objects and arrays nest at most MaxDepth deep.
// It does not check the grammar: encoding/json does, piece by piece, afterwards.
func JSON(body []byte) error {
	if err := Size(body); err != nil {
		return err
	}
	depth := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			i = stringEnd(body, i) - 1
		case '{', '[':
			if depth++; depth > MaxDepth {
				return tooDeep(i)
			}
		case '}', ']':
			depth--
		}
	}
	return nil
}

func tooDeep(at int) error {
	return fmt.Errorf("JSON nested deeper than %d at byte %d: %w", MaxDepth, at, fault.ErrTooLarge)
}

// Pieces is a JSON document cut at one array: Items are the bytes of its elements, Frame is
// the document with the array emptied, Rest what follows when the document breaks off
// inside the array (nil when it is whole, perhaps empty when not). Every byte of the array is in Items or Rest.
type Pieces struct {
	Frame []byte
	Items [][]byte
	Rest  []byte
}

// Split cuts body at the array that the member key of the outermost object holds, or, when
// key is "", at the outermost array. It looks at brackets and strings only, so an element
// that is not valid JSON (NaN, a missing comma) spoils nothing but itself. Two members of
// that name, or none, are an error wrapping fault.ErrInvalid. It holds what it walks over to
// MaxBytes and MaxDepth as JSON does: a document that it cut, at a key, needs no look by JSON.
func Split(body []byte, key string) (Pieces, error) {
	if err := Size(body); err != nil {
		return Pieces{}, err
	}
	start, outer, err := arrayStart(body, key, 0)
	if err != nil {
		return Pieces{}, err
	}
	p := Pieces{Items: make([][]byte, 0, len(body)/1024)}
	from, depth := start+1, 0
	for i := start + 1; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			i = stringEnd(body, i) - 1
		case c == '{' || c == '[':
			if depth++; outer+depth > MaxDepth {
				return Pieces{}, tooDeep(i)
			}
		case c == ']' && depth == 0:
			p.add(body[from:i], true)
			p.Frame = append(append(bytes.Clone(body[:start]), "[]"...), body[i+1:]...)
			if key != "" {
				switch _, _, err := arrayStart(body[i+1:], key, 1); {
				case err == nil:
					return Pieces{}, fmt.Errorf("member %q twice: %w", key, fault.ErrInvalid)
				case errors.Is(err, fault.ErrTooLarge):
					return Pieces{}, err
				}
			}
			return p, nil
		case c == '}' || c == ']':
			depth--
		case c == ',' && depth == 0:
			p.add(body[from:i], false)
			from = i + 1
		}
	}
	p.Rest = append([]byte{}, bytes.TrimSpace(body[from:])...)
	p.Frame = append(bytes.Clone(body[:start]), "[]}"...)
	return p, nil
}

func (p *Pieces) add(item []byte, last bool) {
	item = bytes.TrimSpace(item)
	if len(item) == 0 && last { // an empty array, or the comma that some writers leave at the end
		return
	}
	p.Items = append(p.Items, item)
}

// arrayStart finds the '[' that the member key of the outermost object opens, and how many
// are open with it; depth says how many are where body begins.
func arrayStart(body []byte, key string, depth int) (start, open int, err error) {
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '[' && depth == 0 && key == "":
			return i, 1, nil
		case c == '"':
			end := stringEnd(body, i)
			if depth == 1 && key != "" && string(body[i:end]) == `"`+key+`"` {
				if at, ok := valueAt(body, end); ok {
					if body[at] == '[' {
						return at, 2, nil
					}
					return 0, 0, fmt.Errorf("member %q is no array: %w", key, fault.ErrInvalid)
				}
			}
			i = end - 1
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return 0, 0, tooDeep(i)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return 0, 0, fmt.Errorf("no array %q: %w", key, fault.ErrInvalid)
}

// valueAt returns where the value after a member name begins; ok is false when the string
// that ended before i was no member name.
func valueAt(body []byte, i int) (at int, ok bool) {
	i = skipSpace(body, i)
	if i >= len(body) || body[i] != ':' {
		return 0, false
	}
	i = skipSpace(body, i+1)
	return i, i < len(body)
}

func skipSpace(body []byte, i int) int {
	for i < len(body) && (body[i] == ' ' || body[i] == '\n' || body[i] == '\r' || body[i] == '\t') {
		i++
	}
	return i
}

// stringEnd returns the index after the closing quote of the string that opens at i.
func stringEnd(body []byte, i int) int {
	quote := i
	for i++; i < len(body); {
		if quote < i { // looked for once: a string full of escapes stays linear
			at := bytes.IndexByte(body[i:], '"')
			if at < 0 {
				return len(body)
			}
			quote = i + at
		}
		escape := bytes.IndexByte(body[i:quote], '\\')
		if escape < 0 {
			return quote + 1
		}
		i += escape + 2
	}
	return len(body)
}
