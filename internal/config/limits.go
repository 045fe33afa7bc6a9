package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// Limits bound what leaves the house; what is not named keeps its default.
type Limits struct {
	Channels map[string]ChannelLimits `yaml:"channels"` // by channel
	Flood    Flood                    `yaml:"flood"`
}

// ChannelLimits bound one channel.
type ChannelLimits struct {
	Rate      *Rate `yaml:"rate"`      // what the provider takes; reds obey it and go to the next channel instead
	Budget    *Rate `yaml:"budget"`    // what may be spent, usually in 24h; reds obey it too
	Recipient *Rate `yaml:"recipient"` // to one contact, below red
}

// Flood says when a contact gets digests instead of single messages, below red. 0 = the default.
type Flood struct {
	Enter  int      `yaml:"enter"`  // that many messages within the window begin it; -1 = never
	Leave  int      `yaml:"leave"`  // fewer notifications within the window end it
	Window Duration `yaml:"window"` // default 10m
	First  Duration `yaml:"first"`  // from its beginning to the first digest; default 1m
	Every  Duration `yaml:"every"`  // from digest to digest; default 10m
}

// A Rate is at most N in a span, written "10/1s" or "5000/24h"; "none" limits nothing.
type Rate struct {
	N   int
	Per time.Duration
}

// UnmarshalYAML reads "10/1s".
func (r *Rate) UnmarshalYAML(b []byte) error {
	text := strings.Trim(strings.TrimSpace(string(b)), `"'`)
	if text == "none" {
		*r = Rate{}
		return nil
	}
	count, span, ok := strings.Cut(text, "/")
	n, err := strconv.Atoi(strings.TrimSpace(count))
	per, perErr := time.ParseDuration(strings.TrimSpace(span))
	if !ok || err != nil || perErr != nil || n < 1 || per <= 0 {
		return fmt.Errorf("limit %q: want a form such as 10/1s or 5000/24h, or none: %w", text, fault.ErrInvalid)
	}
	*r = Rate{n, per}
	return nil
}

// MarshalYAML writes "10/1s".
func (r Rate) MarshalYAML() ([]byte, error) {
	if r.N == 0 {
		return []byte("none"), nil
	}
	return []byte(strconv.Itoa(r.N) + "/" + r.Per.String()), nil
}
