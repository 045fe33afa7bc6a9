package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/store"
)

type journalCmd struct {
	Verify journalVerify `cmd:"" help:"Read the whole journal and name the first bad entry. Exit 1 if there is one."`
	Export journalExport `cmd:"" help:"Write a bundle that an auditor checks with watchfire-verify alone."`
	Key    journalKey    `cmd:"" help:"Make a key that signs checkpoints, for processes that share a database, and print it."`
}

type journalKey struct {
	Name string `arg:"" optional:"" help:"Of the signer, as auditors will see it." default:"watchfire"`
}

// Run prints the secret key on standard output and the public one beside it. Nothing is kept.
func (c *journalKey) Run(e *env) error {
	private, public, err := journal.GenerateKey(rand.Reader, c.Name)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, "public key, for auditors:", public)
	_, err = fmt.Fprintln(e.stdout, private)
	return err
}

type journalVerify struct {
	Config  string   `help:"Configuration file." type:"existingfile"`
	Witness []string `help:"Files of checkpoints that outside witnesses kept." type:"existingfile"`
	Key     []string `help:"Public keys beside the installation's own."`
	JSON    bool     `help:"Print the report as JSON."`
}

// Run verifies the journal in the data folder; a server may be running on it.
func (c *journalVerify) Run(e *env) error {
	return withJournal(e.ctx, c.Config, func(ctx context.Context, cfg config.Config, src *store.JournalSource, signer *journal.Signer) error {
		opts := journal.VerifyOptions{PublicKeys: append([]string{signer.PublicKey()}, c.Key...)}
		files := c.Witness
		for _, folder := range cfg.Journal.WitnessFolders {
			found, err := filepath.Glob(filepath.Join(folder, "*"))
			if err != nil {
				return err
			}
			files = append(files, found...)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			signed, _ := journal.SplitCheckpoints(raw)
			opts.WitnessedCheckpoints = append(opts.WitnessedCheckpoints, signed...)
		}
		report, err := journal.Verify(ctx, src, opts)
		if err != nil {
			return err
		}
		if c.JSON {
			enc := json.NewEncoder(e.stdout)
			enc.SetIndent("", "  ")
			if err := enc.Encode(report); err != nil {
				return err
			}
		} else {
			for _, line := range report.Lines() {
				fmt.Fprintln(e.stdout, line)
			}
		}
		if !report.OK {
			return exit{exitWrong}
		}
		return nil
	})
}

// withJournal opens the journal of the data folder for reading.
func withJournal(ctx context.Context, file string, do func(context.Context, config.Config, *store.JournalSource, *journal.Signer) error) error {
	cfg, err := config.Load(file, os.Getenv)
	if err != nil {
		return err
	}
	db, err := app.OpenExisting(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	signer, err := app.Signer(cfg)
	if err != nil {
		return err
	}
	src, err := db.ReadJournal(ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	return do(ctx, cfg, src, signer)
}

type journalExport struct {
	Config string `help:"Configuration file." type:"existingfile"`
	Org    string `help:"Only entries of this organisation; the others keep their hashes."`
	Out    string `short:"o" help:"File to write." required:""`
}

// Run writes the bundle.
func (c *journalExport) Run(e *env) error {
	return withJournal(e.ctx, c.Config, func(ctx context.Context, cfg config.Config, src *store.JournalSource, signer *journal.Signer) error {
		f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		opts := journal.ExportOptions{PublicKeys: []string{signer.PublicKey()}}
		if c.Org != "" {
			opts.Keep, opts.Filter = journal.OnlyOrg(c.Org), "organisation "+c.Org
		}
		m, err := journal.Export(ctx, src, f, opts)
		if err != nil {
			f.Close() //nolint:errcheck // the export is what failed
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "%s: %d entries; check it with: watchfire-verify %s\n", c.Out, m.Size, c.Out)
		return err
	})
}
