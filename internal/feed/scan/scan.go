// Package scan is what every parser of outside bytes does first: it checks size, nesting
// and forbidden constructs of JSON and XML in one pass over the bytes, cuts a document
// into its items so that one bad item cannot spoil the others, and reads times and text.
// It promises linear time, no allocation that grows faster than the body, and errors that
// wrap fault.ErrInvalid or fault.ErrTooLarge. It does not decide whether a document is
// well-formed, it knows no feed, and it makes no signals.
package scan

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"watchfire.dev/internal/fault"
)

// The limits of one record (TRUST.md S1 and S2).
const (
	MaxBytes  = 32 << 20  // bytes, after unpacking
	MaxDepth  = 64        // open objects and arrays, or open elements
	MaxTokens = 1_000_000 // XML tags, comments and instructions
	MaxRaw    = 64 << 10  // bytes of a bad piece that are kept with its reason
)

// Size returns an error wrapping fault.ErrTooLarge when body is longer than MaxBytes.
func Size(body []byte) error {
	if len(body) > MaxBytes {
		return fmt.Errorf("record of %d bytes, at most %d: %w", len(body), MaxBytes, fault.ErrTooLarge)
	}
	return nil
}

// Trim returns body without leading white space and byte order marks. A UTF-8 mark that
// was decoded as Latin-1 and encoded again (C3 AF C2 BB C2 BF) is one too: stored copies
// of the GDACS feed begin with it.
func Trim(body []byte) []byte {
	for {
		before := len(body)
		body = bytes.TrimLeft(body, " \t\r\n")
		body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
		body = bytes.TrimPrefix(body, []byte("\xc3\xaf\xc2\xbb\xc2\xbf"))
		if len(body) == before {
			return body
		}
	}
}

// Raw returns a copy of at most MaxRaw bytes of a bad piece, for a quarantine. It is a
// copy so that the piece does not keep a whole record in memory.
func Raw(piece []byte) []byte { return bytes.Clone(piece[:min(len(piece), MaxRaw)]) }

// Time reads s with the first layout that fits, in UTC where s names no zone. The year
// must be 1900 to 2200: a source that says otherwise has an error, not a report.
func Time(s string, layouts ...string) (time.Time, error) {
	s = strings.TrimSpace(s)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return Sane(t)
		}
	}
	return time.Time{}, fmt.Errorf("time %q has an unknown form: %w", clip(s, 64), fault.ErrInvalid)
}

// Millis turns Unix milliseconds into a time, under the rule for years of Time.
func Millis(ms float64) (time.Time, error) {
	const limit = 1e14 // beyond the year 5000: the conversion below cannot overflow
	if math.IsNaN(ms) || ms < -limit || ms > limit {
		return time.Time{}, fmt.Errorf("time %v ms: %w", ms, fault.ErrInvalid)
	}
	return Sane(time.UnixMilli(int64(ms)))
}

// Sane returns t in UTC, or an error wrapping fault.ErrInvalid when its year is before
// 1900 or after 2200.
func Sane(t time.Time) (time.Time, error) {
	t = t.UTC()
	if y := t.Year(); y < 1900 || y > 2200 {
		return time.Time{}, fmt.Errorf("year %d: %w", y, fault.ErrInvalid)
	}
	return t, nil
}

// Finite tells whether f is a number: neither NaN nor infinite.
func Finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// MaxText is the number of characters that Text keeps.
const MaxText = 20_000

// Text returns s as plain text for people: control characters become spaces, runs of white
// space one space, invalid UTF-8 U+FFFD, and no more than MaxText characters.
func Text(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return clip(strings.Join(strings.Fields(s), " "), MaxText)
}

func clip(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	n := 0
	for i := range s {
		if n == runes {
			return s[:i]
		}
		n++
	}
	return s
}

// Printable returns the first bytes of a piece as one line of text, for reasons and logs.
func Printable(piece []byte) string {
	cut := piece[:min(len(piece), 80)]
	for len(cut) > 0 && !utf8.Valid(cut) && len(cut) > 76 {
		cut = cut[:len(cut)-1]
	}
	return Text(string(cut))
}

// Fingerprint returns 16 hexadecimal digits (FNV-1a, 64 bits) that tell versions of one
// report apart when its source states no version. It is no defence against forgery.
func Fingerprint(parts ...string) string {
	h := fnv.New64a()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
