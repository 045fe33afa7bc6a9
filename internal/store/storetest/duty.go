package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// night is 04:00 UTC, within the quiet hours of these tests.
func night(t *testing.T, path Place) *bench {
	t.Helper()
	b := start(t, path, time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	if _, err := b.watch.SetPortfolio(t.Context(), watch.PortfolioVersion{Actor: "ann", Portfolio: example()}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) choose(c response.Choice) {
	b.Helper()
	c.Org, c.At = "o", b.clock()
	if err := b.db.PutChoice(b.Context(), c, journal.Draft{At: c.At, Org: "o", Kind: journal.ChoiceMade, Actor: c.Contact, Subject: c.Contact}); err != nil {
		b.Fatal(err)
	}
}

// told writes what was queued since the last call: "c1 alarm pending quiet".
func (b *bench) told() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]string, 0, len(b.sent))
	for _, n := range b.sent {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", n.Contact, n.Purpose, n.State, n.Held)))
	}
	b.sent = nil
	return strings.Join(out, "|")
}

// takeAt claims what can be claimed at an instant.
func (b *bench) takeAt(now time.Time, ids ...string) []delivery.Claimed {
	b.Helper()
	got, err := b.db.Take(b.Context(), ids, delivery.Claim{Now: now, Lease: time.Minute, Red: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	return got
}

func (b *bench) statesOf(contact, warningID string) []string {
	b.Helper()
	asked, err := b.db.Asked(b.Context(), warningID)
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	for _, a := range asked {
		if a.Contact == contact {
			out = append(out, string(a.State))
		}
	}
	return out
}

// TestQuietHoursOnDisk: what is decided at night waits for the morning, the next step is
// asked at once, nobody can send it early, it is seen at the desk, and when the warning ends
// before the morning, the sleeper gets neither alarm nor all-clear.
func TestQuietHoursOnDisk(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx := t.Context()
	b.choose(response.Choice{Contact: "c1", Version: 1, Zone: "UTC", Quiet: []rota.Window{{From: "22:00", To: "07:00"}}})
	b.take(quake("usgs:1", 1, 4)) // orange
	alarm := b.sent[0]
	if got := b.told(); got != "c1 alarm pending quiet|c2 alarm pending" {
		t.Fatal(got)
	}
	morning := time.Date(2026, 3, 1, 7, 0, 0, 0, time.UTC)
	if !alarm.Due.Equal(morning) {
		t.Errorf("due %s, want %s", alarm.Due, morning)
	}
	if got := b.takeAt(morning.Add(-time.Second), alarm.ID); len(got) != 0 {
		t.Errorf("what is deferred can be sent: %+v", got)
	}
	held, err := b.db.HeldBack(ctx, "o", b.clock())
	if err != nil || len(held) != 1 || held[0].Contact != "c1" || held[0].Held != response.HeldQuiet || held[0].Project != "p" {
		t.Errorf("the desk sees %+v, %v", held, err)
	}
	b.pass(time.Minute)
	if _, err := b.watch.ByHand(ctx, "o", alarm.Warning, warning.DoEnd, "ann", "over"); err != nil {
		t.Fatal(err)
	}
	if got := b.told(); got != "c2 all_clear pending|c1 all_clear superseded quiet" {
		t.Error(got)
	}
	if got := fmt.Sprint(b.statesOf("c1", alarm.Warning)); got != "[superseded superseded]" {
		t.Errorf("the sleeper's: %s", got)
	}
	var left int
	if err := b.db.Reader().QueryRowContext(ctx, "SELECT count(*) FROM notification WHERE state = 'pending'").Scan(&left); err != nil || left != 1 {
		t.Errorf("left to send: %d, %v; want the one all-clear", left, err)
	}
	b.verifyJournal()
	b.replaysAlike()
	b.noOrphans()
}

// TestDeferredRises: red breaks the night, and what waited does not come after it.
func TestDeferredRises(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	b.choose(response.Choice{Contact: "c1", Version: 1, Zone: "UTC", Quiet: []rota.Window{{From: "22:00", To: "07:00"}}})
	b.take(quake("usgs:1", 1, 4))
	warningID := b.sent[0].Warning
	b.told()
	b.take(quake("usgs:1", 9, 9.5))
	if got := b.told(); got != "c1 alarm pending|c2 alarm pending" {
		t.Error(got)
	}
	if got := fmt.Sprint(b.statesOf("c1", warningID)); got != "[superseded pending]" {
		t.Errorf("the sleeper's: %s", got)
	}
	b.noOrphans()
}

// TestDigestOnDisk: yellow warnings of two projects wait for one message, which says at its
// hour how they stand then.
func TestDigestOnDisk(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx := t.Context()
	b.choose(response.Choice{Contact: "c1", Version: 1, Zone: "UTC", Digest: response.Hourly})
	yellow := quake("usgs:1", 1, 1)
	b.take(yellow)
	if len(b.sent) == 0 || b.sent[0].Level != level.Yellow {
		t.Fatalf("told %+v, want a yellow", b.sent)
	}
	first := b.sent[0]
	var ids []string
	for _, n := range b.sent {
		ids = append(ids, n.ID)
	}
	if got := b.told(); got != "c1 alarm held digest|c1 digest pending digest" {
		t.Fatal(got)
	}
	flood := quake("usgs:2", 2, 1)
	flood.Hazard = event.Flood
	flood.ID = event.SignalID(flood)
	b.take(flood)
	if got := b.told(); got != "c1 alarm held digest|c1 digest pending digest" {
		t.Fatal(got)
	}
	if _, err := b.watch.ByHand(ctx, "o", first.Warning, warning.DoEnd, "ann", "over"); err != nil {
		t.Fatal(err)
	}
	if got := b.told(); got != "c1 all_clear held digest|c1 digest pending digest" {
		t.Error(got)
	}
	at5 := time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC)
	taken := b.takeAt(at5, ids...)
	if len(taken) != 1 {
		t.Fatalf("%d messages at the hour; want one digest", len(taken))
	}
	c := taken[0]
	if c.Purpose != response.Digest || c.Held != response.HeldGroup {
		t.Fatalf("%+v", c)
	}
	facts, err := b.db.Facts(ctx, c.Notification)
	if err != nil || facts.Contact.ID != "c1" {
		t.Errorf("%+v, %v", facts.Contact, err)
	}
	rows, err := b.db.DigestOf(ctx, c.Notification)
	if err != nil || len(rows) != 2 || rows[0].Head.Family != event.Flood || warning.Active(rows[1].Head) {
		t.Errorf("the digest tells of %d: %+v, %v; want the flood that is on, then the quake that is over", len(rows), rows, err)
	}
	b.verifyJournal()
	b.noOrphans()
}

// TestAcknowledgementWakes: it binds for two hours at orange, then asks again and needs an
// answer again; whoever says "done" is not asked again; a machine's answer stops nothing.
func TestAcknowledgementWakes(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx := t.Context()
	b.take(quake("usgs:1", 1, 4))
	warningID := b.sent[0].Warning
	b.told()
	answer := func(kind watch.AnswerKind, length time.Duration) watch.Answer {
		t.Helper()
		a, err := b.watch.Answer(ctx, watch.Answer{Org: "o", Warning: warningID, Kind: kind, By: "Two", Contact: "c2", Via: "link", For: length})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	needs := func() int {
		t.Helper()
		c, err := b.db.QueueCounts(ctx, "o", "")
		if err != nil {
			t.Fatal(err)
		}
		return c.Needs
	}
	look := func() {
		t.Helper()
		due, err := b.db.DueEscalations(ctx, b.clock(), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range append(due, due...) { // the second finder does nothing
			if err := b.watch.Escalate(ctx, "o", d.Warning, d.Revision, "system", false); err != nil {
				t.Fatal(err)
			}
		}
	}
	answer(watch.Automatic, 0)
	if esc, err := b.db.Escalation(ctx, warningID); err != nil || esc.State != response.Running || needs() != 1 {
		t.Errorf("after a machine's answer: %+v, %v, %d need one", esc, err, needs())
	}
	a := answer(watch.HaveIt, 0)
	if !a.Until.Equal(a.At.Add(2*time.Hour)) || needs() != 0 {
		t.Errorf("binds until %s, %d need an answer", a.Until, needs())
	}
	b.pass(119 * time.Minute)
	if look(); b.told() != "" {
		t.Error("woke before its time")
	}
	b.pass(2 * time.Minute)
	look()
	if got := b.told(); got != "c1 overdue pending|c2 overdue pending" || needs() != 1 {
		t.Errorf("after its time: %q, %d need an answer", got, needs())
	}
	if a = answer(watch.HaveIt, 10*time.Minute); !a.Until.Equal(a.At.Add(10 * time.Minute)) {
		t.Errorf("the answerer's own time: until %s", a.Until)
	}
	b.pass(11 * time.Minute)
	if look(); b.told() == "" {
		t.Error("the second time it does not wake")
	}
	answer(watch.Done, 0)
	b.pass(48 * time.Hour)
	due, err := b.db.DueEscalations(ctx, b.clock(), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("due after done: %+v, %v", due, err)
	}
	if b.kinds(journal.EscalationDue) != 2 {
		t.Errorf("%d entries say why it was asked again", b.kinds(journal.EscalationDue))
	}
	b.verifyJournal()
	b.noOrphans()
}

// TestCannotTakesBackOnlyItsOwn: what one person acknowledged stands whatever another cannot
// do; who takes back his own word wakes the escalation, unless a colleague has it too.
func TestCannotTakesBackOnlyItsOwn(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx := t.Context()
	b.take(quake("usgs:1", 1, 4))
	warningID := b.sent[0].Warning
	b.told()
	say := func(contact string, kind watch.AnswerKind, want string, needs int, shown watch.AnswerKind) {
		t.Helper()
		b.pass(time.Minute)
		if _, err := b.watch.Answer(ctx, watch.Answer{Org: "o", Warning: warningID, Kind: kind, By: contact, Contact: contact, Via: "link"}); err != nil {
			t.Fatal(err)
		}
		c, err := b.db.QueueCounts(ctx, "o", "")
		if err != nil {
			t.Fatal(err)
		}
		row, _, err := b.db.WarningRow(ctx, "o", warningID)
		if err != nil || row.Answer == nil {
			t.Fatalf("%+v, %v", row, err)
		}
		if got := b.told(); (got != "") != (want != "") || c.Needs != needs || row.Answer.Kind != string(shown) {
			t.Errorf("%s says %s: asked %q, %d need an answer, %s is shown; want %q, %d, %s", contact, kind, got, c.Needs, row.Answer.Kind, want, needs, shown)
		}
	}
	until := func() time.Time {
		t.Helper()
		esc, err := b.db.Escalation(ctx, warningID)
		if err != nil || esc.State != response.Answered {
			t.Fatalf("%+v, %v", esc, err)
		}
		return esc.Due
	}
	say("c1", watch.HaveIt, "", 0, watch.HaveIt)
	before := until()
	say("c2", watch.Cannot, "", 0, watch.HaveIt)
	if !until().Equal(before) {
		t.Error("a colleague's word moved the time")
	}
	say("c2", watch.HaveIt, "", 0, watch.HaveIt)
	say("c1", watch.Cannot, "", 0, watch.HaveIt) // c2 has it
	say("c2", watch.Cannot, "next", 1, watch.Cannot)
	if n := b.kinds(journal.EscalationDue); n != 1 {
		t.Errorf("%d entries say why it was asked again", n)
	}
	if list, err := b.db.AnswersTo(ctx, "o", warningID); err != nil || len(list) != 5 {
		t.Errorf("%d answers are kept, %v", len(list), err)
	}
	b.verifyJournal()
	b.noOrphans()
}

// TestDutyBookOnDisk: versions follow one another, a stale one is refused, and the watch asks
// whoever is on duty at the instant.
func TestDutyBookOnDisk(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx := t.Context()
	book := rota.Book{
		Org: "o", Version: 1,
		Rotas: []rota.Rota{{Code: "duty", Name: "Duty", Zone: "UTC", Layers: []rota.Layer{{
			Name: "round", Members: []rota.Member{{Contact: "c2"}, {Contact: "c1"}}, Start: "2026-03-01", HandOver: []string{"00:00"}, Length: 1, Unit: rota.Days,
		}}}},
		Policies: []rota.Policy{{Code: "all", Name: "All", From: level.Yellow, Steps: []rota.Step{{Targets: []rota.Target{{Rota: "duty"}}, Wait: 60}}}},
	}
	put := func(version int64) error {
		book.Version = version
		return b.db.PutBook(ctx, book, desk.BookVersion{Version: version, At: b.clock(), Actor: "ann", What: "rota duty"},
			journal.Draft{At: b.clock(), Org: "o", Kind: journal.DutyChanged, Actor: "ann", Subject: fmt.Sprint(version)})
	}
	if err := errors.Join(put(1), put(2)); err != nil {
		t.Fatal(err)
	}
	if err := put(2); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("the same version twice: %v", err)
	}
	if _, err := b.db.BookAt(ctx, "o", 7); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a version that is not there: %v", err)
	}
	if v, err := b.db.BookVersions(ctx, "o"); err != nil || len(v) != 2 || v[0].Version != 2 || v[0].What != "rota duty" {
		t.Errorf("%+v, %v", v, err)
	}
	if other, err := b.db.Duty(ctx, "x"); err != nil || len(other.Book.Rotas) != 0 {
		t.Errorf("another organisation sees %+v, %v", other.Book, err)
	}
	b.take(quake("usgs:1", 1, 4))
	if got := b.told(); got != "c2 alarm pending" {
		t.Errorf("on the first day: %s", got)
	}
	b.pass(21 * time.Hour) // the next day, before the first warning expires
	flood := quake("usgs:2", 2, 4)
	flood.Hazard = event.Flood
	flood.ID = event.SignalID(flood)
	b.take(flood)
	if got := b.told(); got != "c1 alarm pending" {
		t.Errorf("on the second day: %s", got)
	}
	b.verifyJournal()
	b.replaysAlike()
	b.noOrphans()
}

// TestShiftsAndSnoozes: a shift is taken over once; a snooze holds one warning from one
// contact and gives it free when it is lifted; an alarm is journalled once.
func TestShiftsAndSnoozes(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx := t.Context()
	h := desk.HandOver{
		Org: "o", Rota: "duty", Shift: b.clock(), At: b.clock().Add(time.Minute), Outgoing: rota.Member{Contact: "c1"}, Incoming: rota.Member{Account: "acc_2"},
		Account: "acc_2", By: "Two", Note: "quiet", Picture: desk.Picture{Needs: 3},
	}
	if err := b.db.TakeOver(ctx, h); err != nil {
		t.Fatal(err)
	}
	if err := b.db.TakeOver(ctx, h); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("taken over twice: %v", err)
	}
	list, err := b.db.HandOvers(ctx, "o", "duty", 5)
	if err != nil || len(list) != 1 || list[0].By != "Two" || list[0].Picture.Needs != 3 || list[0].Incoming != h.Incoming || !list[0].Shift.Equal(h.Shift) {
		t.Errorf("%+v, %v", list, err)
	}

	b.take(quake("usgs:1", 1, 1)) // yellow
	warningID := b.sent[0].Warning
	b.told()
	s := response.Snooze{Org: "o", Contact: "c1", Warning: warningID, Level: level.Orange, Since: b.clock(), Until: b.clock().Add(6 * time.Hour), Actor: "c1"}
	if err := b.db.PutSnooze(ctx, s); err != nil {
		t.Fatal(err)
	}
	b.take(quake("usgs:1", 9, 4)) // orange: at the level that was snoozed
	waits := b.sent[0]
	if got := b.told(); got != "c1 alarm pending snooze|c2 alarm pending" {
		t.Fatal(got)
	}
	if err := b.db.EndSnooze(ctx, s, b.clock()); err != nil {
		t.Fatal(err)
	}
	if got := b.takeAt(b.clock(), waits.ID); len(got) != 1 {
		t.Error("what waited for the end does not go out")
	}
	if err := b.db.EndSnooze(ctx, s, b.clock()); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("lifted twice: %v", err)
	}

	for i, want := range []bool{true, false} {
		fresh, err := b.db.PutAlarm(ctx, "o", "shift duty 1", journal.Draft{At: b.clock(), Org: "o", Kind: journal.DutyAlarm, Actor: "system", Subject: "shift"})
		if err != nil || fresh != want {
			t.Errorf("alarm %d: %v, %v", i, fresh, err)
		}
	}
	if b.kinds(journal.DutyAlarm) != 1 {
		t.Errorf("%d entries", b.kinds(journal.DutyAlarm))
	}
	b.choose(response.Choice{Contact: "c1", Version: 1, Language: "zh"})
	if err := b.db.PutChoice(ctx, response.Choice{Org: "o", Contact: "c1", Version: 1}); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("a stale choice: %v", err)
	}
	facts, err := b.db.Facts(ctx, waits)
	if err != nil || facts.Contact.Language != "zh" {
		t.Errorf("worded in %q, %v", facts.Contact.Language, err)
	}
	b.verifyJournal()
}

// TestDutyIsReadAnew: whatever people change counts for the next decision.
func TestDutyIsReadAnew(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx := t.Context()
	now, later := b.clock(), b.clock().Add(time.Hour)
	read := func() string {
		t.Helper()
		d, err := b.db.Duty(ctx, "o")
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.db.ChoiceAt(ctx, "o", "c1", 0)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(d.Book.Version, len(d.Mutes), len(d.Choices), len(d.Snoozes), c.Version)
	}
	mute := response.Mute{Org: "o", Contact: "c1", Project: "p", Channel: "email", Since: now, Until: later}
	snooze := response.Snooze{Org: "o", Contact: "c1", Warning: "wrn_1", Since: now, Until: later}
	for i, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return nil }, "0 0 0 0 0"},
		{func() error {
			return b.db.PutBook(ctx, rota.Book{Org: "o", Version: 1}, desk.BookVersion{Version: 1, At: now})
		}, "1 0 0 0 0"},
		{func() error { return b.db.PutMute(ctx, mute) }, "1 1 0 0 0"},
		{func() error {
			return b.db.PutChoice(ctx, response.Choice{Org: "o", Contact: "c1", Version: 1, At: now})
		}, "1 1 1 0 1"},
		{func() error { return b.db.PutSnooze(ctx, snooze) }, "1 1 1 1 1"},
		{func() error {
			return b.db.PutChoice(ctx, response.Choice{Org: "o", Contact: "c1", Version: 2, At: now})
		}, "1 1 1 1 2"},
		{func() error { return b.db.EndSnooze(ctx, snooze, now) }, "1 1 1 0 2"},
		{func() error { return b.db.EndMute(ctx, mute) }, "1 0 1 0 2"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(i, err)
		}
		for range 2 {
			if got := read(); got != step.want {
				t.Errorf("step %d: %s, want %s", i, got, step.want)
			}
		}
	}
}
