// Package config reads the one file of configuration, and the environment over it, into
// plain values with working defaults: an installation without a file works. Unknown keys
// are errors. Secrets are given by reference only (a file or an environment variable) and
// never shown. The package opens nothing else and keeps no global state.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/netguard"
)

// Config is everything that can be set. Every field works at its zero value.
type Config struct {
	Listen   string `yaml:"listen"`   // address of the web server; default 127.0.0.1:8080
	BaseURL  string `yaml:"base_url"` // as people reach it; default http:// + listen
	Data     string `yaml:"data"`     // folder of the database; default ./watchfire-data
	Database Secret `yaml:"database"` // env:NAME, file:PATH, or postgres://… without a password; "" = a file in data
	Roles    Roles  `yaml:"roles"`    // of this process, where several share the database; default all: see Roles
	Name     string `yaml:"name"`     // of the first organisation
	Email    string `yaml:"email"`    // of the first administrator
	Language string `yaml:"language"`
	Zone     string `yaml:"zone"`

	Sources        string   `yaml:"sources"`         // file of source definitions over the built-in ones
	BuiltInSources *bool    `yaml:"builtin_sources"` // default true
	AllowNetworks  []string `yaml:"allow_networks"`  // private networks or names that outward requests may reach
	UserAgent      string   `yaml:"user_agent"`      // names you to the sources
	Retention      Duration `yaml:"retention"`       // of fetched bytes; default 400 days
	KeepDetails    Duration `yaml:"keep_details"`    // of addresses, attempts and replaced rows of what has ended; default 0 = for good

	Method    Method          `yaml:"method"`
	Mail      Mail            `yaml:"mail"`
	Webhook   Webhook         `yaml:"webhook"`
	Channels  Channels        `yaml:"channels"`
	Limits    Limits          `yaml:"limits"`
	CAP       CAP             `yaml:"cap"`
	Inbound   []Inbound       `yaml:"inbound"` // partners that may post signed signals
	Journal   Journal         `yaml:"journal"`
	Health    Health          `yaml:",inline"`
	Backup    Backup          `yaml:"backup"`
	Forecasts Forecasts       `yaml:"forecasts"`
	Wait      map[string]Wait `yaml:"escalate_after"` // by level: yellow, orange, red

	TLS       TLS      `yaml:"tls"`
	Proxies   []string `yaml:"trusted_proxies"` // networks whose X-Forwarded-For counts
	Simulated bool     `yaml:"simulated"`       // a demonstration: every page says so
	LogLevel  string   `yaml:"log_level"`
}

// Method names files of your own over the built-in method; "" = built in. 'config check'
// reads them.
type Method struct {
	Impact   string `yaml:"impact"`   // coefficients of the impact functions: JSON, the tables that differ; see watchfire method
	Policy   string `yaml:"policy"`   // dwell, times to live, margins: JSON, the fields that differ
	Levels   string `yaml:"levels"`   // the whole matrix: JSON
	Playbook string `yaml:"playbook"` // protective actions with cost and avoided loss: JSON, the entries that differ
}

// Mail is the server that sends our mail; no host = no mail.
type Mail struct {
	Host     string `yaml:"host"`
	Port     int    `yaml:"port"`
	TLS      string `yaml:"tls"` // mandatory (default), opportunistic, implicit, none
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
	From     string `yaml:"from"`
	HELO     string `yaml:"helo"`

	DKIM    *DKIM    `yaml:"dkim,omitempty"`        // we sign; without it the submission server does
	ReplyTo string   `yaml:"reply_to,omitempty"`    // where replies go: replies+{key}@example.org
	Replies *Mailbox `yaml:"replies,omitempty"`     // mailbox in which replies and bounces arrive
	Hook    Secret   `yaml:"hook_secret,omitempty"` // proves letters that are posted to /hooks/channel/email
}

// Webhook holds the secrets that sign outgoing webhooks.
type Webhook struct {
	Secrets []Secret `yaml:"secrets"` // whsec_…; the first signs, all are sent while rotating
}

// CAP describes us as sender of CAP alerts.
type CAP struct {
	Sender string `yaml:"sender"` // default: the base URL's host
}

// Inbound is a partner's signed webhook.
type Inbound struct {
	Source  string   `yaml:"source"` // id of a source of kind push
	Org     string   `yaml:"org"`
	Secrets []Secret `yaml:"secrets"`
}

// Journal says where checkpoints go.
type Journal struct {
	Key            Secret   `yaml:"key"` // signs checkpoints; default file:DATA/journal.key, which the first start makes
	WitnessFolders []string `yaml:"witness_folders"`
	WitnessURLs    []string `yaml:"witness_urls"`
	WitnessEmails  []string `yaml:"witness_emails"`      // mailboxes, through the server of mail
	WitnessPace    Duration `yaml:"witness_email_every"` // at most one mail to each; default 1h
	Every          Duration `yaml:"every"`
}

// TLS names the certificate; empty = plain HTTP.
type TLS struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// Wait is a duration in the file.
type Wait = Duration

// Duration is a time span written like "15m".
type Duration time.Duration

// UnmarshalYAML reads "15m".
func (d *Duration) UnmarshalYAML(b []byte) error {
	text := strings.Trim(strings.TrimSpace(string(b)), `"'`)
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 {
		return fmt.Errorf("duration %q: want a form such as 15m or 24h: %w", text, fault.ErrInvalid)
	}
	*d = Duration(v)
	return nil
}

// MarshalYAML writes "15m0s".
func (d Duration) MarshalYAML() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// A Secret is a reference: "env:NAME" or "file:PATH". Its value is read when it is used, so
// that it can be replaced while the program runs, and is never printed.
type Secret string

// MarshalYAML shows the reference, which is no secret.
func (s Secret) MarshalYAML() ([]byte, error) {
	if s == "" {
		return []byte(`""`), nil
	}
	return []byte(string(s)), nil
}

// Value reads the secret.
func (s Secret) Value() (string, error) {
	switch kind, name, _ := strings.Cut(string(s), ":"); kind {
	case "":
		return "", nil
	case "env":
		v, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("secret env:%s is not set: %w", name, fault.ErrInvalid)
		}
		return v, nil
	case "file":
		b, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("secret file:%s: %w", name, err)
		}
		return strings.TrimSpace(string(b)), nil
	default:
		return "", fmt.Errorf("secret: give env:NAME or file:PATH, never the secret itself: %w", fault.ErrInvalid)
	}
}

// Load reads the file at path ("" = none), then the environment variables
// WATCHFIRE_LISTEN, WATCHFIRE_BASE_URL, WATCHFIRE_DATA, WATCHFIRE_DATABASE and WATCHFIRE_JOURNAL_KEY
// (a reference), and fills the defaults.
func Load(path string, env func(string) string) (Config, error) {
	var c Config
	if path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("read configuration: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict())
		if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) { // a file of comments alone sets nothing
			return c, fmt.Errorf("configuration %s: %s: %w", path, yaml.FormatError(err, false, false), fault.ErrInvalid)
		}
	}
	for name, field := range map[string]*string{"WATCHFIRE_LISTEN": &c.Listen, "WATCHFIRE_BASE_URL": &c.BaseURL, "WATCHFIRE_DATA": &c.Data} {
		if v := env(name); v != "" {
			*field = v
		}
	}
	c.fromEnvironment(env(variable))
	if v := env("WATCHFIRE_JOURNAL_KEY"); v != "" {
		c.Journal.Key = Secret(v)
	}
	c.fill()
	return c, c.check()
}

// DataOf is the data folder that a configuration names which cannot be used otherwise.
func DataOf(raw []byte, env func(string) string) string {
	if v := env("WATCHFIRE_DATA"); v != "" {
		return v
	}
	for line := range strings.Lines(string(raw)) {
		if v, ok := strings.CutPrefix(line, "data:"); ok {
			v, _, _ = strings.Cut(v, " #")
			return strings.Trim(strings.TrimSpace(v), `"'`)
		}
	}
	return "watchfire-data"
}

func (c *Config) fill() {
	def := func(field *string, v string) {
		if *field == "" {
			*field = v
		}
	}
	def(&c.Listen, "127.0.0.1:8080")
	def(&c.Data, "watchfire-data")
	def(&c.Name, "My organisation")
	def(&c.Email, "admin@localhost")
	def(&c.Language, "en")
	def(&c.Zone, "UTC")
	def(&c.LogLevel, "info")
	def(&c.Mail.From, "Watchfire <watchfire@localhost>")
	if c.BaseURL == "" {
		scheme := "http://"
		if c.TLS.Certificate != "" {
			scheme = "https://"
		}
		c.BaseURL = scheme + c.Listen
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if u, err := url.Parse(c.BaseURL); err == nil {
		def(&c.CAP.Sender, u.Hostname())
	}
	if c.Retention == 0 {
		c.Retention = Duration(400 * 24 * time.Hour)
	}
	if c.Journal.Every == 0 {
		c.Journal.Every = Duration(time.Minute)
	}
}

func (c *Config) check() error {
	var errs []error
	bad := func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("configuration: %s: %s: %w", field, fmt.Sprintf(format, args...), fault.ErrInvalid))
	}
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		bad("base_url", "%q is no http or https address", c.BaseURL)
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		bad("zone", "%q is no IANA time zone", c.Zone)
	}
	if why := c.checkDatabase(); why != "" {
		bad("database", "%s", why)
	}
	if why := c.checkRoles(); why != "" {
		bad("roles", "%s", why)
	}
	if _, err := c.Guard(); err != nil {
		bad("allow_networks", "%v", err)
	}
	for level := range c.Wait {
		if level != "yellow" && level != "orange" && level != "red" {
			bad("escalate_after", "level %q: want yellow, orange or red", level)
		}
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		bad("tls", "certificate and key belong together")
	}
	if len(c.Journal.WitnessEmails) > 0 && c.Mail.Host == "" {
		bad("journal.witness_emails", "no mail.host to send through")
	}
	for _, to := range c.Journal.WitnessEmails {
		if a, err := mail.ParseAddress(to); err != nil || a.Address != to {
			bad("journal.witness_emails", "%q is no bare mail address", to)
		}
	}
	c.Health.check(bad)
	c.checkBackup(bad)
	switch c.Mail.TLS {
	case "", "mandatory", "opportunistic", "implicit", "none":
	default:
		bad("mail.tls", "%q: want mandatory, opportunistic, implicit or none", c.Mail.TLS)
	}
	c.Channels.check(bad)
	c.Mail.check(bad)
	return errors.Join(errs...)
}

// MailEvery is the pace of checkpoints by mail.
func (j Journal) MailEvery() time.Duration {
	if j.WitnessPace == 0 {
		return time.Hour
	}
	return time.Duration(j.WitnessPace)
}

// Guard parses AllowNetworks.
func (c *Config) Guard() (*netguard.Guard, error) { return netguard.Parse(c.AllowNetworks...) }

// Secure tells whether people reach us by HTTPS.
func (c *Config) Secure() bool { return strings.HasPrefix(c.BaseURL, "https://") }

// Print returns the effective values as YAML; secrets stand as their references.
func (c *Config) Print() (string, error) {
	raw, err := yaml.Marshal(c)
	return string(raw), err
}
