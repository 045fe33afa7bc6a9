package config

import (
	"fmt"
	"net/url"
	"strings"

	"watchfire.dev/internal/fault"
)

// variable is where the environment names the database. An address in it may hold a password:
// then the configuration keeps the reference to the variable, and the value stays there.
const variable = "WATCHFIRE_DATABASE"

// DatabaseURL is the address of the PostgreSQL database; "" = the file in the data folder.
func (c *Config) DatabaseURL() (string, error) {
	if c.Database == "" {
		return "", nil
	}
	raw := string(c.Database)
	if !isPostgres(raw) {
		var err error
		if raw, err = c.Database.Value(); err != nil {
			return "", fmt.Errorf("database: %w", err)
		}
	}
	if !isPostgres(raw) { // its text is not shown: it may be anything
		return "", fmt.Errorf("database: want an address such as postgres://user@host:5432/name: %w", fault.ErrInvalid)
	}
	return raw, nil
}

func isPostgres(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// fromEnvironment takes the database that the environment names.
func (c *Config) fromEnvironment(v string) {
	switch {
	case v == "":
	case isPostgres(v):
		c.Database = Secret("env:" + variable)
	default:
		c.Database = Secret(v)
	}
}

// checkDatabase refuses a password in the file, and what is neither address nor reference.
func (c *Config) checkDatabase() string {
	raw := string(c.Database)
	kind, _, _ := strings.Cut(raw, ":")
	switch {
	case raw == "" || kind == "env" || kind == "file":
		return ""
	case !isPostgres(raw):
		return "give postgres://user@host:5432/name, env:NAME or file:PATH"
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "the address cannot be read"
	}
	if _, has := u.User.Password(); has || u.Query().Has("password") {
		return "no password here: give the whole address as env:NAME or file:PATH, or use ~/.pgpass"
	}
	return ""
}
