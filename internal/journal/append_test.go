package journal_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/journaltest"
)

// TestAppendAgreesWithTlog compares what Append stores with what tlog itself would.
func TestAppendAgreesWithTlog(t *testing.T) {
	t.Parallel()
	m := new(journaltest.Memory)
	var want []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = want[x]
		}
		return out, nil
	})
	for n := range 70 {
		e := journaltest.Add(t, m, n, 1)[0]
		hashes, err := tlog.StoredHashes(int64(n), journal.Encode(e), read)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, hashes...)
	}
	got := m.Tables().Tree
	if len(got) != len(want) {
		t.Fatalf("%d stored hashes, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Hash != want[i] || got[i].Index != int64(i) {
			t.Fatalf("stored hash %d differs from tlog's", i)
		}
	}
}

// benchBody is a body of the usual size, made the usual way.
func benchBody(b *testing.B, i int) json.RawMessage {
	b.Helper()
	body, err := journal.Body(map[string]any{
		"warning": fmt.Sprintf("wrn_%06d", i), "revision": i, "level": "orange", "was": "yellow",
		"project": "prj_0123456789abcdefghjkmnpqrs", "reason": "magnitude 6.1 at 42 km, PGA 0.18 g",
		"assets": []string{"ast_1", "ast_2", "ast_3"}, "probability": 0.35,
	})
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func BenchmarkAppend(b *testing.B) {
	for _, batch := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			drafts := journaltest.Drafts(0, batch)
			for i := range drafts {
				drafts[i].Body = benchBody(b, i)
			}
			m := new(journaltest.Memory)
			var f journal.Frontier
			b.ReportAllocs()
			for b.Loop() {
				err := m.InTx(b.Context(), func(tx journal.Tx) error {
					_, err := f.Append(b.Context(), tx, drafts)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*batch), "µs/entry")
		})
	}
}
