package journal

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// edge is the right edge of a Merkle tree of the given size: the hashes of its complete
// subtrees from the largest to the smallest, one for each bit set in size. It is all that
// growing the tree needs.
type edge struct {
	size  int64
	nodes []tlog.Hash
}

// push adds a leaf and appends to out the hashes that tlog stores for it: the leaf and each
// node that it completes, from low to high.
func (e *edge) push(leaf tlog.Hash, out []tlog.Hash) []tlog.Hash {
	out = append(out, leaf)
	h := leaf
	for n := e.size; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(e.nodes[len(e.nodes)-1], h)
		e.nodes = e.nodes[:len(e.nodes)-1]
		out = append(out, h)
	}
	e.nodes = append(e.nodes, h)
	e.size++
	return out
}

// root returns the hash of the whole tree (RFC 6962, section 2.1).
func (e *edge) root() tlog.Hash {
	if len(e.nodes) == 0 {
		h, _ := tlog.TreeHash(0, nil) //nolint:errcheck // the empty tree reads nothing
		return h
	}
	h := e.nodes[len(e.nodes)-1]
	for i := len(e.nodes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(e.nodes[i], h)
	}
	return h
}

// edgeIndexes returns the stored hash indexes of the nodes of an edge of that size.
func edgeIndexes(size int64) []int64 {
	var out []int64
	for at, left := int64(0), size; left > 0; {
		level := bits.Len64(uint64(left)) - 1
		out = append(out, tlog.StoredHashIndex(level, at>>level))
		at += 1 << level
		left -= 1 << level
	}
	return out
}

// completed returns how many hashes tlog stores for leaf n: the leaf and the nodes above.
func completed(n int64) int { return 1 + bits.TrailingZeros64(^uint64(n)) }
