package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/store"
)

// markFile in the data folder says that what stands there came from a copy; whoever puts a
// copy there by other means than 'watchfire restore' makes it. identityFile says which
// installation the folder belongs to and how often it was started.
const (
	markFile     = "restored"
	identityFile = "installation"
)

// recognise finds out whether the database is the one that was served here last, or a copy of
// it from before: then nothing old goes out until a person says so (TRUST.md promise 10).
func (a *App) recognise(ctx context.Context) error {
	known, err := a.db.Installation(ctx)
	if err != nil {
		return fmt.Errorf("read which installation this is: %w", err)
	}
	now := a.opts.Now()
	next := store.Installation{ID: known.ID, Generation: known.Generation + 1}
	if next.ID == "" {
		next.ID = id.Random("ins")
	}
	if next.Place, err = a.db.Where(ctx); err != nil {
		return err
	}
	why, err := a.copied(ctx, known, next.Place)
	if err != nil {
		return err
	}
	if _, err := a.db.LoadMute(ctx); err != nil {
		return err
	}
	if why != "" {
		a.opts.Log.Warn("this installation is muted until somebody releases it", "why", why)
		if err := a.db.BeginMute(ctx, store.Mute{Since: now, Why: why}); err != nil {
			return err
		}
		if err := os.Remove(filepath.Join(a.cfg.Data, markFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("take the mark of the restore away: %w", err)
		}
	}
	// The database first: one that is ahead of its folder was not put there from a copy.
	if err := a.db.PutInstallation(ctx, next); err != nil {
		return err
	}
	if a.db.Shared() {
		return nil
	}
	raw, err := json.Marshal(store.Installation{ID: next.ID, Generation: next.Generation})
	if err != nil {
		return err
	}
	return writeDurably(filepath.Join(a.cfg.Data, identityFile), raw, 0o600)
}

// copied says why the database must be a copy; "" = it is the one that we left.
func (a *App) copied(ctx context.Context, known store.Installation, place string) (string, error) {
	if a.opts.Muted {
		return "asked for", nil
	}
	switch _, err := os.Stat(filepath.Join(a.cfg.Data, markFile)); {
	case err == nil:
		return "the data folder is marked as restored", nil
	case !errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("look for the mark of a restore: %w", err)
	}
	if known.ID == "" {
		return "", nil
	}
	if a.db.Shared() {
		// A standby that was promoted stands on another line of time too, and has what was written
		// up to a moment ago: nothing in it is old.
		written, err := a.db.LastTouch(ctx)
		if err != nil || known.Place == place || a.opts.Now().Sub(written) < desk.Stale {
			return "", err
		}
		return "the database was restored to an earlier point in time", nil
	}
	raw, err := os.ReadFile(filepath.Join(a.cfg.Data, identityFile))
	if errors.Is(err, os.ErrNotExist) {
		return "the database was copied into this folder", nil
	}
	if err != nil {
		return "", fmt.Errorf("read which installation the folder belongs to: %w", err)
	}
	var folder store.Installation
	switch err := json.Unmarshal(raw, &folder); {
	case err != nil:
		return "", fmt.Errorf("read %s in the data folder: %w: %w", identityFile, fault.ErrInvalid, err)
	case folder.ID != known.ID:
		return "the database of another installation was copied into this folder", nil
	case folder.Generation > known.Generation:
		return "an older copy of the database was put into this folder", nil
	}
	return "", nil
}

// writeDurably puts a small file in place as a whole, on disk before it returns.
func writeDurably(path string, raw []byte, mode os.FileMode) (err error) {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
