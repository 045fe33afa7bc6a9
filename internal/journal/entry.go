package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"watchfire.dev/internal/fault"
)

// Limits of one entry. They keep a tile of 256 entries within memory and a hostile bundle
// within reason; a body that would be larger holds the hash and the count of what it
// speaks of instead.
const (
	MaxBody    = 64 << 10  // bytes of a body, compact
	MaxField   = 512       // bytes of each of Org, Actor and Subject
	MaxKind    = 64        // bytes of a Kind
	MaxEncoded = 128 << 10 // bytes of an encoded entry
	maxDepth   = 32        // nesting of a body
)

// Genesis is the Prev of the first entry: 64 zeros.
const Genesis = "0000000000000000000000000000000000000000000000000000000000000000"

// An Entry is one line of the journal as it was written. Entries are values: nothing
// changes an entry after Append returned it.
type Entry struct {
	Seq     int64           // place in the journal, 0 for the first, no gaps
	At      time.Time       // when it was decided, UTC, whole microseconds; may run backwards, Seq never does
	Org     string          // organisation it belongs to; empty for the installation itself
	Kind    Kind            // what happened
	Actor   string          // account, source or "system" that did it
	Subject string          // identifier of what it is about, such as a warning's
	Prev    string          // lower-case hexadecimal SHA-256 of the previous entry's encoding
	Body    json.RawMessage // canonical JSON object: compact, keys sorted; see the package's rule on persons
}

// Hash returns the lower-case hexadecimal SHA-256 of the entry's encoding: the Prev of the
// entry that follows it.
func (e Entry) Hash() string { return chainHash(Encode(e)) }

func chainHash(encoded []byte) string {
	s := sha256.Sum256(encoded)
	return hex.EncodeToString(s[:])
}

// A Draft is an entry before it has its place. At must be set; a zero time is refused,
// because a decision without a time cannot be replayed. An empty Body becomes {}.
type Draft struct {
	At      time.Time
	Org     string
	Kind    Kind
	Actor   string
	Subject string
	Body    json.RawMessage
}

// entry gives the draft its place and brings it into canonical form. Invalid UTF-8 becomes
// U+FFFD instead of an error: a garbled identifier must not keep a warning from going out.
func (d Draft) entry(seq int64, prev string) (Entry, error) {
	at := d.At.UTC().Truncate(time.Microsecond)
	if d.At.IsZero() || at.Year() < 1 || at.Year() > 9999 {
		return Entry{}, fmt.Errorf("journal entry %s: time %v: %w", d.Kind, d.At, fault.ErrInvalid)
	}
	if !d.Kind.wellFormed() {
		return Entry{}, fmt.Errorf("journal entry: kind %q: %w", d.Kind, fault.ErrInvalid)
	}
	body, err := canonical(d.Body)
	if err != nil {
		return Entry{}, fmt.Errorf("journal entry %s: body: %w", d.Kind, err)
	}
	e := Entry{
		Seq: seq, At: at, Org: valid(d.Org), Kind: d.Kind, Actor: valid(d.Actor),
		Subject: valid(d.Subject), Prev: prev, Body: body,
	}
	for _, f := range []string{e.Org, e.Actor, e.Subject} {
		if len(f) > MaxField {
			return Entry{}, fmt.Errorf("journal entry %s: field of %d bytes: %w", d.Kind, len(f), fault.ErrTooLarge)
		}
	}
	return e, nil
}

// valid is a text that every database stores as it is: UTF-8 without the zero byte. What was
// changed on the way would no longer have the hash of its entry.
func valid(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}
