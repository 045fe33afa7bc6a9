// Package heartbeat tells somebody outside, at a steady pace, that the watch is alive: a
// dead-man's switch that raises its own alarm when it has heard nothing for a while. It
// promises to send only while the watch judges itself fit to warn, so that a process that
// runs but cannot warn is missed like one that is dead. It learns from the answers how far
// our clock is off. It decides nothing: what is fit is pulse's judgement.
package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/pulse"
)

// Config is what a Beat needs.
type Config struct {
	// URL gives the address that is asked with POST; it is read each time and never shown.
	URL    func() (string, error)
	Client *http.Client
	Every  time.Duration
	// Fit judges whether the watch can warn now; why says what keeps it from that.
	Fit func(ctx context.Context) (fit bool, why string)
	Now clock.Clock
	Log *slog.Logger
}

// A Beat sends while Run runs.
type Beat struct {
	cfg Config

	mu     sync.Mutex
	state  pulse.BeatFact
	offset time.Duration
	known  bool
}

// New returns a Beat that is not yet running.
func New(cfg Config) *Beat {
	return &Beat{cfg: cfg, state: pulse.BeatFact{Wanted: true, Every: cfg.Every}}
}

// Run sends at once and then at each interval until ctx ends.
func (b *Beat) Run(ctx context.Context) error {
	tick := time.NewTicker(b.cfg.Every)
	defer tick.Stop()
	for {
		b.Send(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Send sends one beat if the watch is fit.
func (b *Beat) Send(ctx context.Context) {
	if fit, why := b.cfg.Fit(ctx); !fit {
		b.cfg.Log.Error("the heartbeat is held back", "reason", why)
		return
	}
	err := b.post(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.state.Error = err.Error()
		if ctx.Err() == nil {
			b.cfg.Log.Error("heartbeat", "error", err)
		}
		return
	}
	b.state.Error, b.state.Sent = "", b.cfg.Now()
}

func (b *Beat) post(ctx context.Context) error {
	address, err := b.cfg.URL()
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" { // the error of url.Parse repeats the address, which is a secret
		return fmt.Errorf("heartbeat: the address is no URL: %w", fault.ErrInvalid)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), http.NoBody)
	if err != nil {
		return fmt.Errorf("heartbeat to %s: the address cannot be asked: %w", u.Host, fault.ErrInvalid)
	}
	began := b.cfg.Now()
	res, err := b.cfg.Client.Do(req)
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return fmt.Errorf("heartbeat to %s: %w", u.Host, err)
	}
	defer res.Body.Close()                               //nolint:errcheck // reading only
	io.Copy(io.Discard, io.LimitReader(res.Body, 4<<10)) //nolint:errcheck // what it says does not matter
	b.compare(began, b.cfg.Now(), res.Header.Get("Date"))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("heartbeat to %s: %s: %w", u.Host, res.Status, fault.ErrUnavailable)
	}
	return nil
}

// compare learns how far our clock is from the other end's. Its Date has whole seconds and was
// written somewhere between began and ended: only what lies outside of that is an offset.
func (b *Beat) compare(began, ended time.Time, date string) {
	theirs, err := http.ParseTime(date)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known, b.offset = true, 0
	switch {
	case began.After(theirs.Add(time.Second)):
		b.offset = began.Sub(theirs.Add(time.Second))
	case ended.Before(theirs):
		b.offset = ended.Sub(theirs)
	}
}

// State is what pulse asks for.
func (b *Beat) State() pulse.BeatFact {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// Offset is how far our clock runs before the other end's; ok is false before the first answer.
func (b *Beat) Offset() (off time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.offset, b.known
}
