package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/watch"
)

// posting is a bench with a portfolio, for tests of what goes out and comes back.
func posting(t *testing.T, empty Maker) *bench {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	if _, err := b.watch.SetPortfolio(t.Context(), watch.PortfolioVersion{Actor: "ann", Portfolio: example()}); err != nil {
		t.Fatal(err)
	}
	return b
}

// note is a notification of a warning that needs no row of its own.
func (b *bench) note(id string, l level.Level, contact, channel string) response.Notification {
	return response.Notification{
		ID: id, Org: "o", Warning: "w-" + id, Revision: 1, Level: l, Contact: contact, Step: 1, Channel: channel, Address: contact + "@" + channel,
		Purpose: response.Alarm, Due: b.clock(), State: response.Pending,
	}
}

func (b *bench) queue(list ...response.Notification) {
	b.Helper()
	if err := b.db.Commit(b.Context(), &watch.Batch{Notifications: list}); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) claimNow() delivery.Claim {
	return delivery.Claim{Now: b.clock(), Lease: 45 * time.Second, Red: 15 * time.Second}
}

func (b *bench) claimed(ids ...string) []delivery.Claimed {
	b.Helper()
	got, err := b.db.Take(b.Context(), ids, b.claimNow())
	if err != nil || len(got) != len(ids) {
		b.Fatalf("claimed %+v, %v", got, err)
	}
	return got
}

func (b *bench) ended(c delivery.Claimed, state response.State, kind delivery.FaultKind, remote string) delivery.Outcome {
	o := delivery.Outcome{
		Notification: c.ID, Org: c.Org, Warning: c.Warning, Try: c.Tries, Began: b.clock(), Ended: b.clock(), State: state, Kind: kind, Remote: remote,
		Channel: c.Channel, Contact: c.Contact, Address: c.Address, Level: c.Level, Revision: c.Revision, Step: c.Step,
	}
	if state == response.Pending {
		o.NextDue = b.clock().Add(5 * time.Second)
	}
	return o
}

func (b *bench) finish(list ...delivery.Outcome) []delivery.Unreached {
	b.Helper()
	lost, err := b.db.Finish(b.Context(), list)
	if err != nil {
		b.Fatal(err)
	}
	return lost
}

func (b *bench) stateOf(id string) (state response.State, held string) {
	b.Helper()
	if err := b.db.Reader().QueryRowContext(b.Context(), "SELECT state, held FROM notification WHERE id = ?", id).Scan(&state, &held); err != nil {
		b.Fatal(err)
	}
	return state, held
}

func (b *bench) count(q string, args ...any) int {
	b.Helper()
	var n int
	if err := b.db.Reader().QueryRowContext(b.Context(), q, args...).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// TestCallbacksInAnyOrder plays every order of an attempt's end and three callbacks, those
// that come before the end included, each twice (TRUST.md, row 19), and wants one end state.
func TestCallbacksInAnyOrder(t *testing.T, empty Maker) {
	b := posting(t, empty)
	for name, tt := range map[string]struct {
		calls []delivery.Late
		end   response.State
		want  response.State
	}{
		"delivered beats failed":       {[]delivery.Late{{State: response.Sent}, {State: response.Delivered}, {State: response.Failed, Kind: delivery.Dead}}, response.Queued, response.Delivered},
		"failed beats accepted":        {[]delivery.Late{{State: response.Queued}, {State: response.Sent}, {State: response.Failed, Kind: delivery.Refused}}, response.Sent, response.Failed},
		"a passing failure opens anew": {[]delivery.Late{{State: response.Queued}, {State: response.Failed, Kind: delivery.Retry}}, response.Sent, response.Pending},
		"timed out, yet delivered":     {[]delivery.Late{{State: response.Sent}, {State: response.Delivered}}, response.Pending, response.Delivered},
	} {
		steps := make([]int, len(tt.calls)+1) // the last one is our own call's end
		for i := range steps {
			steps[i] = i
		}
		orders := 0
		permutations(steps, func(order []int) {
			orders++
			id := fmt.Sprintf("n-%s-%d", name, orders)
			b.queue(b.note(id, level.Orange, "c1", "sms"))
			c := b.claimed(id)[0]
			for _, step := range order {
				if step == len(tt.calls) {
					kind := delivery.FaultKind("")
					if tt.end == response.Pending {
						kind = delivery.Retry
					}
					remote := "sm-" + id
					if kind != "" {
						remote = "" // a call that timed out learns no id: the provider names our key
					}
					b.finish(b.ended(c, tt.end, kind, remote))
					continue
				}
				l := tt.calls[step]
				if tt.end == response.Pending {
					l.Notification = id
				} else {
					l.Remote = "sm-" + id
				}
				for range 2 {
					if _, err := b.db.Receive(b.Context(), "sms", []delivery.Late{l}, b.clock()); err != nil {
						b.Fatal(err)
					}
				}
			}
			if got, _ := b.stateOf(id); got != tt.want {
				b.Errorf("%s, order %v: ends %s, want %s", name, order, got, tt.want)
			}
		})
	}
	if n := b.count("SELECT count(*) FROM late_receipt"); n != 0 {
		t.Errorf("%d receipts still wait for messages that are known", n)
	}
	b.verifyJournal()
}

func permutations(list []int, do func([]int)) {
	var rec func(k int)
	rec = func(k int) {
		if k == len(list) {
			do(slices.Clone(list))
			return
		}
		for i := k; i < len(list); i++ {
			list[k], list[i] = list[i], list[k]
			rec(k + 1)
			list[k], list[i] = list[i], list[k]
		}
	}
	rec(0)
}

// TestReceiptsOfStrangers are kept for an hour and then forgotten.
func TestReceiptsOfStrangers(t *testing.T, empty Maker) {
	b := posting(t, empty)
	for _, remote := range []string{"x1", "x2"} {
		if got, err := b.db.Receive(t.Context(), "sms", []delivery.Late{{Remote: remote, State: response.Sent}}, b.clock()); err != nil || len(got.Orgs) != 0 {
			t.Fatal(got, err)
		}
		b.pass(61 * time.Minute)
	}
	if n := b.count("SELECT count(*) FROM late_receipt"); n != 1 {
		t.Errorf("%d kept, want the newer one alone", n)
	}
	if _, err := b.db.Receive(t.Context(), "sms", []delivery.Late{{Notification: "ntf_unknown", State: response.Failed}}, b.clock()); err != nil {
		t.Error(err)
	}
}

// TestClaimedOnce: many claim at once, and each notification has one owner.
func TestClaimedOnce(t *testing.T, empty Maker) {
	b := posting(t, empty)
	var ids []string
	for i := range 60 {
		id := fmt.Sprintf("n%02d", i)
		ids = append(ids, id)
		b.queue(b.note(id, level.Level(i%3+1), "c1", "webhook"))
	}
	var mu sync.Mutex
	owners := map[string]int{}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			var got []delivery.Claimed
			var err error
			if i%2 == 0 {
				got, err = b.db.Take(context.WithoutCancel(t.Context()), ids, b.claimNow())
			} else {
				got, err = b.db.TakeDue(context.WithoutCancel(t.Context()), delivery.Pick{Before: b.clock(), Limit: 40}, b.claimNow())
			}
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, c := range got {
				owners[c.ID]++
			}
		})
	}
	wg.Wait()
	for id, n := range owners {
		if n != 1 {
			t.Errorf("%s has %d owners", id, n)
		}
	}
	if len(owners) != len(ids) {
		t.Errorf("%d of %d claimed", len(owners), len(ids))
	}
	b.pass(16 * time.Second) // the leases of reds are over, those of others hold
	again, err := b.db.TakeDue(t.Context(), delivery.Pick{Before: b.clock(), Limit: 100}, b.claimNow())
	if err != nil || len(again) != 20 || again[0].Level != level.Red || again[19].Level != level.Red || again[0].Tries != 2 {
		t.Errorf("%d claimed again, %v; want the 20 reds", len(again), err)
	}
}

// TestRedsFirst: the order of the queue is by level, then by age, and a channel that can take
// nothing holds nobody else up.
func TestRedsFirst(t *testing.T, empty Maker) {
	b := posting(t, empty)
	for i, l := range []level.Level{level.Yellow, level.Orange, level.Yellow, level.Red, level.Orange} {
		channel := "sms"
		if i == 4 {
			channel = "email"
		}
		b.queue(b.note(fmt.Sprintf("n%d", i), l, "c1", channel))
		b.pass(time.Second)
	}
	got, err := b.db.TakeDue(t.Context(), delivery.Pick{Least: level.Orange, Before: b.clock(), Without: []string{"sms"}, Limit: 10}, b.claimNow())
	if err != nil || names(got) != "n4" {
		t.Errorf("without sms: %s, %v", names(got), err)
	}
	got, err = b.db.TakeDue(t.Context(), delivery.Pick{Before: b.clock(), Limit: 3}, b.claimNow())
	if err != nil || names(got) != "n3 n1 n0" {
		t.Errorf("%s, %v; want the red, the orange, the older yellow", names(got), err)
	}
	if !got[0].Due.Equal(b.clock().Add(-2 * time.Second)) {
		t.Errorf("due %s: want when it was due before the claim", got[0].Due)
	}
}

func names(list []delivery.Claimed) string {
	out := ""
	for i, c := range list {
		if i > 0 {
			out += " "
		}
		out += c.ID
	}
	return out
}

// forgetful is a store whose Finish fails as often as it is told.
type forgetful struct {
	delivery.Store
	fails int
}

// Finish implements delivery.Store.
func (f *forgetful) Finish(ctx context.Context, list []delivery.Outcome) ([]delivery.Unreached, error) {
	if f.fails > 0 {
		f.fails--
		return nil, fmt.Errorf("no connection: %w", fault.ErrUnavailable)
	}
	return f.Store.Finish(ctx, list)
}

// Facts implements delivery.Store: the notifications of this test need no warning.
func (f *forgetful) Facts(context.Context, response.Notification) (delivery.Facts, error) {
	return delivery.Facts{}, nil
}

// counting is a channel that counts its calls.
type counting struct{ calls int }

// Name implements delivery.Channel.
func (c *counting) Name() string { return "sms" }

// Send implements delivery.Channel.
func (c *counting) Send(_ context.Context, m delivery.Message) (delivery.Receipt, error) {
	c.calls++
	return delivery.Receipt{State: response.Sent, Remote: "r-" + m.Key}, nil
}

type plainly struct{}

// Word implements delivery.Worder.
func (plainly) Word(_ context.Context, c delivery.Claimed, _ delivery.Facts) (delivery.Message, error) {
	return delivery.Message{Key: c.ID, Address: c.Address, Level: c.Level}, nil
}

// TestReceiptIsWrittenAgain: what was sent and could not be written is written again and not
// sent again, within its lease and, when the database comes back after that, before anything
// that is due is claimed for sending.
func TestReceiptIsWrittenAgain(t *testing.T, empty Maker) {
	b := posting(t, empty)
	for name, away := range map[string]time.Duration{"within": 5 * time.Second, "after": 2 * time.Minute} {
		for _, l := range []level.Level{level.Yellow, level.Red} {
			id, way := fmt.Sprintf("%s-%s", name, l), &counting{}
			b.queue(b.note(id, l, "c1", "sms"))
			f := &forgetful{Store: b.db, fails: 2}
			var attempts []func()
			d := delivery.NewDispatcher(delivery.Config{
				Store: f, Channels: []delivery.Channel{way}, Words: plainly{}, Now: b.clock, Changed: func(string) {}, Log: slog.New(slog.DiscardHandler),
				Stepped: &delivery.Stepped{Go: func(a func()) { attempts = append(attempts, a) }, After: func(time.Duration, func()) {}},
			})
			turn := func() {
				d.Turn(b.Context(), true)
				for ; len(attempts) > 0; attempts = attempts[1:] {
					attempts[0]()
				}
				d.Flush(b.Context())
			}
			turn()
			b.pass(away)
			turn()
			turn()
			b.pass(2 * time.Second)
			turn()
			state, _ := b.stateOf(id)
			if way.calls != 1 || state != response.Sent {
				b.Errorf("%s: called %d times, %s", id, way.calls, state)
			}
			if n := b.count("SELECT count(*) FROM attempt WHERE notification = ?", id); n != 1 {
				b.Errorf("%s: %d attempts on disk", id, n)
			}
		}
	}
}
