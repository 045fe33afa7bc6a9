package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/engine"
	"watchfire.dev/internal/store/postgres"
	"watchfire.dev/internal/store/sqlite"
)

// fileName is the database in the data folder.
const fileName = "watchfire.db"

// OpenStore opens the installation's database: the one place that knows which engine it is.
func OpenStore(ctx context.Context, cfg config.Config) (*store.DB, error) {
	address, err := cfg.DatabaseURL()
	if err != nil {
		return nil, err
	}
	var d engine.Database
	if address == "" {
		d, err = sqlite.Open(ctx, filepath.Join(cfg.Data, fileName))
	} else {
		d, err = postgres.Open(ctx, address)
	}
	if err != nil {
		return nil, err
	}
	return store.New(d), nil
}

// OpenExisting is OpenStore for commands that only read: it makes no new installation.
func OpenExisting(ctx context.Context, cfg config.Config) (*store.DB, error) {
	if cfg.Database == "" {
		if _, err := os.Stat(filepath.Join(cfg.Data, fileName)); err != nil {
			return nil, fmt.Errorf("no installation in %s: %w", cfg.Data, err)
		}
	}
	return OpenStore(ctx, cfg)
}

// takeFolder takes the data folder for this process where the database is a file in it.
func takeFolder(cfg config.Config) (release func() error, err error) {
	if cfg.Database == "" {
		return lockFolder(cfg.Data)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder %s: %w", cfg.Data, err)
	}
	return func() error { return nil }, nil
}

// KeyFile is the file of the journal's key; "" when the configuration names a secret that is
// no file.
func KeyFile(cfg config.Config) string {
	kind, name, _ := strings.Cut(string(cfg.Journal.Key), ":")
	switch kind {
	case "":
		return filepath.Join(cfg.Data, "journal.key")
	case "file":
		return name
	}
	return ""
}

// Signer loads the journal's key.
func Signer(cfg config.Config) (*journal.Signer, error) {
	if path := KeyFile(cfg); path != "" {
		return journal.LoadSigner(path)
	}
	private, err := cfg.Journal.Key.Value()
	if err != nil {
		return nil, fmt.Errorf("key of the journal: %w", err)
	}
	return journal.NewSigner(strings.TrimSpace(private))
}

// publicKey is the setting that names the installation's key, so that processes which share a
// database also sign alike.
const publicKey = "journal.public_key"

// signerOf loads the journal's key, or makes it at the first start of an installation.
func signerOf(ctx context.Context, cfg config.Config, db *store.DB) (*journal.Signer, error) {
	known, err := db.Setting(ctx, publicKey)
	if err != nil {
		return nil, err
	}
	path := KeyFile(cfg)
	if _, err := os.Stat(path); path != "" && errors.Is(err, os.ErrNotExist) && (known == "" || !db.Shared()) {
		s, err := journal.CreateSigner(path, rand.Reader, cfg.CAP.Sender+"/watchfire")
		if !errors.Is(err, fault.ErrConflict) { // another process that starts on the same folder was quicker
			return s, err
		}
	}
	s, err := Signer(cfg)
	if err != nil {
		return nil, err
	}
	if db.Shared() && known != "" && known != s.PublicKey() {
		return nil, fmt.Errorf("the key of the journal here is not this installation's: give every process the same journal.key (setting journal.key): %w", fault.ErrConflict)
	}
	return s, nil
}

// keepKey notes which key the installation signs with.
func (a *App) keepKey(ctx context.Context) error {
	if !a.db.Shared() {
		return nil
	}
	return a.db.PutSetting(ctx, publicKey, a.signer.PublicKey())
}
