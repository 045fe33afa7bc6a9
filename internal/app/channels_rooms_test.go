package app

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
)

// TestEveryChannelOfRoomsIsMade: what the configuration names exists, says what it can, can be
// tried, and finds its room's secret only when it is used.
func TestEveryChannelOfRoomsIsMade(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "watchfire.yaml")
	if err := os.WriteFile(path, []byte(`channels:
  wecom: {rooms: {ops: {webhook: env:UNSET_WECOM}}}
  dingtalk: {rooms: {ops: {webhook: env:UNSET_DING}}}
  feishu: {rooms: {ops: {webhook: env:UNSET_FEISHU}}}
  slack: {rooms: {ops: {webhook: env:UNSET_SLACK}}}
  teams: {rooms: {ops: {webhook: env:UNSET_TEAMS}}}
  pagerduty: {rooms: {ops: {integration_key: env:UNSET_PD}}}
  mqtt: {server: "mqtt://broker.invalid", password: env:UNSET_MQTT, rooms: {ops: {topic: a}}}
  other: {rooms: {ops: {url: env:UNSET_OTHER}}}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	a := &App{cfg: cfg, book: book, opts: Options{Now: func() time.Time { return time.Date(2026, 10, 7, 4, 0, 0, 0, time.UTC) }}}
	var names []string
	for _, make := range a.roomChannels() {
		ch, err := make(t.Context())
		if err != nil || ch == nil {
			t.Fatalf("%v %v", ch, err)
		}
		names = append(names, ch.Name())
		if able, ok := ch.(delivery.Abled); !ok || able.Able().Personal {
			t.Errorf("%s: a room is no person", ch.Name())
		}
		tester, ok := ch.(delivery.Tester)
		if !ok {
			t.Fatalf("%s cannot be tried", ch.Name())
		}
		if _, err := tester.Test(t.Context(), delivery.Message{Address: "ops", Subject: "x", Text: "x", Language: "en"}); delivery.KindOf(err) != delivery.Misset {
			t.Errorf("%s without its secret: %v", ch.Name(), err)
		}
	}
	if want := []string{"wecom", "dingtalk", "feishu", "slack", "teams", "pagerduty", "mqtt", "other"}; !slices.Equal(names, want) {
		t.Errorf("%v", names)
	}
	a.cfg.Channels.MQTT.CA = path // no certificate in it
	if err := CheckChannels(a.cfg); !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), "channels.mqtt.ca") {
		t.Errorf("config check: %v", err)
	}
	a.cfg.Channels = config.Channels{}
	for _, make := range a.roomChannels() {
		if ch, err := make(t.Context()); ch != nil || err != nil {
			t.Errorf("%v %v without a configuration", ch, err)
		}
	}
}
