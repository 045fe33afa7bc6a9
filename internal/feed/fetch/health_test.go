package fetch_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"watchfire.dev/internal/feed/fetch"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func always(f float64) func() float64 { return func() float64 { return f } }

func TestBackoff(t *testing.T) {
	t.Parallel()
	const highest = 0.999999
	for _, tc := range []struct {
		name               string
		b                  fetch.Backoff
		failures           int
		minInterval, asked time.Duration
		atLeast, atMost    time.Duration
	}{
		{"in order", fetch.Backoff{}, 0, time.Minute, 0, time.Minute, 66 * time.Second},
		{"first failure", fetch.Backoff{}, 1, time.Minute, 0, time.Minute, 2 * time.Minute},
		{"third failure", fetch.Backoff{}, 3, time.Minute, 0, time.Minute, 8 * time.Minute},
		{"ten intervals", fetch.Backoff{}, 50, time.Minute, 0, time.Minute, 10 * time.Minute},
		{"one hour", fetch.Backoff{}, 50, 20 * time.Minute, 0, 20 * time.Minute, time.Hour},
		{"own cap", fetch.Backoff{Cap: 5 * time.Minute}, 50, time.Minute, 0, time.Minute, 5 * time.Minute},
		{"never below the interval", fetch.Backoff{}, 3, 6 * time.Hour, 0, 6 * time.Hour, 6 * time.Hour},
		{"asked for more", fetch.Backoff{}, 1, time.Minute, 30 * time.Minute, 30 * time.Minute, 33 * time.Minute},
		{"asked for less", fetch.Backoff{}, 1, time.Minute, time.Second, time.Minute, 2 * time.Minute},
		{"asked for far too much", fetch.Backoff{}, 1, time.Minute, 24 * time.Hour, time.Hour, 66 * time.Minute},
		{"asked in order", fetch.Backoff{}, 0, time.Minute, 10 * time.Minute, 10 * time.Minute, 11 * time.Minute},
		{"no interval", fetch.Backoff{}, 2, 0, 0, time.Second, 4 * time.Second},
		{"overflow", fetch.Backoff{}, math.MaxInt, math.MaxInt64 / 2, 0, math.MaxInt64 / 2, math.MaxInt64 / 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			low := tc.b.Next(tc.failures, tc.minInterval, tc.asked, always(0))
			high := tc.b.Next(tc.failures, tc.minInterval, tc.asked, always(highest))
			if low != tc.atLeast {
				t.Errorf("least %s, want %s", low, tc.atLeast)
			}
			if high > tc.atMost || high < tc.atMost-tc.atMost/1000 {
				t.Errorf("most %s, want just below %s", high, tc.atMost)
			}
		})
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	var b fetch.Breaker
	var h fetch.Health
	now := noon
	state := func(want fetch.State) {
		t.Helper()
		if got := b.State(h, now); got != want || b.Allow(h, now) != (want != fetch.Open) {
			t.Fatalf("after %d failures at %s: %s, want %s", h.Failures, now, got, want)
		}
	}
	state(fetch.Closed)
	for range 4 {
		h = h.Failed(now, "timeout", b)
		state(fetch.Closed)
	}
	h = h.Failed(now, "timeout", b)
	state(fetch.Open)
	now = now.Add(time.Minute - 1)
	state(fetch.Open)
	now = now.Add(1)
	state(fetch.HalfOpen)
	h = h.Failed(now, "timeout", b) // the probe fails: twice as long
	now = now.Add(2*time.Minute - 1)
	state(fetch.Open)
	now = now.Add(1)
	state(fetch.HalfOpen)
	for range 100 {
		h = h.Failed(now, "timeout", b)
	}
	if h.OpenUntil.Sub(now) != time.Hour {
		t.Errorf("pause %s, want the most, one hour", h.OpenUntil.Sub(now))
	}
	now = now.Add(-24 * time.Hour) // the clock is set back: no day of silence
	state(fetch.HalfOpen)
	h = h.Succeeded(now, time.Time{}, false)
	state(fetch.Closed)
	if h.Failures != 0 || !h.OpenUntil.IsZero() || h.LastError != "timeout" || !h.LastChange.Equal(now) {
		t.Errorf("after a success: %+v", h)
	}
}

// TestHealthStale goes through what sources do when nothing happens: what is alive must not
// look blind, and what is left behind must.
func TestHealthStale(t *testing.T) {
	t.Parallel()
	const limit = time.Hour
	var never time.Time
	full := func(at, content time.Time) fetch.Health { return fetch.Health{}.Succeeded(at, content, false) }
	empty := func(at, content time.Time) fetch.Health { return fetch.Health{}.Succeeded(at, content, true) }
	repeated := func(h fetch.Health, times int) fetch.Health { // the same body, each half hour, the last time at noon
		for i := range times {
			h = h.Repeated(noon.Add(-time.Duration(times-1-i) * limit / 2))
		}
		return h
	}
	for _, tc := range []struct {
		name string
		h    fetch.Health
		want bool
	}{
		{"never polled", fetch.Health{}, true},
		{"only failed", fetch.Health{}.Failed(noon, "dns", fetch.Breaker{}), true},
		{"fresh, no time stated", full(noon, never), false},
		{"at the limit", full(noon.Add(-limit), never), false},
		{"past the limit", full(noon.Add(-limit-1), never), true},
		{"answers, but repeats old content", full(noon, noon.Add(-limit-1)), true},
		{"fresh content", full(noon, noon.Add(-limit)), false},
		{"full list, same body for too long", repeated(full(noon.Add(-2*limit), noon.Add(-2*limit)), 4), true},
		{"entries without times, same body for too long", repeated(full(noon.Add(-2*limit), never), 4), true},
		{"empty list without a time, new", empty(noon, never), false},
		{"empty list without a time, same body for a year", repeated(empty(noon.Add(-8760*limit), never), 20_000), false},
		{"empty list without a time, server silent since", empty(noon.Add(-limit-1), never), true},
		{"empty list without a time, server failing since", empty(noon.Add(-limit-1), never).Failed(noon, "html", fetch.Breaker{}), true},
		{"empty list that states an old time", empty(noon, noon.Add(-limit-1)), true},
		{"empty list that states a time, same body for too long", repeated(empty(noon.Add(-2*limit), noon.Add(-2*limit)), 4), true},
		{"empty list that states a fresh time", empty(noon, noon.Add(-time.Minute)), false},
		{"emptied after entries that were old", full(noon.Add(-limit), noon.Add(-9*limit)).Succeeded(noon, never, true), false},
		{"an old entry after an empty list", empty(noon.Add(-limit), never).Succeeded(noon, noon.Add(-limit-1), false), true},
		{"content of the future counts as now", full(noon.Add(-limit-1), noon.Add(24*time.Hour)).Repeated(noon), true},
		{"older content does not take back newer", full(noon, noon).Succeeded(noon, noon.Add(-5*limit), false), false},
		{"failing since, still within the limit", full(noon.Add(-limit/2), never).Failed(noon, "dns", fetch.Breaker{}), false},
		{"our clock was set back", full(noon.Add(limit), never), true},
		{"our clock was set back, empty list", empty(noon.Add(limit), never), true},
	} {
		if got := tc.h.Stale(noon, limit); got != tc.want {
			t.Errorf("%s: stale %v, content of %s", tc.name, got, tc.h.Content())
		}
	}
}

func TestHealthIsStored(t *testing.T) {
	t.Parallel()
	h := fetch.Health{}.Succeeded(noon, noon.Add(-time.Minute), false)
	for range 6 {
		h = h.Failed(noon.Add(time.Minute), "bad\r\nline\u202e", fetch.Breaker{})
	}
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var back fetch.Health
	if err := json.Unmarshal(b, &back); err != nil || back != h {
		t.Errorf("%s came back as %+v, %v", b, back, err)
	}
	if h.LastError != "bad  line " {
		t.Errorf("last error %q", h.LastError)
	}
}
