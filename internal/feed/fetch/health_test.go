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
	h = h.Succeeded(now, true, time.Time{})
	state(fetch.Closed)
	if h.Failures != 0 || !h.OpenUntil.IsZero() || h.LastError != "timeout" || !h.LastChange.Equal(now) {
		t.Errorf("after a success: %+v", h)
	}
}

func TestHealthStale(t *testing.T) {
	t.Parallel()
	const limit = time.Hour
	ok := func(at, content time.Time) fetch.Health { return fetch.Health{}.Succeeded(at, true, content) }
	var never time.Time
	for _, tc := range []struct {
		name string
		h    fetch.Health
		want bool
	}{
		{"never polled", fetch.Health{}, true},
		{"only failed", fetch.Health{}.Failed(noon, "dns", fetch.Breaker{}), true},
		{"fresh, no time stated", ok(noon, never), false},
		{"at the limit", ok(noon.Add(-limit), never), false},
		{"past the limit", ok(noon.Add(-limit-1), never), true},
		{"answers, but repeats old content", ok(noon, noon.Add(-limit-1)), true},
		{"fresh content", ok(noon, noon.Add(-limit)), false},
		{"not modified for too long", ok(noon.Add(-2*limit), noon.Add(-2*limit)).Succeeded(noon, false, never), true},
		{"content of the future counts as now", ok(noon.Add(-limit-1), noon.Add(24*time.Hour)).Succeeded(noon, false, never), true},
		{"older content does not take back newer", ok(noon, noon).Succeeded(noon, true, noon.Add(-5*limit)), false},
		{"failing since, still within the limit", ok(noon.Add(-limit/2), never).Failed(noon, "dns", fetch.Breaker{}), false},
		{"our clock was set back", ok(noon.Add(limit), never), true},
	} {
		if got := tc.h.Stale(noon, limit); got != tc.want {
			t.Errorf("%s: stale %v", tc.name, got)
		}
	}
}

func TestHealthIsStored(t *testing.T) {
	t.Parallel()
	h := fetch.Health{}.Succeeded(noon, true, noon.Add(-time.Minute))
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
