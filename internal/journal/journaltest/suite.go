package journaltest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// A Store is a stored journal as the suite drives it. Its witness half (Size, ReadHashes,
// LastCheckpoint, SaveCheckpoint) sees committed rows only.
type Store interface {
	// InTx runs do in one write transaction, which it commits if do returns nil and
	// rolls back otherwise.
	InTx(ctx context.Context, do func(journal.Tx) error) error
	// Source opens the journal at one moment; the caller ends it with the function.
	Source(ctx context.Context) (journal.Source, func(), error)
	Size(ctx context.Context) (int64, error)
	ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
	LastCheckpoint(ctx context.Context) ([]byte, error)
	SaveCheckpoint(ctx context.Context, c journal.Checkpoint) error
}

// Run checks that stores made by newStore, each empty, keep a journal as package journal
// and package witness need it.
func Run(t *testing.T, newStore func(t *testing.T) Store) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Store){
		"empty":                testEmpty,
		"append and read back": testReadBack,
		"batch sizes agree":    testBatches,
		"rollback":             testRollback,
		"frontier survives":    testFrontier,
		"hashes":               testHashes,
		"sequence is unique":   testConflict,
		"checkpoints":          testCheckpoints,
	} {
		t.Run(name, func(t *testing.T) { check(t, newStore(t)) })
	}
}

func testEmpty(t *testing.T, s Store) {
	if n, err := s.Size(t.Context()); n != 0 || err != nil {
		t.Fatalf("Size of an empty journal = %d, %v", n, err)
	}
	if c, err := s.LastCheckpoint(t.Context()); c != nil || err != nil {
		t.Fatalf("LastCheckpoint of an empty journal = %q, %v", c, err)
	}
	err := s.InTx(t.Context(), func(tx journal.Tx) error {
		if n, last, err := tx.Head(t.Context()); n != 0 || last != journal.Genesis || err != nil {
			t.Errorf("Head of an empty journal = %d, %q, %v", n, last, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mustVerify(t, s, 0)
}

func testReadBack(t *testing.T, s Store) {
	var want []journal.Entry
	for from, n := 0, 1; from < 70; from, n = from+n, n+3 {
		want = append(want, Add(t, s, from, n)...)
	}
	src, done, err := s.Source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	var i int
	for rec, err := range src.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got, err := journal.Decode(rec.Encoded)
		if err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		if string(journal.Encode(got)) != string(journal.Encode(want[i])) {
			t.Errorf("entry %d = %s\nwant %s", i, rec.Encoded, journal.Encode(want[i]))
		}
		i++
	}
	if i != len(want) {
		t.Errorf("read %d entries, want %d", i, len(want))
	}
	mustVerify(t, s, int64(len(want)))
}

// testBatches checks against tlog's own tree that one batch and many give the same root.
func testBatches(t *testing.T, s Store) {
	reference := new(Memory)
	Add(t, reference, 0, 40)
	for i := range 8 {
		Add(t, s, i*5, 5)
	}
	if got, want := rootOf(t, s, 40), rootOf(t, reference, 40); got != want {
		t.Errorf("root of 8 batches = %v, of one %v", got, want)
	}
}

func testRollback(t *testing.T, s Store) {
	Add(t, s, 0, 3)
	stop := errors.New("stop")
	err := s.InTx(t.Context(), func(tx journal.Tx) error {
		if _, err := journal.Append(t.Context(), tx, Drafts(3, 4)); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("InTx = %v, want the error of its function", err)
	}
	mustVerify(t, s, 3)
	Add(t, s, 3, 1)
	mustVerify(t, s, 4)
}

func testFrontier(t *testing.T, s Store) {
	var f journal.Frontier
	add := func(from, n int, fail error) {
		t.Helper()
		err := s.InTx(t.Context(), func(tx journal.Tx) error {
			if _, err := f.Append(t.Context(), tx, Drafts(from, n)); err != nil {
				return err
			}
			return fail
		})
		if !errors.Is(err, fail) {
			t.Fatalf("append = %v, want %v", err, fail)
		}
	}
	add(0, 5, nil)
	add(5, 2, errors.New("rolled back"))
	Add(t, s, 100, 2) // another writer, so that the size is as the frontier thinks
	add(7, 3, nil)
	add(10, 1, nil)
	mustVerify(t, s, 11)
}

func testHashes(t *testing.T, s Store) {
	Add(t, s, 0, 21)
	n := tlog.StoredHashCount(21)
	down := make([]int64, n)
	for i := range down {
		down[i] = n - 1 - int64(i)
	}
	got, err := s.ReadHashes(t.Context(), down)
	if err != nil {
		t.Fatal(err)
	}
	reference := new(Memory)
	Add(t, reference, 0, 21)
	want, err := reference.ReadHashes(t.Context(), down)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Error("ReadHashes does not answer in the order of the question")
	}
	if _, err := s.ReadHashes(t.Context(), []int64{0, n}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("ReadHashes beyond the end = %v, want ErrNotFound", err)
	}
}

func testConflict(t *testing.T, s Store) {
	e := Add(t, s, 0, 2)
	err := s.InTx(t.Context(), func(tx journal.Tx) error {
		return tx.Insert(t.Context(), []journal.Row{{Entry: e[1], Leaf: tlog.RecordHash(journal.Encode(e[1]))}})
	})
	if err == nil {
		t.Error("a second entry with the same Seq was taken")
	}
	mustVerify(t, s, 2)
}

func testCheckpoints(t *testing.T, s Store) {
	signer := NewSigner(t, 1)
	Add(t, s, 0, 4)
	Sign(t, s, signer)
	Add(t, s, 4, 5)
	last := Sign(t, s, signer)
	got, err := s.LastCheckpoint(t.Context())
	if err != nil || string(got) != string(last.Signed) {
		t.Errorf("LastCheckpoint = %q, %v; want %q", got, err, last.Signed)
	}
	if r := mustVerify(t, s, 9); r.Checkpoints != 2 {
		t.Errorf("%d checkpoints agree, want 2", r.Checkpoints)
	}
}

func rootOf(t *testing.T, s Store, size int64) tlog.Hash {
	t.Helper()
	root, err := tlog.TreeHash(size, tlog.HashReaderFunc(func(i []int64) ([]tlog.Hash, error) { return s.ReadHashes(t.Context(), i) }))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func mustVerify(t *testing.T, s Store, size int64) *journal.Report {
	t.Helper()
	src, done, err := s.Source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	r, err := journal.Verify(t.Context(), src, journal.VerifyOptions{PublicKeys: []string{NewSigner(t, 1).PublicKey()}})
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK || r.Size != size {
		t.Fatalf("journal of %d entries, want %d good ones: %q", r.Size, size, r.Lines())
	}
	return r
}
