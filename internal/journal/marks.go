package journal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// A mark is a checkpoint reduced to what the comparison needs.
type mark struct {
	size      int64
	root      tlog.Hash
	at        time.Time
	witnessed bool
}

// marks are the signed checkpoints by rising size, compared one by one while the tree grows.
type marks struct {
	list        []mark
	next        int   // first one not yet compared
	good        int64 // size of the last that agreed
	goodOutside int64 // size of the last from outside that agreed
	bad         int   // how many did not agree
	cut         int64 // largest size beyond the end of the journal, 0 if none
}

// collect opens all checkpoints, from the source and from outside.
func (m *marks) collect(ctx context.Context, src Source, keys Verifiers, outside [][]byte, r *Report) error {
	n := 0
	for signed, err := range src.Checkpoints(ctx) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("read checkpoint %d: %w", n, err)
		}
		m.open(signed, keys, false, n, r)
		n++
	}
	for i, signed := range outside {
		if err := ctx.Err(); err != nil {
			return err
		}
		m.open(signed, keys, true, i, r)
	}
	slices.SortStableFunc(m.list, func(a, b mark) int { return cmp.Compare(a.size, b.size) })
	for i := 1; i < len(m.list); i++ {
		if a, b := m.list[i-1], m.list[i]; a.size == b.size && a.root != b.root {
			r.add(SplitView, max(0, a.size-1), "two signed checkpoints of %d entries contradict each other: different journals were shown", a.size)
		}
	}
	return nil
}

func (m *marks) open(signed []byte, keys Verifiers, witnessed bool, place int, r *Report) {
	whose := "stored"
	if witnessed {
		whose = "witnessed"
	}
	c, err := keys.Open(signed)
	if err != nil {
		r.add(BadCheckpoint, -1, "%s checkpoint number %d is not genuine: %v", whose, place, err)
		return
	}
	r.Anchored = r.Anchored || witnessed
	m.list = append(m.list, mark{size: c.Size, root: c.Root, at: c.At, witnessed: witnessed})
}

// reach compares the tree with the checkpoints of exactly its size.
func (m *marks) reach(tree *edge, r *Report) {
	if m.next == len(m.list) || m.list[m.next].size != tree.size {
		return
	}
	root, below := tree.root(), *m
	for ; m.next < len(m.list) && m.list[m.next].size == tree.size; m.next++ {
		if k := m.list[m.next]; k.root == root {
			m.agree(k, r)
		} else {
			m.disagree(k, below, r)
		}
	}
}

func (m *marks) agree(k mark, r *Report) {
	m.good = k.size
	r.Checkpoints++
	if k.witnessed {
		at := k.at
		m.goodOutside = k.size
		r.Witnessed++
		r.WitnessedSize, r.WitnessedAt = k.size, &at
	}
}

// disagree reports the first checkpoint that differs, with the range back to the one below
// it that still agrees. A checkpoint from outside is only held against others from outside:
// whoever rewrote history with a stolen key has signed the stored ones anew.
func (m *marks) disagree(k mark, below marks, r *Report) {
	if m.bad++; m.bad > 1 {
		return
	}
	from, last := below.good, max(0, k.size-1)
	if k.witnessed {
		from = below.goodOutside
	}
	if r.has(from, k.size) {
		// The bad entry itself is already named; that the root differs follows.
		return
	}
	r.addRange(HistoryRewritten, from, max(from, last),
		"entries %d to %d were rewritten: the checkpoint of %d entries signed at %s has another root, that of %d entries still agrees",
		from, last, k.size, k.at.Format(timeLayout), from)
}

// finish judges the checkpoints that were not reached.
func (m *marks) finish(size int64, lost bool, r *Report) {
	if rest := m.list[m.next:]; len(rest) > 0 {
		if last := rest[len(rest)-1]; last.size > size {
			m.cut = last.size
			r.addRange(TailCut, size, last.size-1, "the tail was cut: entries %d to %d are missing, a checkpoint signed at %s counts %d",
				size, last.size-1, last.at.Format(timeLayout), last.size)
		}
		if lost {
			r.note("%d checkpoints could not be compared because of missing entries", len(rest))
		}
	}
	if m.bad > 1 || m.bad == 1 && !r.hasVerdict(HistoryRewritten) {
		r.note("%d checkpoints have another root than the entries before them", m.bad)
	}
}

func (r *Report) hasVerdict(v Verdict) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Verdict == v })
}
