package config

import (
	"net/url"
	"strings"
	"time"
)

// Backup says where proven snapshots of the database go, and how often.
type Backup struct {
	To      string     `yaml:"to"`           // a folder, or s3://bucket/prefix; "" = none are taken
	Every   Duration   `yaml:"every"`        // default 1h
	Keep    BackupKeep `yaml:"keep"`         // default 24 hours, 7 days, 5 weeks
	Log     bool       `yaml:"log"`          // copy what is committed as well, a moment later, into log/ of the same folder
	S3      *S3        `yaml:"s3,omitempty"` // how s3://… is reached
	WithKey bool       `yaml:"with_key"`     // put the journal's key beside each; by default it is kept apart
}

// S3 is a store that speaks the S3 protocol. One in your own network is listed under
// allow_networks as well.
type S3 struct {
	Endpoint string `yaml:"endpoint"` // default that of AWS for the region
	Region   string `yaml:"region"`   // default us-east-1
	Key      Secret `yaml:"key"`      // id of the access key
	Secret   Secret `yaml:"secret"`
}

// Address is the endpoint.
func (s S3) Address() string {
	if s.Endpoint == "" {
		return "https://s3." + s.Place() + ".amazonaws.com"
	}
	return s.Endpoint
}

// Place is the region.
func (s S3) Place() string {
	if s.Region == "" {
		return "us-east-1"
	}
	return s.Region
}

func (s S3) check(bad complain) {
	needed("backup.s3.key", s.Key, bad)
	needed("backup.s3.secret", s.Secret, bad)
	if u, err := url.Parse(s.Address()); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		bad("backup.s3.endpoint", "%q is no http or https address", s.Endpoint)
	}
}

// BackupKeep is of how many of the last hours, days and weeks the newest backup stays.
type BackupKeep struct {
	Hours int `yaml:"hours"`
	Days  int `yaml:"days"`
	Weeks int `yaml:"weeks"`
}

// Pace is the interval.
func (b Backup) Pace() time.Duration {
	if b.Every == 0 {
		return time.Hour
	}
	return time.Duration(b.Every)
}

// Kept is Keep with its defaults.
func (b Backup) Kept() BackupKeep {
	if b.Keep == (BackupKeep{}) {
		return BackupKeep{Hours: 24, Days: 7, Weeks: 5}
	}
	return b.Keep
}

func (c *Config) checkBackup(bad func(field, format string, args ...any)) {
	b := c.Backup
	if b.Log && c.Database != "" {
		bad("backup.log", "the database is PostgreSQL: archive its log instead (docs/operations.md)")
	}
	if b.Log && b.To == "" {
		bad("backup.log", "give backup.to as well: the copy lies beside the backups")
	}
	if strings.HasPrefix(b.To, "s3://") && b.S3 == nil {
		bad("backup.s3", "is missing: %s needs key and secret", b.To)
	}
	if b.S3 != nil {
		b.S3.check(bad)
	}
	if b.To != "" && b.Pace() < time.Minute {
		bad("backup.every", "%s is too often: 1m at least", b.Pace())
	}
	if k := b.Keep; k.Hours < 0 || k.Days < 0 || k.Weeks < 0 {
		bad("backup.keep", "less than none")
	}
}
