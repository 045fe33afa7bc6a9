package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
)

type migrateCmd struct {
	Config string `help:"Configuration file." type:"existingfile"`
	From   string `help:"Data folder to move from; default the configured installation."`
	To     string `help:"Where to: an empty PostgreSQL database (postgres://user@host/name, env:NAME or file:PATH), or a new data folder."`
	Reopen bool   `help:"Take an installation that has moved away back into use."`
}

// Run moves an installation from one database to another and compares both.
func (c *migrateCmd) Run(e *env) error {
	from, err := config.Load(c.Config, os.Getenv)
	if err != nil {
		return err
	}
	to := from
	if c.From != "" {
		from.Data, from.Database = c.From, ""
	}
	if c.Reopen {
		return app.Reopen(e.ctx, from, clock.System)
	}
	if err := target(&to, c.To); err != nil {
		return err
	}
	rows := int64(0)
	size, err := app.Move(e.ctx, from, to, clock.System, func(m store.Moved) {
		rows += m.Rows
		fmt.Fprintf(e.stdout, "%-20s %9d rows  sha256 %s\n", m.Table, m.Rows, m.SHA256)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%d rows are the same on both sides; %d journal entries verified there.\nSet %s in the configuration and start; the old database is kept and no longer served.\n",
		rows, size, setting(to))
	return err
}

// target reads where to move to. A password does not belong on a command line, where everybody
// on the machine can read it.
func target(to *config.Config, where string) error {
	kind, _, _ := strings.Cut(where, ":")
	switch kind {
	case "":
		return fmt.Errorf("give --to postgres://… or a new folder: %w", fault.ErrInvalid)
	case "env", "file", "postgres", "postgresql":
	default:
		to.Data, to.Database = where, ""
		return nil
	}
	if u, err := url.Parse(where); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			return fmt.Errorf("no password on the command line: give --to env:NAME or file:PATH: %w", fault.ErrInvalid)
		}
	}
	to.Database = config.Secret(where)
	return nil
}

func setting(to config.Config) string {
	if to.Database == "" {
		return "'data: " + to.Data + "' and no database"
	}
	return "'database: " + string(to.Database) + "'"
}
