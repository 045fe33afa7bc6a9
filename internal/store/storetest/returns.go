package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/watch"
)

// TestUnreached: a red hands on when one contact cannot be reached on any channel, less than
// that when nobody can; a channel that is still tried counts until it is struck.
func TestUnreached(t *testing.T, empty Maker) {
	b := posting(t, empty)
	same := func(n response.Notification, w string) response.Notification {
		n.Warning = w
		return n
	}
	b.queue(
		same(b.note("r1", level.Red, "c1", "sms"), "wr"), same(b.note("r2", level.Red, "c1", "email"), "wr"), same(b.note("r3", level.Red, "c2", "email"), "wr"),
		same(b.note("o1", level.Orange, "c1", "sms"), "wo"), same(b.note("o2", level.Orange, "c2", "email"), "wo"),
	)
	byID := map[string]delivery.Claimed{}
	for _, c := range b.claimed("r1", "r2", "r3", "o1", "o2") {
		byID[c.ID] = c
	}
	b.finish(b.ended(byID["r3"], response.Sent, "", "m3"))
	if lost := b.finish(b.ended(byID["r1"], response.Failed, delivery.Dead, "")); len(lost) != 0 {
		t.Errorf("%+v: the mail to the same contact is under way", lost)
	}
	o := b.ended(byID["r2"], response.Pending, delivery.Retry, "")
	o.Struck = true
	if lost := b.finish(o); len(lost) != 1 || lost[0] != (delivery.Unreached{Org: "o", Warning: "wr", Contact: "c1", Revision: 1, Step: 1}) {
		t.Errorf("%+v: want the contact whom nothing reaches", lost)
	}
	if lost := b.finish(b.ended(byID["o1"], response.Failed, delivery.Refused, "")); len(lost) != 0 {
		t.Errorf("%+v: an orange that another contact still gets", lost)
	}
	if lost := b.finish(b.ended(byID["o2"], response.Failed, delivery.Refused, "")); len(lost) != 1 || lost[0].Warning != "wo" {
		t.Errorf("%+v: want the orange that nobody gets", lost)
	}
	// Accepted, then failed: it opens again and hands on.
	got, err := b.db.Receive(t.Context(), "email", []delivery.Late{{Remote: "m3", State: response.Failed, Kind: delivery.Retry}}, b.clock())
	if err != nil || !got.Again || len(got.Unreached) != 1 || got.Unreached[0].Contact != "c2" || len(got.Orgs) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if s, _ := b.stateOf("r3"); s != response.Pending {
		t.Errorf("%s, want pending", s)
	}
}

// TestOneMessageForSeveral: what a provider says of a message that carries several
// notifications counts for each of them, whichever name it uses and whenever it comes.
func TestOneMessageForSeveral(t *testing.T, empty Maker) {
	b := posting(t, empty)
	for i, name := range []func(l *delivery.Late, remote, key string){
		func(l *delivery.Late, remote, _ string) { l.Remote = remote },
		func(l *delivery.Late, _, key string) { l.Notification = key },
		func(l *delivery.Late, remote, key string) { l.Remote, l.Notification = remote, key },
	} {
		for _, when := range []string{"after", "before", "between"} {
			remote, key := fmt.Sprintf("sm-%d-%s", i, when), fmt.Sprintf("dig-%d-%s", i, when)
			var ids []string
			for k := range 3 {
				n := b.note(fmt.Sprintf("n-%d-%s-%d", i, when, k), level.Orange, "c1", "sms")
				b.queue(n)
				ids = append(ids, n.ID)
			}
			var outcomes []delivery.Outcome
			for _, c := range b.claimed(ids...) {
				o := b.ended(c, response.Sent, "", remote)
				o.Carrier = key
				outcomes = append(outcomes, o)
			}
			told := func() {
				l := delivery.Late{State: response.Failed, Kind: delivery.Retry}
				name(&l, remote, key)
				if _, err := b.db.Receive(t.Context(), "sms", []delivery.Late{l}, b.clock()); err != nil {
					t.Fatal(err)
				}
			}
			switch when {
			case "before":
				told()
				b.finish(outcomes...)
			case "between": // two transactions stored what the message carried
				b.finish(outcomes[0])
				told()
				b.finish(outcomes[1:]...)
			default:
				b.finish(outcomes...)
				told()
			}
			for _, id := range ids {
				if s, _ := b.stateOf(id); s != response.Pending {
					t.Errorf("told %s by name %d: %s stands at %s, want it open again", when, i, id, s)
				}
			}
		}
	}
	if n := b.count("SELECT count(*) FROM late_receipt"); n != 0 {
		t.Errorf("%d receipts still wait for messages that are known", n)
	}
	b.verifyJournal()
}

// TestAddressesAndChannelsInTrouble: a dead number is a task until it works again, a fault of
// our configuration stands until a message goes out.
func TestAddressesAndChannelsInTrouble(t *testing.T, empty Maker) {
	b := posting(t, empty)
	for i, id := range []string{"a", "b", "c"} {
		n := b.note(id, level.Yellow, "c1", "email")
		n.Address = "one@example.org"
		b.queue(n)
		c := b.claimed(id)[0]
		switch i {
		case 0, 1:
			b.finish(b.ended(c, response.Failed, delivery.Dead, ""))
			if dead, err := b.db.DeadAddresses(t.Context(), "o"); err != nil || len(dead) != 1 || dead[0].Contact != "c1" || dead[0].Channel != "email" {
				t.Errorf("%+v, %v", dead, err)
			}
		case 2:
			b.finish(b.ended(c, response.Sent, "", "r"))
		}
		b.pass(time.Minute)
	}
	if dead, err := b.db.DeadAddresses(t.Context(), "o"); err != nil || len(dead) != 0 {
		t.Errorf("it took a message and still is dead: %+v, %v", dead, err)
	}
	if b.kinds(journal.AddressDead) != 1 || b.kinds(journal.AddressBack) != 1 {
		t.Errorf("%d dead, %d back in the journal", b.kinds(journal.AddressDead), b.kinds(journal.AddressBack))
	}
	b.queue(b.note("m", level.Yellow, "c1", "sms"), b.note("m2", level.Yellow, "c1", "sms"))
	b.finish(b.ended(b.claimed("m")[0], response.Failed, delivery.Misset, ""))
	if faults, err := b.db.ChannelFaults(t.Context()); err != nil || len(faults) != 1 || faults[0].Channel != "sms" || faults[0].Since.IsZero() {
		t.Errorf("%+v, %v", faults, err)
	}
	b.finish(b.ended(b.claimed("m2")[0], response.Sent, "", ""))
	if faults, err := b.db.ChannelFaults(t.Context()); err != nil || len(faults) != 0 {
		t.Errorf("%+v, %v", faults, err)
	}
}

// TestFloodsOnDisk: a flood is noted once, survives a restart, and what was put off shows why.
func TestFloodsOnDisk(t *testing.T, empty Maker) {
	b := posting(t, empty)
	r := delivery.Recipient{Org: "o", Contact: "c1", Channel: "sms"}
	var ids []string
	for i := range 12 {
		n := b.note(fmt.Sprintf("n%02d", i), level.Yellow, "c1", "sms")
		b.queue(n)
		ids = append(ids, n.ID)
	}
	for i, c := range b.claimed(ids[:11]...) {
		if i < 10 {
			b.finish(b.ended(c, response.Sent, "", "r"+c.ID))
			continue
		}
		o := b.ended(c, response.Pending, "", "")
		o.Unsent, o.Held, o.NextDue = true, delivery.HeldFlood, b.clock().Add(time.Hour)
		b.finish(o)
	}
	recent, err := b.db.Recent(t.Context(), []delivery.Recipient{r}, b.clock().Add(-10*time.Minute))
	if err != nil || recent[r] != (delivery.Recent{Sounded: 10, Came: 12}) {
		t.Errorf("%+v, %v", recent, err)
	}
	if s, held := b.stateOf(ids[10]); s != response.Pending || held != string(delivery.HeldFlood) || b.count("SELECT count(*) FROM attempt WHERE notification = ?", ids[10]) != 0 {
		t.Errorf("%s %q: want it pending, with its reason and no attempt", s, held)
	}
	f := delivery.Flood{Recipient: r, Since: b.clock(), Next: b.clock().Add(time.Minute)}
	for range 2 {
		if err := b.db.BeginFlood(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	f.Next = f.Next.Add(time.Minute)
	if err := b.db.MoveFlood(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if list, err := b.db.Floods(t.Context()); err != nil || len(list) != 1 || list[0] != f {
		t.Errorf("%+v, %v", list, err)
	}
	got, err := b.db.TakeFor(t.Context(), r, level.Red, b.claimNow(), 100)
	if err != nil || names(got) != "n10 n11" {
		t.Errorf("%s, %v: want what waits, due or not", names(got), err)
	}
	for range 2 {
		if err := b.db.EndFlood(t.Context(), r, b.clock()); err != nil {
			t.Fatal(err)
		}
	}
	if b.kinds(journal.FloodBegan) != 1 || b.kinds(journal.FloodEnded) != 1 {
		t.Errorf("%d began, %d ended in the journal", b.kinds(journal.FloodBegan), b.kinds(journal.FloodEnded))
	}
	if n, err := b.db.Spent(t.Context(), r, b.clock().Add(-time.Hour)); err != nil || n != 12 {
		t.Errorf("%d spent, %v", n, err)
	}
}

// TestRepliesMeanWhatWasTold: by our key, by the message that is answered, else the newest
// alarm; who was not told may not answer.
func TestRepliesMeanWhatWasTold(t *testing.T, empty Maker) {
	b := posting(t, empty)
	ctx := t.Context()
	b.take(quake("usgs:1", 1, 4))
	sent := b.sent[0]
	c := b.claimed(sent.ID)[0]
	b.finish(b.ended(c, response.Sent, "", "remote-1"))
	since := b.clock().Add(-7 * 24 * time.Hour)
	for name, r := range map[string]delivery.Reply{
		"our key":        {Notification: sent.ID, From: "one@example.org"},
		"its message":    {Remote: "remote-1", From: "ONE@example.org "},
		"the newest":     {From: "one@example.org"},
		"a lost message": {Remote: "remote-9", From: "one@example.org"},
	} {
		m, err := b.db.Meant(ctx, "email", r, since)
		if err != nil || m.Warning != sent.Warning || m.Contact != "c1" || m.Project != "p" || m.Org != "o" {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	for name, r := range map[string]delivery.Reply{
		"somebody else by key":   {Notification: sent.ID, From: "two@example.org"},
		"somebody else":          {From: "mallory@example.org"},
		"nobody":                 {Notification: sent.ID},
		"a key that is not ours": {Notification: "ntf_of_nobody", From: "one@example.org"},
		"somebody else's reply":  {Remote: "remote-1", From: "two@example.org"},
	} {
		if m, err := b.db.Meant(ctx, "email", r, since); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s may answer: %+v, %v", name, m, err)
		}
	}
	if m, err := b.db.Meant(ctx, "sms", delivery.Reply{From: "one@example.org"}, since); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("on another channel: %+v, %v", m, err)
	}
	if m, err := b.db.Meant(ctx, "email", delivery.Reply{From: "one@example.org"}, b.clock().Add(time.Hour)); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("after its time: %+v, %v", m, err)
	}
	for _, want := range []bool{false, true} {
		if taken, err := b.db.Replied(ctx, "email", "rpl-1"); err != nil || taken != want {
			t.Errorf("taken %v, %v", taken, err)
		}
		if err := b.db.TookReply(ctx, "email", "rpl-1", b.clock()); err != nil {
			t.Fatal(err)
		}
	}
	// A remark acknowledges nothing; an answer does.
	for _, k := range []watch.AnswerKind{watch.Safe, watch.Note, watch.HaveIt} {
		if _, err := b.watch.Answer(ctx, watch.Answer{Org: "o", Warning: sent.Warning, Kind: k, By: "One", Contact: "c1", Via: "email"}); err != nil {
			t.Fatal(err)
		}
		row, _, err := b.db.WarningRow(ctx, "o", sent.Warning)
		if err != nil || (row.AnsweredAt > 0) != (k == watch.HaveIt) || (row.Answer != nil) != (k == watch.HaveIt) {
			t.Errorf("%s: %+v, %v", k, row, err)
		}
	}
	if b.kinds(journal.WarningNoted) != 2 || b.kinds(journal.WarningAcked) != 1 {
		t.Errorf("%d noted, %d acknowledged", b.kinds(journal.WarningNoted), b.kinds(journal.WarningAcked))
	}
	b.verifyJournal()
	b.replaysAlike()
}

// TestThreadsKnowTheirParent: a later message of a thread knows the newest earlier one at its
// address, and nobody else's.
func TestThreadsKnowTheirParent(t *testing.T, empty Maker) {
	b := posting(t, empty)
	for i, id := range []string{"n1", "n2", "n3"} {
		n, other := b.note(id, level.Orange, "c1", "chat"), b.note(id+"x", level.Orange, "c2", "chat")
		n.Warning, other.Warning, n.Revision, other.Revision = "w", "w", i+1, i+1
		b.queue(n, other)
		want := ""
		if i > 0 {
			want = fmt.Sprintf("m-n%d", i)
		}
		c := b.claimed(id)[0]
		if c.Parent != want || c.First != (i == 0) {
			t.Errorf("%s: parent %q first=%v, want %q", id, c.Parent, c.First, want)
		}
		b.finish(b.ended(c, response.Queued, "", "m-"+id))
		b.pass(time.Minute)
	}
}

// TestClaimedWhileQueued: what a commit claims for its process is nobody else's until its
// lease ends, and is not lost when the process dies before it sends.
func TestClaimedWhileQueued(t *testing.T, empty Maker) {
	b := posting(t, empty)
	n := b.note("n", level.Red, "c1", "sms")
	n.State = response.Sending
	b.queue(n)
	if got, err := b.db.TakeDue(t.Context(), delivery.Pick{Before: b.clock(), Limit: 9}, b.claimNow()); err != nil || len(got) != 0 {
		t.Fatalf("%+v, %v: it has an owner", got, err)
	}
	b.pass(16 * time.Second)
	got, err := b.db.TakeDue(t.Context(), delivery.Pick{Before: b.clock(), Limit: 9}, b.claimNow())
	if err != nil || len(got) != 1 || got[0].Tries != 2 {
		t.Fatalf("%+v, %v: its owner is dead", got, err)
	}
	b.finish(b.ended(got[0], response.Sent, "", "r"))
	if s, _ := b.stateOf("n"); s != response.Sent || b.count("SELECT count(*) FROM attempt WHERE notification = 'n'") != 2 {
		t.Errorf("%s", s)
	}
}

// TestNextStepWithoutWaiting: the escalation goes on at once when a warning reaches nobody.
func TestNextStepWithoutWaiting(t *testing.T, empty Maker) {
	b := posting(t, empty)
	b.take(quake("usgs:1", 1, 4))
	first := b.sent[0]
	for range 2 { // the second time somebody else is asked already
		if err := b.watch.Unreached(t.Context(), "o", first.Warning, first.Revision, first.Step); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.sent) != 2 || b.sent[1].Contact != "c2" || b.sent[1].Purpose != response.Escalation {
		t.Fatalf("%+v: want the second contact once", b.sent)
	}
	if _, err := b.watch.Answer(t.Context(), watch.Answer{Org: "o", Warning: first.Warning, Kind: watch.HaveIt, Contact: "c2", Via: "sms"}); err != nil {
		t.Fatal(err)
	}
	if err := b.watch.Unreached(t.Context(), "o", first.Warning, first.Revision, 2); err != nil || len(b.sent) != 2 {
		t.Errorf("answered and still asking: %v, %d", err, len(b.sent))
	}
}
