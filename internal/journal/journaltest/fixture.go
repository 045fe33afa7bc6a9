package journaltest

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/journal"
)

// Origin is the name of the log in tests.
const Origin = "watchfire.test/journal"

// start is the time of draft 0.
var start = time.Date(2025, 9, 3, 4, 5, 6, 7000, time.UTC)

// Drafts returns n drafts, the first of which is number from. Equal numbers give equal
// drafts; some hold what an encoding may trip over.
func Drafts(from, n int) []journal.Draft {
	kinds := journal.Kinds()
	out := make([]journal.Draft, n)
	for i := range out {
		k := from + i
		out[i] = journal.Draft{
			At: start.Add(time.Duration(k) * time.Second), Org: fmt.Sprintf("org_%d", k%3), Kind: kinds[k%len(kinds)],
			Actor: "system", Subject: fmt.Sprintf("wrn_%05d", k),
			Body: []byte(fmt.Sprintf(`{"number": %d, "level": "orange", "a": {"z":1.50,"b":[1,2]}, "text": "<b> é \u2028 \" %d"}`, k, k)),
		}
	}
	return out
}

// NewSigner returns a signer whose key follows from seed: for tests only.
func NewSigner(tb testing.TB, seed byte) *journal.Signer {
	tb.Helper()
	private, _, err := journal.GenerateKey(repeat(seed), Origin)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := journal.NewSigner(private)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

// Add appends n drafts from number from in one transaction.
func Add(tb testing.TB, s Store, from, n int) []journal.Entry {
	tb.Helper()
	var out []journal.Entry
	err := s.InTx(tb.Context(), func(tx journal.Tx) (err error) {
		out, err = journal.Append(tb.Context(), tx, Drafts(from, n))
		return err
	})
	if err != nil {
		tb.Fatalf("append %d entries at %d: %v", n, from, err)
	}
	return out
}

// Sign signs the head of the store and saves the checkpoint.
func Sign(tb testing.TB, s Store, signer *journal.Signer) journal.Checkpoint {
	tb.Helper()
	ctx := tb.Context()
	size, err := s.Size(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	root, err := tlog.TreeHash(size, tlog.HashReaderFunc(func(i []int64) ([]tlog.Hash, error) { return s.ReadHashes(ctx, i) }))
	if err != nil {
		tb.Fatal(err)
	}
	c, err := signer.Sign(size, root, start.Add(time.Duration(size)*time.Second))
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.SaveCheckpoint(ctx, c); err != nil {
		tb.Fatal(err)
	}
	return c
}
