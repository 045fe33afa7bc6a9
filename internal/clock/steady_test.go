package clock

import (
	"testing"
	"time"
)

func TestSteadyGoesOnWhateverTheMachineSays(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	wall, passed := noon, time.Duration(0)
	s := NewSteady(func() time.Time { return wall }, func() time.Duration { return passed })
	is := func(what string, want time.Duration) {
		t.Helper()
		if got := s.Now().Sub(noon); got != want {
			t.Errorf("%s: %s after noon, want %s", what, got, want)
		}
	}
	wall, passed = wall.Add(time.Minute), time.Minute
	is("a minute later", time.Minute)
	wall, passed = wall.Add(-time.Hour), passed+time.Second
	is("the machine's clock jumped back", time.Minute+time.Second)
	wall, passed = wall.Add(5*time.Minute), passed+5*time.Minute
	is("time still passes", 6*time.Minute+time.Second)
	wall = wall.Add(3 * time.Hour)
	is("the machine's clock jumped ahead", 2*time.Hour+6*time.Minute)
	s.Reach(noon.Add(4 * time.Hour))
	passed += time.Second
	is("what is on disk is later", 4*time.Hour+time.Second)
	s.Reach(noon)
	is("an instant that is past", 4*time.Hour+time.Second)
}
