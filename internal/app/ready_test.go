package app

import (
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/pulse"
)

// TestReadyWhileTheLoopsGoRound: a process that writes and whose deciding, sending or watchdog
// stands still is not ready.
func TestReadyWhileTheLoopsGoRound(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	fine := pulse.Facts{
		At: now, Inside: true, Started: now.Add(-time.Hour), LastWrite: now, LastDecision: now, LastSweep: now.Add(-2 * time.Second), LastWatchdog: now.Add(-29 * time.Second),
	}
	for name, tt := range map[string]struct {
		change func(f *pulse.Facts)
		ready  bool
	}{
		"all go round":              {func(*pulse.Facts) {}, true},
		"the watchdog stands still": {func(f *pulse.Facts) { f.LastWatchdog = now.Add(-31 * time.Second) }, false},
		"the dispatcher":            {func(f *pulse.Facts) { f.LastSweep = now.Add(-31 * time.Second) }, false},
		"deciding":                  {func(f *pulse.Facts) { f.LastDecision = now.Add(-31 * time.Second) }, false},
		"one that never turned":     {func(f *pulse.Facts) { f.LastWatchdog = time.Time{} }, false},
		"just started":              {func(f *pulse.Facts) { f.Started, f.LastWatchdog, f.LastSweep = now, time.Time{}, time.Time{} }, true},
		"a write failed":            {func(f *pulse.Facts) { f.LastWriteFailed, f.WriteError = now.Add(time.Second), "disk full" }, false},
		"an older one failed":       {func(f *pulse.Facts) { f.LastWriteFailed = now.Add(-time.Second) }, true},
		"nothing serves here":       {func(f *pulse.Facts) { f.Inside, f.LastSweep = false, time.Time{} }, true},
	} {
		f := fine
		tt.change(&f)
		err := fitToServe(f)
		if (err == nil) != tt.ready || err != nil && !errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("%s: %v, want ready %v", name, err, tt.ready)
		}
	}
}
