package heartbeat_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"watchfire.dev/internal/heartbeat"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type end struct {
	beats  atomic.Int64
	status int
	date   time.Time
}

func (e *end) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	e.beats.Add(1)
	w.Header().Set("Date", e.date.Format(http.TimeFormat))
	w.WriteHeader(e.status)
}

func rig(t *testing.T, e *end, fit func() bool) *heartbeat.Beat {
	t.Helper()
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	return heartbeat.New(heartbeat.Config{
		URL: func() (string, error) { return srv.URL + "/ping/s3cret", nil }, Client: srv.Client(), Every: time.Minute,
		Fit: func(context.Context) (bool, string) { return fit(), "a red is late" }, Now: func() time.Time { return noon },
		Log: slog.New(slog.DiscardHandler),
	})
}

func TestItIsHeardOnlyWhileFit(t *testing.T) {
	t.Parallel()
	fit := true
	e := &end{status: 200, date: noon}
	b := rig(t, e, func() bool { return fit })
	b.Send(t.Context())
	if e.beats.Load() != 1 || !b.State().Sent.Equal(noon) {
		t.Fatalf("%d beats, state %+v", e.beats.Load(), b.State())
	}
	fit = false
	b.Send(t.Context())
	if e.beats.Load() != 1 {
		t.Error("it was sent although the watch cannot warn")
	}
}

func TestARefusalIsAState(t *testing.T) {
	t.Parallel()
	e := &end{status: 502, date: noon}
	b := rig(t, e, func() bool { return true })
	b.Send(t.Context())
	s := b.State()
	if s.Error == "" || !s.Sent.IsZero() {
		t.Fatalf("state %+v", s)
	}
	if strings.Contains(s.Error, "s3cret") {
		t.Errorf("a secret is told: %s", s.Error)
	}
	e.status = 204
	b.Send(t.Context())
	if s := b.State(); s.Error != "" || s.Sent.IsZero() {
		t.Errorf("state after it went well %+v", s)
	}
}

func TestItsClockTellsOurs(t *testing.T) {
	t.Parallel()
	for off, want := range map[time.Duration]time.Duration{
		0: 0, -time.Second: 0, // the Date's second may have just begun or be nearly over
		-time.Hour: time.Hour - time.Second, time.Hour: -time.Hour,
	} {
		b := rig(t, &end{status: 200, date: noon.Add(off)}, func() bool { return true })
		b.Send(t.Context())
		if got, ok := b.Offset(); !ok || got != want {
			t.Errorf("their clock %v: offset %v (%v), want %v", off, got, ok, want)
		}
	}
}

// TestPace: at once, then at each interval.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		b := heartbeat.New(heartbeat.Config{
			URL: func() (string, error) { asked.Add(1); return "", errors.New("none") }, Client: http.DefaultClient, Every: time.Minute,
			Fit: func(context.Context) (bool, string) { return true, "" }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute+time.Second)
		defer stop()
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
		if asked.Load() != 6 {
			t.Errorf("%d beats in five minutes, want 6", asked.Load())
		}
	})
}
