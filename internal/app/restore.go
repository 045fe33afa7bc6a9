package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"watchfire.dev/internal/backup"
	"watchfire.dev/internal/backup/stream"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
)

// RestoreOptions say what is restored, and where to.
type RestoreOptions struct {
	From, To string
	At       time.Time // the newest backup not after it; zero = the newest
	// PublicKeys the journal is verified with; none = the one that the backup itself names,
	// which shows damage but no forgery.
	PublicKeys []string
	Witnessed  [][]byte // checkpoints that outside witnesses kept
	Snapshot   bool     // the snapshot, though there is a copy of the log
	// Config says how a bucket is reached; a folder needs nothing of it.
	Config config.Config
	Now    clock.Clock
}

// Restored says what was restored and how it compares with the manifest.
type Restored struct {
	Manifest backup.Manifest // as it was written when the backup was taken
	Found    backup.Manifest // as it was found in what was restored
	Took     time.Duration
	Log      bool // it comes from the copy of the log, which goes on where the snapshot ends
	Key      bool // the journal's key is in place
}

// Restore puts a backup into a new folder, which is then an installation that starts muted.
// All of it is checked before the folder becomes one: bytes, pages, rows of each table, and
// the journal with its checkpoints. What fails leaves no database behind.
func Restore(ctx context.Context, o RestoreOptions) (r Restored, err error) {
	began := o.Now()
	if err := os.MkdirAll(o.To, 0o700); err != nil {
		return r, fmt.Errorf("make the data folder %s: %w", o.To, err)
	}
	if list, err := os.ReadDir(o.To); err != nil || len(list) > 0 {
		return r, fmt.Errorf("%s is not empty: restore into a new folder: %w", o.To, errors.Join(fault.ErrConflict, err))
	}
	part := filepath.Join(o.To, fileName+".part")
	folder, keys, err := r.fetch(ctx, o, part)
	if err != nil {
		return r, errors.Join(err, removed(part))
	}
	r.Found = r.Manifest
	err = describe(ctx, part, &r.Found, keys, o.Witnessed)
	switch {
	case err != nil:
	case !r.Log:
		err = same(r.Manifest, r.Found)
	case r.Found.Journal.Size < r.Manifest.Journal.Size:
		err = fmt.Errorf("the copy of the log has %d journal entries, and the backup before it %d (try --snapshot): %w",
			r.Found.Journal.Size, r.Manifest.Journal.Size, fault.ErrConflict)
	}
	if err != nil {
		return r, errors.Join(fmt.Errorf("%s is not what was backed up: %w", r.what(), err), removed(part))
	}
	if r.Manifest.Key {
		key, err := backup.Key(ctx, folder, r.Manifest)
		if err != nil {
			return r, fmt.Errorf("key of the journal: %w", err)
		}
		if err := writeDurably(filepath.Join(o.To, "journal.key"), key, 0o600); err != nil {
			return r, err
		}
		r.Key = true
	}
	if err := errors.Join(os.Rename(part, filepath.Join(o.To, fileName)), syncFolder(o.To)); err != nil {
		return r, err
	}
	if err := settle(ctx, o.To, "restored from "+r.what(), o.Now); err != nil {
		return r, err
	}
	r.Took = o.Now().Sub(began)
	return r, nil
}

// what names what was restored.
func (r Restored) what() string {
	if r.Log {
		return "the copy of the log"
	}
	return r.Manifest.File
}

// fetch brings what is restored to part: the copy of the log, which goes further, or the
// newest snapshot. There may be a copy and no snapshot yet. keys are those to verify with.
func (r *Restored) fetch(ctx context.Context, o RestoreOptions, part string) (from backup.Place, keys []string, err error) {
	if _, _, far := backup.Address(o.From); !far {
		if _, err := os.Stat(o.From); err != nil {
			return nil, nil, fmt.Errorf("no backups in %s: %w", o.From, err)
		}
	}
	from, target, err := places{o.Config, o.Now}.of(o.From)
	if err != nil {
		return nil, nil, err
	}
	var none error
	if r.Manifest, none = backup.Newest(ctx, from, o.At); none != nil && (o.Snapshot || !errors.Is(none, fault.ErrNotFound)) {
		return nil, nil, none
	}
	keys = o.PublicKeys
	if len(keys) == 0 && none == nil {
		keys = []string{r.Manifest.Journal.PublicKey}
	}
	if r.Log = !o.Snapshot; r.Log {
		err = stream.Restore(ctx, target, part, o.At)
		r.Log = !errors.Is(err, fault.ErrNotFound)
	}
	switch {
	case r.Log && err != nil:
		return nil, nil, err
	case r.Log && len(keys) == 0:
		key, err := copyKey(ctx, from)
		return from, []string{key}, err
	case r.Log:
		return from, keys, nil
	case none != nil:
		return nil, nil, none
	}
	return from, keys, fetchTo(ctx, from, r.Manifest.File, part)
}

// same holds what was found against the manifest.
func same(want, got backup.Manifest) error {
	switch {
	case want.SHA256 != got.SHA256 || want.Bytes != got.Bytes:
		return fmt.Errorf("%d bytes of SHA-256 %.12s, want %d of %.12s: %w", got.Bytes, got.SHA256, want.Bytes, want.SHA256, fault.ErrConflict)
	case want.Journal.Size != got.Journal.Size || want.Journal.Root != got.Journal.Root:
		return fmt.Errorf("a journal of %d entries with root %s, want %d with %s: %w", got.Journal.Size, got.Journal.Root, want.Journal.Size, want.Journal.Root, fault.ErrConflict)
	case !slices.Equal(want.Tables, got.Tables):
		return fmt.Errorf("other numbers of rows: %w", fault.ErrConflict)
	}
	return nil
}

// fetchTo brings a file of a place to this disk.
func fetchTo(ctx context.Context, p backup.Place, name, to string) error {
	r, err := p.Get(ctx, name)
	if err != nil {
		return fmt.Errorf("read %s in %s: %w", name, p, err)
	}
	defer r.Close() //nolint:errcheck // reading only
	w, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	if err := errors.Join(err, w.Sync(), w.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	return nil
}

// settle makes a restored database an installation of its folder that is muted.
func settle(ctx context.Context, folder, why string, now clock.Clock) (err error) {
	s, err := quietly(ctx, config.Config{Data: folder})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.db.BeginMute(ctx, store.Mute{Since: now(), Why: why}); err != nil {
		return err
	}
	in, err := s.db.Installation(ctx)
	if err != nil || in.ID == "" {
		return err
	}
	raw, err := json.Marshal(store.Installation{ID: in.ID, Generation: in.Generation})
	if err != nil {
		return err
	}
	return writeDurably(filepath.Join(folder, identityFile), raw, 0o600)
}
