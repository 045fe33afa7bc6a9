package storetest

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/watch"
)

func (b *bench) leave() *account.LeaveLinks {
	b.Helper()
	links, err := account.NewLeaveLinks(b.Context(), account.LeaveConfig{Store: b.db, Now: b.clock, Random: rand.Reader, BaseURL: "https://w.example/"})
	if err != nil {
		b.Fatal(err)
	}
	return links
}

func (b *bench) kinds(kind journal.Kind) int {
	b.Helper()
	p, err := b.db.JournalRows(b.Context(), "o", string(kind), desk.Page{})
	if err != nil {
		b.Fatal(err)
	}
	return len(p.Rows)
}

func muting(t *testing.T, empty Maker) (*bench, *account.LeaveLinks, string) {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	if _, err := b.watch.SetPortfolio(t.Context(), watch.PortfolioVersion{Actor: "ann", Portfolio: example()}); err != nil {
		t.Fatal(err)
	}
	links := b.leave()
	link, err := links.Leave(t.Context(), "o", "c1", "p")
	if err != nil || !strings.HasPrefix(link, "https://w.example/leave/") {
		t.Fatal(link, err)
	}
	return b, links, strings.TrimPrefix(link, "https://w.example/leave/")
}

func TestLeaveLinks(t *testing.T, empty Maker) {
	b, links, token := muting(t, empty)
	ctx := t.Context()
	for range 2 { // looking changes nothing
		if v, err := links.Open(ctx, token); err != nil || v.Name != "One" || v.Project.Name != "P" || v.Muted != nil || v.Alone {
			t.Fatalf("%+v, %v", v, err)
		}
	}
	if b.kinds(journal.ContactMuted) != 0 {
		t.Fatal("looking muted")
	}
	for range 3 { // a robot repeats itself: one mute, whose end does not move
		if err := links.Mute(ctx, token); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Hour)
	}
	v, err := links.Open(ctx, token)
	if err != nil || v.Muted == nil || !v.Muted.Until.Equal(v.Muted.Since.Add(response.MuteLife)) || b.kinds(journal.ContactMuted) != 1 {
		t.Fatalf("%+v, %v, %d entries", v, err, b.kinds(journal.ContactMuted))
	}
	same, err := b.leave().Leave(ctx, "o", "c1", "p") // the key outlives a restart
	if err != nil || !strings.HasSuffix(same, token) {
		t.Errorf("%q after a restart, %v", same, err)
	}
	if err := links.Unmute(ctx, token); err != nil || b.kinds(journal.ContactUnmuted) != 1 {
		t.Errorf("unmute: %v", err)
	}
	if err := links.Unmute(ctx, token); err != nil || b.kinds(journal.ContactUnmuted) != 1 {
		t.Errorf("unmute again: %v", err)
	}
	b.verifyJournal()
}

func TestLeaveLinksNeedTheKeyAndServeOnePurpose(t *testing.T, empty Maker) {
	b, links, token := muting(t, empty)
	ctx := t.Context()
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	forged := append(raw[:16:16], []byte("o\x00c2\x00p")...) // the signature of another contact
	answers, err := account.NewAnswerLinks(ctx, account.AnswerConfig{Store: b.db, Watch: b.watch, Now: b.clock, Random: rand.Reader, BaseURL: "https://w.example"})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := answers.Answer(ctx, "o", "wrn_1", "c1", b.clock().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty": "", "forged": base64.RawURLEncoding.EncodeToString(forged), "cut": token[:20], "one more letter": token + "A",
		"an answer link": answer[strings.LastIndexByte(answer, '/')+1:], "not base64": "%%%", "long": strings.Repeat("A", 5000),
	} {
		if err := links.Mute(ctx, bad); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := links.Open(ctx, bad); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("open %s: %v", name, err)
		}
	}
	if _, err := answers.Open(ctx, token); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a leave link opens an answer: %v", err)
	}
	if mutes, err := b.db.Mutes(ctx, "o"); err != nil || len(mutes) != 0 {
		t.Errorf("%v, %v", mutes, err)
	}
	gone := example()
	gone.Version, gone.Contacts = 2, gone.Contacts[1:]
	if _, err := b.watch.SetPortfolio(ctx, watch.PortfolioVersion{Actor: "ann", Portfolio: gone}); err != nil {
		t.Fatal(err)
	}
	if err := links.Mute(ctx, token); !errors.Is(err, fault.ErrGone) {
		t.Errorf("a contact that is no more: %v", err)
	}
}

// TestMutedBelowRed follows one warning: orange spares the muted and goes to the next at
// once, red reaches both, and the end reaches whom something reached.
func TestMutedBelowRed(t *testing.T, empty Maker) {
	b, links, token := muting(t, empty)
	ctx := t.Context()
	if err := links.Mute(ctx, token); err != nil {
		t.Fatal(err)
	}
	b.take(quake("usgs:1", 1, 4)) // orange
	if len(b.sent) != 2 || b.sent[0].State != response.Muted || b.sent[0].Contact != "c1" || b.sent[1].Contact != "c2" || b.sent[1].State != response.Pending {
		t.Fatalf("%+v", b.sent)
	}
	later := delivery.Claim{Now: b.clock().Add(time.Hour), Lease: time.Minute, Red: time.Minute}
	if got, err := b.db.Take(ctx, []string{b.sent[0].ID}, later); err != nil || len(got) != 0 {
		t.Errorf("what is muted can be sent: %+v, %v", got, err)
	}
	due, err := b.db.TakeDue(ctx, delivery.Pick{Before: later.Now, Limit: 10}, later)
	if err != nil || len(due) != 1 || due[0].ID != b.sent[1].ID {
		t.Errorf("due %v, %v", due, err)
	}
	row, _, err := b.db.WarningRow(ctx, "o", b.sent[0].Warning)
	if err != nil || row.Told != 1 {
		t.Errorf("told %d, want the one who is told: %v", row.Told, err)
	}
	moments, err := b.db.WarningMoments(ctx, "o", b.sent[0].Warning)
	if err != nil || !strings.Contains(stateOf(moments, "c1"), "muted") {
		t.Errorf("the timeline does not say who is spared: %+v, %v", moments, err)
	}
	if b.kinds(journal.Skipped) != 1 || b.kinds(journal.Queued) != 1 {
		t.Errorf("%d skipped, %d queued in the journal", b.kinds(journal.Skipped), b.kinds(journal.Queued))
	}
	b.sent = nil
	b.take(quake("usgs:1", 9, 9.5)) // red
	if len(b.sent) != 2 || b.sent[0].Level != level.Red || b.sent[0].State != response.Pending || b.sent[1].State != response.Pending {
		t.Fatalf("%+v", b.sent)
	}
	b.verifyJournal()
	b.replaysAlike()
	b.noOrphans()
}

func stateOf(moments []desk.Moment, who string) string {
	for _, m := range moments {
		if m.Who == who {
			return m.State
		}
	}
	return ""
}

func TestProbes(t *testing.T, empty Maker) {
	b, _, _ := muting(t, empty)
	ctx := t.Context()
	first := desk.Probe{Contact: "c1", Channel: "email", At: b.clock(), OK: true, Detail: "250 ok", Actor: "ann"}
	later := desk.Probe{Contact: "c1", Channel: "email", At: b.clock().Add(time.Hour), Detail: "550 no such user", Actor: "ann"}
	for _, p := range []desk.Probe{first, later} {
		if err := b.db.PutProbe(ctx, "o", p, journal.Draft{At: p.At, Org: "o", Kind: journal.ContactTested, Actor: "ann", Subject: "c1"}); err != nil {
			t.Fatal(err)
		}
	}
	last, err := b.db.LastProbes(ctx, "o", "c1")
	if err != nil || len(last) != 1 || last[0] != later {
		t.Errorf("%+v, %v", last, err)
	}
	worked, err := b.db.Worked(ctx, "o", "c1")
	if err != nil || !worked["email"].Equal(first.At) {
		t.Errorf("%+v, %v: want the test that went well", worked, err)
	}
	if other, err := b.db.LastProbes(ctx, "x", "c1"); err != nil || len(other) != 0 {
		t.Errorf("another organisation sees %+v, %v", other, err)
	}
}
