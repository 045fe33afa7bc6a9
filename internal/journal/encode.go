package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"watchfire.dev/internal/fault"
)

// encodingVersion is the first field of every encoded entry. A later version gets a new
// number and its own decoder; version 1 stays readable for as long as a journal exists.
const encodingVersion = 1

const timeLayout = "2006-01-02T15:04:05.000000Z"

// Encode returns the entry's one byte form, the thing that is hashed: a JSON object on one
// line with the fields in the order v, seq, at, org, kind, actor, subject, prev, body, no
// spaces and no HTML escapes.
//
// Encode does not repair: two entries that differ in any field have different encodings,
// even when a field holds bytes that a canonical entry never would. That is what lets a
// verifier see a tampered row. The body comes last and bare, so that no content of it can
// pose as another field.
func Encode(e Entry) []byte {
	b := make([]byte, 0, 256+len(e.Body))
	b = append(b, `{"v":1,"seq":`...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, `,"at":"`...)
	b = e.At.UTC().AppendFormat(b, timeLayout)
	b = append(b, `","org":`...)
	b = appendString(b, e.Org)
	b = append(b, `,"kind":`...)
	b = appendString(b, string(e.Kind))
	b = append(b, `,"actor":`...)
	b = appendString(b, e.Actor)
	b = append(b, `,"subject":`...)
	b = appendString(b, e.Subject)
	b = append(b, `,"prev":`...)
	b = appendString(b, e.Prev)
	b = append(b, `,"body":`...)
	b = append(b, e.Body...)
	return append(b, '}')
}

// appendString quotes s as JSON. Only what JSON requires is escaped; all other bytes, valid
// or not, pass as they are, so that the mapping is one to one.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20 || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// Decode reads the encoding of an entry. It accepts only bytes that Encode would write for
// a well-formed entry, so that Encode(Decode(b)) is b: two spellings of one entry do not
// exist. The error wraps fault.ErrInvalid, or fault.ErrTooLarge beyond MaxEncoded.
func Decode(b []byte) (Entry, error) {
	if len(b) > MaxEncoded {
		return Entry{}, fmt.Errorf("journal entry of %d bytes: %w", len(b), fault.ErrTooLarge)
	}
	if err := checkDepth(b, maxDepth+1); err != nil {
		return Entry{}, err
	}
	var w struct {
		V                         int
		Seq                       int64
		At                        string
		Org, Kind, Actor, Subject string
		Prev                      string
		Body                      json.RawMessage
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return Entry{}, fmt.Errorf("journal entry: %w: %w", err, fault.ErrInvalid)
	}
	if w.V != encodingVersion {
		return Entry{}, fmt.Errorf("journal entry: version %d: %w", w.V, fault.ErrInvalid)
	}
	at, err := time.Parse(timeLayout, w.At)
	if err != nil {
		return Entry{}, fmt.Errorf("journal entry: %w: %w", err, fault.ErrInvalid)
	}
	e := Entry{
		Seq: w.Seq, At: at, Org: w.Org, Kind: Kind(w.Kind), Actor: w.Actor,
		Subject: w.Subject, Prev: w.Prev, Body: w.Body,
	}
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(Encode(e), b) {
		return Entry{}, fmt.Errorf("journal entry %d: not in canonical form: %w", w.Seq, fault.ErrInvalid)
	}
	return e, nil
}

// check reports what Append would never have written.
func (e Entry) check() error {
	if e.Seq < 0 || !e.Kind.wellFormed() || !isChainHash(e.Prev) {
		return fmt.Errorf("journal entry %d: bad sequence, kind %q or previous hash: %w", e.Seq, e.Kind, fault.ErrInvalid)
	}
	if len(e.Org) > MaxField || len(e.Actor) > MaxField || len(e.Subject) > MaxField {
		return fmt.Errorf("journal entry %d: field too long: %w", e.Seq, fault.ErrTooLarge)
	}
	body, err := canonical(e.Body)
	if err != nil {
		return fmt.Errorf("journal entry %d: body: %w", e.Seq, err)
	}
	if !bytes.Equal(body, e.Body) {
		return fmt.Errorf("journal entry %d: body not in canonical form: %w", e.Seq, fault.ErrInvalid)
	}
	return nil
}

func isChainHash(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 64
}

// Body turns v into a canonical body: its JSON, which must be an object. It is the usual
// way to fill Draft.Body from a struct or a map.
func Body(v any) (json.RawMessage, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode journal body: %w", err)
	}
	return canonical(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))) // with it the short way would never be taken
}

// canonical returns the one form of a JSON object: keys sorted by bytes, no space, numbers
// as they were spelled, no HTML escapes. Of doubled keys the last one counts.
func canonical(raw []byte) (json.RawMessage, error) {
	if len(raw) == 0 {
		return json.RawMessage("{}"), nil
	}
	if len(raw) > MaxBody*2 {
		return nil, fmt.Errorf("body of %d bytes: %w", len(raw), fault.ErrTooLarge)
	}
	if err := checkDepth(raw, maxDepth); err != nil {
		return nil, err
	}
	if len(raw) <= MaxBody && alreadyCanonical(raw) {
		return bytes.Clone(raw), nil
	}
	return reencode(raw)
}

// reencode is the long way to the canonical form.
func reencode(raw []byte) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	if _, err := dec.Token(); err != io.EOF || v == nil { //nolint:errorlint // Token returns io.EOF bare
		return nil, fmt.Errorf("not one JSON object: %w", fault.ErrInvalid)
	}
	var buf bytes.Buffer
	buf.Grow(len(raw) + 1)
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	out := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if len(out) > MaxBody {
		return nil, fmt.Errorf("body of %d bytes: %w", len(out), fault.ErrTooLarge)
	}
	return out, nil
}

// checkDepth refuses nesting deeper than limit before any parser builds it.
func checkDepth(b []byte, limit int) error {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return fmt.Errorf("nested deeper than %d: %w", limit, fault.ErrTooLarge)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
