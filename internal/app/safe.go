package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/pulse"
)

// Safe says why this process runs with less than was asked for: TRUST.md row 22. The zero
// value is a start like any other.
type Safe struct {
	Why string
	// Blind: it starts over and over. No source is asked and nothing that lies half done is taken
	// up, since that may be what ends it; people see, answer, and are told what is known.
	Blind bool
}

// A crash loop is so many starts within so long, none of which lasted.
const (
	loopStarts = 5
	loopWithin = 5 * time.Minute
	lasting    = 30 * time.Second
)

func startsFile(cfg config.Config) string { return filepath.Join(cfg.Data, "starts.json") }

// starts are the instants of the starts that did not last, the lately ones alone.
func starts(cfg config.Config, now time.Time) []time.Time {
	var all, lately []time.Time
	raw, err := os.ReadFile(startsFile(cfg))
	if err != nil || json.Unmarshal(raw, &all) != nil {
		return nil
	}
	for _, at := range all {
		if age := now.Sub(at); age >= 0 && age < loopWithin {
			lately = append(lately, at)
		}
	}
	return lately
}

// Looping tells whether an installation starts over and over. One whose database several
// processes share does not: the others go on, and this one must not lead them blindly.
func Looping(cfg config.Config, now time.Time) bool {
	return cfg.Database == "" && len(starts(cfg, now)) >= loopStarts
}

// noteStart counts this start, and makes it a safe one where there were too many.
func (a *App) noteStart() error {
	if !a.opts.Supervised || a.cfg.Database != "" {
		return nil
	}
	now := a.opts.Now()
	if Looping(a.cfg, now) {
		a.opts.Safe = Safe{fmt.Sprintf("%d starts within %s that did not last: no source is asked until it is started once more in order", loopStarts, loopWithin), true}
		a.opts.Log.Error("safe mode", "why", a.opts.Safe.Why)
	}
	raw, err := json.Marshal(append(starts(a.cfg, now), now))
	if err != nil {
		return err
	}
	if err := os.WriteFile(startsFile(a.cfg), raw, 0o600); err != nil { // a full disk is no reason not to start
		a.opts.Log.Error("count the starts", "error", err)
	}
	return nil
}

// Ended forgets the starts: this one came to its end in order.
func Ended(cfg config.Config) error {
	if err := os.Remove(startsFile(cfg)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// last keeps what this start was made of, once it has lasted: its configuration is a good one.
func (a *App) last(ctx context.Context) error {
	if a.opts.Safe.Why != "" {
		now := a.opts.Now()
		a.self.set(func(f *pulse.Facts) {
			f.Safe = pulse.SafeFact{Since: now, Why: a.opts.Safe.Why, Blind: a.opts.Safe.Blind}
		})
		return nil
	}
	if !a.opts.Supervised {
		return nil
	}
	t := time.NewTimer(lasting)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-t.C:
	}
	if err := errors.Join(Ended(a.cfg), keepGood(a.cfg, a.opts.Settings)); err != nil {
		a.opts.Log.Error("keep the configuration that works", "error", err)
	}
	return nil
}

// goodFile is the last configuration that a start has lasted with.
func goodFile(data string) string { return filepath.Join(data, "config.last-good") }

func keepGood(cfg config.Config, raw []byte) error {
	if raw == nil {
		return nil
	}
	if there, err := os.ReadFile(goodFile(cfg.Data)); err == nil && bytes.Equal(there, raw) {
		return nil
	}
	return writeDurably(goodFile(cfg.Data), raw, 0o600)
}

// Settings reads a configuration for a server. One that cannot be used gives way to the last
// good one of its data folder, and why says so; without a last good one the error stands.
// loop takes the last good one as well: the new one may be what ends every start.
func Settings(path string, env func(string) string, now time.Time) (cfg config.Config, raw []byte, why string, err error) {
	if path != "" {
		if raw, err = os.ReadFile(path); err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) {
			return cfg, nil, "", fmt.Errorf("read configuration: %w", err)
		}
	}
	cfg, err = config.Load(path, env)
	if err == nil && !Looping(cfg, now) {
		return cfg, raw, "", nil
	}
	data := cfg.Data
	if err != nil {
		data = config.DataOf(raw, env)
	}
	good, gerr := os.ReadFile(goodFile(data))
	if gerr != nil || err == nil && bytes.Equal(good, raw) {
		return cfg, raw, "", err
	}
	last, lerr := config.Load(goodFile(data), env)
	if lerr != nil {
		return cfg, raw, "", err
	}
	if err == nil {
		return last, good, "the last configuration that worked is in use: with the new one the program does not last", nil
	}
	return last, good, "the last configuration that worked is in use: the new one cannot be used: " + err.Error(), nil
}
