package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// memory is a store in memory, with the promises of delivery.Store.
type memory struct {
	spent    int // by all processes
	mu       sync.Mutex
	rows     map[string]*Claimed
	state    map[string]response.State
	due      map[string]time.Time
	outcomes []Outcome
	facts    map[string]Facts
	floods   map[Recipient]Flood
	takes    int
	broken   bool
	changed  chan struct{}
}

func newMemory() *memory {
	return &memory{
		rows: map[string]*Claimed{}, state: map[string]response.State{}, due: map[string]time.Time{}, facts: map[string]Facts{},
		floods: map[Recipient]Flood{}, changed: make(chan struct{}, 1),
	}
}

func (m *memory) add(list ...response.Notification) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range list {
		m.rows[n.ID] = &Claimed{Notification: n, Queued: n.Due}
		m.state[n.ID], m.due[n.ID] = response.Pending, n.Due
	}
}

func (m *memory) take(id string, c Claim) (Claimed, bool) {
	s := m.state[id]
	if s != response.Pending && s != response.Sending || m.due[id].After(c.Now) {
		return Claimed{}, false
	}
	r := m.rows[id]
	was := m.due[id]
	r.Tries++
	m.state[id], m.due[id] = response.Sending, c.Until(r.Level)
	out := *r
	out.Due, out.Until = was, c.Until(r.Level)
	return out, true
}

// Take implements Store.
func (m *memory) Take(_ context.Context, ids []string, c Claim) ([]Claimed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.takes++
	if m.broken {
		return nil, fmt.Errorf("the store is broken")
	}
	var out []Claimed
	for _, id := range ids {
		if got, ok := m.take(id, c); ok {
			out = append(out, got)
		}
	}
	return out, nil
}

// TakeDue implements Store.
func (m *memory) TakeDue(_ context.Context, p Pick, c Claim) ([]Claimed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return nil, fmt.Errorf("the store is broken")
	}
	var ids []string
	for id, r := range m.rows {
		if r.Level >= p.Least && !m.due[id].After(p.Before) && !slices.Contains(p.Without, r.Channel) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		if d := int(m.rows[b].Level) - int(m.rows[a].Level); d != 0 {
			return d
		}
		return m.due[a].Compare(m.due[b])
	})
	var out []Claimed
	for _, id := range ids {
		if len(out) == p.Limit {
			break
		}
		if got, ok := m.take(id, c); ok {
			out = append(out, got)
		}
	}
	return out, nil
}

// Finish implements Store.
func (m *memory) Finish(_ context.Context, list []Outcome) ([]Unreached, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range list {
		m.outcomes = append(m.outcomes, o)
		m.state[o.Notification], m.due[o.Notification] = o.State, o.NextDue
		if o.Unsent {
			m.rows[o.Notification].Tries--
		}
	}
	select {
	case m.changed <- struct{}{}:
	default:
	}
	return nil, nil
}

// Facts implements Store.
func (m *memory) Facts(_ context.Context, n response.Notification) (Facts, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.facts[n.Warning], nil
}

// Recent implements StormStore.
func (m *memory) Recent(_ context.Context, list []Recipient, _ time.Time) (map[Recipient]Recent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[Recipient]Recent{}
	for _, r := range list {
		var got Recent
		for _, c := range m.rows {
			if recipientOf(*c) == r {
				got.Came++
				if c.Tries > 0 {
					got.Sounded++
				}
			}
		}
		out[r] = got
	}
	return out, nil
}

// Spent implements StormStore.
func (m *memory) Spent(context.Context, Recipient, time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spent, nil
}

// Floods implements StormStore.
func (m *memory) Floods(context.Context) ([]Flood, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Flood
	for _, f := range m.floods {
		out = append(out, f)
	}
	return out, nil
}

// BeginFlood implements StormStore.
func (m *memory) BeginFlood(ctx context.Context, f Flood) error { return m.MoveFlood(ctx, f) }

// MoveFlood implements StormStore.
func (m *memory) MoveFlood(_ context.Context, f Flood) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.floods[f.Recipient] = f
	return nil
}

// EndFlood implements StormStore.
func (m *memory) EndFlood(_ context.Context, r Recipient, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.floods, r)
	return nil
}

// TakeFor implements StormStore.
func (m *memory) TakeFor(_ context.Context, r Recipient, below level.Level, c Claim, limit int) ([]Claimed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Claimed
	for id, row := range m.rows {
		if recipientOf(*row) != r || row.Level >= below || m.state[id] != response.Pending || len(out) == limit {
			continue
		}
		m.due[id] = c.Now
		if got, ok := m.take(id, c); ok {
			out = append(out, got)
		}
	}
	slices.SortFunc(out, func(a, b Claimed) int { return a.Queued.Compare(b.Queued) })
	return out, nil
}

func (m *memory) count(s response.State) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, x := range m.state {
		if x == s {
			n++
		}
	}
	return n
}

// plain words messages; with digests it can join them.
type plain struct{}

// Word implements Worder.
func (plain) Word(_ context.Context, c Claimed, _ Facts) (Message, error) {
	return Message{Key: c.ID, Address: c.Address, Level: c.Level, Text: c.ID}, nil
}

type digesting struct{ plain }

// Digest implements Digester.
func (digesting) Digest(_ context.Context, list []Claimed, _ []Facts) (Message, error) {
	return Message{Key: "digest-" + list[0].ID, Address: list[0].Address, Level: list[0].Level, Text: fmt.Sprint(len(list))}, nil
}

// way is a channel of a test: what it is given goes through a function.
type way struct {
	name string
	able Ability
	send func(ctx context.Context, m Message) (Receipt, error)

	mu   sync.Mutex
	sent []Message
}

// Name implements Channel.
func (w *way) Name() string { return w.name }

// Able implements Abled.
func (w *way) Able() Ability { return w.able }

// Send implements Channel.
func (w *way) Send(ctx context.Context, m Message) (Receipt, error) {
	w.mu.Lock()
	w.sent = append(w.sent, m)
	w.mu.Unlock()
	if w.send != nil {
		return w.send(ctx, m)
	}
	return Receipt{State: response.Sent, Remote: m.Key}, nil
}

func (w *way) keys() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, m := range w.sent {
		out = append(out, m.Key)
	}
	return out
}

// ticking is a clock that a test moves.
type ticking struct {
	mu  sync.Mutex
	now time.Time
}

func (c *ticking) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *ticking) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func noon() *ticking { return &ticking{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func aNote(i int, l level.Level, contact, channel string, due time.Time) response.Notification {
	return response.Notification{
		ID: fmt.Sprintf("%s-%s-%06d", channel, l, i), Org: "o", Warning: fmt.Sprintf("w%d", i), Revision: 1, Level: l, Contact: contact, Step: 1,
		Channel: channel, Address: contact, Purpose: response.Alarm, Due: due, State: response.Pending,
	}
}

// sender runs a dispatcher over a memory until the test ends.
func sender(t *testing.T, m *memory, c *ticking, words Worder, limits Limits, ways ...*way) *Dispatcher {
	t.Helper()
	var channels []Channel
	for _, w := range ways {
		channels = append(channels, w)
	}
	d := NewDispatcher(Config{
		Store: m, Storm: m, Channels: channels, Words: words, Now: c.read, Limits: limits, Sweep: 20 * time.Millisecond,
		Changed: func(string) {}, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := d.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return d
}

// until waits until something is so; the test's own deadline is the verdict.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for !is() {
		select {
		case <-t.Context().Done():
			t.Fatalf("%s: never", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func emergencyFacts(is bool, event string) Facts {
	return Facts{Warning: warning.Warning{Emergency: is, Events: []warning.EventRef{{ID: event}}}}
}
