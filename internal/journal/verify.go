package journal

import (
	"context"
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"
)

// VerifyOptions says what a journal is held against.
type VerifyOptions struct {
	PublicKeys           []string // keys of the log, old ones included; at least one
	WitnessedCheckpoints [][]byte // signed checkpoints from outside; see SplitCheckpoints
}

// Verify reads the whole journal and reports everything that is wrong with it. It needs
// memory for the checkpoints (about 100 bytes each) but not for the entries. The error is
// about reading (a broken stream, a bad key, a cancelled context); a bad journal is a
// report with OK false.
func Verify(ctx context.Context, src Source, opts VerifyOptions) (*Report, error) {
	keys, err := NewVerifiers(opts.PublicKeys)
	if err != nil {
		return nil, fmt.Errorf("verify journal: %w", err)
	}
	v := &verifier{report: &Report{Findings: []Finding{}, Notes: []string{}}}
	if err := v.marks.collect(ctx, src, keys, opts.WitnessedCheckpoints, v.report); err != nil {
		return nil, fmt.Errorf("verify journal: %w", err)
	}
	var stop func()
	v.nextHash, stop = iter.Pull2(src.Hashes(ctx))
	defer stop()
	v.marks.reach(&v.tree, v.report)
	for rec, err := range src.Records(ctx) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = v.record(rec)
		}
		if err != nil {
			return nil, fmt.Errorf("verify journal at entry %d: %w", v.next, err)
		}
	}
	if err := v.end(); err != nil {
		return nil, fmt.Errorf("verify journal after entry %d: %w", v.next, err)
	}
	return v.report, nil
}

// verifier walks along the entries. Three things run side by side: the content tree (what
// the entries really hash to), the stored tree (each stored hash against the stored ones
// below it, so that one wrong hash is named once), and the chain.
type verifier struct {
	report *Report
	marks  marks

	next   int64  // Seq that must come next
	prev   string // hash of the entry before next, or "" if it cannot be told
	tree   edge   // content tree
	lost   bool   // an entry is missing, so the content tree can no longer be told
	gone   int64  // entries known to be missing
	buffer []tlog.Hash

	nextHash   func() (StoredHash, error, bool)
	stored     []tlog.Hash // right edge of the stored tree
	storedLost bool        // stored hashes ended or are out of step
}

func (v *verifier) record(rec Record) error {
	if rec.Seq < v.next {
		v.report.add(OutOfOrder, rec.Seq, "entry %d comes again or too late, after entry %d", rec.Seq, v.next-1)
		return nil
	}
	if rec.Seq > v.next {
		v.report.addRange(OutOfOrder, v.next, rec.Seq-1, "entries %d to %d are missing", v.next, rec.Seq-1)
		v.gone += rec.Seq - v.next
		v.lost, v.storedLost, v.prev = true, true, ""
		v.next = rec.Seq
	}
	v.next++
	if rec.Withheld {
		v.report.Withheld++
		v.prev = ""
		return v.grow(rec, rec.Leaf)
	}
	leaf := tlog.RecordHash(rec.Encoded)
	v.content(rec, leaf)
	return v.grow(rec, leaf)
}

// content checks one entry by itself and against the one before.
func (v *verifier) content(rec Record, leaf tlog.Hash) {
	before := v.prev
	v.prev = chainHash(rec.Encoded)
	e, err := Decode(rec.Encoded)
	switch {
	case leaf != rec.Leaf:
		v.report.add(EntryChanged, rec.Seq, "entry %d was changed: its content does not fit its hash", rec.Seq)
		v.prev = "" // its follower names the genuine one; one finding is enough
	case err != nil:
		v.report.add(EntryChanged, rec.Seq, "entry %d is not a journal entry: %v", rec.Seq, err)
	case e.Seq != rec.Seq:
		v.report.add(OutOfOrder, rec.Seq, "in the place of entry %d stands entry %d", rec.Seq, e.Seq)
	case rec.Seq == 0 && e.Prev != Genesis:
		v.report.add(ChainBroken, 0, "entry 0 names a predecessor: entries before it were cut off")
	case before != "" && e.Prev != before:
		v.report.add(ChainBroken, rec.Seq-1,
			"entry %d is not the one that entry %d names as its predecessor: one of them was replaced", rec.Seq-1, rec.Seq)
	}
}

// grow adds one leaf to both trees and compares with the checkpoints of that size.
func (v *verifier) grow(rec Record, leaf tlog.Hash) error {
	if err := v.storedHashes(rec); err != nil {
		return err
	}
	if !v.lost {
		v.buffer = v.tree.push(leaf, v.buffer[:0])
		v.marks.reach(&v.tree, v.report)
	}
	return nil
}

// storedHashes reads the hashes stored for the record and checks each against those below.
func (v *verifier) storedHashes(rec Record) error {
	if v.storedLost {
		return nil
	}
	index := tlog.StoredHashIndex(0, rec.Seq)
	want := rec.Leaf
	for level := range completed(rec.Seq) {
		h, err, ok := v.nextHash()
		if err != nil {
			return fmt.Errorf("stored hash %d: %w", index, err)
		}
		if !ok || h.Index != index {
			v.report.add(HashWrong, rec.Seq, "stored hash %d of entry %d is missing", index, rec.Seq)
			v.storedLost = true
			return nil
		}
		if level > 0 {
			want = tlog.NodeHash(v.stored[len(v.stored)-1], want)
			v.stored = v.stored[:len(v.stored)-1]
		}
		if h.Hash != want {
			v.report.add(HashWrong, rec.Seq, "stored hash %d (level %d over entry %d) is wrong", index, level, rec.Seq)
		}
		// Go on with what is stored, so that the levels above are judged by themselves.
		want = h.Hash
		index++
	}
	v.stored = append(v.stored, want)
	return nil
}

// end looks behind the last entry and sums up.
func (v *verifier) end() error {
	r := v.report
	r.Size = v.next
	if !v.storedLost {
		h, err, ok := v.nextHash()
		if err != nil {
			return err
		}
		if ok {
			r.add(HashWrong, v.next, "stored hashes go on at %d after the last entry: entries from %d on were cut, or hashes added", h.Index, v.next)
			v.gone++
		}
	}
	if !v.lost {
		r.Root = v.tree.root().String()
	}
	v.marks.finish(v.next, v.lost, r)
	if r.Anchored {
		r.Unwitnessed = max(0, v.next-r.WitnessedSize)
		if r.Unwitnessed > 0 {
			r.note("%d entries came after the last witnessed checkpoint; for them there is only our word", r.Unwitnessed)
		}
	}
	v.completeness()
	r.OK = r.FindingCount == 0
	return nil
}

func (v *verifier) completeness() {
	r := v.report
	r.Complete = CompleteNo
	switch {
	case v.marks.cut > 0:
		r.CompleteWhy = fmt.Sprintf("a signed checkpoint counts %d entries, %d are here", v.marks.cut, v.next-v.gone)
	case v.gone > 0:
		r.CompleteWhy = "entries are missing"
	case r.Withheld > 0:
		r.CompleteWhy = fmt.Sprintf("%d of %d entries are withheld by the export; their hashes are here", r.Withheld, r.Size)
	case !r.Anchored:
		r.Complete = CompleteUnknown
		r.CompleteWhy = "without a checkpoint from outside a cut tail cannot be seen"
	case v.marks.bad > 0:
		r.Complete = CompleteUnknown
		r.CompleteWhy = "the journal contradicts its checkpoints"
	default:
		r.Complete = CompleteYes
		r.CompleteWhy = fmt.Sprintf("no gap up to the %d entries that the last witnessed checkpoint counts", r.WitnessedSize)
	}
}
