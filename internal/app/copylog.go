package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"watchfire.dev/internal/backup"
	"watchfire.dev/internal/backup/stream"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/pulse"
)

// copyState is up to when the copy of the log is whole, and what it held then. The data folder
// remembers it, for the self-check of whatever process looks.
type copyState struct {
	Whole   time.Time `json:"whole,omitzero"` // all that was committed before is in the copy
	Entries int64     `json:"entries"`
	Began   time.Time `json:"began"` // of the process that copies
	Error   string    `json:"error,omitempty"`
}

// Pace of the copy: it follows each second by itself and is asked to be whole each few
// seconds; what cannot be opened is tried again.
const (
	copyEvery = 2 * time.Second
	copyAgain = 15 * time.Second
)

func copyFile(cfg config.Config) string { return filepath.Join(cfg.Data, "copy.json") }

// copyFact is what is remembered of the copy.
func copyFact(cfg config.Config, f pulse.BackupFact) pulse.BackupFact {
	if !cfg.Backup.Log || cfg.Database != "" {
		return f
	}
	f.Log = true
	var s copyState
	raw, err := os.ReadFile(copyFile(cfg))
	if err != nil || json.Unmarshal(raw, &s) != nil {
		return f
	}
	f.Copied, f.Entries, f.CopyError = s.Whole, s.Entries, s.Error
	if s.Whole.IsZero() {
		f.Copied = s.Began // late from then on
	}
	return f
}

// copyLog copies what is committed to the place of the backups, a moment later. A place that
// is away is a state, and no reason not to watch.
func (a *App) copyLog(ctx context.Context, g *errgroup.Group) {
	if !a.cfg.Backup.Log || a.cfg.Backup.To == "" || a.db.Shared() {
		return
	}
	s := copyState{Began: a.opts.Now()}
	a.noteCopy(s)
	g.Go(func() error {
		for {
			err := a.copyOnce(ctx, &s)
			if ctx.Err() != nil {
				return nil
			}
			a.opts.Log.Error("copy of the log", "error", err)
			s.Error = err.Error()
			a.noteCopy(s)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(copyAgain):
			}
		}
	})
}

// copyOnce copies until ctx ends, or returns why it cannot begin.
func (a *App) copyOnce(ctx context.Context, s *copyState) (err error) {
	place, target, err := places{a.cfg, a.opts.Now}.of(a.cfg.Backup.To)
	if err != nil {
		return err
	}
	if err := a.nameCopy(ctx, place); err != nil {
		return err
	}
	c, err := stream.Open(ctx, filepath.Join(a.cfg.Data, fileName), target, a.opts.Log)
	if err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, c.Close(stop))
	}()
	if err := a.db.LeaveLog(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(copyEvery)
	defer tick.Stop()
	for {
		from := a.opts.Now()
		size, err := a.db.Size(ctx)
		if err = errors.Join(err, c.Copied(ctx)); err == nil {
			s.Whole, s.Entries, s.Error = from, size, ""
		} else if ctx.Err() == nil {
			a.opts.Log.Error("copy of the log", "error", err)
			s.Error = err.Error()
		}
		a.noteCopy(*s)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (a *App) noteCopy(s copyState) {
	raw, err := json.Marshal(s)
	if err == nil {
		part := copyFile(a.cfg) + ".part"
		err = errors.Join(os.WriteFile(part, raw, 0o600), os.Rename(part, copyFile(a.cfg)))
	}
	if err != nil {
		a.opts.Log.Error("note how far the copy of the log is", "error", err)
	}
}

// copyName says whose copy lies beside it: the key with which its journal is verified when
// there is no backup yet.
const copyName = stream.Folder + ".json"

type copyOf struct {
	Version   int    `json:"version"` // 1
	PublicKey string `json:"public_key"`
}

func (a *App) nameCopy(ctx context.Context, p backup.Place) error {
	raw, err := json.Marshal(copyOf{1, a.signer.PublicKey()})
	if err != nil {
		return err
	}
	return p.Put(ctx, copyName, bytes.NewReader(raw), int64(len(raw)))
}

// copyKey is the public key that a copy of the log names.
func copyKey(ctx context.Context, p backup.Place) (string, error) {
	r, err := p.Get(ctx, copyName)
	if err != nil {
		return "", err
	}
	var of copyOf
	err = json.NewDecoder(io.LimitReader(r, 4<<10)).Decode(&of)
	if err := errors.Join(err, r.Close()); err != nil {
		return "", fmt.Errorf("read %s in %s: %w", copyName, p, err)
	}
	return of.PublicKey, nil
}
