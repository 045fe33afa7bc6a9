package storetest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// verified is the report on the journal as it is now.
func (b *bench) verified(s *journal.Signer) *journal.Report {
	b.Helper()
	src, err := b.db.ReadJournal(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close() //nolint:errcheck // reading only
	r, err := journal.Verify(b.Context(), src, journal.VerifyOptions{PublicKeys: []string{s.PublicKey()}})
	if err != nil || !r.OK {
		b.Fatalf("the journal does not verify: %+v, %v", r, err)
	}
	return r
}

// TestRetention: old documents are packed tighter and come back byte for byte, old details go,
// what is open or young stays, and the journal is the same and verifies before and after.
func TestRetention(t *testing.T, empty Maker) {
	b := posting(t, empty)
	signer, err := journal.CreateSigner(filepath.Join(t.TempDir(), "key"), rand.Reader, "test")
	if err != nil {
		t.Fatal(err)
	}
	chance := mathrand.New(mathrand.NewPCG(1, 2))
	var docs [][]byte
	store := func(i int) {
		var doc bytes.Buffer
		for line := range 300 {
			fmt.Fprintf(&doc, `{"id":"q%d-%d","mag":%.1f,"lat":%.3f,"lon":%.3f,"place":"%d km %s of Quetta"}`+"\n", i, line, chance.Float64()*8,
				chance.Float64()*30, chance.Float64()*60, chance.IntN(300), []string{"N", "SW", "WNW"}[chance.IntN(3)])
		}
		sum := sha256.Sum256(doc.Bytes())
		if _, err := b.db.Store(t.Context(), intake.Record{Source: feed.Source{ID: "usgs"}, Hash: hex.EncodeToString(sum[:]), Body: doc.Bytes(), At: b.clock()}); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc.Bytes())
	}
	for i := range 7 {
		store(i)
	}
	b.queue(b.note("old", level.Orange, "c1", "sms"), b.note("open", level.Orange, "c2", "sms"))
	b.finish(b.ended(b.claimed("old")[0], response.Sent, "", "m1"))
	b.pass(100 * 24 * time.Hour)
	store(7)
	b.queue(b.note("young", level.Orange, "c1", "sms"))
	b.finish(b.ended(b.claimed("young")[0], response.Sent, "", "m2"))
	limit := b.clock().Add(-30 * 24 * time.Hour)
	before := b.verified(signer)

	var before1, after int64
	for rounds := 0; ; rounds++ {
		c, err := b.db.Compact(t.Context(), limit, 3)
		if err != nil || rounds > 5 {
			t.Fatalf("round %d: %v", rounds, err)
		}
		if before1, after = before1+c.Before, after+c.After; c.Done {
			break
		}
	}
	if after == 0 || after >= before1 {
		t.Errorf("%d bytes became %d", before1, after)
	}
	t.Logf("7 documents of %d bytes: %d bytes as stored on arrival, %d packed tighter", len(docs[0]), before1, after)
	for _, doc := range docs {
		sum := sha256.Sum256(doc)
		if got, err := b.db.Record(t.Context(), hex.EncodeToString(sum[:])); err != nil || !bytes.Equal(got, doc) {
			t.Errorf("a document came back as something else: %v", err)
		}
	}
	f, err := b.db.Forget(t.Context(), limit)
	if err != nil || f.Notifications != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	var left []string
	for _, id := range []string{"old", "open", "young"} {
		var address string
		var attempts int
		if err := b.db.Reader().QueryRowContext(t.Context(), "SELECT address FROM notification WHERE id = ?", id).Scan(&address); err != nil {
			t.Fatal(err)
		}
		if err := b.db.Reader().QueryRowContext(t.Context(), "SELECT count(*) FROM attempt WHERE notification = ?", id).Scan(&attempts); err != nil {
			t.Fatal(err)
		}
		left = append(left, fmt.Sprintf("%s %s %d", id, address, attempts))
	}
	if got, want := strings.Join(left, ", "), "old  0, open c2@sms 0, young c1@sms 1"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}
	if state, _ := b.stateOf("old"); state != response.Sent {
		t.Errorf("what became of the old one is %s", state)
	}
	if got := b.verified(signer); got.Size != before.Size || got.Root != before.Root || got.Size == 0 {
		t.Errorf("the journal was %d entries with root %s and is %d with %s", before.Size, before.Root, got.Size, got.Root)
	}
}
