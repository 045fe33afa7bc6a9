package config

import (
	"net"
	"strings"
	"time"
)

// Health says how others learn whether the watch lives.
type Health struct {
	Metrics   Metrics   `yaml:"metrics"`
	Heartbeat Heartbeat `yaml:"heartbeat"`
	Selftest  Selftest  `yaml:"selftest"`
}

// Metrics are numbers for Prometheus, and profiles, on an address of their own; "" = none.
// The public must not reach it.
type Metrics struct {
	Listen string `yaml:"listen"`
}

// Heartbeat is a dead-man's switch outside: it is asked with POST while the watch can warn.
type Heartbeat struct {
	URL   Secret   `yaml:"url"`   // whoever knows it can keep the switch quiet
	Every Duration `yaml:"every"` // default 1m
}

// Pace is the interval.
func (h Heartbeat) Pace() time.Duration {
	if h.Every == 0 {
		return time.Minute
	}
	return time.Duration(h.Every)
}

// Selftest sends a test message over each channel at a pace.
type Selftest struct {
	Every     Duration `yaml:"every"`     // default 12h
	Addresses []string `yaml:"addresses"` // as in the portfolio: "email:loop@example.org", "sms:+254700000000"
}

// Pace is the interval.
func (s Selftest) Pace() time.Duration {
	if s.Every == 0 {
		return 12 * time.Hour
	}
	return time.Duration(s.Every)
}

func (h Health) check(bad func(field, format string, args ...any)) {
	if l := h.Metrics.Listen; l != "" {
		if _, _, err := net.SplitHostPort(l); err != nil {
			bad("metrics.listen", "%q is no address: write it as in 127.0.0.1:9090", l)
		}
	}
	for _, a := range h.Selftest.Addresses {
		if channel, to, ok := strings.Cut(a, ":"); !ok || channel == "" || to == "" {
			bad("selftest.addresses", "%q: write it as in email:loop@example.org", a)
		}
	}
	if h.Heartbeat.URL != "" && time.Duration(h.Heartbeat.Pace()) < 5*time.Second {
		bad("heartbeat.every", "%s is too often: 5s at least", h.Heartbeat.Pace())
	}
}
