package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"syscall"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
)

type serveCmd struct {
	Config string `help:"Configuration file." type:"existingfile"`
	Roles  string `help:"What this process does, of poll,decide,deliver,web; default what the configuration says, else all. Less than all needs PostgreSQL."`
	Muted  bool   `help:"Start muted, as after a restore: nothing older goes out until somebody releases it."`
}

// Run serves until it is told to stop.
func (c *serveCmd) Run(e *env) error {
	cfg, raw, why, err := app.Settings(c.Config, os.Getenv, clock.System())
	if err != nil {
		return err
	}
	if c.Roles != "" {
		if err := cfg.SetRoles(c.Roles); err != nil {
			return err
		}
	}
	go collect(e.ctx)
	o := app.Options{
		Log: logger(e.stderr, cfg.LogLevel), Out: e.stdout, Version: version, Muted: c.Muted, Failpoint: failpoint(os.Getenv("WATCHFIRE_FAILPOINT")),
		Supervised: true, Settings: raw, Safe: app.Safe{Why: why},
	}
	if os.Getenv("WATCHFIRE_FAILPOINT") == "portion" { // whatever an event means for two projects comes in two, so that there is a step between them
		o.Portion = 1
	}
	if why != "" {
		o.Log.Error("configuration", "why", why)
	}
	looping := app.Looping(cfg, clock.System())
	a, err := app.Open(e.ctx, cfg, o)
	if err == nil {
		err = errors.Join(a.Serve(e.ctx, nil), a.Close())
	}
	switch {
	case err == nil:
		return app.Ended(cfg)
	case app.Damaged(err) || looping && !errors.Is(err, fault.ErrConflict):
		return app.Bare(e.ctx, cfg, o, err)
	}
	return err
}

// logger writes structured lines without personal data.
func logger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

// failpoint kills this process without mercy at the named step: how the tests show that
// every step may be the last. The variable that names it is set by tests only.
func failpoint(step string) func(string) {
	if step == "" {
		return nil
	}
	return func(reached string) {
		if reached == step {
			fmt.Fprintln(os.Stderr, "failpoint:", step)
			syscall.Kill(os.Getpid(), syscall.SIGKILL) //nolint:errcheck // nobody is left to hear of it
			select {}
		}
	}
}
