// Package journal is the append-only record of what was decided, sent, answered and
// changed: who knew what, and when. Each entry names the SHA-256 of the one before it and
// is a leaf of a Merkle tree (RFC 6962, laid out as in golang.org/x/mod/sumdb/tlog), whose
// root is signed from time to time as a checkpoint (C2SP tlog-checkpoint, signed note).
//
// It promises that an edit, a deletion, a reorder or a cut before the last checkpoint that
// an outside witness holds is found by Verify, and that Verify names the first bad entry
// or, where the whole history was rewritten consistently, the range between the last good
// and the first bad checkpoint. Appending is done inside the caller's transaction, so that
// no decision is kept without its entry.
//
// It does not store anything itself (see Tx and Source), it does not start goroutines or
// talk to the network (see the package witness), and it cannot vouch for entries after the
// last witnessed checkpoint: Verify says so instead.
//
// # What a body may hold
//
// An entry cannot be erased. A body must therefore never hold data of a person beyond an
// account's own identifier: no name, address, telephone number, whereabouts or health
// (classes P2 and P3). Where such a value must be provable later, the body holds a
// commitment made by Commit, and the value and its salt live in a table that can be
// erased. After erasure the journal still verifies and no longer says anything about the
// person.
package journal
