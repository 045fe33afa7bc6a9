package journal

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
)

// A Row is an entry as it is stored: with its leaf hash.
type Row struct {
	Entry Entry
	Leaf  tlog.Hash // tlog.RecordHash(Encode(Entry)), 32 bytes
}

// Tx is what appending needs of a database transaction. It is made for two tables,
//
//	journal(seq primary key, at, org, kind, actor, subject, body, prev, leaf)
//	journal_hash(idx primary key, hash)
//
// where idx is a stored hash index of tlog (dense, from 0). All calls of one Append see and
// change the same transaction; whether it commits is the caller's business.
type Tx interface {
	// Head returns the number of entries and Entry.Hash of the last one, Genesis if none.
	Head(ctx context.Context) (size int64, last string, err error)
	// ReadHashes returns the stored hashes at the indexes, in their order, or an error
	// that wraps fault.ErrNotFound if one is missing.
	ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
	// Insert adds rows; their Seq go on from the size without gaps.
	Insert(ctx context.Context, rows []Row) error
	// InsertHashes adds hashes at the indexes start, start+1, ….
	InsertHashes(ctx context.Context, start int64, hashes []tlog.Hash) error
}

// Append writes the drafts in their order at the end of the journal and returns them as
// entries. On an error the caller must roll its transaction back. It reads the right edge
// of the tree from tx; a writer that appends often keeps a Frontier instead.
func Append(ctx context.Context, tx Tx, drafts []Draft) ([]Entry, error) {
	return new(Frontier).Append(ctx, tx, drafts)
}

// A Frontier remembers the right edge of the tree between appends, so that a batch costs
// one Head and two inserts. The zero value is ready. It belongs to the single writer and
// is not for concurrent use.
//
// It may be wrong without harm: after a transaction that rolled back, or when another
// process wrote, size or last hash disagree with Head, and the edge is read again.
type Frontier struct {
	edge edge
	last string // Entry.Hash of entry edge.size-1
}

// Append is like the function Append and uses the remembered edge.
func (f *Frontier) Append(ctx context.Context, tx Tx, drafts []Draft) ([]Entry, error) {
	if len(drafts) == 0 {
		return nil, nil
	}
	if err := f.sync(ctx, tx); err != nil {
		return nil, err
	}
	start := f.edge.size
	entries, err := f.write(ctx, tx, drafts)
	if err != nil {
		*f = Frontier{}
		return nil, fmt.Errorf("append %d entries to journal at %d: %w", len(drafts), start, err)
	}
	return entries, nil
}

func (f *Frontier) write(ctx context.Context, tx Tx, drafts []Draft) ([]Entry, error) {
	firstHash := tlog.StoredHashCount(f.edge.size)
	entries := make([]Entry, len(drafts))
	rows := make([]Row, len(drafts))
	hashes := make([]tlog.Hash, 0, 2*len(drafts)+8)
	for i, d := range drafts {
		e, err := d.entry(f.edge.size, f.last)
		if err != nil {
			return nil, err
		}
		encoded := Encode(e)
		if len(encoded) > MaxEncoded {
			return nil, fmt.Errorf("journal entry %s of %d bytes: %w", d.Kind, len(encoded), fault.ErrTooLarge)
		}
		leaf := tlog.RecordHash(encoded)
		entries[i], rows[i] = e, Row{Entry: e, Leaf: leaf}
		hashes = f.edge.push(leaf, hashes)
		f.last = chainHash(encoded)
	}
	if err := tx.Insert(ctx, rows); err != nil {
		return nil, err
	}
	return entries, tx.InsertHashes(ctx, firstHash, hashes)
}

// sync makes the frontier agree with the head of the journal in tx.
func (f *Frontier) sync(ctx context.Context, tx Tx) error {
	size, last, err := tx.Head(ctx)
	if err != nil {
		return fmt.Errorf("read head of journal: %w", err)
	}
	if size == f.edge.size && last == f.last {
		return nil
	}
	hashes, err := tx.ReadHashes(ctx, edgeIndexes(size))
	if err != nil {
		return fmt.Errorf("read edge of journal at %d: %w", size, err)
	}
	f.edge, f.last = edge{size: size, nodes: hashes}, last
	return nil
}
