package storetest

import (
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/store"
)

// TestMuted is TRUST.md promise 10: what a restored installation had queued before is held
// back, what it decides from then on goes out, and a release lets go what is younger than 15
// minutes and withholds the rest, visibly. Another process, or the next start, knows it too.
func TestMuted(t *testing.T, empty Maker) {
	place := empty(t)
	b := start(t, place, time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	old, young := b.note("old", level.Red, "c1", "email"), b.note("young", level.Red, "c2", "email")
	b.queue(old)
	b.pass(20 * time.Minute)
	young.Due = b.clock()
	b.queue(young)
	b.pass(5 * time.Minute)
	began := b.clock()
	if err := b.db.BeginMute(t.Context(), store.Mute{Since: began, Why: "test"}); err != nil {
		t.Fatal(err)
	}
	take := func(ids ...string) []delivery.Claimed {
		t.Helper()
		got, err := b.db.Take(t.Context(), ids, b.claimNow())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	due := func() []delivery.Claimed {
		t.Helper()
		got, err := b.db.TakeDue(t.Context(), delivery.Pick{Before: b.clock(), Limit: 10}, b.claimNow())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	// As long as the first start has not finished what was half done, everything is old.
	early := b.note("early", level.Red, "c3", "email")
	b.queue(early)
	if got := take("early", "old"); len(got) != 0 {
		t.Fatalf("went out before the first start was through: %+v", got)
	}
	b.pass(time.Second)
	if err := b.db.MuteBefore(t.Context(), b.clock()); err != nil {
		t.Fatal(err)
	}
	fresh := b.note("fresh", level.Yellow, "c4", "email")
	b.queue(fresh)
	if got := due(); len(got) != 1 || got[0].ID != "fresh" {
		t.Fatalf("what goes out while muted: %+v", got)
	}
	if got, err := b.db.TakeFor(t.Context(), delivery.Recipient{Org: "o", Contact: "c1", Channel: "email"}, level.Red+1, b.claimNow(), 10); err != nil || len(got) != 0 {
		t.Fatalf("went into a digest: %+v, %v", got, err)
	}
	m, err := b.db.Muting(t.Context())
	if err != nil || m.Held != 3 || !m.Since.Equal(began) || m.Why != "test" {
		t.Fatalf("muting %+v, %v", m, err)
	}
	f, err := b.db.Vitals(t.Context(), b.clock())
	if err != nil || f.Queued[level.Red] != 0 || f.Mute.Held != 3 {
		t.Fatalf("vitals count what is held back as late: %+v, %v", f, err)
	}
	again, err := place.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if mark, err := again.LoadMute(t.Context()); err != nil || mark == nil || !mark.Since.Equal(began) {
		t.Fatalf("another process: %+v, %v", mark, err)
	}
	got, err := b.db.Unmute(t.Context(), "ann", b.clock().Add(-15*time.Minute), b.clock())
	if err != nil || got.Sent != 2 || got.Withheld != 1 {
		t.Fatalf("released %+v, %v", got, err)
	}
	if sent := due(); len(sent) != 2 {
		t.Fatalf("after the release %+v", sent)
	}
	var state, detail string
	if err := b.db.Reader().QueryRowContext(t.Context(), "SELECT state, detail FROM notification WHERE id = 'old'").Scan(&state, &detail); err != nil {
		t.Fatal(err)
	}
	if state != string(response.Withheld) || detail != "not sent: restored" {
		t.Errorf("the old one is %q, %q", state, detail)
	}
	if mark, err := again.LoadMute(t.Context()); err != nil || mark != nil {
		t.Errorf("another process after the release: %+v, %v", mark, err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if _, err := b.db.Unmute(t.Context(), "ann", b.clock(), b.clock()); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("released twice: %v", err)
	}
	var entries int
	if err := b.db.Reader().QueryRowContext(t.Context(), "SELECT count(*) FROM journal WHERE kind IN ('system.restored', 'system.released')").Scan(&entries); err != nil || entries != 2 {
		t.Errorf("%d entries, %v", entries, err)
	}
}
