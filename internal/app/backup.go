package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"watchfire.dev/internal/backup"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/pulse"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/sqlite"
)

// BackupOptions say where a backup goes.
type BackupOptions struct {
	To      string // folder; default that of the configuration
	WithKey bool
	Version string
	Now     clock.Clock
}

// Backup takes a snapshot of the installation, served or not, and proves it: the copy is
// opened where it lies, all its pages are checked and its journal is verified. Only then does
// it count. What is served meanwhile is not held up: a snapshot only reads.
func Backup(ctx context.Context, cfg config.Config, o BackupOptions) (m backup.Manifest, err error) {
	if o.To == "" {
		o.To = cfg.Backup.To
	}
	if o.To == "" {
		return m, fmt.Errorf("give --to FOLDER, or backup.to in the configuration: %w", fault.ErrInvalid)
	}
	defer func() {
		if o.To == cfg.Backup.To {
			err = errors.Join(err, noteBackup(ctx, cfg, m, err, o.Now()))
		}
	}()
	if _, err := os.Stat(filepath.Join(cfg.Data, fileName)); err != nil && cfg.Database == "" {
		return m, fmt.Errorf("no installation in %s: %w", cfg.Data, err)
	}
	signer, err := Signer(cfg)
	if err != nil {
		return m, err
	}
	var key []byte
	if o.WithKey {
		if key, err = os.ReadFile(KeyFile(cfg)); err != nil {
			return m, fmt.Errorf("key of the journal: %w", err)
		}
	}
	place, _, err := places{cfg, o.Now}.of(o.To)
	if err != nil {
		return m, err
	}
	began := o.Now()
	name := backup.File(began)
	near := o.To // where the snapshot is made: a bucket gets it afterwards
	if _, _, far := backup.Address(o.To); far {
		near = cfg.Data
	}
	part := filepath.Join(near, name+".part")
	m = backup.Manifest{Version: 1, TakenAt: began, Program: o.Version, Engine: "sqlite", File: name, Key: key != nil}
	if cfg.Database != "" {
		m.Engine = "postgres"
		err = pour(ctx, cfg, part)
	} else {
		err = sqlite.Snapshot(ctx, filepath.Join(cfg.Data, fileName), part)
	}
	if err != nil {
		return m, errors.Join(err, removed(part))
	}
	if err := describe(ctx, part, &m, []string{signer.PublicKey()}, nil); err != nil {
		return m, errors.Join(fmt.Errorf("the copy is not right: %w", err), removed(part))
	}
	if near != o.To {
		err = errors.Join(sent(ctx, place, part, m), removed(part))
	} else {
		err = errors.Join(os.Rename(part, filepath.Join(o.To, name)), syncFolder(o.To))
	}
	if err != nil {
		return m, err
	}
	if err := backup.PutKey(ctx, place, m, key); err != nil {
		return m, err
	}
	m.ProvenAt = o.Now()
	m.TookMS = m.ProvenAt.Sub(began).Milliseconds()
	return m, backup.Finish(ctx, place, m)
}

// sent brings a proven snapshot to a place elsewhere and reads it back from there.
func sent(ctx context.Context, p backup.Place, path string, m backup.Manifest) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = p.Put(ctx, m.File, f, m.Bytes)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	r, err := p.Get(ctx, m.File)
	if err != nil {
		return fmt.Errorf("read %s back from %s: %w", m.File, p, err)
	}
	h := sha256.New()
	_, err = io.Copy(h, r)
	if err := errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("read %s back from %s: %w", m.File, p, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != m.SHA256 {
		return fmt.Errorf("%s in %s is not what was sent: %w", m.File, p, fault.ErrConflict)
	}
	return nil
}

// pour copies one moment of a database that several processes share into a file: rows of every
// table compared on both sides, jobs left out (they are made anew).
func pour(ctx context.Context, cfg config.Config, to string) (err error) {
	from, err := OpenExisting(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := from.Usable(ctx); err != nil {
		return err
	}
	whole := to + ".whole"
	if err := removed(whole); err != nil { // of a try that was cut off
		return err
	}
	d, err := sqlite.Open(ctx, whole)
	if err != nil {
		return err
	}
	db := store.New(d)
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- db.Run(writing) }()
	_, err = store.CopyTo(ctx, from, db)
	stop()
	err = errors.Join(err, <-done, db.Close())
	if err == nil {
		err = sqlite.Snapshot(ctx, whole, to) // one file, without its log
	}
	return errors.Join(err, removed(whole), removed(whole+"-wal"), removed(whole+"-shm"))
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// describe proves a copy that nobody writes and says in m what it holds. Its error wraps
// fault.ErrUnavailable for a damaged file and fault.ErrConflict for a journal that is not
// right.
func describe(ctx context.Context, path string, m *backup.Manifest, keys []string, witnessed [][]byte) (err error) {
	if m.Bytes, m.SHA256, err = sum(path); err != nil {
		return err
	}
	d, err := sqlite.OpenCopy(ctx, path)
	if err != nil {
		return err
	}
	db := store.New(d)
	defer func() { err = errors.Join(err, db.Close()) }()
	census, err := db.Census(ctx)
	if err != nil {
		return err
	}
	m.Tables = nil
	for _, t := range census.Tables {
		m.Tables = append(m.Tables, backup.Table{Name: t.Table, Rows: t.Rows})
	}
	in, err := db.Installation(ctx)
	if err != nil {
		return err
	}
	m.Schema, m.Installation = census.Schema, in.ID
	src, err := db.ReadJournal(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	report, err := journal.Verify(ctx, src, journal.VerifyOptions{PublicKeys: keys, WitnessedCheckpoints: witnessed})
	if err != nil {
		return err
	}
	m.Journal = backup.Journal{Size: report.Size, Root: report.Root, Newest: census.Newest, PublicKey: keys[0], Checkpoint: census.Checkpoint}
	if !report.OK {
		why := ""
		if report.First != nil {
			why = report.First.Text
		}
		return fmt.Errorf("the journal does not verify: %s: %w", why, fault.ErrConflict)
	}
	return nil
}

func sum(path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	h := sha256.New()
	n, err := io.Copy(h, f)
	return n, hex.EncodeToString(h.Sum(nil)), errors.Join(err, f.Close())
}

// backupState is what the data folder remembers of its backups, for the self-check of
// whatever process looks.
type backupState struct {
	Proven time.Time `json:"proven,omitzero"`
	File   string    `json:"file,omitempty"`
	Failed time.Time `json:"failed,omitzero"`
	Error  string    `json:"error,omitempty"`
}

func stateFile(cfg config.Config) string { return filepath.Join(cfg.Data, "backup.json") }

// backupSetting is where processes that share a database remember their backups.
const backupSetting = "backup"

func noteBackup(ctx context.Context, cfg config.Config, m backup.Manifest, failed error, now time.Time) (err error) {
	var db *store.DB
	s := lastBackup(cfg)
	if cfg.Database != "" {
		shared, err := quietly(ctx, cfg)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, shared.close()) }()
		db = shared.db
		if s, err = sharedBackup(ctx, db); err != nil {
			return err
		}
	}
	if failed == nil {
		s = backupState{Proven: m.ProvenAt, File: m.File}
	} else {
		s.Failed, s.Error = now, failed.Error()
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if db != nil {
		return db.PutSetting(ctx, backupSetting, string(raw))
	}
	return writeDurably(stateFile(cfg), raw, 0o600)
}

// sharedBackup is what a shared database remembers of its backups.
func sharedBackup(ctx context.Context, db *store.DB) (s backupState, err error) {
	raw, err := db.Setting(ctx, backupSetting)
	if err != nil || raw == "" {
		return s, err
	}
	return s, json.Unmarshal([]byte(raw), &s)
}

// lastBackup is what is remembered; nothing when that cannot be read, which is shown as never.
func lastBackup(cfg config.Config) backupState {
	var s backupState
	raw, err := os.ReadFile(stateFile(cfg))
	if err != nil || json.Unmarshal(raw, &s) != nil {
		return backupState{}
	}
	return s
}

// rememberedBackup is what is known of the backups of an installation.
func rememberedBackup(ctx context.Context, cfg config.Config, db *store.DB) (backupState, error) {
	if db.Shared() {
		return sharedBackup(ctx, db)
	}
	return lastBackup(cfg), nil
}

func backupFact(ctx context.Context, cfg config.Config, db *store.DB) pulse.BackupFact {
	if cfg.Backup.To == "" {
		return pulse.BackupFact{}
	}
	s, err := rememberedBackup(ctx, cfg, db)
	if err != nil {
		s = backupState{Failed: time.Unix(0, 0).UTC(), Error: err.Error()}
	}
	return copyFact(cfg, pulse.BackupFact{Wanted: true, Proven: s.Proven, Failed: s.Failed, Error: s.Error})
}

// backups takes a backup whenever one is due. A failure is shown, and tried again sooner.
func (a *App) backups(ctx context.Context) error {
	b := a.cfg.Backup
	if b.To == "" {
		return nil
	}
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		s, err := rememberedBackup(ctx, a.cfg, a.db)
		now := a.opts.Now()
		if err == nil && now.Sub(s.Proven) >= b.Pace() && now.Sub(s.Failed) >= min(b.Pace(), 5*time.Minute) {
			m, err := Backup(ctx, a.cfg, BackupOptions{WithKey: b.WithKey, Version: a.opts.Version, Now: a.opts.Now})
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil:
				a.opts.Log.Error("backup", "error", err)
			default:
				a.opts.Log.Info("backup is proven", "file", m.File, "bytes", m.Bytes, "ms", m.TookMS)
				a.tidyBackups(ctx)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (a *App) tidyBackups(ctx context.Context) {
	folder, _, err := places{a.cfg, a.opts.Now}.of(a.cfg.Backup.To)
	if err == nil {
		k := a.cfg.Backup.Kept()
		_, err = backup.Tidy(ctx, folder, backup.Keep{Hours: k.Hours, Days: k.Days, Weeks: k.Weeks}, a.opts.Now())
	}
	if err != nil {
		a.opts.Log.Error("remove old backups", "error", err)
	}
}

// keepCopies is how long a copy from before a migration stays.
const keepCopies = 7 * 24 * time.Hour

// dropCopies removes the copies from before migrations that have worked for a week.
func (a *App) dropCopies(now time.Time) error {
	if a.db.Shared() {
		return nil
	}
	names, err := sqlite.Before(filepath.Join(a.cfg.Data, fileName))
	for _, name := range names {
		info, serr := os.Stat(name)
		if serr == nil && now.Sub(info.ModTime()) > keepCopies {
			serr = os.Remove(name)
		}
		err = errors.Join(err, serr)
	}
	return err
}
