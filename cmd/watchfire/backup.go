package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

type backupCmd struct {
	Config  string `help:"Configuration file." type:"existingfile"`
	To      string `help:"Folder of the backups, or s3://bucket/prefix; default backup.to of the configuration."`
	WithKey bool   `help:"Put the journal's key beside it. Without, keep journal.key apart yourself."`
}

// Run takes and proves one backup; a server may be running.
func (c *backupCmd) Run(e *env) error {
	cfg, err := config.Load(c.Config, os.Getenv)
	if err != nil {
		return err
	}
	m, err := app.Backup(e.ctx, cfg, app.BackupOptions{To: c.To, WithKey: c.WithKey || cfg.Backup.WithKey, Version: version, Now: clock.System})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s: %d bytes, %d tables, %d journal entries, proven in %d ms\n", m.File, m.Bytes, len(m.Tables), m.Journal.Size, m.TookMS)
	if err == nil && !m.Key {
		_, err = fmt.Fprintln(e.stdout, "The journal's key is not in it: keep journal.key apart, and safe.")
	}
	return err
}

type restoreCmd struct {
	Config   string   `help:"Configuration file: how a bucket is reached, and where the backups are." type:"existingfile"`
	From     string   `help:"Folder of the backups, or s3://bucket/prefix; default backup.to of the configuration."`
	To       string   `help:"New data folder." required:""`
	At       string   `help:"The newest backup not after this time: 2026-03-01T04:00:00Z."`
	Key      []string `help:"Public keys of the journal; without one the key that the backup names is taken, which shows damage but no forgery."`
	Witness  []string `help:"Files of checkpoints that outside witnesses kept." type:"existingfile"`
	Snapshot bool     `help:"Take the newest snapshot even where there is a copy of the log, which goes further."`
	Verify   bool     `help:"Show the rows of every table beside those of the manifest. All is verified either way."`
}

// Run restores into a new folder and says what is there.
func (c *restoreCmd) Run(e *env) error {
	o := app.RestoreOptions{From: c.From, To: c.To, PublicKeys: c.Key, Snapshot: c.Snapshot, Now: clock.System}
	if c.Config != "" {
		cfg, err := config.Load(c.Config, os.Getenv)
		if err != nil {
			return err
		}
		o.Config = cfg
	}
	if o.From == "" {
		o.From = o.Config.Backup.To
	}
	if o.From == "" {
		return fmt.Errorf("give --from, or --config with backup.to: %w", fault.ErrInvalid)
	}
	if c.At != "" {
		at, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			return fmt.Errorf("--at %q: write it as in 2026-03-01T04:00:00Z: %w", c.At, fault.ErrInvalid)
		}
		o.At = at
	}
	for _, name := range c.Witness {
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		signed, _ := journal.SplitCheckpoints(raw)
		o.Witnessed = append(o.Witnessed, signed...)
	}
	r, err := app.Restore(e.ctx, o)
	if err != nil {
		return err
	}
	return c.say(e, r, clock.System())
}

func (c *restoreCmd) say(e *env, r app.Restored, now time.Time) error {
	var b strings.Builder
	rows := int64(0)
	there := map[string]int64{}
	for _, t := range r.Manifest.Tables {
		there[t.Name] = t.Rows
	}
	empty := 0
	for _, t := range r.Found.Tables {
		rows += t.Rows
		if t.Rows == 0 && there[t.Name] == 0 {
			empty++
		} else if c.Verify {
			fmt.Fprintf(&b, "%-20s %9d rows, %9d in the manifest\n", t.Name, t.Rows, there[t.Name])
		}
	}
	if c.Verify && empty > 0 {
		fmt.Fprintf(&b, "%d more tables have no rows, here and in the manifest\n", empty)
	}
	j := r.Found.Journal
	what, as := r.Manifest.File+" of "+r.Manifest.TakenAt.UTC().Format(time.RFC3339), "as in the manifest"
	switch {
	case r.Log && r.Manifest.File == "":
		what, as = "The copy of the log", "no snapshot to compare with"
	case r.Log:
		as = "with the copy of the log behind it"
	}
	fmt.Fprintf(&b, "%s: %d bytes, %d rows and %d journal entries (signed up to %d), %s; journal verified: good\n",
		what, r.Found.Bytes, rows, j.Size, j.Checkpoint, as)
	fmt.Fprintf(&b, "Newest entry: %s, %s ago. Restored to %s in %s.\n", j.Newest.UTC().Format(time.RFC3339), now.Sub(j.Newest).Round(time.Second), c.To, r.Took.Round(time.Millisecond))
	if len(c.Key) == 0 {
		b.WriteString("The journal was verified with the key that the backup names: give --key to exclude a forgery.\n")
	}
	if !r.Key {
		fmt.Fprintf(&b, "Missing: the journal's key. Put your journal.key into %s, or a new one is made and the old checkpoints are another key's.\n", c.To)
	}
	b.WriteString("It starts muted: nothing older goes out until somebody releases it (watchfire release).\n")
	_, err := fmt.Fprint(e.stdout, b.String())
	return err
}

type releaseCmd struct {
	where
	By string `help:"Your name, for the journal; not needed with --url." `
}

// Run releases a restored installation.
func (c *releaseCmd) Run(e *env) error {
	say := func(u desk.Unmuted) error {
		_, err := fmt.Fprintf(e.stdout, "released: %d go out, %d are older than %s and are not sent\n", u.Sent, u.Withheld, desk.Stale)
		return err
	}
	if c.URL != "" {
		var u desk.Unmuted
		if err := c.call(e.ctx, http.MethodPost, "/api/v1/release", "application/json", []byte("{}"), &u); err != nil {
			return err
		}
		return say(u)
	}
	if c.By == "" {
		return fmt.Errorf("give --by with your name: %w", fault.ErrInvalid)
	}
	return c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error {
		who.Account = c.By + " (command line)"
		u, err := a.Desk().Release(ctx, who)
		if err != nil {
			return err
		}
		return say(u)
	})
}
