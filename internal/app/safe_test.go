package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/level"
)

// TestSettings: a configuration that cannot be used gives way to the last good one, and to
// nothing else; one that can be used does so only where it ends every start.
func TestSettings(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	path := filepath.Join(dir, "watchfire.yaml")
	env := func(string) string { return "" }
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good, broken, other := "data: "+dir+"\nname: Good\n", "data: "+dir+" # here\nname: [\n", "data: "+dir+"\nname: Other\n"
	write(path, broken)
	if _, _, _, err := Settings(path, env, now); err == nil {
		t.Error("a first start with a broken file works")
	}
	write(path, good)
	cfg, raw, why, err := Settings(path, env, now)
	if err != nil || why != "" || cfg.Name != "Good" {
		t.Fatalf("a good file: %q, %v", why, err)
	}
	if err := keepGood(cfg, raw); err != nil {
		t.Fatal(err)
	}
	write(path, broken)
	if cfg, _, why, err = Settings(path, env, now); err != nil || cfg.Name != "Good" || !strings.Contains(why, "cannot be used") {
		t.Errorf("a broken file after a good one: %q, %q, %v", cfg.Name, why, err)
	}
	write(path, other)
	if cfg, _, why, err = Settings(path, env, now); err != nil || cfg.Name != "Other" || why != "" {
		t.Errorf("another file that can be used: %q, %q, %v", cfg.Name, why, err)
	}
	var list []time.Time
	for i := range loopStarts {
		list = append(list, now.Add(-time.Duration(i)*time.Minute/2))
	}
	starts, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	write(startsFile(cfg), string(starts))
	if cfg, _, why, err = Settings(path, env, now); err != nil || cfg.Name != "Good" || why == "" {
		t.Errorf("another file with which nothing lasts: %q, %q, %v", cfg.Name, why, err)
	}
	if Looping(cfg, now.Add(loopWithin)) {
		t.Error("starts of long ago are a loop")
	}
	cfg.Database = "env:X"
	if Looping(cfg, now) {
		t.Error("one of several processes takes the lead blindly")
	}
	cfg.Database = ""
	if err := Ended(cfg); err != nil || Looping(cfg, now) {
		t.Errorf("an end in order is not one: %v", err)
	}
}

// TestLastKnown: what was open comes back as it was written.
func TestLastKnown(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Data: t.TempDir()}
	if _, err := lastKnown(cfg); err == nil {
		t.Error("something is known of nothing")
	}
	raw, err := json.Marshal(known{Warnings: []knownWarning{{Project: "Quetta Rail", Hazard: "earthquake", Level: level.Red}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := writeDurably(knownFile(cfg), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if k, err := lastKnown(cfg); err != nil || len(k.Warnings) != 1 || k.Warnings[0].Level != level.Red {
		t.Errorf("%+v, %v", k, err)
	}
}

// TestNothingIsKnownOfAnEmptyInstallation: before a portfolio has come there is nothing open,
// and that is no error.
func TestNothingIsKnownOfAnEmptyInstallation(t *testing.T) {
	t.Parallel()
	a := opened(t, "", Options{})
	service, err := a.accounts()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := service.EnsureFirst(t.Context(), "Example Rail", "duty@example.org"); err != nil {
		t.Fatal(err)
	}
	if err := a.writeKnown(t.Context()); err != nil {
		t.Error(err)
	}
	if k, err := lastKnown(a.cfg); err != nil || k.At.IsZero() || len(k.Warnings) > 0 {
		t.Errorf("%+v, %v", k, err)
	}
}
