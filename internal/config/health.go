package config

import (
	"net"
	"net/url"
	"strings"
	"time"
)

// Health says how others learn whether the watch lives.
type Health struct {
	Metrics   Metrics   `yaml:"metrics"`
	Heartbeat Heartbeat `yaml:"heartbeat"`
	Selftest  Selftest  `yaml:"selftest"`
	Traces    Traces    `yaml:"traces"`
	Alarm     Alarm     `yaml:"alarm"`
	PageCheck Duration  `yaml:"page_check"` // all pages of the SQLite file are gone through; default 1h
}

// Alarm says who is told by mail, without the database, when the watch itself is not well.
type Alarm struct {
	Emails []string `yaml:"emails"` // default the address of the first administrator, where there is a mail server
}

// PagePace is the interval of the page check.
func (h Health) PagePace() time.Duration {
	if h.PageCheck == 0 {
		return time.Hour
	}
	return time.Duration(h.PageCheck)
}

// AlarmTo lists who is told that the watch is not well; nobody without a mail server.
func (c *Config) AlarmTo() []string {
	switch {
	case c.Mail.Host == "":
		return nil
	case len(c.Health.Alarm.Emails) > 0:
		return c.Health.Alarm.Emails
	case strings.HasSuffix(c.Email, "@localhost"):
		return nil
	}
	return []string{c.Email}
}

// Traces go to an OpenTelemetry collector over HTTP; "" = nowhere.
type Traces struct {
	Endpoint string  `yaml:"endpoint"` // http://127.0.0.1:4318/v1/traces
	Share    float64 `yaml:"share"`    // of the work that is traced, 0 to 1; default 1
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
	if u, err := url.Parse(h.Traces.Endpoint); h.Traces.Endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		bad("traces.endpoint", "%q is no http or https address", h.Traces.Endpoint)
	}
	if h.Traces.Share < 0 || h.Traces.Share > 1 {
		bad("traces.share", "%g is not between 0 and 1", h.Traces.Share)
	}
	if h.Heartbeat.URL != "" && time.Duration(h.Heartbeat.Pace()) < 5*time.Second {
		bad("heartbeat.every", "%s is too often: 5s at least", h.Heartbeat.Pace())
	}
}
