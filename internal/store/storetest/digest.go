package storetest

import (
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/store"
)

// carried queues what a digest at an instant tells of, and the digest, as response does.
func (b *bench) carried(id string, l level.Level, due time.Time) (digest string) {
	b.Helper()
	n := b.note(id, l, "c1", "email")
	n.State, n.Held, n.Due, n.Queued = response.Held, response.HeldGroup, due, b.clock()
	d := n
	d.ID, d.Warning, d.Revision = "dig-"+due.Format(time.RFC3339), "digest "+due.Format(time.RFC3339), 0
	d.Purpose, d.State = response.Digest, response.Pending
	b.queue(n, d)
	return d.ID
}

// TestDigestsOverARestore: a digest that was queued before a restore goes out for what is fresh
// in it and tells nothing that is old; a release withholds what it left out; and a digest that
// was withheld comes back with the first fresh thing that it is to tell.
func TestDigestsOverARestore(t *testing.T, empty Maker) {
	b := posting(t, empty)
	hour := func(n int) time.Time { return time.Date(2026, 3, 1, n, 0, 0, 0, time.UTC) }
	_ = b.carried("old6", level.Yellow, hour(6))
	id := b.carried("old20", level.Yellow, hour(20))
	b.pass(time.Minute)
	if err := b.db.BeginMute(t.Context(), store.Mute{Since: b.clock(), Why: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := b.db.MuteBefore(t.Context(), b.clock()); err != nil {
		t.Fatal(err)
	}
	take := func(now time.Time) []delivery.Claimed {
		t.Helper()
		got, err := b.db.TakeDue(t.Context(), delivery.Pick{Before: now, Limit: 10}, delivery.Claim{Now: now, Lease: time.Minute, Red: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := take(hour(6)); len(got) != 0 {
		t.Fatalf("a digest of what is old goes out: %+v", got)
	}
	b.pass(time.Minute)
	b.carried("fresh6", level.Yellow, hour(6))
	got := take(hour(6))
	if len(got) != 1 || got[0].Purpose != response.Digest {
		t.Fatalf("a digest with fresh things does not go out: %+v", got)
	}
	b.finish(b.ended(got[0], response.Sent, "", "m6"))
	b.pass(hour(7).Sub(b.clock()))
	if _, err := b.db.Unmute(t.Context(), "ann", b.clock().Add(-15*time.Minute), b.clock()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]response.State{"old6": response.Withheld, "fresh6": response.Held, "old20": response.Held, id: response.Withheld} {
		if s, _ := b.stateOf(id); s != want {
			t.Errorf("after the release %s is %s, want %s", id, s, want)
		}
	}
	b.pass(time.Minute)
	b.carried("fresh20", level.Yellow, hour(20))
	if got := take(hour(20)); len(got) != 1 || got[0].ID != id {
		t.Errorf("what is fresh is never told: %+v", got)
	}
}

// TestFloodLeavesChoicesAlone: the digest of a flood takes neither what its receiver put off
// until morning nor the digest that the receiver has chosen; what the flood itself put off it
// takes.
func TestFloodLeavesChoicesAlone(t *testing.T, empty Maker) {
	b := posting(t, empty)
	morning := b.clock().Add(6 * time.Hour)
	_ = b.carried("in the digest", level.Yellow, morning)
	quiet := b.note("quiet", level.Yellow, "c1", "email")
	quiet.Held, quiet.Due = response.HeldQuiet, morning
	b.queue(quiet, b.note("now", level.Yellow, "c1", "email"))
	got, err := b.db.TakeFor(t.Context(), delivery.Recipient{Org: "o", Contact: "c1", Channel: "email"}, level.Red, b.claimNow(), 10)
	if err != nil || len(got) != 1 || got[0].ID != "now" {
		t.Fatalf("%+v, %v; want what nobody put off", got, err)
	}
	b.pass(7 * time.Hour) // its time has come, and the flood put it off further
	c := b.claimed("quiet")[0]
	o := b.ended(c, response.Pending, "", "")
	o.Unsent, o.Held, o.NextDue = true, delivery.HeldFlood, b.clock().Add(10*time.Minute)
	b.finish(o)
	got, err = b.db.TakeFor(t.Context(), delivery.Recipient{Org: "o", Contact: "c1", Channel: "email"}, level.Red, b.claimNow(), 10)
	if err != nil || len(got) != 1 || got[0].ID != "quiet" {
		t.Fatalf("%+v, %v; want what the flood put off", got, err)
	}
}

// TestAFreshDigestTellsNothingOld: while a restored installation is muted, a digest says how
// the fresh warnings stand and nothing of those that were held for it before.
func TestAFreshDigestTellsNothingOld(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	b.choose(response.Choice{Contact: "c1", Version: 1, Zone: "UTC", Digest: response.Hourly})
	b.take(quake("usgs:1", 1, 1))
	b.told()
	b.pass(time.Minute)
	if err := b.db.BeginMute(t.Context(), store.Mute{Since: b.clock(), Why: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := b.db.MuteBefore(t.Context(), b.clock()); err != nil {
		t.Fatal(err)
	}
	b.pass(time.Minute)
	flood := quake("usgs:2", 2, 1)
	flood.Hazard = event.Flood
	flood.ID = event.SignalID(flood)
	b.take(flood)
	at5 := time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC)
	got, err := b.db.TakeDue(t.Context(), delivery.Pick{Before: at5, Limit: 10}, delivery.Claim{Now: at5, Lease: time.Minute, Red: time.Minute})
	if err != nil || len(got) != 1 || got[0].Purpose != response.Digest {
		t.Fatalf("%+v, %v; want one digest", got, err)
	}
	rows, err := b.db.DigestOf(t.Context(), got[0].Notification)
	if err != nil || len(rows) != 1 || rows[0].Head.Family != event.Flood {
		t.Errorf("the digest tells of %d: %+v, %v; want the fresh flood alone", len(rows), rows, err)
	}
}
