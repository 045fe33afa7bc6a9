package store

import (
	"bytes"

	"watchfire.dev/internal/watch"
)

// The rows of an event over thousands of sites say nearly the same of each: as JSON they take
// more than a kilobyte a row and stand in three places. Long ones are stored compressed. No
// JSON begins like a compressed body, so that whoever reads can tell.

// foldFrom is from how many bytes a body is stored compressed: from here on the pages that are
// not written cost more than the processor's time.
const foldFrom = 4 << 10

var folded = []byte{0x28, 0xb5, 0x2f, 0xfd} // with these bytes every Zstandard frame begins

// fold compresses a long body. One that cannot be is stored as it is.
func fold(raw []byte) []byte {
	if len(raw) < foldFrom || bytes.HasPrefix(raw, folded) {
		return raw
	}
	if out, packed, err := pack(raw); err == nil && packed == 1 && len(out) < len(raw) {
		return out
	}
	return raw
}

// unfold gives a body as it was.
func unfold(raw []byte) ([]byte, error) { return unpack(raw, bytes.HasPrefix(raw, folded)) }

// Prepare compresses what is long in a decision, outside the transaction.
func (db *DB) Prepare(d *watch.OrgDecision) {
	d.Encoded = fold(d.Encoded)
	for j := range d.Split {
		d.Split[j].Body = fold(d.Split[j].Body)
	}
}
