package journal_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/journaltest"
)

// A fixture is a journal of 60 entries with checkpoints at 20, 40 and 60, of which an
// outside witness holds those of 20 and 60.
type fixture struct {
	tables  journaltest.Tables
	signer  *journal.Signer
	witness [][]byte
}

func newFixture(tb testing.TB) fixture {
	tb.Helper()
	m := new(journaltest.Memory)
	f := fixture{signer: journaltest.NewSigner(tb, 1)}
	for i := range 3 {
		journaltest.Add(tb, m, i*20, 20)
		c := journaltest.Sign(tb, m, f.signer)
		if i != 1 {
			f.witness = append(f.witness, c.Signed)
		}
	}
	f.tables = m.Tables()
	return f
}

func (f fixture) options() journal.VerifyOptions {
	return journal.VerifyOptions{PublicKeys: []string{f.signer.PublicKey()}, WitnessedCheckpoints: f.witness}
}

// rebuild makes a consistent journal of the entries from n on: what a person does who owns
// the database and knows the format.
func rebuild(t *journaltest.Tables, n int) {
	prev := journal.Genesis
	if n > 0 {
		prev = t.Rows[n-1].Entry.Hash()
	}
	t.Tree = t.Tree[:tlog.StoredHashCount(int64(n))]
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = t.Tree[x].Hash
		}
		return out, nil
	})
	for i := n; i < len(t.Rows); i++ {
		e := &t.Rows[i].Entry
		e.Seq, e.Prev = int64(i), prev
		encoded := journal.Encode(*e)
		prev = e.Hash()
		t.Rows[i].Leaf = tlog.RecordHash(encoded)
		hashes, err := tlog.StoredHashes(int64(i), encoded, read)
		if err != nil {
			panic(err) // read never fails
		}
		for _, h := range hashes {
			t.Tree = append(t.Tree, journal.StoredHash{Index: int64(len(t.Tree)), Hash: h})
		}
	}
}

// resign replaces the stored checkpoints from index i on: what somebody does who stole the
// key as well.
func (f fixture) resign(tb testing.TB, t *journaltest.Tables, i int) {
	tb.Helper()
	for ; i < len(t.Points); i++ {
		size := int64(20 * (i + 1))
		root, err := tlog.TreeHash(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(indexes))
			for i, x := range indexes {
				out[i] = t.Tree[x].Hash
			}
			return out, nil
		}))
		if err != nil {
			tb.Fatal(err)
		}
		c, err := f.signer.Sign(size, root, noon)
		if err != nil {
			tb.Fatal(err)
		}
		t.Points[i] = c.Signed
	}
}

func TestVerifyGood(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r, err := journal.Verify(t.Context(), f.tables, f.options())
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK || !r.Anchored || r.Complete != journal.CompleteYes || r.Size != 60 || r.Checkpoints != 5 ||
		r.Witnessed != 2 || r.WitnessedSize != 60 || r.Unwitnessed != 0 || r.First != nil || len(r.Notes) != 0 {
		t.Errorf("report of a good journal: %+v", r)
	}
}

// TestVerdicts damages the journal in one way each and checks what is said about it.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	type tables = journaltest.Tables
	for name, c := range map[string]struct {
		damage   func(t *testing.T, f *fixture, j *tables)
		verdict  journal.Verdict // "" for a good journal
		seq      int64
		last     int64
		complete journal.Completeness
		say      string // a part of the text
	}{
		"content edited": {
			damage:  func(_ *testing.T, _ *fixture, j *tables) { j.Rows[17].Entry.Subject = "wrn_other" },
			verdict: journal.EntryChanged, seq: 17, complete: journal.CompleteUnknown, say: "entry 17 was changed",
		},
		"content and leaf edited": {
			damage: func(_ *testing.T, _ *fixture, j *tables) {
				j.Rows[17].Entry.Actor = "nobody"
				j.Rows[17].Leaf = tlog.RecordHash(journal.Encode(j.Rows[17].Entry))
			},
			verdict: journal.ChainBroken, seq: 17, complete: journal.CompleteUnknown, say: "entry 17 is not the one",
		},
		"time edited": {
			damage:  func(_ *testing.T, _ *fixture, j *tables) { j.Rows[3].Entry.At = noon },
			verdict: journal.EntryChanged, seq: 3, complete: journal.CompleteUnknown,
		},
		"row deleted": {
			damage:  func(_ *testing.T, _ *fixture, j *tables) { j.Rows = append(j.Rows[:9:9], j.Rows[10:]...) },
			verdict: journal.OutOfOrder, seq: 9, last: 9, complete: journal.CompleteNo, say: "entries 9 to 9 are missing",
		},
		"first row deleted": {
			damage:  func(_ *testing.T, _ *fixture, j *tables) { j.Rows = j.Rows[1:] },
			verdict: journal.OutOfOrder, seq: 0, complete: journal.CompleteNo,
		},
		"row doubled": {
			damage: func(_ *testing.T, _ *fixture, j *tables) {
				j.Rows = append(j.Rows[:10:10], j.Rows[9:]...)
			},
			verdict: journal.OutOfOrder, seq: 9, complete: journal.CompleteYes, say: "comes again",
		},
		"two rows swapped under their numbers": {
			damage: func(_ *testing.T, _ *fixture, j *tables) {
				j.Rows[30], j.Rows[31] = j.Rows[31], j.Rows[30]
				j.Rows[30].Entry.Seq, j.Rows[31].Entry.Seq = 30, 31
			},
			verdict: journal.EntryChanged, seq: 30, complete: journal.CompleteUnknown,
		},
		"interior hash edited": {
			damage:  func(_ *testing.T, _ *fixture, j *tables) { j.Tree[tlog.StoredHashIndex(2, 3)].Hash[0]++ },
			verdict: journal.HashWrong, seq: 15, complete: journal.CompleteYes, say: "level 2",
		},
		"hash row deleted": {
			damage: func(_ *testing.T, _ *fixture, j *tables) {
				i := tlog.StoredHashIndex(0, 8)
				j.Tree = append(j.Tree[:i:i], j.Tree[i+1:]...)
			},
			verdict: journal.HashWrong, seq: 8, complete: journal.CompleteYes, say: "missing",
		},
		"rewritten and hashes made to fit": {
			damage: func(_ *testing.T, _ *fixture, j *tables) {
				j.Rows[25].Entry.Subject = "wrn_other"
				rebuild(j, 25)
			},
			verdict: journal.HistoryRewritten, seq: 20, last: 39, complete: journal.CompleteUnknown, say: "entries 20 to 39 were rewritten",
		},
		"rewritten with the key": {
			damage: func(t *testing.T, f *fixture, j *tables) {
				j.Rows[25].Entry.Subject = "wrn_other"
				rebuild(j, 25)
				f.resign(t, j, 1)
			},
			verdict: journal.HistoryRewritten, seq: 20, last: 59, complete: journal.CompleteUnknown, say: "split_view",
		},
		"deleted and everything renumbered": {
			damage: func(_ *testing.T, _ *fixture, j *tables) {
				j.Rows = append(j.Rows[:5:5], j.Rows[6:]...)
				rebuild(j, 5)
			},
			verdict: journal.HistoryRewritten, seq: 0, last: 19, complete: journal.CompleteNo,
		},
		"tail cut, checkpoints too": {
			damage: func(_ *testing.T, _ *fixture, j *tables) {
				j.Rows, j.Tree, j.Points = j.Rows[:50], j.Tree[:tlog.StoredHashCount(50)], j.Points[:2]
			},
			verdict: journal.TailCut, seq: 50, last: 59, complete: journal.CompleteNo, say: "entries 50 to 59 are missing",
		},
		"everything deleted": {
			damage:  func(_ *testing.T, _ *fixture, j *tables) { *j = tables{} },
			verdict: journal.TailCut, seq: 0, last: 59, complete: journal.CompleteNo,
		},
		"tail cut but for the hashes": {
			damage: func(_ *testing.T, f *fixture, j *tables) {
				j.Rows, j.Points, f.witness = j.Rows[:50], j.Points[:2], f.witness[:1]
			},
			verdict: journal.HashWrong, seq: 50, complete: journal.CompleteNo, say: "after the last entry",
		},
		"checkpoint edited": {
			damage: func(_ *testing.T, _ *fixture, j *tables) {
				j.Points[1] = bytes.Replace(j.Points[1], []byte("\n40\n"), []byte("\n41\n"), 1)
			},
			verdict: journal.BadCheckpoint, seq: -1, complete: journal.CompleteYes, say: "stored checkpoint number 1",
		},
		"checkpoint by another key": {
			damage: func(t *testing.T, _ *fixture, j *tables) {
				thief := fixture{signer: journaltest.NewSigner(t, 2)}
				thief.resign(t, j, 2)
			},
			verdict: journal.BadCheckpoint, seq: -1, complete: journal.CompleteYes,
		},
		"two views shown": {
			damage: func(t *testing.T, f *fixture, _ *tables) {
				c, err := f.signer.Sign(20, tlog.Hash{1}, noon)
				if err != nil {
					t.Fatal(err)
				}
				f.witness = append(f.witness, c.Signed)
			},
			verdict: journal.HistoryRewritten, seq: 0, last: 19, complete: journal.CompleteUnknown, say: "split_view",
		},
		"tail not witnessed": {
			damage:   func(_ *testing.T, f *fixture, _ *tables) { f.witness = f.witness[:1] },
			complete: journal.CompleteYes, say: "40 entries came after",
		},
		"no outside anchor": {
			damage:   func(_ *testing.T, f *fixture, _ *tables) { f.witness = nil },
			complete: journal.CompleteUnknown, say: "NO OUTSIDE ANCHOR",
		},
		"tail cut without an anchor": {
			damage: func(_ *testing.T, f *fixture, j *tables) {
				j.Rows, j.Tree, j.Points, f.witness = j.Rows[:50], j.Tree[:tlog.StoredHashCount(50)], j.Points[:2], nil
			},
			complete: journal.CompleteUnknown, say: "a cut tail cannot be seen",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			j := f.tables.Clone()
			c.damage(t, &f, &j)
			r, err := journal.Verify(t.Context(), j, f.options())
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(r.Lines(), "\n")
			if r.OK != (c.verdict == "") || r.Complete != c.complete || !strings.Contains(text, c.say) {
				t.Errorf("want %q, complete %s, saying %q; report:\n%s", c.verdict, c.complete, c.say, text)
			}
			if r.First != nil && (r.First.Verdict != c.verdict || r.First.Seq != c.seq || c.last != 0 && r.First.Last != c.last) {
				t.Errorf("first bad = %+v, want %s at %d to %d\n%s", *r.First, c.verdict, c.seq, c.last, text)
			}
		})
	}
}

func TestVerifyNeedsKeyAndContext(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if _, err := journal.Verify(t.Context(), f.tables, journal.VerifyOptions{}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("Verify without a key = %v, want ErrInvalid", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := journal.Verify(ctx, f.tables, f.options()); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify with a cancelled context = %v", err)
	}
}
