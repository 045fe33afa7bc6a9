package journal

import (
	"context"
	"iter"

	"golang.org/x/mod/sumdb/tlog"
)

// A Record is one stored entry as a verifier reads it.
type Record struct {
	Seq      int64     // place under which it is stored
	Encoded  []byte    // Encode of the stored fields; nil if Withheld
	Leaf     tlog.Hash // leaf hash stored with it
	Withheld bool      // the content was left out of an export; only the hash is here
}

// A StoredHash is one row of the tree's hashes.
type StoredHash struct {
	Index int64 // stored hash index of tlog
	Hash  tlog.Hash
}

// A Source is a journal to be read whole: a database or a bundle. The three streams must
// show one moment (one read transaction), or an append in between looks like damage. An
// error ends a stream; it means that reading broke, not that the journal is bad.
type Source interface {
	// Records yields all entries by rising Seq.
	Records(ctx context.Context) iter.Seq2[Record, error]
	// Hashes yields all stored hashes by rising Index.
	Hashes(ctx context.Context) iter.Seq2[StoredHash, error]
	// Checkpoints yields the signed checkpoints that were kept with the journal.
	Checkpoints(ctx context.Context) iter.Seq2[[]byte, error]
}
