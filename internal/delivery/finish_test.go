package delivery

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// stubborn is a store that does not write what a test forbids.
type stubborn struct {
	*memory
	refuse func(list []Outcome) error
}

// Finish implements Store; what is no longer as the attempt found it stays, as on disk.
func (s *stubborn) Finish(ctx context.Context, list []Outcome) ([]Unreached, error) {
	if s.refuse != nil {
		if err := s.refuse(list); err != nil {
			return nil, err
		}
	}
	return s.memory.Finish(ctx, list)
}

// TestWhatWasSentIsWrittenAgainAndNotSentAgain: a yes of the provider that found no database
// is written when there is one again, within the lease and after it (TRUST.md, promise 5).
func TestWhatWasSentIsWrittenAgainAndNotSentAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		away time.Duration
	}{
		"within the lease":      {fmt.Errorf("disk full"), 2 * time.Second},
		"after the lease, away": {fmt.Errorf("no connection: %w", fault.ErrUnavailable), time.Minute},
		"after the lease, full": {fmt.Errorf("disk full"), time.Minute},
	} {
		for _, l := range []level.Level{level.Yellow, level.Red} {
			m, c, w := newMemory(), noon(), &way{name: "sms"}
			s := &stubborn{memory: m, refuse: func([]Outcome) error { return tt.err }}
			d, attempts := byHand(m, c, nil, w)
			d.cfg.Store = s
			m.add(aNote(1, l, "c", "sms", c.read()))
			turn := func() { d.Turn(t.Context(), true); attempts(); d.Flush(t.Context()) }
			turn()
			c.pass(tt.away)
			turn() // its lease may be over: it is claimed, and not sent
			s.refuse = nil
			turn()
			c.pass(2 * time.Second)
			turn()
			if got := w.keys(); len(got) != 1 {
				t.Errorf("%s, %s: sent %d times", name, l, len(got))
			}
			wrote := slices.ContainsFunc(m.outcomes, func(o Outcome) bool { return o.Try == 1 && o.State == response.Sent && o.Remote != "" })
			if !wrote {
				t.Errorf("%s, %s: the yes was never written: %+v", name, l, m.outcomes)
			}
		}
	}
}

// TestOneThatCannotBeWrittenTakesNobodyWithIt, and is made again when its lease is over.
func TestOneThatCannotBeWrittenTakesNobodyWithIt(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "sms"}
	bad := aNote(1, level.Yellow, "c1", "sms", c.read())
	d, attempts := byHand(m, c, nil, w)
	d.cfg.Store = &stubborn{memory: m, refuse: func(list []Outcome) error {
		if slices.ContainsFunc(list, func(o Outcome) bool { return o.Notification == bad.ID && o.Try == 1 && !o.Unsent }) {
			return fmt.Errorf("no such row")
		}
		return nil
	}}
	m.add(bad, aNote(2, level.Yellow, "c2", "sms", c.read()), aNote(3, level.Yellow, "c3", "sms", c.read()))
	turn := func() { d.Turn(t.Context(), true); attempts(); d.Flush(t.Context()) }
	turn()
	if n := m.count(response.Sent); n != 2 {
		t.Fatalf("%d of two others are written", n)
	}
	for range 5 {
		c.pass(20 * time.Second)
		turn()
	}
	if n := len(w.keys()); n < 4 {
		t.Errorf("%d sendings: what could not be written for so long was not made again", n)
	}
	if d.inDebt() && len(d.debts) > 1 {
		t.Errorf("%d are still owed", len(d.debts))
	}
}

// draining is a store during whose second look a full lane runs dry.
type draining struct {
	*memory
	looks  int
	during func()
}

// TakeDue implements Store.
func (s *draining) TakeDue(ctx context.Context, p Pick, c Claim) ([]Claimed, error) {
	if s.looks++; s.looks == 3 { // each look asks for reds first
		s.during()
	}
	return s.memory.TakeDue(ctx, p, c)
}

// TestALaneThatRunsDryDuringALook: what waits for it is claimed without a tick. Nobody would be
// left to say that there is room.
func TestALaneThatRunsDryDuringALook(t *testing.T) {
	t.Parallel()
	m, c, w := newMemory(), noon(), &way{name: "webhook", able: Ability{Form: Data}}
	d, attempts := byHand(m, c, nil, w)
	d.cfg.Store = &draining{memory: m, during: attempts}
	for i := range 200 {
		m.add(aNote(i, level.Yellow, "c", "webhook", c.read()))
	}
	d.Turn(t.Context(), true)
	for range 10 {
		attempts()
		d.Flush(t.Context())
		if d.Woken() {
			d.Turn(t.Context(), false)
		}
	}
	if n := m.count(response.Sent); n != 200 {
		t.Errorf("%d of 200 left without a tick", n)
	}
}
