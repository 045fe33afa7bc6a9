package sqlite

import (
	"context"
	"database/sql"
	"io/fs"

	"github.com/pressly/goose/v3"

	"watchfire.dev/internal/store/engine"
)

// Migrations are the embedded files.
func Migrations() (fs.FS, error) { return fs.Sub(migrations, "migrations") }

// OpenAt opens a new file with the schema of a version.
func OpenAt(ctx context.Context, path string, version int64) (engine.Database, error) {
	db, err := sql.Open("sqlite", dsn(path, "FULL", writerCache))
	if err != nil {
		return engine.Database{}, err
	}
	dir, err := Migrations()
	if err != nil {
		return engine.Database{}, err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir)
	if err != nil {
		return engine.Database{}, err
	}
	_, err = p.UpTo(ctx, version)
	return engine.Database{Engine: ours(), Name: path, Write: db, Read: db}, err
}
