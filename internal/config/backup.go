package config

import "time"

// Backup says where proven snapshots of the database go, and how often.
type Backup struct {
	To      string     `yaml:"to"`       // a folder, or s3://bucket/prefix; "" = none are taken
	Every   Duration   `yaml:"every"`    // default 1h
	Keep    BackupKeep `yaml:"keep"`     // default 24 hours, 7 days, 5 weeks
	WithKey bool       `yaml:"with_key"` // put the journal's key beside each; by default it is kept apart
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
	if b.To != "" && c.Database != "" {
		bad("backup.to", "the database is PostgreSQL: archive its log instead (docs/operations.md)")
	}
	if b.To != "" && b.Pace() < time.Minute {
		bad("backup.every", "%s is too often: 1m at least", b.Pace())
	}
	if k := b.Keep; k.Hours < 0 || k.Days < 0 || k.Weeks < 0 {
		bad("backup.keep", "less than none")
	}
}
