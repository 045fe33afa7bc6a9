// Package journaltest holds a journal in memory and the conformance suite that every
// stored journal passes. The memory journal is also what tests damage on purpose: its
// tables are open to be changed behind the back of package journal.
//
// It promises the same transactions as a database with one writer: all or nothing, and
// readers see committed rows only. It is for tests and demonstrations and keeps nothing.
package journaltest

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// Tables are the rows of a journal as a database holds them.
type Tables struct {
	Rows   []journal.Row        // table journal, by Seq
	Tree   []journal.StoredHash // table journal_hash, by Index
	Points [][]byte             // signed checkpoints, oldest first
}

// Clone returns a copy that shares nothing that a test would change.
func (t Tables) Clone() Tables {
	c := Tables{Rows: slices.Clone(t.Rows), Tree: slices.Clone(t.Tree), Points: slices.Clone(t.Points)}
	for i := range c.Rows {
		c.Rows[i].Entry.Body = bytes.Clone(c.Rows[i].Entry.Body)
	}
	for i := range c.Points {
		c.Points[i] = bytes.Clone(c.Points[i])
	}
	return c
}

// Records yields the rows as they are.
func (t Tables) Records(context.Context) iter.Seq2[journal.Record, error] {
	return func(yield func(journal.Record, error) bool) {
		for _, r := range t.Rows {
			if !yield(journal.Record{Seq: r.Entry.Seq, Encoded: journal.Encode(r.Entry), Leaf: r.Leaf}, nil) {
				return
			}
		}
	}
}

// Hashes yields the hash rows as they are.
func (t Tables) Hashes(context.Context) iter.Seq2[journal.StoredHash, error] {
	return func(yield func(journal.StoredHash, error) bool) {
		for _, h := range t.Tree {
			if !yield(h, nil) {
				return
			}
		}
	}
}

// Checkpoints yields the checkpoints as they are.
func (t Tables) Checkpoints(context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, c := range t.Points {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Memory is a journal in memory: a Store of the suite and of package witness. The zero
// value is an empty journal. All methods may be called at the same time.
type Memory struct {
	writing sync.Mutex   // one transaction at a time
	mu      sync.RWMutex // guards tables
	tables  Tables
}

// Tables returns a copy of the committed tables.
func (m *Memory) Tables() Tables {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.tables.Clone()
}

// Source returns the journal at this moment.
func (m *Memory) Source(context.Context) (journal.Source, func(), error) {
	return m.Tables(), func() {}, nil
}

// InTx runs do in one transaction and commits if it returns nil.
func (m *Memory) InTx(ctx context.Context, do func(journal.Tx) error) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	tx := &memoryTx{m: m, rows: len(m.tables.Rows), tree: len(m.tables.Tree)}
	if err := do(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tables.Rows = append(m.tables.Rows, tx.newRows...)
	m.tables.Tree = append(m.tables.Tree, tx.newTree...)
	return nil
}

// Size returns the number of committed entries.
func (m *Memory) Size(context.Context) (int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return int64(len(m.tables.Rows)), nil
}

// ReadHashes returns committed hashes.
func (m *Memory) ReadHashes(_ context.Context, indexes []int64) ([]tlog.Hash, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return pick(m.tables.Tree, indexes)
}

// LastCheckpoint returns the checkpoint saved last, or nil.
func (m *Memory) LastCheckpoint(context.Context) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.tables.Points) == 0 {
		return nil, nil
	}
	return bytes.Clone(m.tables.Points[len(m.tables.Points)-1]), nil
}

// SaveCheckpoint keeps a checkpoint.
func (m *Memory) SaveCheckpoint(_ context.Context, c journal.Checkpoint) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tables.Points = append(m.tables.Points, bytes.Clone(c.Signed))
	return nil
}

func pick(tree []journal.StoredHash, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(tree)) {
			return nil, fmt.Errorf("stored hash %d: %w", x, fault.ErrNotFound)
		}
		out[i] = tree[x].Hash
	}
	return out, nil
}

// memoryTx collects what a transaction adds. It reads m.tables without the lock, because
// only transactions change those and there is one at a time.
type memoryTx struct {
	m          *Memory
	rows, tree int // committed lengths
	newRows    []journal.Row
	newTree    []journal.StoredHash
}

func (tx *memoryTx) Head(context.Context) (int64, string, error) {
	size := int64(tx.rows + len(tx.newRows))
	switch {
	case len(tx.newRows) > 0:
		return size, tx.newRows[len(tx.newRows)-1].Entry.Hash(), nil
	case tx.rows > 0:
		return size, tx.m.tables.Rows[tx.rows-1].Entry.Hash(), nil
	}
	return 0, journal.Genesis, nil
}

func (tx *memoryTx) ReadHashes(_ context.Context, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, len(indexes))
	for _, x := range indexes {
		tree, at := tx.m.tables.Tree, x
		if x >= int64(tx.tree) {
			tree, at = tx.newTree, x-int64(tx.tree)
		}
		h, err := pick(tree, []int64{at})
		if err != nil {
			return nil, fmt.Errorf("stored hash %d: %w", x, err)
		}
		out = append(out, h...)
	}
	return out, nil
}

func (tx *memoryTx) Insert(_ context.Context, rows []journal.Row) error {
	for _, r := range rows {
		if want := int64(tx.rows + len(tx.newRows)); r.Entry.Seq != want {
			return fmt.Errorf("insert journal entry %d, want %d: %w", r.Entry.Seq, want, fault.ErrConflict)
		}
		tx.newRows = append(tx.newRows, r)
	}
	return nil
}

func (tx *memoryTx) InsertHashes(_ context.Context, start int64, hashes []tlog.Hash) error {
	if want := int64(tx.tree + len(tx.newTree)); start != want {
		return fmt.Errorf("insert stored hash %d, want %d: %w", start, want, fault.ErrConflict)
	}
	for i, h := range hashes {
		tx.newTree = append(tx.newTree, journal.StoredHash{Index: start + int64(i), Hash: h})
	}
	return nil
}
