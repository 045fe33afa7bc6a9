package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// TestManyAtOnce: ten thousand ids neither block nor start a goroutine each, and all go out
// once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "webhook", able: Ability{Form: Data}}
	gate := make(chan struct{})
	w.send = func(context.Context, Message) (Receipt, error) { <-gate; return Receipt{State: response.Sent}, nil }
	var list []response.Notification
	for i := range 10_000 {
		list = append(list, aNote(i, level.Yellow, "c", "webhook", c.read()))
	}
	m.add(list...)
	d := sender(t, m, c, plain{}, Limits{}, w)
	before := runtime.NumGoroutine()
	d.Dispatch(list)
	until(t, "the first are sent", func() bool { return len(w.keys()) >= 16 })
	if more := runtime.NumGoroutine() - before; more > 200 {
		t.Errorf("%d goroutines more", more)
	}
	close(gate)
	until(t, "all are sent", func() bool { return m.count(response.Sent) == len(list) })
	keys := w.keys()
	slices.Sort(keys)
	if len(slices.Compact(keys)) != len(list) || len(w.keys()) != len(list) {
		t.Errorf("%d sendings of %d", len(w.keys()), len(list))
	}
	if m.takes > 400 {
		t.Errorf("%d claims for %d notifications: want batches", m.takes, len(list))
	}
}

// TestDrainsWithoutTicks: what is queued leaves as fast as its channel takes it, not in steps
// of the sweep.
func TestDrainsWithoutTicks(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "webhook", able: Ability{Form: Data}}
	for i := range 2000 {
		m.add(aNote(i, level.Yellow, "c", "webhook", c.read()))
	}
	d := NewDispatcher(Config{
		Store: m, Channels: []Channel{w}, Words: plain{}, Now: c.read, Sweep: time.Hour, Changed: func(string) {}, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) }) //nolint:errcheck // it returns none
	defer func() { cancel(); running.Wait() }()
	d.Nudge()
	until(t, "all are sent", func() bool { return m.count(response.Sent) == 2000 })
}

// TestRedOvertakes: with every slot of a slow channel taken and thousands waiting, a red goes
// out next.
func TestRedOvertakes(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "webhook", able: Ability{Form: Data}}
	gate := make(chan struct{})
	w.send = func(_ context.Context, m Message) (Receipt, error) {
		if m.Level < level.Red {
			<-gate
		}
		return Receipt{State: response.Sent}, nil
	}
	var list []response.Notification
	for i := range 3000 {
		list = append(list, aNote(i, level.Yellow, "c", "webhook", c.read()))
	}
	red := aNote(9, level.Red, "c", "webhook", c.read())
	m.add(append(list, red)...)
	d := sender(t, m, c, plain{}, Limits{}, w)
	d.Dispatch(list)
	until(t, "the slots are taken", func() bool { return len(w.keys()) >= 16 })
	d.Dispatch([]response.Notification{red})
	until(t, "the red is sent", func() bool { return slices.Contains(w.keys(), red.ID) })
	if n := m.count(response.Sent); n > 1 {
		t.Errorf("%d others were sent before", n-1)
	}
	close(gate)
}

// TestHangingChannelHoldsNobodyUp: others go on while one hangs.
func TestHangingChannelHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	m, c := newMemory(), noon()
	hung, fine := &way{name: "sms"}, &way{name: "webhook", able: Ability{Form: Data}}
	gate := make(chan struct{})
	hung.send = func(context.Context, Message) (Receipt, error) { <-gate; return Receipt{State: response.Sent}, nil }
	var list []response.Notification
	for i := range 500 {
		list = append(list, aNote(i, level.Orange, fmt.Sprint("c", i), "sms", c.read()))
	}
	for i := range 500 {
		list = append(list, aNote(i, level.Yellow, "c", "webhook", c.read()))
	}
	m.add(list...)
	d := sender(t, m, c, plain{}, Limits{}, hung, fine)
	d.Nudge()
	until(t, "the webhooks are out", func() bool { return len(fine.keys()) == 500 })
	close(gate)
	until(t, "the rest follows", func() bool { return m.count(response.Sent) == 1000 })
}

// TestProviderRate: no more than the provider takes; what waits long is put off with its
// reason, and a red hands on at once.
func TestProviderRate(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "sms"}
	limits := Limits{Channels: map[string]ChannelLimits{"sms": {Rate: Limit{10, time.Minute}}}}
	var list []response.Notification
	for i := range 30 {
		list = append(list, aNote(i, level.Yellow, fmt.Sprint("c", i), "sms", c.read()))
	}
	red := aNote(1, level.Red, "boss", "sms", c.read())
	m.add(list...)
	d := sender(t, m, c, plain{}, limits, w)
	d.Dispatch(list)
	until(t, "ten are sent", func() bool { return m.count(response.Sent) == 10 })
	m.add(red)
	d.Dispatch([]response.Notification{red})
	find := func(id string) (Outcome, bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		i := slices.IndexFunc(m.outcomes, func(o Outcome) bool { return o.Notification == id })
		if i < 0 {
			return Outcome{}, false
		}
		return m.outcomes[i], true
	}
	until(t, "the red is judged", func() bool { _, ok := find(red.ID); return ok })
	if o, _ := find(red.ID); !o.Unsent || !o.Struck || o.Held != HeldProvider || o.State != response.Pending {
		t.Errorf("%+v: want it handed on, for the provider's sake", o)
	}
	if o, ok := find(list[20].ID); !ok || !o.Unsent || o.Struck || o.Held != HeldProvider || !o.NextDue.After(c.read()) {
		t.Errorf("%+v: want it put off", o)
	}
	if len(w.keys()) != 10 {
		t.Errorf("%d sent, the provider takes 10", len(w.keys()))
	}
}

// TestFlood: ten sound one by one, the rest waits for one digest; a red and an EMERGENCY
// sound, and what machines read, or keeps the state of each warning, is not touched.
func TestFlood(t *testing.T) {
	t.Parallel()
	m, c := newMemory(), noon()
	phone, hook := &way{name: "sms"}, &way{name: "webhook", able: Ability{Form: Data}}
	pages := &way{name: "pagerduty", able: Ability{Form: Chat, Single: true}}
	limits := Limits{Flood: DefaultFlooding()}
	d := sender(t, m, c, digesting{}, limits, phone, hook, pages)
	send := func(n response.Notification) {
		m.add(n)
		d.Dispatch([]response.Notification{n})
	}
	for i := range 14 {
		n := aNote(i, level.Yellow, "ann", "sms", c.read().Add(time.Duration(i)*time.Millisecond))
		n.Due = c.read()
		send(n)
		until(t, "it is judged", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return len(m.outcomes) > i })
	}
	if n := len(phone.keys()); n != 10 {
		t.Fatalf("%d sounded, want 10", n)
	}
	m.mu.Lock()
	last, floods := m.outcomes[len(m.outcomes)-1], len(m.floods)
	m.facts["w100"] = emergencyFacts(true, "e")
	m.mu.Unlock()
	if !last.Unsent || last.Held != HeldFlood || floods != 1 {
		t.Errorf("%+v, %d floods", last, floods)
	}
	send(aNote(99, level.Red, "ann", "sms", c.read()))
	send(aNote(100, level.Orange, "ann", "sms", c.read()))
	until(t, "red and emergency sound", func() bool { return len(phone.keys()) == 12 })
	for i, p := range []response.Purpose{response.Notice, response.Letter} {
		n := aNote(101+i, level.Green, "ann", "sms", c.read())
		n.Purpose, n.Warning = p, p.Mark("x")
		send(n)
	}
	until(t, "what belongs to no warning comes at its time", func() bool { return len(phone.keys()) == 14 })
	for i := range 20 {
		send(aNote(i, level.Yellow, "ann", "webhook", c.read()))
	}
	until(t, "machines get all", func() bool { return len(hook.keys()) == 20 })
	for i := range 20 {
		send(aNote(i, level.Yellow, "ann", "pagerduty", c.read()))
	}
	until(t, "what keeps the state of each gets all", func() bool { return len(pages.keys()) == 20 })
	c.pass(limits.Flood.First + time.Second)
	until(t, "the digest is sent", func() bool { return len(phone.keys()) == 15 })
	if k := phone.keys()[14]; !strings.HasPrefix(k, "digest-") {
		t.Errorf("%s, want a digest", k)
	}
	until(t, "all of it is done", func() bool { return m.count(response.Pending)+m.count(response.Sending) == 0 })
}

// TestOneEventOneMessage: what one event means for many projects of one recipient is one
// message, reds apart.
func TestOneEventOneMessage(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "email"}
	var list []response.Notification
	for i := range 40 {
		l := level.Yellow
		if i%10 == 0 {
			l = level.Red
		}
		n := aNote(i, l, "ann", "email", c.read())
		m.facts[n.Warning] = emergencyFacts(false, "flood")
		list = append(list, n)
	}
	m.add(list...)
	d := sender(t, m, c, digesting{}, Limits{Flood: DefaultFlooding()}, w)
	d.Dispatch(list)
	until(t, "all is out", func() bool { return m.count(response.Sent) == 40 })
	digests := 0
	for _, k := range w.keys() {
		if strings.HasPrefix(k, "digest-") {
			digests++
		}
	}
	if digests != 1 || len(w.keys()) != 5 {
		t.Errorf("%d messages, %d of them joined: %v; want 4 reds and one for the rest", len(w.keys()), digests, w.keys())
	}
}

// TestFailingRedHandsOn: within half a minute, whatever its channel does.
func TestFailingRedHandsOn(t *testing.T) {
	t.Parallel()
	at := noon().read()
	c := Claimed{Notification: aNote(1, level.Red, "c", "sms", at), Queued: at}
	var took time.Duration // each attempt hangs as long as it may
	for c.Tries = 1; ; c.Tries++ {
		took += AttemptTime(level.Red)
		o := judge(Outcome{Ended: at.Add(took)}, c, errors.New("hangs"))
		if o.Struck {
			break
		}
		if o.State != response.Pending {
			t.Fatalf("given up before it was handed on: %+v", o)
		}
		took = o.NextDue.Sub(at)
	}
	if took > 30*time.Second {
		t.Errorf("handed on after %s", took)
	}
}

// TestWatchdogSendsWhatTheDispatcherDoesNot, once, and tells once of one that is a minute late.
func TestWatchdogSendsWhatTheDispatcherDoesNot(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "sms"}
	d := NewDispatcher(Config{ // its loop does not run
		Store: m, Channels: []Channel{w}, Words: plain{}, Now: c.read, Changed: func(string) {}, Log: slog.New(slog.DiscardHandler),
	})
	var late atomic.Int64
	dog := &Watchdog{Dispatcher: d, Late: func(Claimed, time.Duration) { late.Add(1) }}
	m.add(aNote(1, level.Red, "c", "sms", c.read()), aNote(1, level.Orange, "c", "sms", c.read()))
	if n := dog.Look(t.Context()); n != 0 || dog.Last() != c.read() {
		t.Errorf("%d sent at once; the dispatcher comes first", n)
	}
	c.pass(6 * time.Second)
	if n := dog.Look(t.Context()); n != 1 || late.Load() != 0 {
		t.Errorf("%d sent, %d late; want the red alone", n, late.Load())
	}
	if n := dog.Look(t.Context()); n != 0 || m.count(response.Sent) != 1 {
		t.Errorf("%d sent again", n)
	}
	w.send = func(context.Context, Message) (Receipt, error) { return Receipt{}, errors.New("down") }
	m.add(aNote(2, level.Red, "c", "sms", c.read()))
	c.pass(61 * time.Second)
	dog.Look(t.Context())
	c.pass(61 * time.Second)
	if dog.Look(t.Context()); late.Load() != 1 {
		t.Errorf("told %d times of one late red", late.Load())
	}
	m.broken = true
	before := dog.Last()
	c.pass(time.Minute)
	if dog.Look(t.Context()); dog.Last() != before {
		t.Error("a watchdog that cannot look says that it did")
	}
}

// TestClaimedByTheCommit is sent without being claimed again.
func TestClaimedByTheCommit(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "webhook", able: Ability{Form: Data}}
	n := aNote(1, level.Red, "c", "webhook", c.read())
	m.add(n)
	if got, _ := m.Take(t.Context(), []string{n.ID}, Claim{Now: c.read(), Lease: time.Minute, Red: time.Minute}); len(got) != 1 {
		t.Fatal("not claimed")
	}
	d := sender(t, m, c, plain{}, Limits{}, w)
	n.State = response.Sending
	d.Dispatch([]response.Notification{n})
	until(t, "it is sent", func() bool { return m.count(response.Sent) == 1 })
	if len(w.keys()) != 1 || m.takes != 1 {
		t.Errorf("%d sendings, %d claims", len(w.keys()), m.takes)
	}
}

// TestBucket counts as a provider does.
func TestBucket(t *testing.T) {
	t.Parallel()
	at := noon().read()
	b := newBucket(Limit{3, time.Minute}, 1, at)
	for range 2 {
		if b.wait(at) != 0 {
			t.Fatal("two are left")
		}
		b.take()
	}
	if got := b.wait(at); got != 20*time.Second {
		t.Errorf("wait %s, want 20s", got)
	}
	if b.wait(at.Add(-time.Hour)) == 0 {
		t.Error("a clock that is set back fills it")
	}
	if b.wait(at.Add(-time.Hour).Add(20*time.Second)) != 0 {
		t.Error("not filled after a third of the span")
	}
	if (&bucket{}).wait(at) != 0 || (*bucket)(nil).wait(at) != 0 {
		t.Error("no limit waits")
	}
	full := newBucket(Limit{3, time.Minute}, 0, at)
	full.fill(at.Add(time.Hour))
	if full.holds != 3 {
		t.Errorf("holds %f, more than its size", full.holds)
	}
}

// TestStopGivesBack: what was claimed and not begun is left to whoever comes next.
func TestStopGivesBack(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "sms"}
	gate := make(chan struct{})
	w.send = func(context.Context, Message) (Receipt, error) { <-gate; return Receipt{State: response.Sent}, nil }
	var list []response.Notification
	for i := range 40 {
		list = append(list, aNote(i, level.Yellow, fmt.Sprint("c", i), "sms", c.read()))
	}
	m.add(list...)
	d := NewDispatcher(Config{Store: m, Channels: []Channel{w}, Words: plain{}, Now: c.read, Changed: func(string) {}, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) }) //nolint:errcheck // it returns none
	d.Dispatch(list)
	until(t, "the slots are taken", func() bool { return len(w.keys()) == 16 })
	cancel()
	close(gate)
	running.Wait()
	if sent, pending := m.count(response.Sent), m.count(response.Pending); sent != 16 || pending != 24 {
		t.Errorf("%d sent, %d pending, %d sending", sent, pending, m.count(response.Sending))
	}
}
