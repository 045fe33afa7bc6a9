package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/sqlite"
)

// fileName is the database in the data folder.
const fileName = "watchfire.db"

// OpenStore opens the installation's database: the one place that knows which engine it is.
func OpenStore(ctx context.Context, cfg config.Config) (*store.DB, error) {
	d, err := sqlite.Open(ctx, filepath.Join(cfg.Data, fileName))
	if err != nil {
		return nil, err
	}
	return store.New(d), nil
}

// OpenExisting is OpenStore for commands that only read: it makes no new installation.
func OpenExisting(ctx context.Context, cfg config.Config) (*store.DB, error) {
	if _, err := os.Stat(filepath.Join(cfg.Data, fileName)); err != nil {
		return nil, fmt.Errorf("no installation in %s: %w", cfg.Data, err)
	}
	return OpenStore(ctx, cfg)
}
