package replay

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// An encoder appends decisions to b as encoding/json would write them (without escaping
// HTML), in a tenth of the time, with what the rows of a line have in common said once: see
// the package. Events, exposures and warnings, which are nearly all of a log, are written by
// hand; everything else encoding/json writes itself. That no field is lost is tested over random
// values of every field.
type encoder struct {
	b      []byte
	err    error
	places []bool // the inputs that all rows of a line have in common, by their place
	texts  [256]numeral
}

// A numeral is a number as it is written. Chances come again and again: in the rows of an
// event, in a warning at each horizon, and in its actions.
type numeral struct {
	bits   uint64 // of the number; 0 = none, since 0 is not kept here
	length uint8
	text   [31]byte
}

func (e *encoder) reset() { e.b, e.err = e.b[:0], nil }

// decision appends one line. before is the warning's revision before, when it has one.
func (e *encoder) decision(d *watch.Decision, before *warning.Warning) error {
	e.raw(`{"at":`)
	e.time(d.At)
	if d.Event != nil {
		e.raw(`,"event":`)
		e.event(d.Event)
	}
	if len(d.Exposures) > 0 {
		e.exposures(d.Exposures)
	}
	if d.Warning != nil {
		e.raw(`,"warning":`)
		e.warning(d.Warning, before)
	}
	if len(d.Would) > 0 {
		e.raw(`,"would":`)
		e.strings(d.Would)
	}
	if len(d.Suppressed) > 0 {
		e.raw(`,"suppressed":`)
		e.other(d.Suppressed)
	}
	e.raw("}\n")
	return e.err
}

func (e *encoder) raw(s string) { e.b = append(e.b, s...) }

// Write lets encoding/json append.
func (e *encoder) Write(b []byte) (int, error) {
	e.b = append(e.b, b...)
	return len(b), nil
}

// other appends a value by encoding/json.
func (e *encoder) other(v any) {
	enc := json.NewEncoder(e)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		e.fail(err)
		return
	}
	e.b = e.b[:len(e.b)-1] // Encode ends with a line feed
}

func (e *encoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// list appends a list; nil is null.
func list[T any](e *encoder, items []T, one func(*T)) {
	if items == nil {
		e.raw("null")
		return
	}
	e.b = append(e.b, '[')
	for i := range items {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		one(&items[i])
	}
	e.b = append(e.b, ']')
}

func (e *encoder) strings(items []string) { list(e, items, func(s *string) { e.string(*s) }) }

// optional appends a field that is left out when it is empty.
func (e *encoder) optional(key, s string) {
	if s != "" {
		e.raw(key)
		e.string(s)
	}
}

func (e *encoder) optionalTime(key string, t time.Time) {
	if !t.IsZero() {
		e.raw(key)
		e.time(t)
	}
}

func (e *encoder) optionalFloat(key string, v float64) {
	if v != 0 {
		e.raw(key)
		e.float(v)
	}
}

func (e *encoder) flag(key string, v bool) {
	if v {
		e.raw(key)
	}
}

func (e *encoder) int(v int64) { e.b = strconv.AppendInt(e.b, v, 10) }

// time appends an instant as time.Time does, whose own check refuses years beyond 9999.
func (e *encoder) time(t time.Time) {
	e.b = append(e.b, '"')
	b, err := t.AppendText(e.b)
	if err != nil {
		e.fail(err)
		return
	}
	e.b = append(b, '"')
}

// float appends a number as ECMAScript does: plain between 1e-6 and 1e21.
func (e *encoder) float(f float64) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		e.fail(fmt.Errorf("number %v: %w", f, fault.ErrInvalid))
		return
	}
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		e.b = strconv.AppendFloat(e.b, f, 'e', -1, 64)
		if n := len(e.b); n >= 4 && e.b[n-4] == 'e' && (e.b[n-3] == '-' || e.b[n-3] == '+') && e.b[n-2] == '0' {
			e.b[n-2] = e.b[n-1] // e-09 is e-9
			e.b = e.b[:n-1]
		}
		return
	}
	if i := int64(f); float64(i) == f && i > -1e15 && i < 1e15 && (i != 0 || !math.Signbit(f)) {
		e.int(i)
		return
	}
	n := &e.texts[math.Float64bits(f)*0x9e3779b97f4a7c15>>56]
	if n.bits == math.Float64bits(f) && n.bits != 0 {
		e.b = append(e.b, n.text[:n.length]...)
		return
	}
	start := len(e.b)
	e.b = strconv.AppendFloat(e.b, f, 'f', -1, 64)
	if text := e.b[start:]; len(text) <= len(n.text) {
		n.bits, n.length = math.Float64bits(f), uint8(copy(n.text[:], text))
	}
}

const hexDigits = "0123456789abcdef"

// string appends a string: quotes, backslashes and control characters escaped, invalid UTF-8
// replaced, and the line separators of JavaScript escaped.
func (e *encoder) string(s string) {
	b := append(e.b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\b':
				b = append(b, '\\', 'b')
			case '\f':
				b = append(b, '\\', 'f')
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(append(b, s[start:i]...), '\\', 'u', '2', '0', '2', hexDigits[r&15])
			start = i + size
		}
		i += size
	}
	e.b = append(append(b, s[start:]...), '"')
}

func (e *encoder) level(l level.Level) {
	if !l.Valid() {
		_, err := l.MarshalText()
		e.fail(err)
		return
	}
	e.b = append(append(append(e.b, '"'), l.String()...), '"')
}

func (e *encoder) measures(ms event.Measures) {
	list(e, ms, func(m *event.Measure) {
		e.raw(`{"name":`)
		e.string(m.Name)
		e.raw(`,"value":`)
		e.float(m.Value)
		e.optional(`,"unit":`, m.Unit)
		e.optionalFloat(`,"sigma":`, m.Sigma)
		e.b = append(e.b, '}')
	})
}
