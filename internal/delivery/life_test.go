package delivery

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// byHand is a dispatcher whose attempts wait until the test makes them.
func byHand(m *memory, c *ticking, life *Life, w *way) (*Dispatcher, func()) {
	var waiting []func()
	d := NewDispatcher(Config{
		Store: m, Storm: m, Channels: []Channel{w}, Words: plain{}, Now: c.read, Life: life, Changed: func(string) {}, Log: slog.New(slog.DiscardHandler),
		Stepped: &Stepped{Go: func(attempt func()) { waiting = append(waiting, attempt) }, After: func(time.Duration, func()) {}},
	})
	return d, func() {
		list := waiting
		waiting = nil
		for _, attempt := range list {
			attempt()
		}
	}
}

// TestWhoStoodStillDoesNotSend: a process that was silent for so long that others took over
// what it had claimed sends none of it, whether it has been seen again since or not.
func TestWhoStoodStillDoesNotSend(t *testing.T) {
	t.Parallel()
	for _, seen := range []bool{false, true} {
		m, c, w := newMemory(), noon(), &way{name: "sms"}
		life := NewLife(c.read(), 20*time.Second)
		d, attempts := byHand(m, c, life, w)
		c.pass(time.Second)
		m.add(aNote(1, level.Orange, "c", "sms", c.read()))
		d.Turn(t.Context(), true)
		c.pass(25 * time.Second) // its lease is longer than that
		if seen {
			life.Beat(c.read())
		}
		attempts()
		d.Flush(t.Context())
		if n := len(w.keys()); n != 0 || m.count(response.Pending) != 1 {
			t.Fatalf("seen again %v: %d sent of what may be another's, %d given back", seen, n, m.count(response.Pending))
		}
		c.pass(time.Second)
		life.Beat(c.read())
		c.pass(time.Second)
		d.Turn(t.Context(), true)
		attempts()
		d.Flush(t.Context())
		if m.count(response.Sent) != 1 {
			t.Errorf("seen again %v: what it claims now is its own, and was not sent", seen)
		}
	}
}

// TestAnAttemptThatOutlivesItsLeaseIsWaitedForOnce, by the sweep and by the watchdog alike: a
// process that stood still sends nothing twice, and a channel that hangs holds no red.
func TestAnAttemptThatOutlivesItsLeaseIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]func(context.Context, *Dispatcher){
		"sweep":    func(ctx context.Context, d *Dispatcher) { d.Turn(ctx, true) },
		"watchdog": func(ctx context.Context, d *Dispatcher) { (&Watchdog{Dispatcher: d}).Look(ctx) },
	} {
		m, c, w := newMemory(), noon(), &way{name: "sms"}
		d, attempts := byHand(m, c, nil, w)
		m.add(aNote(1, level.Red, "c", "sms", c.read()))
		var during []int
		w.send = func(ctx context.Context, _ Message) (Receipt, error) {
			w.send = nil // the next one arrives
			for range 2 {
				c.pass(30 * time.Second)
				look(ctx, d)
				d.Flush(ctx)
				attempts()
				d.Flush(ctx)
				during = append(during, len(w.keys()))
			}
			return Receipt{State: response.Sent}, nil
		}
		d.Turn(t.Context(), true)
		attempts()
		if len(during) != 2 || during[0] != 1 || during[1] != 2 {
			t.Errorf("%s: messages after each look %v, want it waited for once and then sent: [1 2]", name, during)
		}
	}
}

// TestABudgetIsSpentByAllProcesses: what others have sent counts, a minute later at the most;
// where nobody else is there nothing is counted again.
func TestABudgetIsSpentByAllProcesses(t *testing.T) {
	t.Parallel()
	for _, others := range []bool{false, true} {
		m, c, w := newMemory(), noon(), &way{name: "sms"}
		var life *Life
		if others {
			life = NewLife(c.read(), time.Hour)
		}
		limits := Limits{Channels: map[string]ChannelLimits{"sms": {Budget: Limit{100, 24 * time.Hour}}}}
		d := NewDispatcher(Config{
			Store: m, Storm: m, Channels: []Channel{w}, Words: plain{}, Now: c.read, Life: life, Limits: limits, Changed: func(string) {}, Log: slog.New(slog.DiscardHandler),
			Stepped: &Stepped{Go: func(attempt func()) { attempt() }, After: func(time.Duration, func()) {}},
		})
		d.Restore(t.Context())
		d.Turn(t.Context(), true)
		m.spent = 100
		c.pass(recountEvery)
		m.add(aNote(1, level.Orange, "c", "sms", c.read()))
		d.Turn(t.Context(), true)
		d.Flush(t.Context())
		if sent := m.count(response.Sent) == 1; sent == others {
			t.Errorf("others %v: sent %v", others, sent)
		}
	}
}

// TestASharedBudgetFillsAgain: what other processes have sent comes off the budget once, and it
// fills as one process's does. What was claimed for it and has to wait goes back and does not
// stand as under way; a red is handed on.
func TestASharedBudgetFillsAgain(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "sms"}
	life := NewLife(c.read(), time.Hour)
	d, attempts := byHand(m, c, life, w)
	d.cfg.Limits.Channels = map[string]ChannelLimits{"sms": {Budget: Limit{24, 24 * time.Hour}}}
	d.lanes["sms"].limits = d.cfg.Limits.Channels["sms"]
	m.spent = 20 // before the start
	d.Restore(t.Context())
	turn := func() { d.Turn(t.Context(), true); attempts(); d.Flush(t.Context()) }
	turn()
	m.add(aNote(1, level.Yellow, "a", "sms", c.read()), aNote(2, level.Red, "b", "sms", c.read()))
	d.lanes["sms"].running = d.lanes["sms"].slots + spare // all slots hang
	d.Turn(t.Context(), true)
	m.spent = 10
	c.pass(2 * time.Minute)
	turn()
	if n := m.count(response.Pending); n != 2 || len(w.keys()) != 0 {
		t.Fatalf("%d of two were given back, %d sent", n, len(w.keys()))
	}
	for _, o := range m.outcomes {
		if !o.Unsent || o.Held != HeldBudget || o.Struck != (o.Level == level.Red) {
			t.Errorf("%+v", o)
		}
	}
	d.lanes["sms"].running, m.spent = 0, 0
	for range 12 {
		c.pass(11 * time.Minute)
		life.Beat(c.read())
		turn()
	}
	if n := m.count(response.Sent); n != 2 {
		t.Errorf("%d of two sent in the hours in which the budget fills by two", n)
	}
}
