package clock

import (
	"sync"
	"time"
)

// Steady is a clock that never stops and never goes back, whatever the machine's clock does:
// it follows the machine's time forwards, and where that jumps back it goes on at the pace of
// the time that has really passed. A red must not wait for an hour because somebody set the
// clock. It is safe for concurrent use.
type Steady struct {
	wall   Clock
	passed func() time.Duration // since some instant: never goes back

	mu   sync.Mutex
	last time.Time
	then time.Duration
}

// NewSteady returns a steady clock over a machine's time and the time that has passed since
// any fixed instant.
func NewSteady(wall Clock, passed func() time.Duration) *Steady {
	return &Steady{wall: wall, passed: passed, last: wall(), then: passed()}
}

// SteadySystem is a steady clock over the machine's, in UTC, to the microsecond.
func SteadySystem() *Steady {
	began := time.Now()
	return NewSteady(System, func() time.Duration {
		now := time.Now() // both with the machine's monotonic reading
		return now.Sub(began)
	})
}

// Now is the steady time.
func (s *Steady) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	passed, wall := s.passed(), s.wall()
	s.last, s.then = s.last.Add(max(0, passed-s.then)), passed
	if wall.After(s.last) {
		s.last = wall
	}
	s.last = s.last.UTC()
	return s.last.Truncate(time.Microsecond)
}

// Reach moves the clock to an instant that lies ahead, such as the newest that is on disk:
// what is decided from here on is later than that, and time still passes.
func (s *Steady) Reach(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	passed := s.passed()
	s.last, s.then = s.last.Add(max(0, passed-s.then)), passed
	if t.After(s.last) {
		s.last = t
	}
}
